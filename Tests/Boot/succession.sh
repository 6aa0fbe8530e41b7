# A stage of boot.sh: a new program takes over under systemd, and a restart by systemd alone, while clients come.

inside install -m 644 /usr/local/share/doc/weftpd/weftpd.service.d/own-ports.conf /etc/systemd/system/weftpd.service.d/
inside systemctl daemon-reload
settings "limits: {sessions-per-address: 0, before-login: 200, before-login-per-address: 200}"
inside systemctl start weftpd.service || fail "weftpd.service does not start"
[ "$(property NFileDescriptorStore)" = 1 ] || fail "systemd keeps $(property NFileDescriptorStore) listeners"
truncate -s 1G "$served/gigabyte"
head -c 3000 /dev/urandom > "$served/small"
rm -f "$work"/stop*

# Fifty clients, a gigabyte on its way, a session that idles.
outside python3 "$here/Tests/Boot/clients.py" 127.0.0.1 21 50 small "$work/stop" > "$work/clients" &
clients=$!
come() {
  local seen=$(cat "$work/stop.count" 2>/dev/null || echo 0)
  for _ in $(seq 600); do
    [ "$(cat "$work/stop.count" 2>/dev/null || echo 0)" -ge $((seen + 100)) ] && return 0
    kill -0 $clients 2>/dev/null || fail "clients were refused: $(cat "$work/clients")"
    sleep 0.1
  done
  fail "clients are not served"
}
come
outside curl -s --max-time 300 --limit-rate 100M -u alice:secret ftp://127.0.0.1/gigabyte -o "$work/gigabyte" &
download=$!
cat > "$work/idle.py" <<'P'
import ftplib, os, sys, time
ftp = ftplib.FTP()
ftp.connect("127.0.0.1", 21, timeout=60)
ftp.login("alice", "secret")
open(sys.argv[1] + ".in", "w").close()
while not os.path.exists(sys.argv[1]): time.sleep(0.1)
names = ftp.nlst()
assert "gigabyte" in names, names
ftp.quit()
P
outside python3 "$work/idle.py" "$work/idle" &
idle=$!
await 60 test -e "$work/idle.in" || fail "nobody is logged in"

pid=$(property MainPID)
inside sh -c 'cp /usr/local/sbin/weftpd /usr/local/sbin/weftpd.new && mv /usr/local/sbin/weftpd.new /usr/local/sbin/weftpd'
inside systemctl reload-or-restart weftpd.service || fail "reload-or-restart failed"
new=$(property MainPID)
[ "$new" != "$pid" ] || fail "the old program serves still"
[ "$(property ActiveState)/$(property SubState)" = active/running ] || fail "it is $(property ActiveState)/$(property SubState)"
inside kill -0 "$pid" 2>/dev/null || fail "the old process has ended with its sessions"
grep -q '^[0-9]* session' <(property StatusText) || fail "the status is '$(property StatusText)'"
inside /usr/local/sbin/weftpd status --socket /run/weftpd/server/control | grep -q "process $pid goes on with its sessions" || fail "weftpd status does not know the old process"
inside journalctl -u weftpd.service --no-pager -o cat | grep -ci 'not our child\|does not belong' >/dev/null && fail "systemd does not trust the new process"
come
# The same by hand, from another control group: it is systemd's to do.
inside sh -c 'cp /usr/local/sbin/weftpd /usr/local/sbin/weftpd.new && mv /usr/local/sbin/weftpd.new /usr/local/sbin/weftpd'
inside /usr/local/sbin/weftpd upgrade --socket /run/weftpd/server/control > "$work/said" || fail "weftpd upgrade failed"
grep -q 'systemctl reload weftpd.service' "$work/said" || fail "weftpd upgrade says: $(cat "$work/said")"
third=$(property MainPID)
[ "$third" != "$new" ] || fail "weftpd upgrade has changed nothing"
come
wait $download || fail "the gigabyte was cut off"
[ "$(stat -c %s "$work/gigabyte")" = 1073741824 ] || fail "the gigabyte has $(stat -c %s "$work/gigabyte") bytes"
touch "$work/idle"
wait $idle || fail "the idle session was lost"
await 60 bash -c "! nsenter -t $leader -a kill -0 $pid" || fail "the old process does not end with its last session"
say "a new program took over twice; a gigabyte and an idle session span it"

touch "$work/stop"
wait $clients || fail "clients were refused: $(cat "$work/clients")"

# --- systemd alone: its store keeps the listener. Sessions end, but who connects meanwhile waits.
inside systemctl restart weftpd.service &
for _ in $(seq 20); do [ "$(greeting)" = $'220 second words\r' ] || fail "a client was refused during a restart"; done
wait $! || fail "the restart failed"
[ "$(property MainPID)" != "$third" ] || fail "the restart has not restarted it"
[ "$(property NFileDescriptorStore)" = 1 ] || fail "after the restart systemd keeps $(property NFileDescriptorStore) listeners"
# --- and a crash
third=$(property MainPID)
inside kill -KILL "$third"
[ "$(greeting)" = $'220 second words\r' ] || fail "a client was refused after a crash"
[ "$(property MainPID)" != "$third" ] || fail "it was not killed"
say "restarted by systemd, and started after a crash, without refusing a client; $(cut -d' ' -f1 "$work/clients") sessions before that"

# --- the end of the service is the end of all its processes, in an orderly way
outside python3 - "$work/stop2" <<'P' &
import ftplib, sys, time
ftp = ftplib.FTP()
ftp.connect("127.0.0.1", 21, timeout=60)
ftp.login("alice", "secret")
open(sys.argv[1], "w").close()
try:
    while True:
        time.sleep(0.1)
        ftp.voidcmd("NOOP")
except ftplib.error_temp as error:
    assert str(error).startswith("421"), error
P
last=$!
await 60 test -e "$work/stop2" || fail "nobody is logged in"
pid=$(property MainPID)
inside sh -c 'cp /usr/local/sbin/weftpd /usr/local/sbin/weftpd.new && mv /usr/local/sbin/weftpd.new /usr/local/sbin/weftpd'
inside systemctl reload weftpd.service || fail "reload failed"
inside kill -0 "$pid" || fail "the old process has not stayed"
inside systemctl stop weftpd.service
wait $last || fail "a session of the old process was not told 421"
[ "$(property Result)" = success ] || fail "the end was '$(property Result)'"
inside kill -0 "$pid" 2>/dev/null && fail "the old process is left"
inside rm /etc/systemd/system/weftpd.service.d/own-ports.conf
inside systemctl daemon-reload
rm -f "$served/gigabyte" "$work/gigabyte"
say "stopped with the process before it, whose session was told 421"
