# A stage of container.sh: two users with TLS behind a router, by the commands of docs/containers.md; IPv6; implicit TLS.

document() {
  awk -v words="$1" '
    /^```/ { if (inside && index(text, words)) { printf "%s", text; exit } inside = !inside; text = ""; next }
    inside { text = text $0 "\n" }' "$here/docs/containers.md"
}
# The document's commands, with the storage of this test and a network of their own: what published ports leave there is in nobody's way.
first=$netns netns=$netns-two
ip netns add "$netns"
ip -n "$netns" link set lo up
mkdir -p "$work/two"
(
  cd "$work/two"
  echo secret > password.txt
  { echo 'set -e'; document 'user add $user'; } | sed "s,podman run,$podman run --network host," > users.sh
  outside bash users.sh > log 2>&1 || { cat log >&2; exit 1; }
  # Without iptables no ports are published: then the host's network does for both.
  document 'WEFTPD_TLS_MODE=required-login' | sed "s,podman run,$podman run,; s,--name weftpd,--name $name," > run.sh
  outside iptables -t nat -S >/dev/null 2>&1 || sed -i 's/-p [0-9:-]* *//g; s/podman run/& --network host/' run.sh
  sed -i 's,--runtime runc run,& --runtime runc,; s,--runtime runc run --runtime runc,--runtime runc run,' run.sh
  outside bash -e run.sh > log 2>&1 || { cat log >&2; exit 1; }
) || fail "the commands of docs/containers.md fail"
ip -n "$netns" address add 192.0.2.10/32 dev lo 2>/dev/null || true
as() { outside curl -s --max-time 20 -k --ssl-reqd -u "$1:secret" "${@:2}"; }
for _ in $(seq 100); do as alice -o /dev/null ftp://192.0.2.10/ && break; sleep 0.1; done
for user in alice bob; do
  # By PASV, whose reply has to name the router's address.
  as $user --disable-epsv -T "$work/up" ftp://192.0.2.10/$user.bin || fail "$user cannot store"
  cmp -s "$work/up" "$work/two/files/$user/$user.bin" || fail "the file of $user differs"
done
as alice ftp://192.0.2.10/bob.bin -o /dev/null && fail "alice reads what is bob's"
outside curl -s --max-time 20 -u alice:secret ftp://192.0.2.10/ -o /dev/null && fail "a login without TLS is taken"
$podman rm -f -t 5 "$name" >/dev/null
netns=$first
say "two users from one mounted file, TLS required, the router's address in PASV: by the commands of the document"

# --- IPv6
start() {
  outside $podman run -d --name "$name" --network host --read-only --cap-drop ALL --cap-add NET_BIND_SERVICE \
    -v "$work/files:/srv/ftp" -v "$work/secret:/run/secrets:ro" \
    -e WEFTPD_ACCOUNTS_USER=alice -e WEFTPD_ACCOUNTS_ROOT=/srv/ftp -e WEFTPD_PASSWORD_FILE=/run/secrets/password "$@" \
    "$IMAGE" >/dev/null || fail "it does not start"
}
healthy() {
  for _ in $(seq 100); do outside $podman exec "$name" /usr/sbin/weftpd health 2>"$work/health" && return 0; sleep 0.1; done
  fail "it is not healthy: $(cat "$work/health")"
}
start -e 'WEFTPD_LISTEN=*:21'
healthy
exchange "$work/files" 'ftp://[::1]'
exchange "$work/files" ftp://127.0.0.1
$podman rm -f -t 5 "$name" >/dev/null
# --- implicit TLS
start -e 'WEFTPD_LISTEN=ftps://0.0.0.0:990'
healthy
fetch -k ftps://127.0.0.1/up | cmp -s - "$work/up" || fail "no download by implicit TLS"
outside $podman healthcheck run "$name" >/dev/null 2>&1 || outside $podman exec "$name" /usr/sbin/weftpd health || fail "the image's health check fails"
$podman rm -f -t 5 "$name" >/dev/null
say "IPv6 and IPv4 by WEFTPD_LISTEN=*:21; healthy under implicit TLS alone"

# --- hooks, in an image of their own
if [ -x "$(dirname "$binary")/weftpd-hooks" ]; then
  HOOKS=yes IMAGE=localhost/weftpd:hooks BINARY=$binary BUILDAH="$buildah" "$here/etc/container/build.sh" debian >/dev/null || fail "the image with hooks was not built"
  say "image with weftpd-hooks of $(($($podman image inspect -f '{{.Size}}' localhost/weftpd:hooks) / 1000000)) MB"
  IMAGE=localhost/weftpd:hooks start -e WEFTPD_HOOKS_URL=https://127.0.0.1:9/ -e WEFTPD_HOOKS_QUEUE=/srv/ftp/.queue
  healthy
  $podman top "$name" args | grep -q weftpd-hooks || { $podman top "$name" args >&2; fail "weftpd-hooks does not run"; }
  rm -rf "$work/files/.queue"
  $podman rm -f -t 5 "$name" >/dev/null
  say "weftpd-hooks runs in it"
fi
rm -f "$work/files/up"
