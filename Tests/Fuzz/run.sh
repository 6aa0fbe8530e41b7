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
  swiftc $flags -O -assert-config Debug -module-name FTPProtocolFuzz \
    -lz -o "$work/fuzz" -I "$top/Sources/CZlib" "$top"/Sources/FTPProtocol/*/*.swift \
    "$tests/TestBytes.swift" "$tests/ProtocolChecks.swift" \
    "$tests/CodecChecks.swift" "$tests"/Coding/CodingDriver.swift "$tests"/Coding/CodingChecks.swift \
    "$tests"/Replies/ReplyChecks.swift "$tests"/Listing/ListingChecks.swift "$tests"/Proxy/ProxyChecks.swift \
    "$top"/Sources/ControlProtocol/*.swift "$top"/Tests/ControlProtocolTests/ControlChecks.swift \
    "$here/FTPProtocolFuzz.swift"
}

# The client as the fuzzer watches it, on the rooms beneath it as the package of somebody else has them built. Not optimised: a session
# waits more than it computes, and optimising takes a minute.
build_sessions() {
  swift build --package-path "$top/Tests/OutsidePackage" >"$work/rooms.log" 2>&1 || { cat "$work/rooms.log"; exit 1; }
  rooms=$top/Tests/OutsidePackage/.build/debug
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

failed=
for target; do
  # New inputs go to the first folder; Corpus/ is only read.
  mkdir -p "$work/found/$target" "$work/broken/$target"
  fuzz=$work/fuzz build=build_protocols patience=5
  # A session has waits of up to half a second, and several of them.
  [ "$target" != client-session ] || { fuzz=$work/fuzz-sessions build=build_sessions patience=30; }
  [ -x "$fuzz" ] || $build
  if WEFTPD_FUZZ_TARGET=$target "$fuzz" -max_total_time="$seconds" -max_len=512 -timeout=$patience -rss_limit_mb=1024 \
    -artifact_prefix="$work/broken/$target/" -verbosity=0 -print_final_stats=1 \
    "$work/found/$target" "$here/Corpus/$target" >"$work/$target.log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$target.log")
    echo "$target: held for ${runs:-?} inputs"
  else
    failed="$failed $target"
    echo "$target: BROKEN"
    # What the check said; without it (a trap, a hang, too much memory) what the fuzzer said.
    grep -a -m 1 'Fatal error' "$work/$target.log" || tail -n 20 "$work/$target.log"
    ls "$work/broken/$target"/* 2>/dev/null || true
  fi
done

if [ -n "$failed" ]; then
  echo "broken:$failed; see $work" >&2
  exit 1
fi
[ -n "${FUZZ_DIR:-}" ] || rm -rf "$work"
