// ioredis on a Statewire host, a real Redis at the kernel's 127.0.0.1:6379, a gateway between them.
import kernel from 'node:net';
import { Redis } from 'ioredis';
import { openNet, parseLink, relay } from 'statewire/net';

const net = openNet({ link: parseLink({ loss: 0.05 }), tcp: { minimumRto: 10 } });
const gateway = net.createServer({ allowHalfOpen: true }, (socket) => {
  relay(socket, kernel.connect({ port: 6379, host: '127.0.0.1', allowHalfOpen: true }));
});
gateway.listen(6379);

class Connector {
  check() {
    return true;
  }
  async connect() {
    this.socket = net.connect(6379, 'localhost');
    return this.socket;
  }
  disconnect() {
    this.socket?.end();
  }
}

const redis = new Redis({ Connector });
await redis.set('word', 'hello');
console.log(await redis.get('word'));
await redis.quit();
gateway.close();
