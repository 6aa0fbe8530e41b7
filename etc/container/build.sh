#!/bin/bash
# Builds the image localhost/weftpd: from the Containerfile beside this, or (`build.sh debian`) from Debian packages by mmdebstrap
# and buildah, where no base image can be pulled. IMAGE= names the image, BINARY= gives a program that is built already, BUILDAH=
# the command to use (with its own options, such as --root). POSTGRES=yes takes PostgreSQL's client library along, HOOKS=yes weftpd-hooks.
set -euo pipefail
cd "$(dirname "$0")/../.."
IMAGE=${IMAGE:-localhost/weftpd:latest}

if [ "${1:-}" != debian ]; then
  for tool in podman docker; do
    # HEALTHCHECK is in the docker format only.
    if command -v $tool >/dev/null; then
      exec $tool build $([ $tool = docker ] || echo --format docker) ${POSTGRES:+--build-arg POSTGRES=yes} ${HOOKS:+--build-arg HOOKS=yes} -t "$IMAGE" -f etc/container/Containerfile .
    fi
  done
  echo "neither podman nor docker is installed; 'make image BASE=debian' needs mmdebstrap and buildah" >&2
  exit 1
fi

for tool in mmdebstrap buildah; do
  command -v $tool >/dev/null || { echo "$tool is not installed: apt-get install mmdebstrap buildah" >&2; exit 1; }
done
if [ -z "${BINARY:-}" ]; then make release; BINARY=.build/release/weftpd; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sources=/etc/apt/sources.list.d/debian.sources
[ -e $sources ] || sources=/etc/apt/sources.list
# The libraries the program is linked with and what they need; assemble.sh takes from them only what is loaded.
mmdebstrap --quiet --variant=extract --include=libc6,libstdc++6,libgcc-s1,libssl3,libcap2,libcrypt1,libsqlite3-0,libyaml-0-2,zlib1g${POSTGRES:+,libpq5}${HOOKS:+,libcurl4,ca-certificates} \
  '' "$work/debian.tar" "$sources"
mkdir "$work/debian"
tar -C "$work/debian" -xf "$work/debian.tar"
strip -o "$work/weftpd" "$BINARY"
if [ -n "${HOOKS:-}" ]; then strip -o "$work/weftpd-hooks" "$(dirname "$BINARY")/weftpd-hooks"; fi
etc/container/assemble.sh "$work/weftpd" "$work/debian" "$work/root" ${HOOKS:+"$work/weftpd-hooks"}
chroot "$work/root" /usr/sbin/weftpd --version
{
  printf 'FROM scratch\nCOPY root /\n'
  sed -n '/^# --- what runs/,$p' etc/container/Containerfile
} > "$work/Containerfile"
${BUILDAH:-buildah} bud --format docker --isolation chroot -q -t "$IMAGE" -f "$work/Containerfile" "$work" >/dev/null
echo "$IMAGE"
