// node:http2 over statewire/net.
import http2 from 'node:http2';
import { openNet, parseLink } from 'statewire/net';

const net = openNet({ link: parseLink({ loss: 0.05 }), tcp: { minimumRto: 10 } });

const web = http2.createServer((request, response) => response.end(`you asked for ${request.url}`));
const server = net.createServer((socket) => web.emit('connection', socket)).listen(80);

const session = http2.connect('http://localhost', { createConnection: () => net.connect(80, 'localhost') });
const request = session.request({ ':path': '/hello' });
request.setEncoding('utf8').on('data', (text) => console.log(text));
request.on('end', () => {
  session.close();
  server.close();
});
