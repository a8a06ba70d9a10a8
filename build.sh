#!/usr/bin/env bash
# Restores the local tools and runs a target of build.cake: ./build.sh --target=Test
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet tool restore --verbosity quiet
exec dotnet cake build.cake "$@"
