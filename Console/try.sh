#!/bin/bash
# Starts weftpd with a scratch directory and the console in front of it, and prints the link: what `make console` runs.
# Needs WEFTPD and CONSOLE, the two programs. Both end, and the directory goes, with this script.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d "${TMPDIR:-/tmp}/weftpd-console.XXXXXX")
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$place"
}
trap finish EXIT
trap 'exit 0' INT TERM
mkdir "$place/files" "$place/accounts"
# Users that the page adds stand here.
printf 'users: {}\n' > "$place/accounts/users.yaml"
chmod 600 "$place/accounts/users.yaml"
printf 'Anything may be put here; it goes when the console ends.\n' > "$place/files/read me.txt"
password=${WEFTPD_PASSWORD:-$(head -c 9 /dev/urandom | base64 | tr '+/' 'xy')}
root=()
[ "$(id -u)" != 0 ] || root=(--set server.allow-root=true)
# A socket for this user, by which the console says whose browser a session is for.
WEFTPD_PASSWORD=$password "$WEFTPD" serve "$place/files" --user weft --listen "${LISTEN:-127.0.0.1:0}" \
  --set "server.control=$place/control" --set "bans.file=$place/bans" --set "proxy.socket=$place/ftp" --set "proxy.socket-user=$(id -un)" \
  --users "$place/accounts/users.yaml" --set server.control-accounts=true \
  "${root[@]}" "$@" > "$place/weftpd.out" 2> "$place/weftpd.log" &
pids+=($!)
for _ in $(seq 200); do
  grep -q '^weftpd: listening on ' "$place/weftpd.out" 2>/dev/null && break
  kill -0 "${pids[0]}" 2>/dev/null || { cat "$place/weftpd.log" >&2; exit 1; }
  sleep 0.1
done
ftp=$(sed -n 's/^weftpd: listening on //p' "$place/weftpd.out" | head -1)
"$CONSOLE" serve --listen "${CONSOLE_LISTEN:-127.0.0.1:0}" --control "$place/control" --ftp "unix:$place/ftp" \
  --link-socket "$place/link" --pages "$here/Web" --print-link > "$place/console.out" &
pids+=($!)
for _ in $(seq 200); do
  grep -q '^http' "$place/console.out" 2>/dev/null && break
  kill -0 "${pids[1]}" 2>/dev/null || exit 1
  sleep 0.1
done
cat <<TEXT

  Operator:   $(head -1 "$place/console.out")
              (good for one login within five minutes; another: $CONSOLE link --link-socket $place/link)
  Files:      user weft, password $password
  FTP:        ftp://weft@$ftp/
  Log:        $place/weftpd.log
  Ctrl-C ends both and removes $place.

TEXT
wait -n "${pids[@]}"
