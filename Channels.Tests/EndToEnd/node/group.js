// Usage: node group.js URL PEOPLE MESSAGES
// Everybody in the group gets every message of one sender, in order, the sender included.
'use strict';
const assert = require('node:assert');
const { once } = require('node:events');
const { WebSocket } = require('ws');

const [url, people, messages] = process.argv.slice(2);

async function main() {
  const sockets = Array.from({ length: Number(people) }, () => new WebSocket(url));
  await Promise.all(sockets.map((socket) => once(socket, 'open')));
  const expected = Array.from({ length: Number(messages) }, (_, i) => `{"text":"message ${i}"}`);
  const received = sockets.map((socket) => new Promise((resolve, reject) => {
    const got = [];
    socket.on('message', (data) => got.push(data.toString()) === expected.length && resolve(got));
    socket.on('close', () => reject(new Error(`closed after ${got.length} messages`)));
  }));
  expected.forEach((text) => sockets[0].send(text));
  for (const got of await Promise.all(received)) {
    assert.deepStrictEqual(got, expected);
  }
  sockets.forEach((socket) => socket.terminate());
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
