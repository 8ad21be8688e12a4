// pg on a Statewire host, a real PostgreSQL at the kernel's 127.0.0.1:5432, a gateway between them.
import kernel from 'node:net';
import pg from 'pg';
import { openNet, parseLink, relay } from 'statewire/net';

const net = openNet({ link: parseLink({ loss: 0.05 }), tcp: { minimumRto: 10 } });
const gateway = net.createServer({ allowHalfOpen: true }, (socket) => {
  relay(socket, kernel.connect({ port: 5432, host: '127.0.0.1', allowHalfOpen: true }));
});
gateway.listen(5432);

const client = new pg.Client({ host: 'localhost', user: 'postgres', stream: () => new net.Socket() });
await client.connect();
console.log((await client.query("select 'hello' as word")).rows);
await client.end();
gateway.close();
