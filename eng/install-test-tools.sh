#!/usr/bin/env bash
# Installs what the tests ask for beyond the .NET SDK: Redis, Garnet, Chromium, Node with its packages, Django Channels, haproxy, nginx,
# and what links programs that are compiled ahead of time.
# Safe to run again; quick when everything is there. Needs Debian or Ubuntu for what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin

packages=()
need() { command -v "$1" >/dev/null 2>&1 || packages+=("$2"); }
python_needs() { /usr/bin/python3 -c "import $1" >/dev/null 2>&1 || packages+=("$2"); }

need redis-server redis-server
need redis-sentinel redis-sentinel
command -v chromium-headless-shell >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || need chromium chromium
need node nodejs
need haproxy haproxy
need nginx nginx
need npm npm
need clang clang
[ -e /usr/include/zlib.h ] || packages+=(zlib1g-dev)
python_needs channels python3-django-channels
python_needs channels_redis python3-channels-redis
python_needs daphne python3-daphne
python_needs socketio python3-socketio
python_needs websocket python3-websocket
python_needs requests python3-requests

if [ ${#packages[@]} -gt 0 ]; then
  echo "installing ${packages[*]}"
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  # Where the system has it apart, the Chromium without windows: the same engine at half the processor time.
  ! apt-cache show chromium-headless-shell >/dev/null 2>&1 || packages=("${packages[@]/%chromium/chromium-headless-shell}")
  # No start of services, no questions: the tests start their own servers on free ports.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

if [ ! -x "$HOME/.dotnet/tools/garnet-server" ]; then
  echo "installing garnet-server"
  dotnet tool install --global garnet-server --version 2.2.8 >/dev/null
fi

# No lock file: it would hold the addresses of whatever registry this machine uses. Versions are exact in package.json.
for folder in Channels.Tests/EndToEnd/node Channels.SocketRouter/client; do
  if ! (cd "$folder" && npm ls --silent >/dev/null 2>&1); then
    echo "installing the Node packages of $folder"
    (cd "$folder" && npm install --no-package-lock --no-audit --no-fund --silent)
  fi
done
