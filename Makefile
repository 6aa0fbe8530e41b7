# The ways in: `make serve` to try weftpd, `make test` to check it, `make help` for the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help console console-test console-units console-pages console-release console-install serve test bench bench-clients torture fuzz format lint release install install-files uninstall image deb manual version clean setup

# Debian packages the build needs.
PACKAGES := libcrypt-dev libcap-dev libcurl4-openssl-dev libssl-dev libpam0g-dev libsqlite3-dev libyaml-dev zlib1g-dev
# Where `make serve` serves and listens.
DIR ?= files
LISTEN ?= 127.0.0.1:2121
WEFTPD_USER ?= weft
# Where `make install` puts things; DESTDIR goes in front of all of it.
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
DOCDIR ?= $(PREFIX)/share/doc/weftpd
MANDIR ?= $(PREFIX)/share/man
# Where zsh looks: beneath /usr that is one folder for packages, beneath /usr/local the other one.
ZSHDIR ?= $(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
# What is installed and packed into an image: a program that needs no Swift on the machine it runs on. lld packs the relocations (which
# needs glibc 2.36) and leaves out the names that only a plug-in would look up: 1.6 MB less.
RELEASE := -c release --static-swift-stdlib -Xswiftc -use-ld=lld -Xlinker -z -Xlinker pack-relative-relocs \
  -Xlinker --no-export-dynamic
PRODUCTS ?= weftpd weftpd-authd weftpd-hooks weftp mptcpctl
# The console that console-install installs.
CONSOLE_BINARY ?= .build/release/weftpd-console
BINARIES ?= .build/release
BACKTRACE ?= $(dir $(shell readlink -f "$$(command -v swift)"))../libexec/swift/linux/swift-backtrace-static
# Every file install puts somewhere has its paths made to match.
PATHS = sed -e 's,/usr/local/share/doc/weftpd,$(DOCDIR),g' -e 's,/usr/local/,$(PREFIX)/,g'
# Installed documents do not link to what is not installed with them.
LINKS = sed -E 's,\[([^][]*)\]\((\.\./)*(Sources|Tests|Console|\.ci|Makefile|Package\.swift)[^)]*\),\1,g'
FUZZ_SECONDS ?= 600
TORTURE_UPLOADS ?= 1000
# Of faults.py: calls, disks, trees, clients, power; all if none is named.
TORTURE_PARTS ?=
BENCH_FLAGS ?=

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:
	@missing=""; for p in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	  else echo "Missing packages. Type:  sudo apt-get install -y$$missing"; exit 1; fi; fi

serve: setup ## build in release mode and serve ./files on 127.0.0.1:2121 (DIR=, LISTEN=, WEFTPD_USER=)
	swift build -c release --product weftpd
	@mkdir -p "$(DIR)"
	@exec .build/release/weftpd serve "$(DIR)" --listen "$(LISTEN)" --user "$(WEFTPD_USER)" \
	  $$(test "$$(id -u)" != 0 || echo --set server.allow-root=true)

console: setup ## try the console in the browser: weftpd with a scratch directory, and a link
	swift build -c release --product weftpd
	Console/swift.sh build -c release --product weftpd-console
	@WEFTPD=.build/release/weftpd CONSOLE=.build/release/weftpd-console exec Console/try.sh

console-test: setup ## test the console: units, then a real Chromium (apt: chromium chromium-driver; pip: selenium)
	swift build --product weftpd
	$(MAKE) console-units console-pages

console-units:
	Console/swift.sh build --build-tests
	Console/swift.sh test --skip-build

# With what is built.
console-pages:
	python3 Console/Tests/Browser/run.py --weftpd .build/debug/weftpd --console .build/debug/weftpd-console \
	  --shots .build/console-shots

console-release: setup ## build the console for console-install
	Console/swift.sh build $(RELEASE) --product weftpd-console

console-install: ## install the console, its page and its units (PREFIX=/usr/local, DESTDIR=)
	install -D -s -m 755 "$(CONSOLE_BINARY)" "$(DESTDIR)$(PREFIX)/sbin/weftpd-console"
	install -d "$(DESTDIR)$(PREFIX)/share/weftpd/console" "$(DESTDIR)$(UNITDIR)" "$(DESTDIR)$(PREFIX)/lib/sysusers.d"
	install -m 644 Console/Web/* "$(DESTDIR)$(PREFIX)/share/weftpd/console/"
	for f in weftpd-console.service weftpd-console.socket; do \
	  $(PATHS) systemd/console/$$f > "$(DESTDIR)$(UNITDIR)/$$f" && chmod 644 "$(DESTDIR)$(UNITDIR)/$$f" || exit 1; done
	install -d "$(DESTDIR)$(UNITDIR)/weftpd.service.d"
	install -m 644 systemd/console/weftpd.service.d/weftpd-console.conf "$(DESTDIR)$(UNITDIR)/weftpd.service.d/weftpd-console.conf"
	install -m 644 systemd/console/weftpd-console.conf "$(DESTDIR)$(PREFIX)/lib/sysusers.d/weftpd-console.conf"

test: setup ## build and run every test (those whose client or privilege is missing say so and skip)
	swift build --build-tests
	Tests/run.sh

bench: setup ## compare what is installed with vsftpd, pure-ftpd, proftpd, pyftpdlib and a bare C floor (BENCH_FLAGS=--quick)
	swift build $(RELEASE) --product weftpd
	python3 Tests/Bench/bench.py --weftpd .build/release/weftpd $(BENCH_FLAGS)
	python3 Tests/Bench/accounts.py --weftpd .build/release/weftpd --limit 300

bench-clients: setup ## compare weftp with curl, lftp, ncftp, wget and rclone (BENCH_FLAGS=--rounds 3)
	swift build -c release --product weftpd
	swift build -c release --product weftp
	python3 Tests/Bench/clients.py $(BENCH_FLAGS)

torture: setup ## kill the daemon and its clients during TORTURE_UPLOADS uploads (1000), try every fault, and look what is lost or mixed
	swift build -c release --product weftpd
	swift build -c release --product weftp
	python3 Tests/Torture/torture.py --weftpd .build/release/weftpd --uploads $(TORTURE_UPLOADS)
	python3 Tests/Torture/segments.py --weftpd .build/release/weftpd --files 200 --kills 100
	python3 Tests/Torture/cuts.py --weftpd .build/release/weftpd --weftp .build/release/weftp
	python3 Tests/Torture/quotas.py --weftpd .build/release/weftpd
	python3 Tests/Torture/killed_uploads.py --weftpd .build/release/weftpd
	python3 Tests/Torture/killed_client.py --weftpd .build/release/weftpd --weftp .build/release/weftp
	python3 Tests/Torture/faults.py --weftpd .build/release/weftpd --notes $(TORTURE_PARTS)

fuzz: setup ## fuzz the parsers and codecs for FUZZ_SECONDS each (600)
	Tests/Fuzz/run.sh $(FUZZ_SECONDS)

format: ## rewrite all Swift sources in the house's format
	swift format -i --recursive Sources Tests Package.swift Console/Sources Console/Tests Console/Package.swift

lint: ## check the format of all Swift sources
	swift format lint --strict --parallel --recursive Sources Tests Package.swift Console/Sources Console/Tests Console/Package.swift

release: setup ## build what install and image take (without Swift's own libraries to carry along)
	for product in $(PRODUCTS); do swift build $(RELEASE) --product $$product || exit 1; done

install: release install-files ## install the release build, units and documents (PREFIX=/usr/local, DESTDIR=)

# Without building, from BINARIES.
install-files:
	install -D -m 755 "$(BINARIES)/weftpd" "$(DESTDIR)$(PREFIX)/sbin/weftpd"
	strip --strip-debug "$(DESTDIR)$(PREFIX)/sbin/weftpd"
	@# What writes the backtrace of a crash; without it a crash is only a signal.
	@if [ -x "$(BACKTRACE)" ]; then install -D -m 755 "$(BACKTRACE)" "$(DESTDIR)$(PREFIX)/lib/weftpd/swift-backtrace"; fi
	@if [ -x "$(BINARIES)/weftpd-authd" ]; then \
	  install -D -s -m 755 "$(BINARIES)/weftpd-authd" "$(DESTDIR)$(PREFIX)/lib/weftpd/weftpd-authd"; fi
	@if [ -x "$(BINARIES)/weftpd-hooks" ]; then \
	  install -D -s -m 755 "$(BINARIES)/weftpd-hooks" "$(DESTDIR)$(PREFIX)/lib/weftpd/weftpd-hooks"; fi
	@# The client, its manual page, and the scripts that have shells complete its commands.
	@if [ -x "$(BINARIES)/weftp" ]; then \
	  install -D -s -m 755 "$(BINARIES)/weftp" "$(DESTDIR)$(PREFIX)/bin/weftp" && \
	  install -D -m 644 docs/man/weftp.1 "$(DESTDIR)$(MANDIR)/man1/weftp.1" && \
	  for place in bash:$(PREFIX)/share/bash-completion/completions/weftp zsh:$(ZSHDIR)/_weftp \
	    fish:$(PREFIX)/share/fish/vendor_completions.d/weftp.fish; do \
	    install -D -m 644 /dev/null "$(DESTDIR)$${place#*:}" && \
	    "$(BINARIES)/weftp" completion "$${place%%:*}" > "$(DESTDIR)$${place#*:}" || exit 1; done; fi
	install -d "$(DESTDIR)$(UNITDIR)" "$(DESTDIR)$(PREFIX)/lib/sysusers.d" "$(DESTDIR)$(PREFIX)/lib/tmpfiles.d" \
	  "$(DESTDIR)$(DOCDIR)/weftpd.service.d" "$(DESTDIR)$(SYSCONFDIR)/weftpd"
	for f in systemd/*.service systemd/*.socket; do \
	  $(PATHS) $$f > "$(DESTDIR)$(UNITDIR)/$${f##*/}" && chmod 644 "$(DESTDIR)$(UNITDIR)/$${f##*/}" || exit 1; done
	install -m 644 systemd/sysusers.d/weftpd.conf "$(DESTDIR)$(PREFIX)/lib/sysusers.d/weftpd.conf"
	install -m 644 systemd/tmpfiles.d/weftpd.conf "$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/weftpd.conf"
	install -m 644 systemd/drop-ins/weftpd.service.d/*.conf "$(DESTDIR)$(DOCDIR)/weftpd.service.d/"
	@# As in the source tree, so that their links lead somewhere; what leads to the source itself becomes plain text.
	install -d "$(DESTDIR)$(DOCDIR)/docs/decisions"
	install -m 644 LICENSE "$(DESTDIR)$(DOCDIR)/"
	for f in *.md docs/*.md docs/decisions/*.md; do \
	  $(LINKS) $$f > "$(DESTDIR)$(DOCDIR)/$$f" && chmod 644 "$(DESTDIR)$(DOCDIR)/$$f" || exit 1; done
	for f in weftpd.yaml users.example users.example.yaml fail2ban/filter.d/weftpd.conf fail2ban/jail.d/weftpd.conf \
	  grafana/weftpd.json prometheus/weftpd.rules.yml; do \
	  install -D -m 644 etc/$$f "$(DESTDIR)$(DOCDIR)/etc/$$f" || exit 1; done
	for f in ldap.py ldap.ini; do install -D -m 644 etc/external/$$f "$(DESTDIR)$(DOCDIR)/etc/external/$$f" || exit 1; done
	@if [ -x "$(BINARIES)/mptcpctl" ]; then install -D -s -m 755 "$(BINARIES)/mptcpctl" "$(DESTDIR)$(PREFIX)/sbin/mptcpctl"; fi
	for f in etc/man/*.[58]; do \
	  install -d "$(DESTDIR)$(MANDIR)/man$${f##*.}" && $(PATHS) $$f > "$(DESTDIR)$(MANDIR)/man$${f##*.}/$${f##*/}" && \
	  chmod 644 "$(DESTDIR)$(MANDIR)/man$${f##*.}/$${f##*/}" || exit 1; done
	@# What a shell completes, from the programs themselves.
	install -d "$(DESTDIR)$(PREFIX)/share/bash-completion/completions" "$(DESTDIR)$(ZSHDIR)" \
	  "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d"
	for p in weftpd mptcpctl; do test -x "$(BINARIES)/$$p" || continue; \
	  "$(BINARIES)/$$p" --generate-completion-script bash > "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$p" && \
	  "$(BINARIES)/$$p" --generate-completion-script zsh > "$(DESTDIR)$(ZSHDIR)/_$$p" && \
	  "$(BINARIES)/$$p" --generate-completion-script fish > "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$p.fish" || exit 1; done
	@# Settings are the operator's: what is there already stays.
	@for f in weftpd.yaml:weftpd/weftpd.yaml logrotate.d/weftpd:logrotate.d/weftpd pam.d/weftpd:pam.d/weftpd; do \
	  test ! -e "etc/$${f%%:*}" -o -e "$(DESTDIR)$(SYSCONFDIR)/$${f#*:}" || \
	    install -v -D -m 644 "etc/$${f%%:*}" "$(DESTDIR)$(SYSCONFDIR)/$${f#*:}" || exit 1; done

uninstall: ## take away what install put there; settings and data stay
	rm -f "$(DESTDIR)$(PREFIX)/bin/weftp" "$(DESTDIR)$(MANDIR)/man1/weftp.1" \
	  "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/weftp" \
	  "$(DESTDIR)$(ZSHDIR)/_weftp" "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/weftp.fish"
	rm -f "$(DESTDIR)$(PREFIX)/sbin/weftpd" "$(DESTDIR)$(PREFIX)/lib/sysusers.d/weftpd.conf" \
	  "$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/weftpd.conf"
	for f in systemd/*.service systemd/*.socket; do rm -f "$(DESTDIR)$(UNITDIR)/$${f##*/}"; done
	for f in etc/man/*.[58]; do rm -f "$(DESTDIR)$(MANDIR)/man$${f##*.}/$${f##*/}"; done
	for p in weftpd mptcpctl; do rm -f "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$p" \
	  "$(DESTDIR)$(ZSHDIR)/_$$p" "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$p.fish"; done
	rm -f "$(DESTDIR)$(PREFIX)/sbin/mptcpctl"
	rm -rf "$(DESTDIR)$(PREFIX)/share/weftpd/console"
	rm -f "$(DESTDIR)$(PREFIX)/sbin/weftpd-console" "$(DESTDIR)$(UNITDIR)/weftpd-console.service" \
	  "$(DESTDIR)$(UNITDIR)/weftpd-console.socket" "$(DESTDIR)$(UNITDIR)/weftpd.service.d/weftpd-console.conf" \
	  "$(DESTDIR)$(PREFIX)/lib/sysusers.d/weftpd-console.conf"
	rm -rf "$(DESTDIR)$(PREFIX)/lib/weftpd" "$(DESTDIR)$(DOCDIR)"

deb: release ## build weftpd_VERSION_ARCH.deb (DEB_REVISION=1, DEB_MAINTAINER=)
	etc/debian/build.sh .

manual: ## write the manual pages anew, from the programs of a debug build and from the tables of the documents
	swift build --product weftpd && swift build --product mptcpctl
	etc/man/manual.py --weftpd .build/debug/weftpd --mptcpctl .build/debug/mptcpctl --output etc/man

image: ## build a container image with podman, docker or buildah (BASE=debian: from Debian packages, where nothing can be pulled)
	etc/container/build.sh $(BASE)

version: ## print the version that a build of this tree has
	@sed -n 's/^public let weftVersion = "\(.*\)"$$/\1/p' Sources/WeftVersion/WeftVersion.swift

clean: ## remove what was built
	rm -rf .build .bench
