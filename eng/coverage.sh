#!/usr/bin/env bash
# Prints how much of the shipped libraries the tests in this process reach, as "coverage: 87.3 % of lines, 82.8 % of branches (…)".
# Instrumented code is slower, which a test about order or time may feel: what fails here has its verdict from the plain run, and counts for nothing.
# usage: eng/coverage.sh CONFIGURATION ARTIFACTS
set -uo pipefail
configuration=$1
results=$2/coverage
filter='TestCategory!=Hostile&TestCategory!=Autobahn&FullyQualifiedName!~EndToEnd&FullyQualifiedName!~Benchmarks&FullyQualifiedName!~Architecture&FullyQualifiedName!~Docs'

rm -rf "$results" && mkdir -p "$results"
export VSTEST_CONNECTION_TIMEOUT=300 # seconds for what was counted to be written, beside whatever else the machine does

# On a copy: what counts is written into the libraries, which another run may be using.
copy=Channels.Tests/bin/coverage/$configuration
rm -rf Channels.Tests/bin/coverage && mkdir -p "$copy" && cp -r "Channels.Tests/bin/$configuration/net10.0" "$copy"
dotnet test Channels.Tests --no-build --configuration "$configuration" -p:OutDir="$PWD/$copy/net10.0/" --nologo --filter "$filter" --verbosity quiet \
  --collect "XPlat code coverage" --settings eng/coverage.runsettings --results-directory "$results" >"$results/output.txt" 2>&1
rm -rf Channels.Tests/bin/coverage
report=$(find "$results" -name coverage.cobertura.xml | head -1)
if [ -z "$report" ]; then
  echo "coverage: none; see $results/output.txt"
  exit 1
fi

percent() {
  sed -n "s/.*<coverage [^>]*\b$1=\"\([0-9.]*\)\".*/\1/p" "$report" | LC_ALL=C awk '{ printf "%.1f", 100 * $1 }'
}
sed -n 's/.*<package name="\([^"]*\)" line-rate="\([0-9.]*\)" branch-rate="\([0-9.]*\)".*/\1 \2 \3/p' "$report" |
  LC_ALL=C awk '{ printf "  %-24s %5.1f %% of lines, %5.1f %% of branches\n", $1, 100 * $2, 100 * $3 }'
echo "coverage: $(percent line-rate) % of lines, $(percent branch-rate) % of branches (tests in one process)"
