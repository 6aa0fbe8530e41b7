#!/bin/bash
# Builds the image localhost/weftpd: from the Containerfile beside this, or (`build.sh debian`) from Debian packages by mmdebstrap
# and buildah, where no base image can be pulled. IMAGE= names the image, BINARY= gives a program that is built already, BUILDAH=
# the command to use (with its own options, such as --root).
set -euo pipefail
cd "$(dirname "$0")/../.."
IMAGE=${IMAGE:-localhost/weftpd:latest}

if [ "${1:-}" != debian ]; then
  for tool in podman docker; do
    # HEALTHCHECK is in the docker format only.
    if command -v $tool >/dev/null; then
      exec $tool build $([ $tool = docker ] || echo --format docker) -t "$IMAGE" -f etc/container/Containerfile .
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
# The libraries the program is linked with, what they need, and nothing else: no shell, no package manager.
mmdebstrap --quiet --variant=extract --include=libc6,libstdc++6,libgcc-s1,libssl3,libcap2,libcrypt1,zlib1g \
  '' "$work/root.tar" "$sources"
mkdir -p "$work/root"
tar -C "$work/root" -xf "$work/root.tar"
rm -rf "$work/root.tar" "$work/root"/usr/share/{doc,man,locale,lintian} "$work/root/var/lib/dpkg"
mkdir -p "$work/root"/{etc,tmp,srv/ftp,usr/sbin}
install -s -m 755 "$BINARY" "$work/root/usr/sbin/weftpd"
printf 'root:x:0:0::/:/usr/sbin/nologin\nweftpd:x:10021:10021::/srv/ftp:/usr/sbin/nologin\n' > "$work/root/etc/passwd"
printf 'root:x:0:\nweftpd:x:10021:\n' > "$work/root/etc/group"
chmod 1777 "$work/root/tmp"
chown 10021:10021 "$work/root/srv/ftp"
chroot "$work/root" /usr/sbin/weftpd --version
{
  printf 'FROM scratch\nCOPY root /\n'
  sed -n '/^# --- what runs/,$p' etc/container/Containerfile
} > "$work/Containerfile"
${BUILDAH:-buildah} bud --format docker --isolation chroot -q -t "$IMAGE" -f "$work/Containerfile" "$work" >/dev/null
echo "$IMAGE"
