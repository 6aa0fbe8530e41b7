# A stage of boot.sh: the Debian package in a booted system, enabled, used, upgraded with a session that goes on, and purged.

command -v dpkg-shlibdeps >/dev/null || { say "SKIPPED: the Debian package needs dpkg-dev"; return 0; }
for revision in 1 2; do
  BINARIES=$work/bin DEB_COMPRESSION=none DEB_REVISION=$revision "$here/etc/debian/build.sh" "$work" > "$work/said" || fail "the package cannot be built"
  cp "$(grep '/weftpd_' "$work/said")" "/proc/$leader/root/var/tmp/weftpd-$revision.deb"
done
# What make install has put there goes.
inside systemctl stop weftpd.service weftpd.socket weftpd-tls.socket weftpd-authd.socket weftpd-authd.service 2>/dev/null || true
inside sh -c 'rm -rf /usr/local/sbin/weftpd /usr/local/lib/weftpd /usr/local/lib/systemd/system/weftpd* /usr/local/lib/sysusers.d/weftpd.conf \
  /usr/local/lib/tmpfiles.d/weftpd.conf /usr/local/share/doc/weftpd /usr/local/share/man /etc/weftpd /etc/pam.d/weftpd /etc/logrotate.d/weftpd \
  /etc/systemd/system/weftpd*'
inside systemctl daemon-reload
package() { inside env DEBIAN_FRONTEND=noninteractive LC_ALL=C dpkg "$@" > "$work/dpkg" 2>&1 || { cat "$work/dpkg" >&2; fail "dpkg $*"; }; }
package -i /var/tmp/weftpd-1.deb
inside sh -c 'echo secret | weftpd user add alice --table /etc/weftpd/users --home /srv/ftp && chgrp weftpd /etc/weftpd/users && chmod 640 /etc/weftpd/users' \
  >/dev/null 2>&1 || fail "no user can be added"
# The one edit at its top.
inside sed -i '0,/^#\([a-z]\)/s//\1/' /etc/weftpd/weftpd.yaml
inside weftpd check --config /etc/weftpd/weftpd.yaml > "$work/check" 2>&1 || { cat "$work/check" >&2; fail "weftpd check finds something"; }
inside systemctl enable --now weftpd.socket weftpd.service 2>/dev/null || fail "the service does not start"
fetch ftp://127.0.0.1/file | cmp -s - "$work/file" || fail "the download differs"
fetch -T "$work/file" ftp://127.0.0.1/by-package && cmp -s "$served/by-package" "$work/file" || fail "the upload differs"
inside weftpd status | grep -q '^state  *serving' || fail "weftpd status fails"
say "installed by dpkg, enabled, served"
rm -f "$work/idle" "$work/idle.in"
outside python3 "$work/idle.py" "$work/idle" &
idle=$!
await 60 test -e "$work/idle.in" || fail "nobody is logged in"
inside sh -c 'echo "# mine" >> /etc/weftpd/weftpd.yaml'
truncate -s 1G "$served/gigabyte"
pid=$(property MainPID)
package -i /var/tmp/weftpd-2.deb
[ "$(property MainPID)" != "$pid" ] || fail "after the upgrade the old program serves"
[ "$(property NRestarts)" = 0 ] && inside kill -0 "$pid" || fail "the upgrade has ended the old process"
inside grep -q '^# mine$' /etc/weftpd/weftpd.yaml || fail "the upgrade has changed the settings"
fetch ftp://127.0.0.1/file | cmp -s - "$work/file" || fail "after the upgrade the download differs"
touch "$work/idle"
wait $idle || fail "the upgrade has ended a session"
say "upgraded by dpkg: settings kept, and a session that idled went on"
package -P weftpd
[ "$(property ActiveState)" = inactive ] || fail "after the purge it is $(property ActiveState)"
inside test ! -e /etc/weftpd || fail "the purge has left the settings"
inside test -e /srv/ftp/by-package || fail "the purge has taken a user's file"
say "purged"
