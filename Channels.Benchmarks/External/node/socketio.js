// Socket.IO over its WebSocket transport. Usage: node socketio.js PORT
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false, maxHttpBufferSize: 1024 * 1024 });

io.on('connection', (socket) => {
  socket.on('join', (group) => {
    socket.join(group);
    socket.emit('joined');
  });
  socket.on('echo', (text) => socket.emit('m', text));
  socket.on('pub', (group, value) => io.to(group).emit('m', value));
});

http.listen(Number(process.argv[2]), '127.0.0.1');
process.stdin.on('end', () => process.exit(0)).resume();
