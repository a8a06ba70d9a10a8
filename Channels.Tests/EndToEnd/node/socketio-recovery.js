// The official client is cut off and comes back: behind a proxy that knows nothing of it, to another server after the first was
// killed, and whenever its connection is closed. Arguments: a transport, and the addresses of one or two servers.
'use strict';
const assert = require('node:assert');
const net = require('node:net');
const readline = require('node:readline');
const { io } = require('socket.io-client');

const [transport, ...servers] = process.argv.slice(2);
const clients = [];
const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const connect = (address) => {
  const client = io(`${address}/recovery`, { transports: [transport], forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 200 });
  clients.push(client);
  return client;
};
const connected = (client) => (client.connected ? Promise.resolve() : new Promise((resolve) => client.once('connect', resolve)));
const until = (client, got, count) => (got.length >= count ? Promise.resolve() : new Promise((resolve) => {
  const look = () => {
    if (got.length >= count) {
      client.off('said', look);
      resolve();
    }
  };
  client.on('said', look);
}));

// Each connection goes to the next server, or to the one that takes it.
const roundRobin = async (addresses) => {
  let next = 0;
  const proxy = net.createServer((client) => {
    const first = next++;
    let tries = 0;
    const attempt = () => {
      const { hostname, port } = new URL(addresses[(first + tries) % addresses.length]);
      const server = net.connect(port, hostname);
      let open = false;
      server.once('connect', () => {
        open = true;
        client.pipe(server).pipe(client);
      });
      server.on('error', () => (!open && ++tries < addresses.length ? attempt() : client.destroy()));
      server.on('close', () => open && client.destroy());
      client.on('close', () => server.destroy());
    };
    client.on('error', () => {});
    attempt();
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return [proxy, `http://127.0.0.1:${proxy.address().port}`];
};

(async () => {
  const [proxy, address] = servers.length > 1 ? await roundRobin(servers) : [null, servers[0]];
  // Sessions of this one are the first server's: a polling request that reaches the other one is passed on.
  const client = connect(servers.length > 1 ? servers[0] : address);
  const speaker = connect(servers[servers.length - 1]);
  await Promise.all([connected(client), connected(speaker)]);
  const got = [];
  client.on('said', (value) => got.push(value));
  await client.emitWithAck('set', 'name', 'anna');
  await client.emitWithAck('join', 'room');
  let said = 0;
  const say = async (count) => {
    for (let i = 0; i < count; i++) {
      await speaker.emitWithAck('say', 'room', said++);
    }
  };
  await say(5);
  await until(client, got, 5);

  const { id } = client;
  if (proxy) {
    const gone = new Promise((resolve) => client.once('disconnect', resolve));
    client.io.uri = address; // what its page was loaded from
    console.log('kill the first');
    assert.equal((await lines.next()).value, 'killed');
    await gone;
    await Promise.all([say(20), connected(client)]);
    assert.equal(client.recovered, true);
    assert.equal(client.id, id);
    await until(client, got, said);
  }

  // Who goes within a second of coming back, and is here again before the server has seen it go, begins anew. So each turn is later.
  for (let turn = 0; turn < 2; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await client.emitWithAck('join', 'room'); // answered when all is written down
    const gone = new Promise((resolve) => client.once('disconnect', resolve));
    client.io.engine.close();
    await gone;
    await Promise.all([say(20), connected(client)]);
    assert.equal(client.recovered, true);
    assert.equal(client.id, id);
    await until(client, got, said);
  }

  assert.deepEqual(await client.emitWithAck('state'), { recovered: true, rooms: ['room'], data: { name: 'anna' } });
  await say(5);
  await until(client, got, said);
  assert.deepEqual(got, Array.from({ length: said }, (_, i) => i));

  clients.forEach((one) => one.disconnect());
  proxy?.close();
  console.log('done');
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
