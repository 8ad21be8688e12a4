// node:http over a link that loses one packet in twenty: the server is fed by 'connection', the agent connects by `net`.
import http from 'node:http';
import { openNet, parseLink } from 'statewire/net';

const net = openNet({ link: parseLink({ loss: 0.05 }), tcp: { minimumRto: 10 } });

const web = http.createServer((request, response) => response.end(`you asked for ${request.url}`));
const server = net.createServer((socket) => web.emit('connection', socket)).listen(80);

const agent = new http.Agent({ keepAlive: true });
agent.createConnection = net.createConnection;

http.get('http://localhost/hello', { agent }, (response) => {
  response.setEncoding('utf8').on('data', (text) => console.log(text));
  response.on('end', () => {
    agent.destroy();
    server.close();
  });
});
