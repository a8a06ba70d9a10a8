#!/usr/bin/env bash
# Runs all tests and prints the totals of all test projects last, as "N passed, N failed". Folders and processes that the
# tests leave behind count as one failure.
# usage: eng/test.sh CONFIGURATION ARTIFACTS [FILTER]
set -uo pipefail
configuration=$1
artifacts=$2
results=$artifacts/tests
filter=${3:-}
rm -rf "$results" && mkdir -p "$results"

# A temporary folder of this run's own: what is in it at the end, and who has it in his environment, was left behind.
# Those of runs that were killed go first.
temporary=${TMPDIR:-/tmp}
for former in "$temporary"/channels-run-*; do
  kill -0 "${former##*-}" 2>/dev/null || rm -rf "$former"
done
export TMPDIR=$temporary/channels-run-$$ MSBUILDDISABLENODEREUSE=1

# Hundreds of programs that live for seconds: to count how often their methods are called, and to compile those once more, for speed, costs
# more than it saves; so does a second mapping of what is compiled. To watch for changes of their settings is a tenth of their start.
export DOTNET_TC_CallCounting=0 DOTNET_TieredPGO=0 DOTNET_EnableWriteXorExecute=0 DOTNET_hostBuilder__reloadConfigOnChange=false
mkdir "$TMPDIR"
trap 'rm -rf "$TMPDIR"' EXIT
left_behind() {
  find "$TMPDIR" -mindepth 1 -maxdepth 1 -name 'channels*'
  local environment command
  for environment in $(grep -lsz "^TMPDIR=$TMPDIR\$" /proc/[0-9]*/environ); do
    command=$(tr '\0' ' ' 2>/dev/null <"${environment%environ}cmdline")
    [[ -z $command || $command == *eng/test.sh* ]] || echo "$command"
  done
}

# To have each test reported as it begins, so that one that hangs is named, costs a fortieth of the run: `dotnet test … --blame-hang-timeout 21m`
# does it when it is needed. Here a lane that hangs is ended.
longest=40m
arguments=(--nologo --logger "console;verbosity=minimal" --results-directory "$results")

# The sum of one counter over the results of all projects.
count() {
  local sum=0 number
  for number in $(cat "$results"/*.trx 2>/dev/null | sed -n "s/.*<Counters [^>]*\b$1=\"\([0-9]*\)\".*/\1/p"); do
    sum=$((sum + number))
  done
  echo "$sum"
}

# Two lanes side by side, as most tests wait for processes, deadlines and clocks of others: the many tests in one, attacks and
# the smaller projects, one after the other, in the other one, whose output comes when the first is done. What was built is run as it
# is: to ask each project where that lies takes longer than some of them run.
run() { # NAME WORKERS FILTER PROJECT...
  local name=$1 workers=$2 chosen=$filter project programs=()
  [ -z "$3" ] || chosen=${filter:+($filter)&}$3
  shift 3
  for project; do
    programs+=("$project/bin/$configuration/net10.0/$project.dll")
  done
  timeout --foreground --kill-after=1m "$longest" \
    dotnet test "${programs[@]}" "${arguments[@]}" ${chosen:+--filter "$chosen"} --logger "trx;LogFileName=$name.trx" -- "NUnit.NumberOfTestWorkers=$workers"
  local code=$?
  [ "$code" -ne 124 ] || echo "The tests of $name had not ended after $longest and were ended."
  return "$code"
}
others() {
  local code=0
  run Hostile 1 'TestCategory=Hostile' Channels.Tests || code=$?
  run Small 4 '' Channels.SocketRouter.Tests Channels.SocketIO.Tests Channels.Tests.Outside || code=$?
  return "$code"
}

exit_code=0
others >"$results/others.txt" 2>&1 &
run Large 6 'TestCategory!=Hostile' Channels.Tests || exit_code=$?
wait $! || exit_code=$?
cat "$results/others.txt"

left=$(left_behind)
total=$(count total) passed=$(count passed) failed=$(count failed)
skipped=$((total - passed - failed))
if [ "${CHANNELS_REQUIRE_TOOLS:-}" = 1 ] && [ "$skipped" -gt 0 ]; then
  echo "$skipped tests were skipped although every tool was to be installed; they count as failures."
  failed=$((failed + skipped)) skipped=0
fi
if [ -n "$left" ]; then
  printf 'The tests left behind:\n%s\n' "$left"
  failed=$((failed + 1))
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
