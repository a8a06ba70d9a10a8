#!/usr/bin/env bash
# Runs all tests and prints the totals of both test projects last, as "N passed, N failed".
# usage: eng/test.sh CONFIGURATION ARTIFACTS [FILTER]
set -uo pipefail
configuration=$1
results=$2/tests
filter=${3:-}
rm -rf "$results" && mkdir -p "$results"

arguments=(--no-build --configuration "$configuration" --nologo
  --logger "console;verbosity=minimal" --results-directory "$results"
  --blame-hang-timeout 8m --blame-hang-dump-type none)
[ -z "$filter" ] || arguments+=(--filter "$filter")

# The sum of one counter over the results of all projects.
count() {
  local sum=0 number
  for number in $(cat "$results"/*.trx 2>/dev/null | sed -n "s/.*<Counters [^>]*\b$1=\"\([0-9]*\)\".*/\1/p"); do
    sum=$((sum + number))
  done
  echo "$sum"
}

exit_code=0
for project in Channels.Tests Channels.Tests.Outside; do
  dotnet test "$project" "${arguments[@]}" --logger "trx;LogFileName=$project.trx" || exit_code=$?
done

total=$(count total) passed=$(count passed) failed=$(count failed)
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
