#!/bin/bash
# Builds weftpd_VERSION_ARCH.deb, and weftp_VERSION_ARCH.deb of the client, from programs that are built already, by `make install-files` and
# dpkg-deb. Needs dpkg-dev. Prints the names of both.
#
#   etc/debian/build.sh [OUTPUT-DIRECTORY]      BINARIES= names where the programs are (.build/release),
#                                               DEB_COMPRESSION= how dpkg-deb compresses (xz)
set -euo pipefail
cd "$(dirname "$0")/../.."
output=${1:-.}
binaries=${BINARIES:-.build/release}
version=$(make -s version)
# Below the version it becomes: 0.2.0 is newer than a build on the way to it.
revision=${DEB_REVISION:-1}
architecture=$(dpkg --print-architecture)
maintainer=${DEB_MAINTAINER:-weftpd <weftpd@localhost>}
date=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root client=$work/client
mkdir -p "$root/DEBIAN" "$work/debian"
# dpkg-deb wants no group or others to write.
umask 022

make -s install-files DESTDIR="$root" PREFIX=/usr SYSCONFDIR=/etc UNITDIR=/lib/systemd/system BINARIES="$binaries" >/dev/null
# The client is a package of its own.
if [ -e "$root/usr/bin/weftp" ]; then
  mkdir -p "$client/DEBIAN"
  (cd "$root" && find usr -name weftp -o -name weftp.1 -o -name _weftp -o -name weftp.fish) | while read -r file; do
    install -d "$client/$(dirname "$file")"
    mv "$root/$file" "$client/$file"
  done
  find "$root" "$client" -depth -type d -empty ! -path '*/DEBIAN' -delete
  install -d "$root/etc/weftpd"
fi
# The license goes by the name that Debian gives it, and packages have no debugging sections.
rm "$root/usr/share/doc/weftpd/LICENSE"
# Scripts for shells to read, not to run.
sed -i '1{/^#!/d}' "$work"/*/usr/share/bash-completion/completions/*
[ ! -e "$root/usr/lib/weftpd/swift-backtrace" ] || strip --strip-unneeded "$root/usr/lib/weftpd/swift-backtrace"
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/sbin/weftpd" "$root/usr/lib/weftpd/weftpd-authd" \
  "$root/usr/lib/weftpd/weftpd-hooks" "$root/usr/sbin/mptcpctl" "$client/usr/bin/weftp" 2>/dev/null || true
chmod 755 "$root"/usr/sbin/* "$root"/usr/lib/weftpd/*
for f in filter.d jail.d; do
  install -D -m 644 "etc/fail2ban/$f/weftpd.conf" "$root/etc/fail2ban/$f/weftpd.conf"
done
# The jail is the operator's decision.
sed -i 's/^enabled = true/enabled = false/' "$root/etc/fail2ban/jail.d/weftpd.conf"
install -D -m 644 etc/grafana/weftpd.json "$root/usr/share/weftpd/grafana.json"
install -D -m 644 etc/prometheus/weftpd.rules.yml "$root/usr/share/weftpd/prometheus.rules.yml"
install -D -m 644 etc/debian/lintian-overrides "$root/usr/share/lintian/overrides/weftpd"

doc=$root/usr/share/doc/weftpd
cat > "$doc/copyright" <<C
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: weftpd

Files: *
Copyright: 2026 the authors of weftpd
License: Apache-2.0
 On Debian systems, the complete text of the Apache License, Version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
C
cat > "$work/changelog" <<C
weftpd ($version-$revision) unstable; urgency=medium

  * See CHANGELOG.md.

 -- $maintainer  $(date -R -d "@$date")
C
gzip -9n < "$work/changelog" > "$doc/changelog.Debian.gz"
gzip -9n < CHANGELOG.md > "$doc/changelog.gz"
rm "$doc/CHANGELOG.md"
find "$root/usr/share/man" -type f -exec gzip -9n {} +

# What the programs are linked with, with the versions they need.
printf 'Source: weftpd\nPackage: weftpd\nArchitecture: %s\n' "$architecture" > "$work/debian/control"
programs=()
for program in sbin/weftpd lib/weftpd/weftpd-authd lib/weftpd/weftpd-hooks sbin/mptcpctl; do
  [ ! -e "$root/usr/$program" ] || programs+=("-e$root/usr/$program")
done
depends=$(cd "$work" && dpkg-shlibdeps -O "${programs[@]}" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || { echo "the libraries cannot be told" >&2; exit 1; }
(cd "$root" && find etc -type f -printf '/%p\n' | sort) > "$root/DEBIAN/conffiles"
for script in postinst prerm postrm; do install -m 755 "etc/debian/$script" "$root/DEBIAN/$script"; done
(cd "$root" && find usr lib -type f -print0 | sort -z | xargs -0 md5sum) > "$root/DEBIAN/md5sums"
cat > "$root/DEBIAN/control" <<C
Package: weftpd
Version: $version-$revision
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Depends: $depends, libpam-modules, adduser
Recommends: logrotate
Suggests: fail2ban, prometheus
Provides: ftp-server
Section: net
Priority: optional
Homepage: https://weftpd.invalid/
Description: FTP server with TLS and Multipath TCP
 weftpd is a multithreaded FTP server (RFC 959). Uploads are complete or
 absent, data connections under TLS are bound to their control connection,
 and every user is kept beneath a directory by the kernel.
 .
 weftpd who shows sessions and transfers live, weftpd drain takes a server
 out of service without breaking transfers, and metrics are there for
 Prometheus.
C
sed -i '/^Homepage:/d' "$root/DEBIAN/control"
[ -z "${DEB_HOMEPAGE:-}" ] || sed -i "/^Description:/i Homepage: $DEB_HOMEPAGE" "$root/DEBIAN/control"

if [ -e "$client/usr/bin/weftp" ]; then
  doc=$client/usr/share/doc/weftp
  mkdir -p "$doc"
  sed 's/^Upstream-Name: weftpd/Upstream-Name: weftp/' "$root/usr/share/doc/weftpd/copyright" > "$doc/copyright"
  sed 's/^weftpd (/weftp (/' "$work/changelog" | gzip -9n > "$doc/changelog.Debian.gz"
  find "$client/usr/share/man" -type f -exec gzip -9n {} +
  install -D -m 644 etc/debian/lintian-overrides.weftp "$client/usr/share/lintian/overrides/weftp"
  printf 'Source: weftpd\nPackage: weftp\nArchitecture: %s\n' "$architecture" > "$work/debian/control"
  depends=$(cd "$work" && dpkg-shlibdeps -O -e"$client/usr/bin/weftp" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
  [ -n "$depends" ] || { echo "the libraries of weftp cannot be told" >&2; exit 1; }
  (cd "$client" && find usr -type f -print0 | sort -z | xargs -0 md5sum) > "$client/DEBIAN/md5sums"
  cat > "$client/DEBIAN/control" <<C
Package: weftp
Source: weftpd
Version: $version-$revision
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du -sk --exclude=DEBIAN "$client" | cut -f1)
Depends: $depends
Suggests: weftpd
Provides: ftp
Section: net
Priority: optional
Description: FTP client with TLS, mirrors and Multipath TCP
 weftp gets and puts files and trees, from a shell of its own or from the
 command line: with TLS, resumption that proves what is there already,
 pipelines of small files, mirrors, and several paths at once.
C
fi
mkdir -p "$output"
for package in weftpd:"$root" weftp:"$client"; do
  tree=${package#*:} name=${package%%:*}
  [ -e "$tree/DEBIAN/control" ] || continue
  find "$tree" -newermt "@$date" -exec touch -h -d "@$date" {} +
  SOURCE_DATE_EPOCH=$date dpkg-deb --root-owner-group "-Z${DEB_COMPRESSION:-xz}" --build "$tree" "$output/${name}_${version}-${revision}_$architecture.deb" >/dev/null
  echo "$output/${name}_${version}-${revision}_$architecture.deb"
done
