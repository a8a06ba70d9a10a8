// Socket.IO for clients that come back, with its connection state recovery or without. Usage: node resume.js PORT [recovery]
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const recovery = process.argv[3] === 'recovery' ? { connectionStateRecovery: { maxDisconnectionDuration: 120_000, skipMiddlewares: true } } : {};
const io = new Server(http, { transports: ['websocket'], serveClient: false, ...recovery });
let newest = 0;

io.on('connection', (socket) => {
  socket.join('all'); // one that was recovered is in it already
  socket.emit('joined', newest);
  socket.on('pub', (text) => io.to('all').emit('m', ++newest, text));
});

http.listen(Number(process.argv[2]), '127.0.0.1');
process.stdin.on('end', () => process.exit(0)).resume();
