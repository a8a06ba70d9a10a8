// Usage: node engineio-client.js URL polling|websocket|upgrade [ROUNDS]
// The official client of Engine.IO: echoes texts and bytes in order over a transport, or while it moves from one to the other.
'use strict';
const assert = require('node:assert');
const { Socket } = require('engine.io-client');

const [url, mode, rounds] = process.argv.slice(2);
const transports = mode === 'upgrade' ? ['polling', 'websocket'] : [mode];
const messages = Number(rounds ?? 200);

function message(i) {
  return i % 3 === 0 ? Buffer.from([i & 255, 1, 2]) : i === 1 ? 'x'.repeat(500000) : `grüße 🚀 ${i}`;
}

async function main() {
  const socket = new Socket(url, { path: '/engine.io/', transports, closeOnBeforeunload: false });
  socket.binaryType = 'nodebuffer';
  let received = 0;
  let upgraded = false;
  const done = new Promise((resolve, reject) => {
    socket.on('upgrade', () => (upgraded = true));
    socket.on('close', (reason, details) => reject(new Error(`closed after ${received}: ${reason} ${details?.description ?? ''}`)));
    socket.on('message', (data) => {
      try {
        assert.deepStrictEqual(Buffer.isBuffer(data) ? [...data] : data, Buffer.isBuffer(message(received)) ? [...message(received)] : message(received), `message ${received}`);
      } catch (error) {
        reject(error);
      }
      received++;
      if (received === messages) {
        resolve();
      }
    });
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  assert.strictEqual(socket.transport.name, transports[0]);
  for (let i = 0; i < messages; i++) {
    socket.send(message(i));
    if (i % 10 === 0) {
      await new Promise((resolve) => setTimeout(resolve, 1)); // spread over polls and the change of transport
    }
  }
  await done;
  if (mode === 'upgrade') {
    while (!upgraded) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  assert.strictEqual(socket.transport.name, mode === 'polling' ? 'polling' : 'websocket');
  console.log(`sid ${socket.id}`);
  socket.removeAllListeners('close');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.close();
  assert.strictEqual(await closed, 'forced close');
}

// Ends when nothing is under way any more: the goodbye of a polling client is a request like any other.
main().catch((error) => {
  console.error(error);
  process.exit(1);
});
