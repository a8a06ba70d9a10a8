#!/usr/bin/env bash
# Writes PublicAPI.Unshipped.txt of every library anew from the code. Run it after a deliberate change of the public
# surface and commit the files: their diff is the change. Shipped lines stay; what of them is gone must be noted by hand.
# usage: eng/public-api.sh [CONFIGURATION]
set -euo pipefail
cd "$(dirname "$0")/.."
configuration=${1:-Release}
libraries=(Channels.Core Channels.Routing Channels.Kestrel Channels.AspNetCore Channels.Layers.Redis Channels.SocketIO Channels.SocketRouter Channels.Testing)

for library in "${libraries[@]}"; do
  printf '#nullable enable\n' > "$library/PublicAPI.Unshipped.txt"
done

# Each complaint names a symbol without an entry and the project it belongs to. Lowest first: those above need no
# rebuilding of those below.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
dotnet build Channels.Generators --configuration "$configuration" --nologo -verbosity:quiet -consoleLoggerParameters:NoSummary
for library in "${libraries[@]}"; do
  dotnet build "$library" --configuration "$configuration" --nologo --no-incremental --no-dependencies \
    -p:TreatWarningsAsErrors=false -verbosity:quiet -consoleLoggerParameters:NoSummary > "$log" || { cat "$log"; exit 1; }
  {
    printf '#nullable enable\n'
    sed -n "s/.* RS0016: Symbol '\(.*\)' is not part of the declared public API.*/\1/p" "$log" | LC_ALL=C sort -u
  } > "$library/PublicAPI.Unshipped.txt"
  echo "$library: $(($(wc -l < "$library/PublicAPI.Unshipped.txt") - 1)) entries"
done
