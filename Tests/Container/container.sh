#!/bin/bash
# Builds the image from Debian packages, runs it as hardened as docs/containers.md says, and uses it: health, a login, a file
# moved each way, its log, its end. Needs root, podman, buildah, mmdebstrap, runc, curl.
#
# usage: container.sh BINARY
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
binary=$(readlink -f "$1")
work=$(mktemp -d /var/tmp/weftpd-container-XXXXXX)
name=weftpd-test-$$ netns=weftpd-ctr-$$
# Storage of its own; limits that may be set where the hard limits are low; runc, which also runs beside cgroups of version 1.
export STORAGE_DRIVER=overlay CONTAINERS_CONF=$work/containers.conf IMAGE=localhost/weftpd:test BINARY=$binary
cat > "$CONTAINERS_CONF" <<C
[containers]
default_ulimits=["nofile=$(ulimit -Hn):$(ulimit -Hn)","nproc=32768:32768"]
[engine]
runtime="runc"
C
store="--root $work/store --runroot $work/run"
podman="podman $store --runtime runc"

say() { echo "container: $*"; }
fail() { echo "container: FAILED: $*" >&2; $podman logs "$name" 2>&1 | tail -30 >&2 || true; exit 1; }
cleanup() {
  $podman rm -f -t 0 "$name" >/dev/null 2>&1 || true
  umount "$work/store/overlay" 2>/dev/null || true
  ip netns delete "$netns" 2>/dev/null || true
  rm -rf "$work" || true
}
trap cleanup EXIT
outside() { nsenter --net="/run/netns/$netns" "$@"; }
fetch() { outside curl -s --max-time 20 -u alice:from-a-file "$@"; }

BUILDAH="buildah $store" "$here/container/build.sh" debian >/dev/null || fail "the image was not built"
say "image of $($podman image inspect -f '{{.Size}}' $IMAGE | awk '{printf "%.0f MB", $1 / 1e6}')"
mkdir -p "$work/files" "$work/secret"
printf 'from-a-file\n' > "$work/secret/password"
chown -R 10021:10021 "$work/files" "$work/secret"
head -c 2000000 /dev/urandom > "$work/up"

ip netns add "$netns"
ip -n "$netns" link set lo up
began=$(date +%s%N)
outside $podman run -d --name "$name" --network host --read-only --cap-drop ALL --cap-add NET_BIND_SERVICE \
  --security-opt no-new-privileges --pids-limit 128 --memory 256m \
  -v "$work/files:/srv/ftp" -v "$work/secret:/run/secrets:ro" \
  -e WEFTPD_ACCOUNTS_USER=alice -e WEFTPD_ACCOUNTS_ROOT=/srv/ftp -e WEFTPD_PASSWORD_FILE=/run/secrets/password \
  "$IMAGE" >/dev/null || fail "it does not start"
for _ in $(seq 100); do outside curl -s -o /dev/null --max-time 2 -u alice:from-a-file ftp://127.0.0.1/ && break; sleep 0.1; done
say "served $((($(date +%s%N) - began) / 1000000)) ms after podman run"
outside $podman healthcheck run "$name" >/dev/null 2>&1 || outside $podman exec "$name" /usr/sbin/weftpd health || fail "it is not healthy"
fetch -T "$work/up" ftp://127.0.0.1/up || fail "the upload failed"
cmp -s "$work/up" "$work/files/up" || fail "the uploaded file differs"
fetch ftp://127.0.0.1/up | cmp -s - "$work/up" || fail "the downloaded file differs"
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
$podman logs "$name" 2>&1 | grep -q '"verb":"STOR","path":"/up","bytes":2000000' || fail "the upload is not in the log"

began=$(date +%s%N)
$podman stop -t 10 "$name" >/dev/null
took=$((($(date +%s%N) - began) / 1000000))
code=$($podman inspect -f '{{.State.ExitCode}}' "$name")
[ "$code" = 0 ] || fail "it ended with $code"
[ "$took" -lt 5000 ] || fail "its end took $took ms"
say "ended with 0 after $took ms"
say ok
