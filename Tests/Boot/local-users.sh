# A stage of boot.sh: users of the system log in through weftpd-authd and pam_unix, with weftpd.socket and local-users.conf.

password=correct-horse
# carol and dave share a group, erin has none of theirs; dave's account has expired, mallory's shell is not for logging in.
inside groupadd team
inside useradd -m -s /bin/sh -G team carol
inside useradd -m -s /bin/sh -G team -e 2001-01-01 dave
inside useradd -m -s /bin/sh erin
inside useradd -m -s /usr/sbin/nologin mallory
for user in carol dave erin mallory root; do echo "$user:$password"; done | inside chpasswd
inside chmod 700 /home/carol /home/erin
home=/proc/$leader/root/home

settings "accounts: {table: /etc/weftpd/users, local: true, authd-socket: /run/weftpd/authd.sock}"
inside install -m 644 "/usr/local/share/doc/weftpd/weftpd.service.d/local-users.conf" /etc/systemd/system/weftpd.service.d/
inside systemctl daemon-reload
inside systemctl enable --now weftpd-authd.socket weftpd.socket 2>/dev/null || fail "the sockets do not start"
[ "$(inside stat -c '%U %a' /run/weftpd/authd.sock)" = "weftpd 600" ] || fail "authd.sock: $(inside stat -c '%U %a' /run/weftpd/authd.sock)"
[ "$(inside stat -c %U /run/weftpd)" = root ] || fail "weftpd may put sockets of its own into /run/weftpd"
[ "$(property ActiveState weftpd-authd.service)" = inactive ] || fail "weftpd-authd runs before anybody asks"
as() { local user=$1; shift; outside curl -s --max-time 20 -u "$user:$password" "$@"; }
# The code of the reply that refused, as curl has it: 67 for a login, 78 for a file.
code() { local code=0; "$@" >/dev/null 2>&1 || code=$?; echo $code; }

# --- whoever may, as the kernel has it
as carol -T "$work/file" ftp://127.0.0.1/mine || fail "carol cannot store a file: $(code as carol ftp://127.0.0.1/)"
[ "$(inside stat -c '%U %G' /home/carol/mine)" = "carol carol" ] || fail "carol's file is $(inside stat -c '%U %G' /home/carol/mine)'s"
as carol ftp://127.0.0.1/mine | cmp -s - "$work/file" || fail "carol's download differs"
as carol -Q 'MKD folder' ftp://127.0.0.1/ >/dev/null || fail "carol cannot make a directory"
[ "$(inside stat -c %U /home/carol/folder)" = carol ] || fail "carol's directory is not hers"
as erin -T "$work/file" ftp://127.0.0.1/mine || fail "erin cannot store a file"
[ "$(inside stat -c '%U %G' /home/erin/mine)" = "erin erin" ] || fail "erin's file is not hers"
for who in dave:team:640 dave:team:660 erin:erin:600 weftpd:weftpd:600 root:root:600; do
  IFS=: read -r owner group mode <<< "$who"
  echo "$who" > "$home/carol/$who"
  inside chown "$owner:$group" "/home/carol/$who"
  inside chmod "$mode" "/home/carol/$who"
done
[ "$(as carol ftp://127.0.0.1/dave:team:640)" = dave:team:640 ] || fail "carol cannot read what her group may read"
echo more | as carol -T - ftp://127.0.0.1/dave:team:660 || fail "carol cannot write what her group may write"
# A new file takes the old one's place: hers, for only root gives files away, and still the team's.
[ "$(inside stat -c '%U %G %a' /home/carol/dave:team:660)" = "carol team 660" ] \
  || fail "what replaced dave's file is $(inside stat -c '%U %G %a' /home/carol/dave:team:660)"
[ "$(inside cat /home/carol/dave:team:660)" = more ] || fail "carol's bytes are not in the file"
[ "$(echo no | code as carol -T - ftp://127.0.0.1/dave:team:640)" != 0 ] || fail "carol may write what her group may only read"
for other in erin:erin:600 weftpd:weftpd:600 root:root:600; do
  [ "$(code as carol "ftp://127.0.0.1/$other")" = 78 ] || fail "carol read $other"
done
pid=$(property MainPID)
for task in $(inside ls "/proc/$pid/task"); do
  for field in "CapPrm 00000000000000c0" "CapEff 00000000000000c0"; do
    read -r name value <<< "$field"
    # A thread may have ended meanwhile.
    seen=$(inside sed -n "s/^$name:\t*//p" "/proc/$pid/task/$task/status" 2>/dev/null) || continue
    [ "$seen" = "$value" ] || fail "a thread has $name $seen"
  done
  ids=$(inside awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/$pid/task/$task/status" 2>/dev/null) || continue
  id=$(inside id -u weftpd)
  [ "$ids" = "$id $id $id $id" ] || fail "a thread kept the ids $ids"
done
say "carol and erin store and read through pam_unix, each as the kernel lets them; every thread has CAP_SETUID and CAP_SETGID only"

# --- whoever may not, and the journal knows
for who in "carol wrong" "dave $password" "mallory $password" "root $password" "nobody-of-that-name $password"; do
  read -r user secret <<< "$who"
  [ "$(code outside curl -s --max-time 20 -u "$user:$secret" ftp://127.0.0.1/)" = 67 ] || fail "$user was let in"
done
await 10 inside bash -c 'journalctl -u weftpd -o cat WEFTPD_EVENT="login refused" WEFTPD_USER=carol | grep -c 530 >/dev/null' \
  || fail "the journal has no refusal of carol's wrong password"
await 10 inside bash -c 'journalctl -u weftpd-authd.service -o cat | grep -c "pam_unix(weftpd:auth): authentication failure.*rhost=127.0.0.1.*user=carol" >/dev/null' \
  || fail "pam_unix has not told the journal of carol's wrong password: $(inside journalctl -u weftpd-authd.service -o cat | tail -5)"
await 10 inside bash -c 'journalctl -u weftpd-authd.service -o cat | grep -c "refused .root.*it is root" >/dev/null' || fail "weftpd-authd does not tell why root was refused"
say "wrong password, expired account, no shell, root, nobody: refused, and journalled by weftpd and by pam_unix"

# --- weftpd-authd by itself
authd=$(property MainPID weftpd-authd.service)
[ "$(inside stat -c %U "/proc/$authd")" = root ] || fail "weftpd-authd is not root"
# (systemd 257 goes on without, where it may not make a network; the sockets weftpd-authd may open are UNIX and netlink ones anyhow.)
[ "$(inside readlink "/proc/$authd/ns/net")" != "$(inside readlink /proc/1/ns/net)" ] || say "PrivateNetwork= does not work in this container"
inside systemctl kill -s KILL weftpd-authd.service
await 10 as erin ftp://127.0.0.1/mine -o /dev/null || fail "after weftpd-authd was killed nobody can log in"
[ "$(property MainPID weftpd-authd.service)" != "$authd" ] || fail "weftpd-authd was not started again"
inside systemctl stop weftpd-authd.socket weftpd-authd.service
outside curl -s --max-time 20 -u "carol:$password" ftp://127.0.0.1/ >/dev/null && fail "carol got in without weftpd-authd"
await 10 inside bash -c 'journalctl -u weftpd -o cat | grep -c "does not answer at accounts.authd-socket" >/dev/null' || fail "the operator is not told"
fetch ftp://127.0.0.1/file | cmp -s - "$work/file" || fail "without weftpd-authd alice is not served either"
inside systemctl stop weftpd.socket weftpd.service
inside rm /etc/systemd/system/weftpd.service.d/local-users.conf
inside systemctl daemon-reload
say "weftpd-authd killed and started again by its socket; without it alice is served, carol is not, and the journal says why"
