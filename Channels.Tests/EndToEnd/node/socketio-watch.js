// An administrator of a Socket.IO server, as its page would be one: what it is told about the official client, and what it commands.
'use strict';
const assert = require('node:assert');
const { io } = require('socket.io-client');
const { run } = require('./browser');

const [address] = process.argv.slice(2);

run(async () => {
  const admin = io(`${address}/admin`, { forceNew: true, transports: ['polling', 'websocket'], auth: { username: 'root', password: 'right' } });
  const told = [];
  const waiting = [];
  const until = (name, fits = () => true) => new Promise((resolve) => {
    const found = told.find(([told, ...values]) => told === name && fits(...values));
    found ? resolve(found.slice(1)) : waiting.push([name, fits, resolve]);
  });
  admin.onAny((name, ...values) => {
    told.push([name, ...values]);
    for (const [wanted, fits, resolve] of waiting) {
      if (wanted === name && fits(...values)) {
        resolve(values);
      }
    }
  });
  const [session] = await until('session');
  const [{ supportedFeatures }] = await until('config');
  assert.ok(supportedFeatures.includes('ALL_EVENTS') && supportedFeatures.includes('MJOIN'));
  await until('all_sockets');

  const refused = io(`${address}/admin`, { forceNew: true, reconnection: false, auth: { username: 'root', password: 'wrong' } });
  assert.equal((await new Promise((resolve) => refused.once('connect_error', resolve))).message, 'invalid credentials');
  refused.disconnect();

  // A client comes by polling and changes to a WebSocket.
  const client = io(address, { forceNew: true, transports: ['polling', 'websocket'], query: { page: 'start' } });
  await new Promise((resolve) => client.once('connect', resolve));
  const [socket, since] = await until('socket_connected', (socket) => socket.id === client.id);
  assert.equal(socket.nsp, '/');
  assert.equal(socket.handshake.query.page, 'start');
  assert.equal(socket.handshake.address, '127.0.0.1');
  assert.ok(!Number.isNaN(Date.parse(since)));
  assert.deepEqual(socket.rooms, [client.id, 'lobby']);
  if (socket.transport !== 'websocket') { // else it had changed before it was described
    await until('socket_updated', (update) => update.id === client.id && update.transport === 'websocket');
  }
  client.emit('say', 'a word', Buffer.from([1, 2, 3]));
  await until('event_received', (space, id, args) => id === client.id && args[0] === 'say' && args[1] === 'a word' && args[2] === 'AQID');
  await until('event_sent', (space, id, args) => id === client.id && args[0] === 'said');

  // What is counted, of what happened since this administrator is told (its own coming may have been told before, to nobody).
  const sum = (type) => told.filter(([name]) => name === 'server_stats').flatMap(([, stats]) => stats.aggregatedEvents)
    .filter((event) => event.type === type).reduce((total, event) => total + event.count, 0);
  await until('server_stats', (stats) => stats.clientsCount === 2 && stats.pollingClientsCount === 0
    && sum('rawConnection') >= 2 && sum('rawDisconnection') >= 1 && sum('packetsIn') >= 4 && sum('bytesIn') >= 20 && sum('packetsOut') >= 4 && sum('bytesOut') >= 20);

  // What is commanded.
  const hello = new Promise((resolve) => client.once('hello', (...values) => resolve(values)));
  admin.emit('emit', '/', client.id, 'hello', 1, 'two');
  assert.deepEqual(await hello, [1, 'two']);
  admin.emit('join', '/', 'attic', client.id);
  await until('room_joined', (space, room, id) => room === 'attic' && id === client.id);
  admin.emit('leave', '/', 'attic');
  await until('room_left', (space, room, id) => room === 'attic' && id === client.id);
  const { id } = client;
  const gone = new Promise((resolve) => client.once('disconnect', resolve));
  admin.emit('_disconnect', '/', true, id);
  assert.equal(await gone, 'io server disconnect');
  await until('socket_disconnected', (space, left) => left === id);

  // A session is as good as the password.
  const again = io(`${address}/admin`, { forceNew: true, auth: { sessionId: session } });
  await new Promise((resolve) => again.once('config', resolve));
});
