// The official client against the conformance server, by one of: polling, websocket, upgrade; with the parser of
// MessagePack if so told. A server whose pings are as good
// as never is for one case alone, which hangs where a poll is let go by nothing else.
'use strict';
const assert = require('node:assert');
const { io } = require('socket.io-client');

const [address, mode, silent, parser] = process.argv.slice(2);
const transports = mode === 'upgrade' ? ['polling', 'websocket'] : [mode];
const clients = [];

const connect = (space = '/', options = {}) => {
  const client = io((options.address ?? address) + space, { transports, forceNew: true, reconnectionDelay: 50, ...(parser ? { parser: require('socket.io-msgpack-parser') } : {}), ...options });
  clients.push(client);
  return client;
};
const once = (client, name) => new Promise((resolve, reject) => {
  const timer = setTimeout(() => reject(new Error(`no '${name}' from ${mode}`)), 120000);
  client.once(name, (...values) => {
    clearTimeout(timer);
    resolve(values);
  });
});
const upgraded = (client) => (mode !== 'upgrade' || client.io.engine.transport.name === 'websocket'
  ? Promise.resolve() : new Promise((resolve) => client.io.engine.once('upgrade', resolve)));

const cases = {
  'the id is not the id of the session': async () => {
    const client = connect();
    await once(client, 'connect');
    assert.equal(client.id.length, 20);
    assert.notEqual(client.id, client.io.engine.id);
  },
  'what the client says for itself': async () => {
    assert.deepEqual(await once(connect('/', { auth: { token: 'é' } }), 'auth'), [{ token: 'é' }]);
    assert.deepEqual(await once(connect(), 'auth'), [{}]);
  },
  'dates and nothing': async () => {
    const date = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
    assert.deepEqual(await connect().emitWithAck('message-with-ack', { date, none: undefined, nan: NaN }), parser
      ? { date: date.toISOString(), none: null, nan: null } : { date: date.toISOString(), nan: null });
  },
  'values of all types': async () => {
    const client = connect();
    const values = [1, -1.5, 'z😀\u2028\u0000', true, null, [], {}, { a: [{ b: null }], 'é': '' }];
    client.emit('message', ...values);
    assert.deepEqual(await once(client, 'message-back'), values);
  },
  'bytes inside of objects, and empty ones': async () => {
    const client = connect();
    client.emit('message', { deep: [{ bytes: Buffer.from([1, 2, 3]) }] }, Buffer.alloc(0), new Uint8Array([9]));
    const [first, second, third] = await once(client, 'message-back');
    assert.deepEqual(Buffer.from(first.deep[0].bytes), Buffer.from([1, 2, 3]));
    assert.equal(Buffer.from(second).length, 0);
    assert.deepEqual(Buffer.from(third), Buffer.from([9]));
  },
  'acknowledgements with several values, and with bytes': async () => {
    const client = connect();
    const values = await new Promise((resolve) => client.emit('message-with-ack', 1, 'two', { three: 3 }, (...all) => resolve(all)));
    assert.deepEqual(values, [1, 'two', { three: 3 }]);
    assert.deepEqual(Buffer.from(await client.emitWithAck('message-with-ack', Buffer.from([7, 8]))), Buffer.from([7, 8]));
  },
  'an event that nobody handles is not acknowledged': async () => {
    await assert.rejects(connect().timeout(200).emitWithAck('unknown', 1), /timed out/);
  },
  '200 acknowledgements in order': async () => {
    const client = connect();
    const order = [];
    await Promise.all(Array.from({ length: 200 }, async (_, i) => order.push(await client.emitWithAck('message-with-ack', i))));
    assert.deepEqual(order, Array.from({ length: 200 }, (_, i) => i));
  },
  'half a megabyte of text and of bytes': async () => {
    const client = connect();
    const text = 'é'.repeat(250000);
    assert.equal(await client.emitWithAck('message-with-ack', text), text);
    const bytes = Buffer.alloc(500000, 5);
    assert.deepEqual(Buffer.from(await client.emitWithAck('message-with-ack', bytes)), bytes);
  },
  'more than is allowed ends the connection, and the client comes back': async () => {
    const client = connect();
    await once(client, 'connect');
    await upgraded(client);
    client.emit('message', 'x'.repeat(1200000));
    const [reason] = await once(client, 'disconnect');
    assert.match(reason, /^transport (close|error)$/);
    await once(client, 'connect');
  },
  'two namespaces over one connection': async () => {
    const client = connect();
    const custom = client.io.socket('/custom', { auth: { a: 1 } });
    custom.connect();
    assert.deepEqual(await once(custom, 'auth'), [{ a: 1 }]);
    custom.disconnect();
    assert.equal(await client.emitWithAck('message-with-ack', 1), 1);
  },
  'an unknown namespace is refused': async () => {
    const [error] = await once(connect('/unknown'), 'connect_error');
    assert.equal(error.message, 'Invalid namespace');
  },
  'it stays through heartbeats': async () => {
    const client = connect();
    let left = false;
    client.on('disconnect', () => { left = true; });
    await once(client, 'connect');
    await new Promise((resolve) => setTimeout(resolve, 1300));
    assert.equal(left, false);
    assert.equal(await client.emitWithAck('message-with-ack', 1), 1);
  },
  '100 events in order while the transport changes': async () => {
    const client = connect();
    const order = [];
    await Promise.all(Array.from({ length: 100 }, async (_, i) => {
      order.push(await client.emitWithAck('message-with-ack', i, Buffer.from([i])));
      if (i % 10 === 0) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }));
    assert.deepEqual(order, Array.from({ length: 100 }, (_, i) => i));
    await upgraded(client);
  },
  'a namespace that is entered late is answered at once': async () => {
    const client = connect('/', { autoConnect: false, address: silent });
    await new Promise((resolve) => client.io.open(resolve));
    await new Promise((resolve) => setTimeout(resolve, 300)); // the probe of the other transport is under way
    client.connect();
    await client.emitWithAck('message-with-ack', 1);
  },
  'a new id after the connection broke': async () => {
    const client = connect();
    await once(client, 'connect');
    const { id } = client;
    client.io.engine.close();
    await once(client, 'connect');
    assert.notEqual(client.id, id);
  },
  'events that are sent again are new events': async () => {
    const hurried = connect('/', { retries: 2, ackTimeout: 300 });
    await once(hurried, 'connect');
    await assert.rejects(hurried.emitWithAck('unknown'), /timed out/);
    const patient = connect('/', { retries: 2, ackTimeout: 120000 });
    await once(patient, 'connect');
    assert.equal(await patient.emitWithAck('message-with-ack', 1), 1);
    assert.equal(await patient.emitWithAck('message-with-ack', 2), 2);
  },
};

(async () => {
  for (const [name, run] of Object.entries(cases)) {
    try {
      await run();
    } catch (error) {
      error.message = `${mode}, ${name}: ${error.message}`;
      throw error;
    }
    clients.splice(0).forEach((client) => client.disconnect());
  }
  console.log(`${Object.keys(cases).length} cases`);
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
