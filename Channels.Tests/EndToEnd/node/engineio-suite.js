// Usage: node engineio-suite.js PATIENT LIVELY STRICT
// The cases that a server of Engine.IO revision 4 must pass, with an application that echoes. Clients that answer no ping are
// alone with a server that sends none; those that are to hear pings, or to miss their deadline, have servers of their own,
// the last one with pingInterval 300, pingTimeout 200 and maxPayload 1000000. So no case must be done within a time.
'use strict';
const assert = require('node:assert');
const { once } = require('node:events');
const { WebSocket } = require('ws');

const [base, lively, strict] = process.argv.slice(2).map((url) => url.replace(/\/$/, ''));
const pollingOf = (address) => `${address}/engine.io/?EIO=4&transport=polling`;
const socketOf = (address) => `${address.replace(/^http/, 'ws')}/engine.io/?EIO=4&transport=websocket`;
const polling = pollingOf(base);
const socketUrl = base.replace(/^http/, 'ws');
const socketQuery = socketOf(base);
const separator = String.fromCharCode(30);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function open(address = base) {
  const response = await fetch(pollingOf(address));
  return JSON.parse((await response.text()).substring(1)).sid;
}

const get = (sid, address = base) => fetch(`${pollingOf(address)}&sid=${sid}`);
const post = (sid, body, address = base) => fetch(`${pollingOf(address)}&sid=${sid}`, { method: 'POST', body });
const status = async (request) => (await request).status;

// The echo may be at work still when the poll comes.
async function packets(sid, count) {
  let all = await text(get(sid));
  while (all.split(separator).length < count) {
    all += separator + await text(get(sid));
  }
  return all;
}

// Probe and upgrade are on their way; until the second is read a poll is let go.
async function refusesPolls(sid) {
  let answer = await get(sid);
  while (answer.status !== 400) {
    assert.strictEqual(await answer.text(), '6');
    answer = await get(sid);
  }
}

async function text(request) {
  const response = await request;
  assert.strictEqual(response.status, 200);
  return response.text();
}

// Every message of a socket in its order, whenever it came.
function listen(socket) {
  const messages = [];
  let wake = () => {};
  socket.on('message', (data, isBinary) => {
    messages.push(isBinary ? data : data.toString());
    wake();
  });
  socket.on('close', () => wake());
  return async () => {
    while (messages.length === 0) {
      assert.notStrictEqual(socket.readyState, WebSocket.CLOSED, 'the socket was closed');
      await new Promise((resolve) => (wake = resolve));
    }
    return messages.shift();
  };
}

async function connect(query = socketQuery) {
  const socket = new WebSocket(query);
  const next = listen(socket);
  await once(socket, 'open');
  return { socket, next };
}

async function refused(query) {
  const socket = new WebSocket(query);
  socket.on('error', () => {});
  await new Promise((resolve) => socket.on('close', resolve));
}

function checkTerms(body, upgrades) {
  assert.strictEqual(body[0], '0');
  const terms = JSON.parse(body.substring(1));
  assert.deepStrictEqual(Object.keys(terms).sort(), ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades']);
  assert.strictEqual(typeof terms.sid, 'string');
  assert.deepStrictEqual(terms.upgrades, upgrades);
  assert.deepStrictEqual([terms.pingInterval, terms.pingTimeout, terms.maxPayload], [300, 200, 1000000]);
  return terms.sid;
}

async function upgrade(sid) {
  const { socket, next } = await connect(`${socketQuery}&sid=${sid}`);
  socket.send('2probe');
  assert.strictEqual(await next(), '3probe');
  socket.send('5');
  return { socket, next };
}

const cases = {
  'EC-01': async () => checkTerms(await text(fetch(pollingOf(strict))), ['websocket']),
  'EC-02': async () => {
    assert.strictEqual(await status(fetch(`${base}/engine.io/?transport=polling`)), 400);
    assert.strictEqual(await status(fetch(`${base}/engine.io/?EIO=abc&transport=polling`)), 400);
  },
  'EC-03': async () => {
    assert.strictEqual(await status(fetch(`${base}/engine.io/?EIO=4`)), 400);
    assert.strictEqual(await status(fetch(`${base}/engine.io/?EIO=4&transport=abc`)), 400);
  },
  'EC-04': async () => {
    assert.strictEqual(await status(fetch(polling, { method: 'POST' })), 400);
    assert.strictEqual(await status(fetch(polling, { method: 'PUT' })), 400);
  },
  'EC-05': async () => {
    const { socket, next } = await connect(socketOf(strict));
    checkTerms(await next(), []);
    socket.close();
  },
  'EC-06': async () => {
    await refused(`${socketUrl}/engine.io/?transport=websocket`);
    await refused(`${socketUrl}/engine.io/?EIO=abc&transport=websocket`);
  },
  'EC-07': async () => {
    await refused(`${socketUrl}/engine.io/?EIO=4`);
    await refused(`${socketUrl}/engine.io/?EIO=4&transport=abc`);
  },
  'EC-08': async () => {
    const sid = await open();
    assert.strictEqual(await text(post(sid, '4hello')), 'ok');
    assert.strictEqual(await text(get(sid)), '4hello');
  },
  'EC-09': async () => {
    const sid = await open();
    assert.strictEqual(await text(post(sid, ['4test1', '4test2', '4test3'].join(separator))), 'ok');
    assert.strictEqual(await packets(sid, 3), ['4test1', '4test2', '4test3'].join(separator));
  },
  'EC-10': async () => {
    const sid = await open();
    assert.strictEqual(await text(post(sid, `4hello${separator}bAQIDBA==`)), 'ok');
    assert.strictEqual(await packets(sid, 2), `4hello${separator}bAQIDBA==`);
  },
  'EC-11': async () => {
    const sid = await open();
    assert.ok([200, 400].includes(await status(post(sid, 'abc'))));
    assert.strictEqual(await status(get(sid)), 400);
  },
  'EC-12': async () => {
    const sid = await open();
    const answers = await Promise.all([get(sid), get(sid)].map(async (poll) => {
      const response = await poll;
      return response.status === 200 ? response.text() : response.status;
    }));
    assert.deepStrictEqual(answers.sort(), ['1', 400].sort()); // whichever has come first
    assert.strictEqual(await status(get(sid)), 400);
  },
  'EC-13': async () => {
    const { socket, next } = await connect();
    await next();
    socket.send('4hello');
    assert.strictEqual(await next(), '4hello');
    socket.close();
  },
  'EC-14': async () => {
    const { socket, next } = await connect();
    await next();
    socket.send(Buffer.from([1, 2, 3, 4]));
    assert.deepStrictEqual(await next(), Buffer.from([1, 2, 3, 4]));
    socket.close();
  },
  'EC-15': async () => {
    const { socket } = await connect();
    socket.send('abc');
    await once(socket, 'close');
  },
  'EC-16': async () => {
    const sid = await open(lively);
    for (let round = 0; round < 3; round++) {
      assert.strictEqual(await text(get(sid, lively)), '2');
      assert.strictEqual(await text(post(sid, '3', lively)), 'ok');
    }
  },
  'EC-17': async () => {
    const sid = await open(strict);
    while (await status(get(sid, strict)) !== 400) {
      // a ping, which nobody answers
    }
  },
  'EC-18': async () => {
    const { socket, next } = await connect(socketOf(lively));
    await next();
    for (let round = 0; round < 3; round++) {
      assert.strictEqual(await next(), '2');
      socket.send('3');
    }
    socket.close();
  },
  'EC-19': async () => {
    const { socket } = await connect(socketOf(strict));
    await once(socket, 'close');
  },
  'EC-20': async () => {
    const sid = await open();
    const poll = get(sid);
    await sleep(5);
    assert.strictEqual(await text(post(sid, '1')), 'ok');
    const answer = await poll;
    if (answer.status !== 400) { // which it is when the goodbye came first after all
      assert.strictEqual(await answer.text(), '6');
    }
    assert.strictEqual(await status(get(sid)), 400);
  },
  'EC-21': async () => {
    const { socket } = await connect();
    socket.send('1');
    await once(socket, 'close');
  },
  'EC-22': async () => {
    const sid = await open();
    const { socket, next } = await connect(`${socketQuery}&sid=${sid}`);
    socket.send('2probe');
    assert.strictEqual(await next(), '3probe');
    assert.strictEqual(await text(get(sid)), '6');
    socket.send('5');
    socket.send('4hello');
    assert.strictEqual(await next(), '4hello');
    socket.close();
  },
  'EC-23': async () => {
    const sid = await open();
    const { socket, next } = await connect(`${socketQuery}&sid=${sid}`);
    socket.send('2probe');
    socket.send('5');
    assert.strictEqual(await next(), '3probe');
    await refusesPolls(sid);
    socket.send('4hello');
    assert.strictEqual(await next(), '4hello');
    socket.close();
  },
  'EC-24': async () => {
    const sid = await open();
    const { socket, next } = await upgrade(sid);
    const second = new WebSocket(`${socketQuery}&sid=${sid}`); // without a listener for errors: one would end this program
    await once(second, 'close');
    socket.send('4hello');
    assert.strictEqual(await next(), '4hello');
    socket.close();
  },
};

async function run(name) {
  try {
    await cases[name]();
    return `${name} passed`;
  } catch (error) {
    return `${name} failed: ${error.stack}`;
  }
}

async function main() {
  const results = [];
  for (const name of Object.keys(cases)) {
    results.push(await run(name));
    console.log(results.at(-1));
  }
  const passed = results.filter((result) => result.endsWith('passed')).length;
  console.log(`${passed} of ${results.length}`);
  process.exit(passed === results.length ? 0 : 1);
}

main();
