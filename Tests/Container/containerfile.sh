#!/bin/bash
# Builds the Containerfile itself, with base images of the right names made here where none can be pulled, and runs what comes out.
# It compiles the whole program: a quarter of an hour. Needs root, podman, buildah, mmdebstrap, runc, curl, a Swift toolchain.
#
# usage: containerfile.sh
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
for tool in podman buildah mmdebstrap runc curl swift; do
  command -v $tool >/dev/null || { echo "containerfile: SKIPPED: $tool is not installed"; exit 0; }
done
. "$here/Tests/Container/lib.sh"

# --- stand-ins for docker.io/library/debian and docker.io/library/swift, from Debian's packages and the toolchain that is here
toolchain=$(cd "$(dirname "$(readlink -f "$(command -v swift)")")/../.." && pwd)
sources=/etc/apt/sources.list.d/debian.sources
[ -e $sources ] || sources=/etc/apt/sources.list
# Where this machine keeps sources of packages, git is told so there, too, and they are mounted, as the toolchain is.
mounts=(--volume "$toolchain:$toolchain:ro")
git config -f "$work/.gitconfig" safe.directory '*'
while read -r key value; do
  git config -f "$work/.gitconfig" --add "$key" "$value"
  directory=${key#url.}
  directory=${directory%.insteadof}
  case " ${mounts[*]} " in *" $directory:"*) ;; *) [ ! -d "$directory" ] || mounts+=(--volume "$directory:$directory:ro") ;; esac
done < <(git config --get-regexp '^url\..*\.insteadof$' 2>/dev/null || true)
base() {
  local name=$1 packages=$2
  mmdebstrap --quiet --variant=minbase --include="$packages" --customize-hook="copy-in $work/.gitconfig /root" '' \
    "$work/base.tar" "$sources"
  $podman import -q -c "ENV PATH=$toolchain/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
    "$work/base.tar" "$name" >/dev/null
  rm "$work/base.tar"
}
base "$(sed -n 's/^FROM \(.*debian.*\) AS libraries$/\1/p' "$here/etc/container/Containerfile")" ca-certificates
base "$(sed -n 's/^FROM \(.*swift.*\) AS build$/\1/p' "$here/etc/container/Containerfile")" \
  ca-certificates,git,binutils,gcc,g++,libc6-dev,libstdc++-12-dev,libcurl4,libedit2,libxml2,libsqlite3-0,libncurses6,libz3-4,libpython3.11,tzdata,pkg-config
say "base images made here"

began=$SECONDS
$buildah bud --pull=never --format docker --isolation chroot --network host "${mounts[@]}" -t "$IMAGE" \
  -f "$here/etc/container/Containerfile" "$here" >"$work/log" 2>&1 \
  || { tail -30 "$work/log" >&2; fail "the Containerfile does not build"; }
say "built in $((SECONDS - began)) s, $($podman image inspect -f '{{.Size}}' $IMAGE | awk '{printf "%.0f MB", $1 / 1e6}')"
use
say ok
