#!/usr/bin/env bash
# Fuzzes the decoders with AFL++ through SharpFuzz: our own assemblies are instrumented, the framework's are not.
# usage: eng/fuzz.sh ARTIFACTS SECONDS [TARGET]. What was found stays in ARTIFACTS/fuzz/found; decode it again with
#   dotnet ARTIFACTS/fuzz/plain/Channels.Fuzzing.dll TARGET < FILE
set -euo pipefail
cd "$(dirname "$0")/.."
artifacts=$1/fuzz seconds=$2 only=${3:-}

if ! command -v afl-fuzz >/dev/null 2>&1; then
  echo "installing afl++"
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends afl++ >/dev/null
fi

rm -rf "$artifacts" && mkdir -p "$artifacts/found" "$artifacts/runs"
dotnet tool restore --verbosity quiet
dotnet publish Channels.Fuzzing --configuration Release --output "$artifacts/plain" --verbosity quiet -nologo
cp -r "$artifacts/plain" "$artifacts/instrumented"
for assembly in Channels.Core Channels.Routing Channels.Kestrel Channels.Layers.Redis Channels.SocketIO; do
  dotnet sharpfuzz "$artifacts/instrumented/$assembly.dll"
done

# The runtime is no native program that AFL could look into, and neither cores nor clock rates are ours to choose.
export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1
export DOTNET_TieredPGO=0 DOTNET_gcServer=0

found=0
for target in ${only:-$(dotnet "$artifacts/plain/Channels.Fuzzing.dll" names)}; do
  dotnet "$artifacts/plain/Channels.Fuzzing.dll" seeds "$target" "$artifacts/seeds/$target"
  afl-fuzz -i "$artifacts/seeds/$target" -o "$artifacts/runs/$target" -t 5000 -m none -V "$seconds" \
    dotnet "$artifacts/instrumented/Channels.Fuzzing.dll" "$target" >"$artifacts/$target.log" 2>&1 || { tail -20 "$artifacts/$target.log"; exit 1; }
  executions=$(sed -n 's/^execs_done *: //p' "$artifacts/runs/$target/default/fuzzer_stats")
  findings=$(find "$artifacts/runs/$target/default/crashes" "$artifacts/runs/$target/default/hangs" -type f -name 'id*')
  echo "$target: $executions inputs, $(echo -n "$findings" | grep -c '^' || true) findings"
  for finding in $findings; do
    found=1
    cp "$finding" "$artifacts/found/$target-$(basename "$finding" | tr ':,' '--')"
  done
done
[ "$found" -eq 0 ] || { echo "Findings are in $artifacts/found."; exit 1; }
