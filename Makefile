# The ways in: `make serve` to try weftpd, `make test` to check it, `make help` for the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help serve test bench fuzz format lint install uninstall clean setup

# Debian packages the build needs.
PACKAGES := libcrypt-dev libcap-dev libssl-dev libpam0g-dev zlib1g-dev
# Where `make serve` serves and listens.
DIR ?= files
LISTEN ?= 127.0.0.1:2121
WEFTPD_USER ?= weft
# Where `make install` puts things; DESTDIR goes in front of all of it.
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
FUZZ_SECONDS ?= 600
BENCH_FLAGS ?=

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

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

test: setup ## build and run every test (those whose client or privilege is missing say so and skip)
	swift build --build-tests
	swift test --skip-build --parallel

bench: setup ## compare with vsftpd, pure-ftpd, proftpd, pyftpdlib and a bare C floor (BENCH_FLAGS=--quick)
	swift build -c release --product weftpd
	python3 Tests/Bench/bench.py --weftpd .build/release/weftpd $(BENCH_FLAGS)

fuzz: setup ## fuzz the parsers and codecs for FUZZ_SECONDS each (600)
	Tests/Fuzz/run.sh $(FUZZ_SECONDS)

format: ## rewrite all Swift sources in the house's format
	swift format -i --recursive Sources Tests Package.swift

lint: ## check the format of all Swift sources
	swift format lint --strict --recursive Sources Tests Package.swift

install: ## install the release build (PREFIX=/usr/local, DESTDIR=)
	swift build -c release --product weftpd
	install -D -m 755 .build/release/weftpd "$(DESTDIR)$(PREFIX)/sbin/weftpd"
	@test -e "$(DESTDIR)$(SYSCONFDIR)/weftpd/weftpd.yaml" || install -D -m 644 etc/weftpd.yaml "$(DESTDIR)$(SYSCONFDIR)/weftpd/weftpd.yaml"
	install -D -m 644 etc/users.example "$(DESTDIR)$(PREFIX)/share/doc/weftpd/users.example"
	install -D -m 644 README.md "$(DESTDIR)$(PREFIX)/share/doc/weftpd/README.md"

uninstall: ## take away what install put there; settings and data stay
	rm -f "$(DESTDIR)$(PREFIX)/sbin/weftpd"
	rm -rf "$(DESTDIR)$(PREFIX)/share/doc/weftpd"

clean: ## remove what was built
	rm -rf .build .bench
