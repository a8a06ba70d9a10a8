// Usage: node echo.js URL deflate|plain
// Echoes messages of several kinds and sizes through another make of WebSocket client.
'use strict';
const assert = require('node:assert');
const { randomBytes } = require('node:crypto');
const { once } = require('node:events');
const { WebSocket } = require('ws');

const [url, mode] = process.argv.slice(2);
const deflate = mode === 'deflate';

async function main() {
  const socket = new WebSocket(url, { perMessageDeflate: { threshold: 0 } }); // always offered; the server decides
  await once(socket, 'open');
  assert.strictEqual(socket.extensions.includes('permessage-deflate'), deflate, `extensions: '${socket.extensions}'`);

  const texts = ['', 'hello', 'grüße 🚀', 'x'.repeat(125), 'x'.repeat(126), 'y'.repeat(65535), 'z'.repeat(65536), 'ab'.repeat(200000)];
  for (const text of texts) {
    socket.send(text);
    const [data, isBinary] = await once(socket, 'message');
    assert.strictEqual(isBinary, false);
    assert.ok(data.toString() === text, `text of ${text.length} characters`);
  }

  for (const size of [0, 1, 65535, 65536, 400000]) {
    const bytes = randomBytes(size);
    socket.send(bytes);
    const [data, isBinary] = await once(socket, 'message');
    assert.strictEqual(isBinary, true);
    assert.ok(data.equals(bytes), `${size} bytes`);
  }

  // A message in fragments with a ping between them.
  socket.send('one ', { fin: false });
  socket.ping('still there?');
  socket.send('two', { fin: true });
  const [[pong], [joined]] = await Promise.all([once(socket, 'pong'), once(socket, 'message')]);
  assert.strictEqual(pong.toString(), 'still there?');
  assert.strictEqual(joined.toString(), 'one two');

  // Many in one go come back in order.
  const expected = Array.from({ length: 1000 }, (_, i) => `message ${i}`);
  const got = [];
  const all = new Promise((resolve) => socket.on('message', (data) => got.push(data.toString()) === expected.length && resolve()));
  expected.forEach((text) => socket.send(text));
  await all;
  assert.deepStrictEqual(got, expected);

  socket.close(4001, 'done');
  const [code] = await once(socket, 'close'); // the code comes back; the reason need not
  assert.strictEqual(code, 4001);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
