#!/bin/bash
# Runs every test that has been built; what failed is said once more at the end, and tried once more alone.
#
# There are two thousand tests, and as few as two processors. If all began at once, each would wait for minutes for its turns, and deadlines
# that hold alone would pass although the code is right. So eight for each processor run side by side: most of them wait for something.
# Up to ten that failed are run again, by themselves: who fails then has failed. Who passes then is named all the same.
set -uo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
again=$(mktemp)
trap 'rm -f "$log" "$again"' EXIT

# The names of the tests that failed, one on a line; of a parametrised one, without its arguments.
failed() { grep -E '^✘ Test [A-Za-z0-9_]+\(.* failed after' "$1" | sed -E 's/^✘ Test ([A-Za-z0-9_]+)\(.*/\1/' | sort -u; }

tell() {
  printf '\n%s\n' "$2"
  grep -E -A12 '^✘|recorded an issue|^(Fatal|.*: Fatal) error|Crash' "$1" | grep -vE '^(◇|✔|--)' | tail -90
}

export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-$((8 * $(nproc)))}
swift test --skip-build --parallel 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
[ "$status" != 0 ] || exit 0
tell "$log" "What failed:"
names=$(failed "$log")
# Without the line that ends a run the process has crashed, and that is no matter of patience.
if [ -z "$names" ] || [ "$(wc -l <<< "$names")" -gt 10 ] || ! grep -qE '^✘ Test run with' "$log"; then exit "$status"; fi
printf '\nOnce more, alone: %s\n' "$(paste -sd' ' <<< "$names")"
swift test --skip-build --no-parallel --filter "/($(paste -sd'|' <<< "$names"))\\(" 2>&1 | tee "$again"
status=${PIPESTATUS[0]}
# A filter that finds nothing has shown nothing.
if [ "$status" = 0 ] && ! grep -qE '^✔ Test run with [1-9]' "$again"; then status=1; fi
if [ "$status" = 0 ]; then
  printf '\nFailed among the others and passed alone, which is worth a look: %s\n' "$(paste -sd' ' <<< "$names")"
else
  tell "$again" "What failed alone, too:"
fi
exit "$status"
