// The `ws` package with rooms as they are usually written by hand. Usage: node ws.js PORT
import { WebSocketServer } from 'ws';

const rooms = new Map();
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]), maxPayload: 1024 * 1024 });

server.on('connection', (socket, request) => {
  socket.on('error', () => {});
  const [, kind, name] = request.url.split('/');
  if (kind === 'echo') {
    socket.on('message', (data) => socket.send(data.toString()));
    return;
  }
  const room = rooms.get(name) ?? rooms.set(name, new Set()).get(name);
  room.add(socket);
  socket.on('close', () => {
    room.delete(socket);
    if (room.size === 0) rooms.delete(name);
  });
  const read = kind === 'group-json' ? (data) => JSON.stringify(JSON.parse(data)) : (data) => data.toString();
  socket.on('message', (data) => {
    const text = read(data);
    for (const member of room) member.send(text);
  });
});

process.stdin.on('end', () => process.exit(0)).resume();
