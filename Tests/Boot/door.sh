# A stage of boot.sh: the Unix socket for the console's user, with the drop-in that comes with the console.

# Without the drop-in weftpd cannot tell the console's user from others, and says so.
inside rm -f /etc/systemd/system/weftpd.service.d/own-ports.conf
install -m 644 "$here/systemd/console/weftpd-console.conf" "/proc/$leader/root/usr/local/lib/sysusers.d/"
inside systemd-sysusers weftpd-console.conf
inside systemctl daemon-reload
settings "proxy: {socket: /run/weftpd/server/ftp}"
inside systemctl start weftpd.service 2>/dev/null && fail "it starts with proxy.socket and PrivateUsers=yes"
inside journalctl -u weftpd.service --no-pager -o cat | grep -c 'cannot be told from others in this user namespace' >/dev/null \
  || fail "the refusal of proxy.socket says something else"
inside systemctl reset-failed

# With it, and without any capability.
install -m 644 "$here/systemd/console/weftpd.service.d/weftpd-console.conf" "/proc/$leader/root/etc/systemd/system/weftpd.service.d/"
settings ""
inside systemctl daemon-reload
inside systemctl start weftpd.socket weftpd.service || fail "weftpd.service does not start with weftpd-console.conf"
[ "$(inside sed -n 's/^CapEff:\t*//p' "/proc/$(property MainPID)/status")" = 0000000000000000 ] || fail "it has capabilities"
cat > "/proc/$leader/root/usr/local/lib/door.pl" <<'P'
use strict; use IO::Socket::UNIX; use IO::Socket::INET;
my $door = IO::Socket::UNIX->new(Peer => "/run/weftpd/server/ftp") or die "$!\n";
sub reply { while (my $line = <$door>) { return $line if $line =~ /^\d{3} / } die "ended\n" }
sub ask { my ($command, $code) = @_; print $door "$command\r\n"; my $line = reply(); $line =~ /^$code/ or die "$command: $line"; $line }
$door->autoflush(1);
print $door "PROXY TCP4 192.0.2.77 127.0.0.1 40000 0\r\n";
reply() =~ /^220/ or die;
ask("USER alice", 331); ask("PASS secret", 230); ask("TYPE I", 200);
my ($port) = ask("EPSV", 229) =~ /\|\|\|(\d+)\|/ or die;
my $data = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $port) or die "$!\n";
ask("RETR file", 150);
local $/; print <$data>; local $/ = "\n";
reply() =~ /^226/ or die;
P
door() { inside setpriv --reuid "$1" --regid "$1" --groups "$(inside getent group weftpd | cut -d: -f3)" perl /usr/local/lib/door.pl; }
door weftpd-console | cmp -s - "$work/file" || fail "no download by proxy.socket: $(door weftpd-console 2>&1 | head -c 300)"
await 10 inside bash -c 'journalctl -u weftpd -o json WEFTPD_VERB=RETR | grep -c "192.0.2.77" >/dev/null' || fail "the journal does not have the browser's address"
# Another user who may use the control socket may not use this one.
[ "$(door games 2>&1)" = "Permission denied" ] || fail "another user comes in by proxy.socket: $(door games 2>&1 | head -c 300)"
inside systemctl stop weftpd.socket weftpd.service
inside rm /etc/systemd/system/weftpd.service.d/weftpd-console.conf
inside systemctl daemon-reload
say "proxy.socket for the console's user, with weftpd-console.conf and without any capability"
