#!/bin/sh
# fetch.sh CACHE: puts the peers into CACHE without installing anything. Debian's FTP daemons conflict with one another
# as packages, so each is downloaded and unpacked into a folder of its own; pyftpdlib comes from PyPI. What is there
# already is kept.
set -eu
mkdir -p "$1/deb"
cache=$(cd "$1" && pwd)

# fetch DIR PACKAGE...: unpacks the packages into CACHE/DIR, once.
fetch() {
  directory=$1; shift
  [ -e "$cache/$directory/.complete" ] && return 0
  rm -rf "${cache:?}/$directory"
  mkdir -p "$cache/$directory"
  for package in "$@"; do
    set -- "$cache"/deb/"${package}"_*.deb
    if [ ! -e "$1" ]; then
      (cd "$cache/deb" && timeout 120 apt-get -qq download "$package" 2>"$cache/apt.log") || {
        # The package lists of a fresh machine are empty: read them once and try again.
        [ -n "${updated:-}" ] || { timeout 180 apt-get -qq update >/dev/null 2>&1 || true; updated=1; }
        (cd "$cache/deb" && timeout 120 apt-get -qq download "$package" 2>"$cache/apt.log") || {
          echo "fetch: cannot download $package: $(tail -n 1 "$cache/apt.log")" >&2; return 0; }
      }
      set -- "$cache"/deb/"${package}"_*.deb
    fi
    dpkg -x "$1" "$cache/$directory"
  done
  touch "$cache/$directory/.complete"
}

# Libraries the daemons need and a small system lacks.
fetch libraries libwrap0 libsodium23 libpam-pwdfile libhiredis0.14 libmemcached11 libmemcachedutil2 libhashkit2 \
  libpcre2-posix3
fetch vsftpd vsftpd
fetch pure-ftpd pure-ftpd pure-ftpd-common
fetch proftpd proftpd-core
fetch inetutils-ftpd inetutils-ftpd
# TLS is a package of its own; ProFTPD looks for modules in one folder only.
fetch proftpd-crypto proftpd-mod-crypto
cp "$cache"/proftpd-crypto/usr/lib/proftpd/mod_tls*.so "$cache/proftpd/usr/lib/proftpd/" 2>/dev/null || true

if [ ! -e "$cache/pyftpdlib/.complete" ]; then
  if timeout 180 python3 -m pip -q install --disable-pip-version-check --no-warn-script-location --upgrade \
    --target "$cache/pyftpdlib" pyftpdlib==2.2.0 >"$cache/pip.log" 2>&1; then
    touch "$cache/pyftpdlib/.complete"
  else
    echo "fetch: cannot install pyftpdlib: $(tail -n 1 "$cache/pip.log")" >&2
  fi
fi
