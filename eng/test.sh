#!/usr/bin/env bash
# Runs all tests and prints the totals last, as "N passed, N failed".
# usage: eng/test.sh CONFIGURATION ARTIFACTS [FILTER]
set -uo pipefail
configuration=$1
results=$2/tests
filter=${3:-}
rm -rf "$results" && mkdir -p "$results"

arguments=(test Channels.Tests --no-build --configuration "$configuration" --nologo
  --logger "trx;LogFileName=tests.trx" --logger "console;verbosity=minimal" --results-directory "$results"
  --blame-hang-timeout 8m --blame-hang-dump-type none)
[ -z "$filter" ] || arguments+=(--filter "$filter")
dotnet "${arguments[@]}"
exit_code=$?

counters=$(grep -o '<Counters [^>]*>' "$results/tests.trx" 2>/dev/null | head -1)
count() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$counters"; }
total=$(count total) passed=$(count passed) failed=$(count failed)
: "${total:=0}" "${passed:=0}" "${failed:=0}"
skipped=$((total - passed - failed))
if [ "${CHANNELS_REQUIRE_TOOLS:-}" = 1 ] && [ "$skipped" -gt 0 ]; then
  echo "$skipped tests were skipped although every tool was to be installed; they count as failures."
  failed=$((failed + skipped)) skipped=0
fi
if [ "$total" -eq 0 ]; then
  echo "No test ran."
  failed=1
elif [ "$exit_code" -ne 0 ] && [ "$failed" -eq 0 ]; then
  echo "The test run ended with $exit_code although no test failed."
  failed=1
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
