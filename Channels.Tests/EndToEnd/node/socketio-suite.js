// Usage: node socketio-suite.js PATIENT LIVELY STRICT
// The cases of the Socket.IO protocol's own suite, written anew from their statements: raw requests and WebSockets, no client library.
// Clients that answer no ping are alone with a server that sends none; those that are to hear pings, or to miss their deadline,
// have servers of their own. So no case must be done within a time.
'use strict';
const assert = require('node:assert');
const WebSocket = require('ws');

const [patient, lively, strict] = process.argv.slice(2);
const path = '/socket.io/?EIO=4';

// One frame per turn of the event loop, as in browsers: who waits for one frame at a time loses none.
const queueOf = (socket) => {
  const frames = [];
  const waiting = [];
  const push = (frame) => (waiting.length ? waiting.shift()(frame) : frames.push(frame));
  socket.on('message', (data, isBinary) => push(isBinary ? Buffer.from(data) : data.toString()));
  socket.on('close', () => push('closed'));
  socket.on('error', () => push('closed'));
  return () => (frames.length ? Promise.resolve(frames.shift()) : new Promise((resolve) => waiting.push(resolve)));
};

const open = (query, address = patient) => {
  const socket = new WebSocket(`${address.replace('http', 'ws')}/socket.io/?${query}`);
  return { socket, next: queueOf(socket), send: (text) => socket.send(text), close: () => socket.close() };
};

const session = async (address) => {
  const client = open('EIO=4&transport=websocket', address);
  const handshake = JSON.parse((await client.next()).slice(1));
  return Object.assign(client, { handshake });
};

const enter = async (auth = '', address = patient) => {
  const client = await session(address);
  client.send(`40${auth}`);
  const answer = await client.next();
  assert.match(answer, /^40\{"sid":"[^"]+"\}$/);
  assert.deepEqual(Object.keys(JSON.parse(answer.slice(2))), ['sid']);
  assert.equal(await client.next(), `42["auth",${auth || '{}'}]`);
  return client;
};

const poll = (sid, address = patient, init = {}) => fetch(`${address}${path}&transport=polling&sid=${sid}`, init);
const post = (sid, body, address) => poll(sid, address, { method: 'POST', body });
// Probe and upgrade are on their way; until the second is read a poll is let go.
const refusesPolls = async (sid) => {
  let answer = await poll(sid);
  while (answer.status !== 400) {
    assert.equal(await answer.text(), '6');
    answer = await poll(sid);
  }
};
const pollingSession = async (address = patient) => JSON.parse((await (await fetch(`${address}${path}&transport=polling`)).text()).slice(1));
const closes = async (client) => {
  let frame;
  do {
    frame = await client.next();
  } while (frame !== 'closed');
};
const handshakeIsRight = (handshake, upgrades) => { // of the strict server
  assert.deepEqual(Object.keys(handshake).sort(), ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades']);
  assert.deepEqual([handshake.upgrades, handshake.pingInterval, handshake.pingTimeout, handshake.maxPayload], [upgrades, 300, 200, 1000000]);
};

const cases = {
  'SC-01': async () => handshakeIsRight(await pollingSession(strict), ['websocket']),
  'SC-02': async () => {
    assert.equal((await fetch(`${patient}/socket.io/?transport=polling`)).status, 400);
    assert.equal((await fetch(`${patient}/socket.io/?EIO=abc&transport=polling`)).status, 400);
  },
  'SC-03': async () => {
    assert.equal((await fetch(`${patient}/socket.io/?EIO=4`)).status, 400);
    assert.equal((await fetch(`${patient}/socket.io/?EIO=4&transport=abc`)).status, 400);
  },
  'SC-04': async () => {
    assert.equal((await fetch(`${patient}${path}&transport=polling`, { method: 'POST' })).status, 400);
    assert.equal((await fetch(`${patient}${path}&transport=polling`, { method: 'PUT' })).status, 400);
  },
  'SC-05': async () => {
    const client = await session(strict);
    handshakeIsRight(client.handshake, []);
    client.close();
  },
  'SC-06': async () => {
    await closes(open('transport=websocket'));
    await closes(open('EIO=abc&transport=websocket'));
  },
  'SC-07': async () => {
    await closes(open('EIO=4'));
    await closes(open('EIO=4&transport=abc'));
  },
  'SC-08': async () => {
    const { sid } = await pollingSession(lively);
    for (let i = 0; i < 3; i++) {
      assert.equal(await (await poll(sid, lively)).text(), '2');
      assert.equal((await post(sid, '3', lively)).status, 200);
    }
  },
  'SC-09': async () => {
    const { sid } = await pollingSession(strict);
    while ((await poll(sid, strict)).status !== 400) {
      // a ping, which nobody answers
    }
  },
  'SC-10': async () => {
    const client = await session(lively);
    for (let i = 0; i < 3; i++) {
      assert.equal(await client.next(), '2');
      client.send('3');
    }
    client.close();
  },
  'SC-11': async () => closes(await session(strict)),
  'SC-12': async () => {
    const { sid } = await pollingSession();
    const waiting = poll(sid);
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal((await post(sid, '1')).status, 200);
    const answer = await waiting;
    if (answer.status !== 400) { // which it is when the goodbye came first after all
      assert.equal(await answer.text(), '6');
    }
    assert.equal((await poll(sid)).status, 400);
  },
  'SC-13': async () => {
    const client = await session();
    client.send('1');
    await closes(client);
  },
  'SC-14': async () => {
    const { sid } = await pollingSession();
    const client = open(`EIO=4&transport=websocket&sid=${sid}`);
    await new Promise((resolve) => client.socket.on('open', resolve));
    client.send('2probe');
    assert.equal(await client.next(), '3probe');
    assert.equal(await (await poll(sid)).text(), '6');
    client.send('5');
    client.send('40');
    assert.match(await client.next(), /^40\{/);
    client.close();
  },
  'SC-15': async () => {
    const { sid } = await pollingSession();
    const client = open(`EIO=4&transport=websocket&sid=${sid}`);
    await new Promise((resolve) => client.socket.on('open', resolve));
    client.send('2probe');
    client.send('5');
    assert.equal(await client.next(), '3probe');
    await refusesPolls(sid);
    client.send('40');
    assert.match(await client.next(), /^40\{/);
    client.close();
  },
  'SC-16': async () => {
    const { sid } = await pollingSession();
    const client = open(`EIO=4&transport=websocket&sid=${sid}`);
    await new Promise((resolve) => client.socket.on('open', resolve));
    client.send('2probe');
    client.send('5');
    assert.equal(await client.next(), '3probe');
    const second = open(`EIO=4&transport=websocket&sid=${sid}`);
    await closes(second);
    client.send('40');
    assert.match(await client.next(), /^40\{/);
    client.close();
  },
  'SC-17': async () => (await enter()).close(),
  'SC-18': async () => (await enter('{"token":"123"}')).close(),
  'SC-19': async () => {
    const client = await session();
    client.send('40/custom,');
    assert.match(await client.next(), /^40\/custom,\{"sid":"[^"]+"\}$/);
    assert.equal(await client.next(), '42/custom,["auth",{}]');
    client.close();
  },
  'SC-20': async () => {
    const client = await session();
    client.send('40/custom,{"token":"abc"}');
    assert.match(await client.next(), /^40\/custom,\{"sid":"[^"]+"\}$/);
    assert.equal(await client.next(), '42/custom,["auth",{"token":"abc"}]');
    client.close();
  },
  'SC-21': async () => {
    const client = await session();
    client.send('40/random');
    assert.equal(await client.next(), '44/random,{"message":"Invalid namespace"}');
    client.close();
  },
  'SC-22': async () => {
    const client = await session();
    client.send('4abc');
    await closes(client);
  },
  'SC-23': async () => closes(await session(strict)),
  'SC-24': async () => {
    const client = await session(lively);
    const nextButPings = async () => {
      const frame = await client.next();
      return frame === '2' ? nextButPings() : frame;
    };
    client.send('40');
    assert.match(await nextButPings(), /^40\{/);
    assert.equal(await nextButPings(), '42["auth",{}]');
    client.send('41');
    client.send('3'); // of a ping that may have come between
    assert.equal(await client.next(), '2');
    client.close();
  },
  'SC-25': async () => {
    const client = await enter();
    client.send('40/custom');
    assert.match(await client.next(), /^40\/custom,/);
    assert.equal(await client.next(), '42/custom,["auth",{}]');
    client.send('41/custom');
    client.send('42["message","message to main namespace"]');
    assert.equal(await client.next(), '42["message-back","message to main namespace"]');
    client.close();
  },
  'SC-26': async () => {
    const client = await enter();
    client.send('42["message",1,"2",{"3":[true]}]');
    assert.equal(await client.next(), '42["message-back",1,"2",{"3":[true]}]');
    client.close();
  },
  'SC-27': async () => {
    const client = await enter();
    client.send('452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    client.send(Buffer.from([1, 2, 3]));
    client.send(Buffer.from([4, 5, 6]));
    assert.equal(await client.next(), '452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    assert.deepEqual(await client.next(), Buffer.from([1, 2, 3]));
    assert.deepEqual(await client.next(), Buffer.from([4, 5, 6]));
    client.close();
  },
  'SC-28': async () => {
    const client = await enter();
    client.send('42456["message-with-ack",1,"2",{"3":[false]}]');
    assert.equal(await client.next(), '43456[1,"2",{"3":[false]}]');
    client.close();
  },
  'SC-29': async () => {
    const client = await enter();
    client.send('452-789["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    client.send(Buffer.from([1, 2, 3]));
    client.send(Buffer.from([4, 5, 6]));
    assert.equal(await client.next(), '462-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    assert.deepEqual(await client.next(), Buffer.from([1, 2, 3]));
    assert.deepEqual(await client.next(), Buffer.from([4, 5, 6]));
    client.close();
  },
  'SC-30': async () => {
    const client = await enter();
    client.send('4abc');
    await closes(client);
  },
  'SC-31': async () => {
    const client = await enter();
    client.send('42{}');
    await closes(client);
  },
  'SC-32': async () => {
    const client = await enter();
    client.send('42abc["message-with-ack",1,"2",{"3":[false]}]');
    await closes(client);
  },
};

(async () => {
  for (const [name, run] of Object.entries(cases)) {
    try {
      await run();
    } catch (error) {
      error.message = `${name}: ${error.message}`;
      throw error;
    }
    console.log(name);
  }
  console.log(`${Object.keys(cases).length} cases`);
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
