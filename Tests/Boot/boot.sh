#!/bin/bash
# Boots systemd in a container of systemd-nspawn with weftpd installed by `make install-files`, and tries the units for real:
# enabled, reloaded, killed by the watchdog, restarted, socket-activated; local users; implicit TLS; the console's. Needs root,
# mmdebstrap, systemd-container, curl.
#
# usage: boot.sh BINARY [HOOK]   HOOK is run in the container's network with the service up: HOOK ROOT-ON-DISK
#        weftpd-authd is taken from beside BINARY. BOOT_SUITE=trixie tries Debian 13, with systemd 257.
#        BOOT_ROOT=DIR keeps the container's file system for the next run.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
binary=$(readlink -f "$1") hook=${2:-}
work=$(mktemp -d /var/tmp/weftpd-boot-XXXXXX)
root=${BOOT_ROOT:-$work/root}
netns=weftpd-boot-$$
leader=

say() { echo "boot: $*"; }
fail() {
  echo "boot: FAILED: $*" >&2
  [ -z "$leader" ] || inside journalctl -u "weftpd*" -n 60 --no-pager -o cat >&2 || true
  exit 1
}
cleanup() {
  # The leader is this container's own process 1: its end takes everything in it along.
  [ -z "$leader" ] || kill -9 "$leader" 2>/dev/null || true
  ip netns delete "$netns" 2>/dev/null || true
  rm -rf "$work" || true
}
trap cleanup EXIT
inside() { nsenter -t "$leader" -a env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin "$@"; }
outside() { nsenter --net="/run/netns/$netns" "$@"; }
property() { inside systemctl show -P "$1" "${2:-weftpd.service}"; }
# (grep -c and not -q: it reads to the end, or journalctl would fail by its closed pipe.)
# Tries a command until it succeeds, ten times a second.
await() {
  local patience=$1; shift
  for _ in $(seq $((patience * 10))); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done
  return 1
}
greeting() { outside bash -c 'exec 3<>/dev/tcp/127.0.0.1/21 && IFS= read -r -t 10 line <&3 && printf "%s" "$line"'; }
# The settings file, with one more line. The greeting is that of the last reload.
settings() {
  cat > "/proc/$leader/root/etc/weftpd/weftpd.yaml" <<Y
listen: 0.0.0.0:21
server: {greeting: second words}
$( [[ "$1" = accounts:* ]] || echo 'accounts: {table: /etc/weftpd/users}' )
log: {xferlog: /var/log/weftpd/xferlog}
passive: {ports: 50000-50009}
$1
Y
}
fetch() { outside curl -s --max-time 20 -u alice:secret "$@"; }

# --- a Debian with systemd, and weftpd installed in it
if [ ! -x "$root/usr/lib/systemd/systemd" ]; then
  sources=/etc/apt/sources.list.d/debian.sources
  [ -e $sources ] || sources=/etc/apt/sources.list
  if [ -n "${BOOT_SUITE:-}" ]; then sources="deb http://deb.debian.org/debian $BOOT_SUITE main"; fi
  mmdebstrap --quiet --variant=minbase \
    --include="systemd,systemd-sysv,dbus,procps,passwd,libpam-modules,adduser,libcurl4,libssl3,libcap2,libcrypt1,libsqlite3-0,libstdc++6,libyaml-0-2,zlib1g" \
    "${BOOT_SUITE:-}" "$root.new" "$sources"
  mv "$root.new" "$root"
fi
mkdir -p "$work/bin"
cp "$binary" "$work/bin/weftpd"
cp "$(dirname "$binary")/weftpd-authd" "$work/bin/weftpd-authd" || fail "there is no weftpd-authd beside $binary"
cp "$(dirname "$binary")/weftpd-hooks" "$work/bin/weftpd-hooks" || fail "there is no weftpd-hooks beside $binary"
make -s -C "$here" install-files DESTDIR="$root" BINARIES="$work/bin" >/dev/null
rm -f "$root/etc/weftpd/users"
"$binary" user add alice --table "$root/etc/weftpd/users" --home /srv/ftp < <(echo secret) >/dev/null 2>&1
cat > "$root/etc/weftpd/weftpd.yaml" <<Y
listen: 0.0.0.0:21
server: {greeting: first words}
accounts: {table: /etc/weftpd/users}
log: {xferlog: /var/log/weftpd/xferlog}
passive: {ports: 50000-50009}
Y
# A short watchdog, so that the test need not wait for half a minute.
mkdir -p "$root/etc/systemd/system/weftpd.service.d"
printf '[Service]\nWatchdogSec=3s\nTimeoutAbortSec=3s\n' > "$root/etc/systemd/system/weftpd.service.d/test.conf"
cp "$here/systemd/drop-ins/weftpd.service.d/own-ports.conf" "$root/etc/systemd/system/weftpd.service.d/"

# --- boot
ip netns add "$netns"
ip -n "$netns" link set lo up
# A view of the unified cgroup hierarchy of its own: some hosts mount the old one.
unshare -m --propagation private bash -c '
  umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; mkdir -p "/sys/fs/cgroup/$2"
  echo $$ > "/sys/fs/cgroup/$2/cgroup.procs"
  exec systemd-nspawn -q -D "$1" --volatile=overlay -b --register=no --keep-unit --console=read-only \
    --system-call-filter="landlock_create_ruleset landlock_add_rule landlock_restrict_self" \
    --network-namespace-path="/run/netns/$2"' _ "$root" "$netns" </dev/null >"$work/console" 2>&1 &
nspawn=$!
for _ in $(seq 300); do
  leader=$(pgrep -P $nspawn -x systemd || true)
  [ -n "$leader" ] && inside systemctl is-system-running --wait 2>/dev/null | grep -qE 'running|degraded' && break
  kill -0 $nspawn 2>/dev/null || { tail -5 "$work/console" >&2; fail "the container ended"; }
  sleep 0.1
done
[ -n "$leader" ] || fail "systemd did not boot"
say "systemd $(inside systemctl --version | sed -n '1s/systemd //p') is up"
served=/proc/$leader/root/srv/ftp
inside systemd-sysusers
inside systemd-tmpfiles --create weftpd.conf
inside chgrp weftpd /etc/weftpd/users
inside chmod 640 /etc/weftpd/users
[ "$(inside stat -c %U /srv/ftp)" = weftpd ] || fail "sysusers.d or tmpfiles.d did not do their work"
head -c 3000000 /dev/urandom > "$work/file"
cp "$work/file" "$served/file"

# --- the service by itself, with port 21 of its own
inside systemctl enable --now weftpd.service 2>/dev/null || fail "weftpd.service does not start"
[ "$(property ActiveState)" = active ] || fail "it is $(property ActiveState)"
[ "$(greeting)" = $'220 first words\r' ] || fail "the greeting is '$(greeting)'"
fetch ftp://127.0.0.1/file | cmp -s - "$work/file" || fail "the download differs"
fetch -T "$work/file" ftp://127.0.0.1/up && cmp -s "$served/up" "$work/file" || fail "the upload differs"
pid=$(property MainPID)
caps=$(inside sed -n 's/^CapEff:\t*//p' "/proc/$pid/status")
[ "$caps" = 0000000000000400 ] || fail "it has the capabilities $caps, and not CAP_NET_BIND_SERVICE alone"
[ "$(inside stat -c %U "/proc/$pid")" = weftpd ] || fail "it does not run as weftpd"
grep -q '^[0-9]* session' <(property StatusText) || fail "the status is '$(property StatusText)'"
inside /usr/local/sbin/weftpd status --socket /run/weftpd/server/control > "$work/status" || fail "weftpd status fails"
grep -q "pid $pid, up" "$work/status" && grep -q '^state  *serving' "$work/status" && grep -q '^listening  *0.0.0.0:21$' "$work/status" \
  || fail "weftpd status says: $(cat "$work/status")"
say "enabled, started, served; status '$(property StatusText)'"
say "$(inside journalctl -u weftpd -o cat | grep -m 1 Landlock)"

# --- the journal has fields, the transfer log its lines
await 10 inside bash -c 'journalctl -u weftpd -o json WEFTPD_VERB=RETR WEFTPD_USER=alice | grep -c "\"WEFTPD_BYTES\":\"3000000\"" >/dev/null' \
  || fail "no RETR with its fields is in the journal"
inside grep -q ' 3000000 /up b _ i r alice ftp 0 \* c$' /var/log/weftpd/xferlog || fail "the transfer log has no line of the upload"
say "the journal has fields: $(inside journalctl -u weftpd -o json WEFTPD_VERB=STOR | tr ',' '\n' | grep -o '"WEFTPD_[A-Z]*' | sort | tr -d '"' | tr '\n' ' ')"

# --- reload
inside sed -i 's/first words/second words/' /etc/weftpd/weftpd.yaml
inside systemctl reload weftpd.service
await 10 bash -c "$(declare -f outside greeting); netns=$netns; [ \"\$(greeting)\" = \$'220 second words\r' ]" \
  || fail "after a reload the greeting is '$(greeting)'"
[ "$(property MainPID)" = "$pid" ] || fail "a reload started another process"
say "reloaded"

# --- the watchdog
inside kill -STOP "$pid"
await 20 bash -c "$(declare -f inside property); leader=$leader; [ \"\$(property NRestarts)\" = 1 ]" || fail "a stopped process was not killed"
inside journalctl -u weftpd.service --no-pager -o cat | grep -c 'Watchdog timeout' >/dev/null || fail "it was not the watchdog that killed it"
await 10 fetch ftp://127.0.0.1/file -o /dev/null || fail "it does not serve after the watchdog's restart"
say "killed by the watchdog and started again"

# --- the hook, with the service up
if [ -n "$hook" ]; then outside "$hook" "$served" || fail "$hook failed"; fi

# --- stop, then the sockets
inside systemctl stop weftpd.service
[ "$(property Result)" = success ] || fail "the end was '$(property Result)'"
inside systemctl disable weftpd.service 2>/dev/null
inside rm /etc/systemd/system/weftpd.service.d/own-ports.conf
inside systemctl daemon-reload
inside systemctl enable --now weftpd.socket 2>/dev/null || fail "weftpd.socket does not start"
[ "$(property ActiveState)" = inactive ] || fail "the service runs before anybody came"
[ "$(greeting)" = $'220 second words\r' ] || fail "no greeting from the activated service"
inside journalctl -u weftpd.service --no-pager -o cat | grep -c 'inherited 0.0.0.0:21, plain TCP' >/dev/null || fail "the socket was not inherited"
fetch ftp://127.0.0.1/file | cmp -s - "$work/file" || fail "the download by an inherited socket differs"
pid=$(property MainPID)
for set in CapPrm CapEff CapInh CapBnd CapAmb; do
  [ "$(inside sed -n "s/^$set:\t*//p" "/proc/$pid/status")" = 0000000000000000 ] || fail "$set is not empty"
done
# A crash tells where, in the journal, and is followed by a start. (A signal from outside is survived once, for the backtrace.)
inside kill -SEGV "$pid"
await 20 inside bash -c 'journalctl -u weftpd.service --no-pager -o cat | grep -c "Backtrace took" >/dev/null' \
  || fail "a crash leaves no backtrace in the journal"
inside kill -SEGV "$pid"
await 30 bash -c "$(declare -f inside property); leader=$leader; p=\$(property MainPID); [ \$p != 0 ] && [ \$p != $pid ]" \
  || fail "it was not started again after a crash"
say "without any capability by its socket; a crash leaves a backtrace in the journal"
# A restart refuses nobody: whoever comes meanwhile waits at the socket.
inside systemctl restart weftpd.service &
for _ in $(seq 10); do [ "$(greeting)" = $'220 second words\r' ] || fail "a client was refused during a restart"; done
wait $! || fail "the restart failed"
inside systemctl stop weftpd.socket weftpd.service
inside systemctl disable weftpd.socket 2>/dev/null
say "socket-activated, restarted without refusing a client, stopped"

. "$here/Tests/Boot/succession.sh"
. "$here/Tests/Boot/local-users.sh"
. "$here/Tests/Boot/door.sh"
. "$here/Tests/Boot/service-manager.sh"
. "$here/Tests/Boot/console.sh"
. "$here/Tests/Boot/package.sh"
say ok
