#!/usr/bin/env bash
# Runs the tests of Socket.IO's own repository against samples/Conformance: the suites of both protocols, and that of the official
# client, by IPv4 and by IPv6. Each suite may run three times, for some of their cases race with themselves. Two cases of the client
# stay out: they replace the clock, reach no server, and on a busy machine leave all that follow without one. Needs npm.
# usage: eng/socketio-client-suite.sh CHECKOUT (of github.com/socketio/socket.io)
set -euo pipefail
checkout=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
dotnet build samples/Conformance -c Release --nologo -v q
work=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT

serve() { # URL [SWITCH…]
  [ -z "$server" ] || { kill "$server" && wait "$server"; }
  dotnet samples/Conformance/bin/Release/net10.0/Conformance.dll --urls "$@" >"$work/server.log" 2>&1 &
  server=$!
  until grep -q 'Application started' "$work/server.log"; do
    kill -0 $server || { cat "$work/server.log" && return 1; }
    sleep 0.2
  done
}
suite() { # NAME COMMAND…
  local attempt
  for attempt in 1 2 3; do
    echo "$1, run $attempt:"
    timeout 90 "${@:2}" >"$work/output" 2>&1 && grep passing "$work/output" && return
  done
  cat "$work/output"
  return 1
}

cp -r "$checkout"/docs/{engine.io-protocol/v4,socket.io-protocol/v5}-test-suite "$checkout/packages/socket.io-client" "$work"
serve http://localhost:3000 --ping-interval 300 --ping-timeout 200
for protocol in v4 v5; do
  (cd "$work/$protocol-test-suite" && npm ci --no-audit --no-fund --silent && suite "protocol $protocol" npx mocha test-suite.js --exit)
done

# The workspace of the checkout names the versions; of its many packages these are what the client's tests import.
cd "$work/socket.io-client"
node -e 'const own = require("./package.json"), all = require(process.argv[1] + "/package.json").devDependencies;
  own.devDependencies = Object.fromEntries(["@sinonjs/fake-timers", "@types/node", "base64-arraybuffer", "expect.js", "has-cors", "mocha", "text-blob-builder", "tsx", "typescript"].map(name => [name, all[name]]));
  require("fs").writeFileSync("package.json", JSON.stringify(own));' "$checkout"
npm install --no-audit --no-fund --silent
npx tsc --skipLibCheck
cd - >/dev/null
serve http://localhost:3210 --socketio-fixture client --ping-interval 2000
cat >"$work/localhost.js" <<'EOF'
const dns = require("dns"), lookup = dns.lookup; // whatever family this machine means by the name
dns.lookup = (name, options, done) => lookup(name === "localhost" ? process.env.LOCALHOST : name, done ? options : {}, done ?? options);
EOF
export NODE_OPTIONS="--import=tsx --require $work/localhost.js"
for LOCALHOST in 127.0.0.1 ::1; do
  export LOCALHOST
  (cd "$work/socket.io-client" && suite "client, $LOCALHOST" npx mocha --exit --grep 'reconnect timeout' --invert test/index.ts)
done
