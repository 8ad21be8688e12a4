// ws over statewire/net: both ends.
import http from 'node:http';
import { openNet, parseLink } from 'statewire/net';
import { WebSocket, WebSocketServer } from 'ws';

const net = openNet({ link: parseLink({ loss: 0.05 }), tcp: { minimumRto: 10 } });

const web = http.createServer();
new WebSocketServer({ server: web }).on('connection', (socket) => {
  socket.on('message', (message) => socket.send(`you said ${message}`));
});
const server = net.createServer((socket) => web.emit('connection', socket)).listen(80);

const socket = new WebSocket('ws://localhost', { createConnection: net.createConnection });
socket.on('open', () => socket.send('hello'));
socket.on('message', (message) => {
  console.log(String(message));
  socket.close();
});
socket.on('close', () => server.close());
