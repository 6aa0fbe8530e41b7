# A stage of boot.sh: the console by its socket: whom it runs as, a link, the overview, files, killed and back. WEFTPD_CONSOLE_BINARY
# names it, of a debug build too; otherwise it is what `make console-release` has built.

console=${WEFTPD_CONSOLE_BINARY:-$here/.build/release/weftpd-console}
unit=weftpd-console.service
site=http://127.0.0.1:8021
# curl as the page does it: the cookie kept, the origin named.
ask() { outside curl -s --max-time 20 -b "$work/jar" -c "$work/jar" "$@"; }
# Logs in with a body of JSON; the answer has the page's token.
log_in() { ask -H "Origin: $site" -H 'Content-Type: application/json' --data "$1" "$site/api/login"; }
link() { inside weftpd-console link; }
overview() { ask -N --max-time 3 "$site/api/operator/overview"; }

try_console() {
  make -s -C "$here" console-install DESTDIR="/proc/$leader/root" CONSOLE_BINARY="$console" >/dev/null || fail "make console-install"
  # A debug build has Swift's libraries beside the compiler.
  ldd "$console" | awk '$3 ~ /\/swift\// { print $3 }' | while read -r library; do
    install -D -m 755 "$library" "/proc/$leader/root$library"
  done
  inside systemd-sysusers
  inside systemctl daemon-reload
  inside systemctl restart weftpd.service || fail "weftpd.service does not start"
  inside systemctl enable --now weftpd-console.socket 2>/dev/null || fail "weftpd-console.socket does not start"
  [ "$(property ActiveState $unit)" = inactive ] || fail "the console runs before anybody came"
  [[ "$(ask $site/)" = *"<title>"* ]] || fail "no page comes from the socket"
  [ "$(property ActiveState $unit)" = active ] || fail "the console is $(property ActiveState $unit)"

  # --- what it is
  local server=$(property MainPID) pid=$(property MainPID $unit) set
  [ "$(inside stat -c %U "/proc/$pid")" = weftpd-console ] || fail "the console does not run as weftpd-console"
  for set in CapPrm CapEff CapInh CapBnd CapAmb; do
    [ "$(inside sed -n "s/^$set:\t*//p" "/proc/$pid/status")" = 0000000000000000 ] || fail "$set of the console is not empty"
  done
  inside journalctl -u $unit --no-pager -o cat | grep -c 'not confined' >/dev/null && fail "Landlock does not confine the console"
  say "the console was started by its socket, as weftpd-console and without any capability"
  say "the console: $(inside systemd-analyze --no-pager security $unit 2>/dev/null | tail -1 | sed 's/[^ -~]*//g; s/^ *//')"

  # --- an operator's link
  link > "$work/link" || fail "weftpd-console link fails"
  [[ "$(cat "$work/link")" = "$site/#link="* ]] || fail "weftpd-console link prints $(cat "$work/link")"
  inside setpriv --reuid=nobody --regid=nogroup --clear-groups /usr/local/sbin/weftpd-console link >/dev/null 2>&1 \
    && fail "nobody gets a link"
  local words="{\"link\":\"$(sed 's/.*link=//' "$work/link")\"}"
  [[ "$(log_in "$words")" = *'"isOperator":true'* ]] || fail "the link lets nobody in"
  [[ "$(log_in "$words")" = *'not good any more'* ]] || fail "the link is good twice"
  link > "$work/link"
  log_in "{\"link\":\"$(sed 's/.*link=//' "$work/link")\"}" >/dev/null
  overview > "$work/overview" || [ $? = 28 ] || fail "no overview"
  grep -q '^event: overview' "$work/overview" && grep -q "\"process\":$server[,}]" "$work/overview" \
    || fail "the overview is $(head -c 600 "$work/overview")"
  [[ "$(ask $site/api/operator/settings)" = *passive.ports* ]] || fail "the settings are not told"

  # --- a user's files
  [[ "$(log_in '{"user":"alice","password":"wrong"}')" = *'refuses this user or password'* ]] || fail "a wrong password is let in"
  [[ "$(log_in '{"user":"alice","password":"secret"}')" = *'"hasFiles":true'* ]] || fail "alice has no files"
  [[ "$(ask "$site/api/files/?list")" = *'["file","file","file",3000000,'* ]] || fail "the list is $(ask "$site/api/files/?list" | head -c 600)"
  ask $site/api/files/file | cmp -s - "$work/file" || fail "the download through the console differs"
  say "a link for root, the overview, the settings, files with alice's password"

  # --- killed
  inside kill -9 "$pid"
  await 20 ask $site/ || fail "no page after the console was killed"
  [ "$(property MainPID $unit)" != "$pid" ] && [ "$(property MainPID)" = "$server" ] || fail "the wrong process was started again"
  [ "$(property NRestarts)" = 0 ] || fail "weftpd was started again"
  fetch ftp://127.0.0.1/file | cmp -s - "$work/file" || fail "weftpd does not serve after the console was killed"
  link > "$work/link" || fail "no link after the console was killed"
  inside systemctl stop weftpd-console.socket $unit || fail "the console does not stop"
  [ "$(property Result $unit)" = success ] || fail "the console's end was '$(property Result $unit)'"
  inside systemctl disable weftpd-console.socket 2>/dev/null
  say "killed and started again, and weftpd did not notice"
}

if [ -x "$console" ]; then try_console; else say "not tried: the console, which make console-release builds"; fi
