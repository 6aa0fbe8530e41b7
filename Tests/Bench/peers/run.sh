#!/bin/sh
# run.sh NAME: becomes the peer NAME (vsftpd, pure-ftpd, pure-ftpd-atomic, proftpd, pyftpdlib, inetutils-ftpd) in the foreground, on $ADDRESS (127.0.0.1) and $PORT.
#
# Environment: CACHE (what fetch.sh filled), STATE (an empty folder of its own), ROOT (what is served; ROOT/up may be
# written to), PORT, LOW and HIGH (passive ports), HASH (the crypt(3) hash of the password of the account "user"),
# CERTIFICATE (certificate and key for TLS in one PEM file; empty: no TLS).
#
# All but pyftpdlib want root, accounts in /etc/passwd and files in /etc: they get a mount namespace with a copy of /etc
# on a tmpfs, so that nothing of it ever reaches the machine. Each is configured for speed as far as its manual goes: as
# many sessions as it takes, no name look-ups, no delays, no scoreboard and no logs.
set -eu
name=$1
address=${ADDRESS:-127.0.0.1}
case $address in *:*) family=6 ;; *) family=4 ;; esac
here=$(dirname "$(readlink -f "$0")")

if [ "$name" = pyftpdlib ]; then
  exec env PYTHONPATH="$CACHE/pyftpdlib" python3 "$here/pyftpd.py"
fi

if [ -z "${IN_NAMESPACE:-}" ]; then
  [ "$(id -u)" = 0 ] || { echo "$name must be started by root" >&2; exit 77; }
  export IN_NAMESPACE=1
  exec unshare --mount --propagation private "$here/run.sh" "$name"
fi

# The account the sessions run as; anonymous is the same one.
uid=64055
mkdir -p "$STATE/etc"
mount -t tmpfs -o mode=755 bench-etc "$STATE/etc"
cp -a /etc/. "$STATE/etc/"
mount --bind "$STATE/etc" /etc
sed -i '/^ftp:/d' /etc/passwd /etc/group
echo "ftp:x:$uid:" >>/etc/group
echo "ftp:x:$uid:$uid::$ROOT:/bin/sh" >>/etc/passwd
[ ! -e /etc/nsswitch.conf ] || sed -i 's/^\(passwd\|group\|shadow\):.*/\1: files/' /etc/nsswitch.conf
chown "$uid:$uid" "$STATE"

libraries=$CACHE/libraries
LD_LIBRARY_PATH=$libraries/usr/lib/$(uname -m)-linux-gnu:$libraries/lib/$(uname -m)-linux-gnu
export LD_LIBRARY_PATH

case $name in
vsftpd)
  module=$(find "$libraries" -name pam_pwdfile.so | head -n 1)
  echo "user:$HASH" >"$STATE/passwords"
  printf 'auth required %s pwdfile=%s\naccount required pam_permit.so\nsession required pam_permit.so\n' \
    "$module" "$STATE/passwords" >/etc/pam.d/weftpd-bench
  mkdir -p "$STATE/empty"
  cat >"$STATE/vsftpd.conf" <<CONF
$([ $family = 4 ] && echo "listen=YES
listen_address=$address" || echo "listen=NO
listen_ipv6=YES
listen_address6=$address")
listen_port=$PORT
background=NO
anonymous_enable=YES
anon_root=$ROOT
ftp_username=ftp
local_enable=YES
guest_enable=YES
guest_username=ftp
virtual_use_local_privs=YES
local_root=$ROOT
chroot_local_user=YES
allow_writeable_chroot=YES
write_enable=YES
ascii_download_enable=YES
ascii_upload_enable=YES
pam_service_name=weftpd-bench
secure_chroot_dir=$STATE/empty
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
max_clients=0
max_per_ip=0
pasv_min_port=$LOW
pasv_max_port=$HIGH
connect_from_port_20=NO
xferlog_enable=NO
CONF
  [ -z "$CERTIFICATE" ] || cat >>"$STATE/vsftpd.conf" <<CONF
ssl_enable=YES
ssl_tlsv1=YES
rsa_cert_file=$CERTIFICATE
force_local_data_ssl=NO
force_local_logins_ssl=NO
require_ssl_reuse=YES
CONF
  exec "$CACHE/vsftpd/usr/sbin/vsftpd" "$STATE/vsftpd.conf"
  ;;
pure-ftpd | pure-ftpd-atomic)
  # -0: a file that is there stays until the new one is whole.
  atomic=
  [ "$1" = pure-ftpd ] || atomic=-0
  echo "user:$HASH:$uid:$uid::$ROOT/./::::::::::::" >"$STATE/accounts"
  "$CACHE/pure-ftpd/usr/bin/pure-pw" mkdb "$STATE/accounts.pdb" -f "$STATE/accounts"
  exec "$CACHE/pure-ftpd/usr/sbin/pure-ftpd" -$family -S "$address,$PORT" -l "puredb:$STATE/accounts.pdb" -A -H -u 1 \
    $atomic -c 500 -p "$LOW:$HIGH" -g "$STATE/pid" -f none -L 200000:5 ${CERTIFICATE:+-Y 1 -2 "$CERTIFICATE"}
  ;;
proftpd)
  echo "user:$HASH:$uid:$uid::$ROOT:/bin/sh" >"$STATE/accounts"
  echo "ftp:*:$uid:$uid::$ROOT:/bin/sh" >>"$STATE/accounts"
  echo "ftp:x:$uid:" >"$STATE/groups"
  chmod 600 "$STATE/accounts" "$STATE/groups"
  chown "$uid:$uid" "$STATE/accounts" "$STATE/groups"
  # MODE Z, where the package has it.
  deflate=
  [ -e "$CACHE/proftpd/usr/lib/proftpd/mod_deflate.so" ] && deflate="LoadModule mod_deflate.c
DeflateEngine on"
  cat >"$STATE/proftpd.conf" <<CONF
ModulePath $CACHE/proftpd/usr/lib/proftpd
$deflate
ServerName peer
ServerType standalone
DefaultAddress $address
SocketBindTight on
Port $PORT
UseIPv6 $([ $family = 4 ] && echo off || echo on)
User ftp
Group ftp
PidFile $STATE/pid
ScoreboardFile none
DelayEngine off
SystemLog $STATE/system.log
TransferLog none
AuthOrder mod_auth_file.c
AuthUserFile $STATE/accounts
AuthGroupFile $STATE/groups
RequireValidShell off
DefaultRoot ~
PassivePorts $LOW $HIGH
AllowOverwrite on
AllowOverride off
UseReverseDNS off
WtmpLog off
MaxInstances none
<Anonymous $ROOT>
  User ftp
  Group ftp
  UserAlias anonymous ftp
  RequireValidShell off
  <Limit WRITE>
    DenyAll
  </Limit>
</Anonymous>
CONF
  [ -z "$CERTIFICATE" ] || cat >>"$STATE/proftpd.conf" <<CONF
LoadModule mod_tls.c
TLSEngine on
TLSProtocol TLSv1.2 TLSv1.3
TLSRSACertificateFile $CERTIFICATE
TLSRSACertificateKeyFile $CERTIFICATE
TLSRequired off
CONF
  exec "$CACHE/proftpd/usr/sbin/proftpd" -n -q -c "$STATE/proftpd.conf"
  ;;
inetutils-ftpd)
  # For interoperation, not for speed: a process for each connection, no TLS, listings by ls(1) in a time zone of its own.
  echo "user:x:$uid:$uid::$ROOT:/bin/sh" >>/etc/passwd
  echo "user:$HASH:19000:0:99999:7:::" >>/etc/shadow
  exec env TZ=JST-9 python3 "$here/inetd.py" "$address" "$PORT" \
    "$CACHE/inetutils-ftpd/usr/sbin/ftpd" --auth=default
  ;;
*)
  echo "run.sh: no peer called $name" >&2
  exit 64
  ;;
esac
