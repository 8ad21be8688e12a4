// undici, and its fetch, over statewire/net.
import http from 'node:http';
import { openNet, parseLink } from 'statewire/net';
import { Agent, fetch } from 'undici';

const net = openNet({ link: parseLink({ loss: 0.05 }), tcp: { minimumRto: 10 } });

const web = http.createServer((request, response) => response.end(`you asked for ${request.url}`));
const server = net.createServer((socket) => web.emit('connection', socket)).listen(80);

const dispatcher = new Agent({
  connect({ hostname, port }, callback) {
    const socket = net.connect({ host: hostname, port: Number(port) || 80 });
    socket.once('connect', () => callback(null, socket));
    socket.once('error', (error) => callback(error, null));
  },
});
const response = await fetch('http://localhost/hello', { dispatcher });
console.log(await response.text());
await dispatcher.close();
server.close();
