# What the scripts of this directory share: storage and a network of their own, and the use of the image as docs/containers.md says.

work=$(mktemp -d /var/tmp/weftpd-container-XXXXXX)
name=weftpd-test-$$ netns=weftpd-ctr-$$
# Storage of its own; limits that may be set where the hard limits are low; runc, which also runs beside cgroups of version 1.
export STORAGE_DRIVER=overlay CONTAINERS_CONF=$work/containers.conf IMAGE=localhost/weftpd:latest
cat > "$CONTAINERS_CONF" <<C
[containers]
default_ulimits=["nofile=$(ulimit -Hn):$(ulimit -Hn)","nproc=32768:32768"]
[engine]
runtime="runc"
C
store="--root $work/store --runroot $work/run"
podman="podman $store --runtime runc" buildah="${BUILDAH:-buildah} $store"

say() { echo "container: $*"; }
fail() { echo "container: FAILED: $*" >&2; $podman logs "$name" 2>&1 | tail -30 >&2 || true; exit 1; }
cleanup() {
  $podman rm -a -f -t 0 >/dev/null 2>&1 || true
  umount "$work/store/overlay" 2>/dev/null || true
  for space in "$netns" "${first:-}" "${first:-}-two"; do ip netns delete "$space" 2>/dev/null || true; done
  rm -rf "$work" || true
}
trap cleanup EXIT
outside() { nsenter --net="/run/netns/$netns" "$@"; }
secret=from-a-file
fetch() { outside curl -s --max-time 20 -u "alice:$secret" "$@"; }
# Waits until somebody can log in; then moves a file each way. The directory is where the container keeps what it serves.
exchange() {
  local files=$1 url=$2
  local end=$((SECONDS + 20))
  until fetch -o /dev/null "$url/" || [ $SECONDS -gt $end ]; do sleep 0.1; done
  fetch -T "$work/up" "$url/up" || fail "the upload failed (the directory: $(stat -c "%u:%g %a" "$files"))"
  cmp -s "$work/up" "$files/up" || fail "the uploaded file differs"
  fetch "$url/up" | cmp -s - "$work/up" || fail "the downloaded file differs"
}

mkdir -p "$work/files" "$work/secret"
echo $secret > "$work/secret/password"
chown -R 10021:10021 "$work/files" "$work/secret"
head -c 2000000 /dev/urandom > "$work/up"
ip netns add "$netns"
ip -n "$netns" link set lo up

# Runs the image as hardened as it can be, and uses it: health, a login, a file moved each way, its log, its end.
use() {
  local began took code pid
  began=$(date +%s%N)
  outside $podman run -d --name "$name" --network host --read-only --cap-drop ALL --cap-add NET_BIND_SERVICE \
    --security-opt no-new-privileges --pids-limit 128 --memory 256m \
    -v "$work/files:/srv/ftp" -v "$work/secret:/run/secrets:ro" \
    -e WEFTPD_ACCOUNTS_USER=alice -e WEFTPD_ACCOUNTS_ROOT=/srv/ftp -e WEFTPD_PASSWORD_FILE=/run/secrets/password \
    "$IMAGE" >/dev/null || fail "it does not start"
  for _ in $(seq 100); do fetch -o /dev/null ftp://127.0.0.1/ && break; sleep 0.1; done
  say "served $((($(date +%s%N) - began) / 1000000)) ms after podman run"
  outside $podman healthcheck run "$name" >/dev/null 2>&1 || outside $podman exec "$name" /usr/sbin/weftpd health || fail "it is not healthy"
  exchange "$work/files" ftp://127.0.0.1
  pid=$($podman inspect -f '{{.State.Pid}}' "$name")
  status() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status" | tr '\t' ' '; }
  [ "$(status Uid)" = "10021 10021 10021 10021" ] || fail "it runs as $(status Uid)"
  [ "$(status CapEff)" = 0000000000000400 ] || fail "it has the capabilities $(status CapEff)"
  [ "$(status NoNewPrivs)" = 1 ] || fail "it may gain privileges"
  [ "$(status Seccomp)" = 2 ] || fail "no system calls are filtered"
  grep -q ' / .* ro,' "/proc/$pid/mountinfo" || fail "its root file system is writable"
  say "uid 10021, CAP_NET_BIND_SERVICE only, root read-only, resident $(status VmRSS)"
  $podman logs "$name" 2>&1 | grep -v '^weftpd: listening on' | while IFS= read -r line; do
    python3 -c 'import json, sys; json.loads(sys.argv[1])' "$line" || { echo "no JSON: $line" >&2; exit 1; }
  done || fail "its log is not JSON throughout"
  # fail2ban reads what the engine keeps of the log, as it is and with the time and stream that podman's files have in front.
  if command -v fail2ban-regex >/dev/null; then
    local found file
    for password in wrong worse; do secret=$password fetch ftp://127.0.0.1/ -o /dev/null && fail "a wrong password is taken"; done
    $podman logs "$name" > "$work/plain" 2>&1
    cp "$($podman inspect -f '{{.HostConfig.LogConfig.Path}}' "$name")" "$work/file" 2>/dev/null || cp "$work/plain" "$work/file"
    for file in plain file; do
      found=$(fail2ban-regex "$work/$file" "$here/etc/fail2ban/filter.d/weftpd.conf" | sed -n 's/^Failregex: \([0-9]*\) total.*/\1/p')
      [ "$found" = 2 ] || { head -c 2000 "$work/$file" >&2; fail "fail2ban finds $found of two wrong passwords ($file)"; }
    done
    say "fail2ban-regex finds both wrong passwords in the container's JSON log ($(head -c 40 "$work/file" | tr -d '\n')...)"
  else say "SKIPPED: fail2ban is not installed"; fi
  $podman logs "$name" 2>&1 | grep -c '"verb":"STOR","path":"/up","bytes":2000000' >/dev/null || fail "the upload is not in the log"

  began=$(date +%s%N)
  $podman stop -t 10 "$name" >/dev/null
  took=$((($(date +%s%N) - began) / 1000000))
  code=$($podman inspect -f '{{.State.ExitCode}}' "$name")
  [ "$code" = 0 ] || fail "it ended with $code"
  [ "$took" -lt 5000 ] || fail "its end took $took ms"
  $podman rm "$name" >/dev/null
  rm "$work/files/up"
  say "ended with 0 after $took ms"
}
