#!/bin/bash
# Runs swift for the console's package in the folder the house builds in, so that the rooms both use are compiled once.
#
#   Console/swift.sh build --product weftpd-console         PACKAGE names another package than Console
#
# SwiftPM keeps the plan of the last build in that folder, and does not always see that it was another package's: it would build that one. So
# each time it has to plan anew, which takes seconds.
set -euo pipefail
cd "$(dirname "$0")/.."
forget() { rm -f .build/debug.yaml .build/release.yaml; }
trap forget EXIT
forget
swift "$1" --package-path "${PACKAGE:-Console}" --scratch-path "$PWD/.build" "${@:2}"
