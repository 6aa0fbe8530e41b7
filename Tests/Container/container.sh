#!/bin/bash
# Builds the image from Debian packages and uses it: as hardened as can be, by podman-compose and as a pod, the last two from the very
# files docs/containers.md shows. Needs root, podman, buildah, mmdebstrap, runc, curl; podman-compose for its part.
#
# usage: container.sh BINARY
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
binary=$(readlink -f "$1")
. "$here/Tests/Container/lib.sh"

BINARY=$binary BUILDAH="$buildah" "$here/etc/container/build.sh" debian >/dev/null || fail "the image was not built"
size=$($podman image inspect -f '{{.Size}}' $IMAGE)
say "image of $((size / 1000000)) MB"
[ "$size" -le 35000000 ] || fail "the image has more than 35 MB"
use
. "$here/Tests/Container/settings.sh"
. "$here/Tests/Container/orchestration.sh"
say ok
