#!/bin/bash
# Builds the Debian package from programs that are built already, and tries it: lintian, installed into a fresh Debian, upgraded with the
# operator's settings kept, removed, purged. Needs root, mmdebstrap, dpkg-dev, lintian.
#
# usage: package.sh BINARY     weftpd-authd, weftpd-hooks, weftp and mptcpctl are taken from beside it. PACKAGE_ROOT=DIR keeps the Debian for the next run.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
binary=$(readlink -f "$1")
work=$(mktemp -d /var/tmp/weftpd-package-XXXXXX)
root=${PACKAGE_ROOT:-$work/root}
trap 'umount "$root/proc" 2>/dev/null || true; rm -rf "$work"' EXIT
say() { echo "package: $*"; }
fail() { echo "package: FAILED: $*" >&2; exit 1; }
inside() { chroot "$root" env PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@"; }

# --- the package
mkdir -p "$work/bin"
cp "$binary" "$work/bin/weftpd"
for program in weftpd-authd weftpd-hooks mptcpctl weftp; do
  [ ! -x "$(dirname "$binary")/$program" ] || cp "$(dirname "$binary")/$program" "$work/bin/"
done
for program in weftpd-authd weftpd-hooks weftp; do
  [ -x "$work/bin/$program" ] || fail "there is no $program beside $binary"
done
BINARIES=$work/bin "$here/etc/debian/build.sh" "$work" > "$work/said"
package=$(grep '/weftpd_' "$work/said") client=$(grep '/weftp_' "$work/said")
[ -e "$package" ] && [ -e "$client" ] || fail "there are no packages: $(cat "$work/said")"
BINARIES=$work/bin DEB_COMPRESSION=none DEB_REVISION=2 "$here/etc/debian/build.sh" "$work" > /dev/null
newer=${package/-1_/-2_}
[ -e "$newer" ] || fail "there is no $newer"
say "$(basename "$package"), $(du -k "$package" | cut -f1) KiB"
say "$(basename "$client"), $(du -k "$client" | cut -f1) KiB"
lintian --allow-root --fail-on error,warning "$package" "$client" || fail "lintian has something to say"
say "lintian has nothing to say but for the overrides"

# --- a fresh Debian
if [ ! -x "$root/usr/bin/dpkg" ]; then
  sources=/etc/apt/sources.list.d/debian.sources
  [ -e $sources ] || sources=/etc/apt/sources.list
  mmdebstrap --quiet --variant=minbase --include=systemd,logrotate,libcurl4,libpam-modules,libssl3,libcap2,libcrypt1,libsqlite3-0,libstdc++6,libyaml-0-2,zlib1g,man-db,adduser \
    '' "$root.new" "$sources"
  mv "$root.new" "$root"
fi
mount -t proc proc "$root/proc"
cp "$package" "$newer" "$client" "$root/"
find "$root" -xdev \( -path "$root/proc" -o -path "$root/var/lib/dpkg" -o -path "$root/var/cache" \) -prune -o -print | sort > "$work/before"

inside dpkg -i "/$(basename "$package")" > "$work/install" 2>&1 || { cat "$work/install" >&2; fail "it cannot be installed"; }
inside weftpd --version | grep -q '^weftpd ' || fail "the program does not run"
inside getent passwd weftpd >/dev/null || fail "there is no user weftpd"
[ "$(inside stat -c %U /srv/ftp)" = weftpd ] || fail "/srv/ftp is not weftpd's"
inside weftpd check --config /etc/weftpd/weftpd.yaml > "$work/check" 2>&1 || true
grep -q 'nobody could log in' "$work/check" || { cat "$work/check" >&2; fail "the settings are not as they are shipped"; }
for page in weftpd.8 weftpd-who.8 weftpd.yaml.5 weftpd-users.5 mptcpctl.8; do
  [ -e "$root/usr/share/man/man${page##*.}/$page.gz" ] || [ "$page" = mptcpctl.8 ] || fail "there is no page $page"
done
inside bash -n /usr/share/bash-completion/completions/weftpd || fail "bash does not take the completions"
inside dpkg -V weftpd > "$work/verify" || true
[ ! -s "$work/verify" ] || { cat "$work/verify" >&2; fail "files differ from the package's"; }
say "installed"

[ -z "$(dpkg-deb -c "$package" | grep -E '/weftp(\.1|\.fish)?(\.gz)?$|/_weftp$')" ] || fail "the server's package has files of the client"
inside ldd /usr/lib/weftpd/weftpd-hooks | grep -q 'not found' && fail "weftpd-hooks lacks a library"
inside /usr/lib/weftpd/weftpd-hooks --version > "$work/hooks" 2>&1 || true
grep -q 'error while loading' "$work/hooks" && fail "weftpd-hooks does not run"
inside dpkg -i "/$(basename "$client")" > "$work/install" 2>&1 || { cat "$work/install" >&2; fail "weftp cannot be installed"; }
inside weftp --version | grep -q '^weftp ' || fail "the client does not run"
for file in man/man1/weftp.1.gz bash-completion/completions/weftp zsh/vendor-completions/_weftp fish/vendor_completions.d/weftp.fish; do
  [ -e "$root/usr/share/$file" ] || fail "there is no /usr/share/$file"
done
inside dpkg -V weftp > "$work/verify" || true
[ ! -s "$work/verify" ] || { cat "$work/verify" >&2; fail "files of weftp differ from the package's"; }
inside dpkg -P weftp > /dev/null 2>&1 || fail "weftp cannot be purged"
say "weftpd-hooks runs; weftp installed, tried and purged"

# --- an upgrade keeps what the operator has changed
echo '# mine' >> "$root/etc/weftpd/weftpd.yaml"
echo 'alice:*:/srv/ftp:rw' > "$root/etc/weftpd/users"
rm "$root/etc/logrotate.d/weftpd"
inside dpkg -i "/$(basename "$newer")" > "$work/upgrade" 2>&1 || { cat "$work/upgrade" >&2; fail "it cannot be upgraded"; }
tail -1 "$root/etc/weftpd/weftpd.yaml" | grep -q '^# mine$' || fail "the upgrade has overwritten the settings"
[ -e "$root/etc/weftpd/users" ] || fail "the upgrade has removed the user table"
[ ! -e "$root/etc/logrotate.d/weftpd" ] || fail "the upgrade has brought a removed file back"
say "upgraded, settings kept"

inside dpkg -r weftpd > /dev/null 2>&1 || fail "it cannot be removed"
[ ! -e "$root/usr/sbin/weftpd" ] || fail "the program is left"
[ -e "$root/etc/weftpd/weftpd.yaml" ] || fail "a removal has taken the settings away"
[ -e "$root/etc/weftpd/users" ] || fail "a removal has taken the user table away"
mkdir -p "$root/srv/ftp"
echo mine > "$root/srv/ftp/file"
inside dpkg -P weftpd > "$work/purge" 2>&1 || { cat "$work/purge" >&2; fail "it cannot be purged"; }
[ ! -e "$root/etc/weftpd" ] || fail "a purge has left the settings"
[ -e "$root/srv/ftp/file" ] || fail "a purge has taken a user's file away"
rm -r "$root/srv/ftp"
find "$root" -xdev \( -path "$root/proc" -o -path "$root/var/lib/dpkg" -o -path "$root/var/cache" \) -prune -o -print | sort > "$work/after"
# The user stays, as it may own files; a directory of the shell completions or of fail2ban is dpkg's to remove.
left=$(comm -13 "$work/before" "$work/after" | grep -vE '/etc/(passwd|group|shadow|gshadow)-$|/var/log/(dpkg|alternatives)|/run/|\.pwd\.lock|/\.updated$' || true)
[ -z "$left" ] || { echo "$left" >&2; fail "a purge has left files"; }
say "removed and purged; what users have stored is left"
