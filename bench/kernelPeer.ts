/** The kernel's end of the fast benchmark, in a thread of its own as another program would be. */
import { createSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

export interface KernelTask {
  /** Takes TCP's bytes and says when all are there; sends so many; floods with datagrams till it is ended. */
  readonly kind: 'take' | 'send' | 'flood';
  readonly host: string;
  readonly port: number;
  readonly bytes: number;
  /** Of a datagram. */
  readonly size: number;
}

const { kind, host, port, bytes, size } = workerData as KernelTask;
const parent = parentPort!;

function take(): void {
  let got = 0;
  const server = createServer((socket) => {
    socket.on('data', (piece) => {
      got += piece.length;
      if (got === bytes) parent.postMessage('done');
    });
    // It is reset when all is there
    socket.on('error', () => {});
  });
  server.listen(port, host, () => parent.postMessage('ready'));
}

function send(): void {
  const chunk = new Uint8Array(1 << 20);
  let sent = 0;
  const socket: Socket = connect({ host, port });
  const push = (): void => {
    while (sent < bytes) {
      const next = Math.min(chunk.length, bytes - sent);
      sent += next;
      if (!socket.write(chunk.subarray(0, next))) return;
    }
  };
  socket.on('drain', push).on('error', () => {});
  push();
}

function flood(): void {
  const socket = createSocket({ type: 'udp4', sendBufferSize: 4_194_304 });
  const datagram = new Uint8Array(size);
  const more = (): void => {
    for (let i = 0; i < 32; i++) socket.send(datagram, port, host);
    socket.send(datagram, port, host, () => setImmediate(more));
  };
  socket.bind(0, more);
}

if (kind === 'take') take();
else if (kind === 'send') send();
else flood();
