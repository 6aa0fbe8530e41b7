#!/bin/sh
# Fuzzes FTPProtocol, ControlProtocol and sessions of FTPClient: every target for so many seconds, starting from the kept inputs in
# Corpus/.
#
#   Tests/Fuzz/run.sh [SECONDS [TARGET…]]        20 seconds and all targets unless said otherwise
#
# Built and run in a folder of its own, which FUZZ_DIR may name (it is then kept, with all that was found). An input that
# breaks something is left there, its path printed; put it into Corpus/TARGET/ and the tests replay it for good.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
seconds=${1:-20}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- command-reader path list-arguments data-port time-stamp ascii listing decoder encoder restart-point \
  reply-reader taken-replies features command-writer listing-line mlsd listing-round-trip listing-reader proxy-header \
  control-request control-reply client-session
work=${FUZZ_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/weftpd-fuzz.XXXXXX")}
mkdir -p "$work"
rm -f "$work/fuzz" "$work/fuzz-sessions"

# The backtrace printer has been seen to hang after a crash, keeping the output open.
export SWIFT_BACKTRACE=enable=no

tests=$top/Tests/FTPProtocolTests
flags="-swift-version 6 -parse-as-library -sanitize=fuzzer"

build_protocols() {
  # Optimised, yet with assertions: they are half of what the fuzzer can find.
  swiftc $flags -O -wmo -num-threads "$(nproc)" -assert-config Debug -module-name FTPProtocolFuzz \
    -lz -o "$work/fuzz" -I "$top/Sources/CZlib" "$top"/Sources/FTPProtocol/*/*.swift \
    "$tests/TestBytes.swift" "$tests/ProtocolChecks.swift" \
    "$tests/CodecChecks.swift" "$tests"/Coding/CodingDriver.swift "$tests"/Coding/CodingChecks.swift \
    "$tests"/Replies/ReplyChecks.swift "$tests"/Listing/ListingChecks.swift "$tests"/Proxy/ProxyChecks.swift \
    "$top"/Sources/ControlProtocol/*.swift "$top"/Tests/ControlProtocolTests/ControlChecks.swift \
    "$here/FTPProtocolFuzz.swift"
}

# The client as the fuzzer watches it, on the rooms beneath it as the package has them built. Not optimised: a session waits more than it
# computes, and optimising takes a minute.
build_sessions() {
  swift build --package-path "$top" --target FTPClient >"$work/rooms.log" 2>&1 || { cat "$work/rooms.log"; exit 1; }
  rooms=$top/.build/debug
  search="-I $rooms/Modules -I $top/Sources/CZlib"
  objects=
  for room in Bandwidth FTPProtocol FTPTransfer LinuxSystem MultipathTCP Reactor TransportSecurity CLinux CMultipath COpenSSL; do
    objects="$objects $(echo "$rooms/$room.build"/*.o)"
    [ ! -e "$rooms/$room.build/module.modulemap" ] || search="$search -Xcc -fmodule-map-file=$rooms/$room.build/module.modulemap"
  done
  mkdir -p "$work/client"
  (cd "$work/client" && swiftc $flags $search -j 2 -enable-batch-mode -module-name FTPClient -c \
    -emit-module -emit-module-path "$work/FTPClient.swiftmodule" "$top"/Sources/FTPClient/*/*.swift)
  swiftc $flags -I "$work" $search -module-name ClientSessionFuzz -o "$work/fuzz-sessions" \
    "$top"/Tests/FTPClientTests/Driven/Choices.swift "$top"/Tests/FTPClientTests/Driven/DrivenC*.swift \
    "$top"/Tests/FTPClientTests/Driven/DrivenS*.swift "$top"/Tests/FTPClientTests/Driven/SessionCheck.swift \
    "$here/ClientSessionFuzz.swift" "$work"/client/*.o $objects -lz -lssl -lcrypto
}

# Fuzzes one target. Called for several at a time, so what is to be told is told at once.
fuzz() {
  # New inputs go to the first folder; Corpus/ is only read.
  mkdir -p "$work/found/$1" "$work/broken/$1"
  fuzz=$work/fuzz patience=5
  # A session has waits of up to half a second, and several of them.
  [ "$1" != client-session ] || { fuzz=$work/fuzz-sessions patience=30; }
  if WEFTPD_FUZZ_TARGET=$1 "$fuzz" -max_total_time="$seconds" -max_len=512 -timeout=$patience -rss_limit_mb=1024 \
    -artifact_prefix="$work/broken/$1/" -verbosity=0 -print_final_stats=1 \
    "$work/found/$1" "$here/Corpus/$1" >"$work/$1.log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$1.log")
    echo "$1: held for ${runs:-?} inputs"
  else
    echo "$1" >>"$work/failed"
    # What the check said; without it (a trap, a hang, too much memory) what the fuzzer said.
    why=$(grep -a -m 1 'Fatal error' "$work/$1.log" || tail -n 20 "$work/$1.log")
    printf '%s: BROKEN\n%s\n%s\n' "$1" "$why" "$(ls "$work/broken/$1"/* 2>/dev/null)"
  fi
}

protocols= sessions=
for target; do
  case $target in client-session) sessions=1 ;; *) protocols=1 ;; esac
done
[ -z "$protocols" ] || build_protocols
[ -z "$sessions" ] || build_sessions

# As many at a time as there are processors: each keeps one busy.
rm -f "$work/failed"
lanes=$(nproc)
lane=0
while [ $lane -lt "$lanes" ]; do
  (
    at=0
    for target; do
      [ $((at % lanes)) -ne $lane ] || fuzz "$target"
      at=$((at + 1))
    done
  ) &
  lane=$((lane + 1))
done
wait

if [ -s "$work/failed" ]; then
  echo "broken: $(paste -sd' ' "$work/failed"); see $work" >&2
  exit 1
fi
[ -n "${FUZZ_DIR:-}" ] || rm -rf "$work"
