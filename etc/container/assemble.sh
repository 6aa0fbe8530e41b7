#!/bin/sh
# Puts together what an image holds: the program, the libraries it is linked with, and whom it runs as; no shell, no package manager.
#
# usage: assemble.sh PROGRAM DEBIAN TREE [HOOKS]    DEBIAN is where the libraries are: / or a directory with an unpacked Debian;
#        HOOKS is weftpd-hooks, if it is to come along with libcurl and the certificates of authorities
set -eu
program=$1 debian=${2%/} tree=$3 hooks=${4:-}
mkdir -p "$tree/etc" "$tree/tmp" "$tree/srv/ftp" "$tree/usr/lib64" "$tree/usr/sbin" "$debian/usr/sbin"
for name in lib lib64 sbin; do ln -s usr/$name "$tree/$name"; done
install -m 755 "$program" "$tree/usr/sbin/weftpd"
[ "$program" -ef "$debian/usr/sbin/weftpd" ] || install -m 755 "$program" "$debian/usr/sbin/weftpd"
# The loader itself says which files it takes, and fails if one is missing.
loader=$(cd "$debian/" && ls lib64/ld-linux-*.so.? lib/ld-linux-*.so.? 2>/dev/null | head -n 1)
${debian:+chroot "$debian"} "/$loader" --list /usr/sbin/weftpd > "$tree/list"
if [ -n "$hooks" ]; then
  mkdir -p "$tree/usr/lib/weftpd" "$debian/usr/lib/weftpd"
  install -m 755 "$hooks" "$tree/usr/lib/weftpd/weftpd-hooks"
  install -m 755 "$hooks" "$debian/usr/lib/weftpd/weftpd-hooks"
  ${debian:+chroot "$debian"} "/$loader" --list /usr/lib/weftpd/weftpd-hooks >> "$tree/list"
  mkdir -p "$tree/etc/ssl/certs"
  # Where the package of certificates is only unpacked, its bundle has not been made yet.
  if [ -s "$debian/etc/ssl/certs/ca-certificates.crt" ]; then cp "$debian/etc/ssl/certs/ca-certificates.crt" "$tree/etc/ssl/certs/"
  else cat "$debian"/usr/share/ca-certificates/mozilla/*.crt > "$tree/etc/ssl/certs/ca-certificates.crt"; fi
fi
# PostgreSQL's client library is looked for when accounts are kept there, so it is taken along where it is installed.
for library in $(cd "$debian/" && ls usr/lib/*/libpq.so.5 2>/dev/null); do
  printf '\t/%s (0x0)\n' "$library" >> "$tree/list"
  ${debian:+chroot "$debian"} "/$loader" --list "/$library" >> "$tree/list"
done
sed -n 's,^.*[[:space:]]\(/[^ ]*\) (0x.*$,\1,p' "$tree/list" | while read -r file; do
  # /lib is /usr/lib. A library's name may be a link to the file of its version; the copy has the name that is looked for.
  place=$tree/usr/${file#/usr}
  mkdir -p "${place%/*}"
  cp -L "$debian$file" "$place"
done
rm "$tree/list"
printf 'root:x:0:0::/:/usr/sbin/nologin\nweftpd:x:10021:10021::/srv/ftp:/usr/sbin/nologin\n' > "$tree/etc/passwd"
printf 'root:x:0:\nweftpd:x:10021:\n' > "$tree/etc/group"
chmod 1777 "$tree/tmp"
chown 10021:10021 "$tree/srv/ftp"
