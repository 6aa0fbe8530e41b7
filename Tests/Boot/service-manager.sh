# A stage of boot.sh: what depends on the version of systemd, and control connections with TLS from the start by an inherited socket.

version=$(inside systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p')

# --- implicit TLS by weftpd-tls.socket, beside weftpd.socket
settings "tls: {mode: allowed}"
[ "$(property ActiveState)" = inactive ] || fail "the service still runs"
inside systemctl enable --now weftpd-tls.socket weftpd.socket 2>/dev/null || fail "weftpd-tls.socket does not start"
implicit() { fetch -k "$@"; }
implicit ftps://127.0.0.1/file | cmp -s - "$work/file" || fail "no download by implicit TLS"
implicit -T "$work/file" ftps://127.0.0.1/by-tls && cmp -s "$served/by-tls" "$work/file" || fail "the upload by implicit TLS differs"
fetch ftp://127.0.0.1/file | cmp -s - "$work/file" || fail "beside it there is no plain FTP"
fetch -k --ssl-reqd ftp://127.0.0.1/file | cmp -s - "$work/file" || fail "beside it there is no AUTH TLS"
await 10 inside bash -c 'journalctl -u weftpd -o json WEFTPD_VERB=STOR WEFTPD_PATH=/by-tls | grep -c "WEFTPD_TLS" >/dev/null' || fail "the journal does not tell of TLS"
# A socket that begins with TLS is of no use without TLS: the daemon says which setting is missing, and that for good.
inside systemctl stop weftpd.service
settings "tls: {mode: 'off'}"
inside systemctl start weftpd.service 2>/dev/null && fail "it starts with an ftps socket and without TLS"
inside journalctl -u weftpd -o cat | grep -c "'ftps' needs TLS, but tls.mode is off" >/dev/null || fail "the refusal says something else"
inside systemctl stop weftpd-tls.socket weftpd.socket weftpd.service
inside systemctl disable weftpd-tls.socket weftpd.socket 2>/dev/null
inside systemctl reset-failed
settings ""
say "implicit TLS by weftpd-tls.socket, plain and AUTH TLS beside it"

# --- a reload is over when the command returns, and fails when the settings are wrong
inside install -m 644 /usr/local/share/doc/weftpd/weftpd.service.d/own-ports.conf /etc/systemd/system/weftpd.service.d/
inside systemctl daemon-reload
inside systemctl start weftpd.service || fail "weftpd.service does not start"
pid=$(property MainPID)
for word in third fourth fifth; do
  inside sed -i "s/greeting: [a-z]*/greeting: $word/" /etc/weftpd/weftpd.yaml
  inside systemctl reload weftpd.service || fail "systemctl reload failed"
  [ "$(greeting)" = "220 $word words"$'\r' ] || fail "after the reload the greeting is '$(greeting)'"
done
inside sh -c 'echo "nonsense: 1" >> /etc/weftpd/weftpd.yaml'
inside systemctl reload weftpd.service 2>/dev/null && fail "a reload of wrong settings succeeds"
inside sed -i '/^nonsense/d' /etc/weftpd/weftpd.yaml
[ "$(property MainPID)" = "$pid" ] && [ "$(property ActiveState)" = active ] || fail "the reloads cost the process"
inside /usr/local/sbin/weftpd status --socket /run/weftpd/server/control | grep -q "pid $pid, up" || fail "weftpd status says something else"
say "reloaded: systemctl returns when the settings are read, and fails when they are wrong"

# --- multipath TCP from the manager
if [ "$version" -ge 257 ] && [ "$(cat /proc/sys/net/mptcp/enabled 2>/dev/null)" = 1 ]; then
  inside mkdir -p /etc/systemd/system/weftpd.socket.d
  inside sh -c 'printf "[Socket]\nSocketProtocol=mptcp\n" > /etc/systemd/system/weftpd.socket.d/test.conf'
  inside systemctl daemon-reload
  # A socket does not start while its service runs.
  inside systemctl stop weftpd.service
  inside systemctl start weftpd.socket || fail "weftpd.socket does not start with SocketProtocol=mptcp"
  fetch ftp://127.0.0.1/file | cmp -s - "$work/file" || fail "no download by a multipath socket of systemd's"
  inside journalctl -u weftpd.service --no-pager -o cat | grep -c 'inherited 0.0.0.0:21, multipath TCP' >/dev/null || fail "the socket is not multipath"
  inside systemctl stop weftpd.socket weftpd.service
  inside rm -r /etc/systemd/system/weftpd.socket.d
  inside systemctl daemon-reload
  say "multipath TCP by SocketProtocol=mptcp"
else
  say "not tried: SocketProtocol=mptcp needs systemd 257 and a kernel with multipath TCP"
fi
