/** The other thread of the channels' benchmark: takes what is sent to port 9, sends back what comes to port 7. */
import { createSocket } from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';
import type { TcpConfig } from '../src/tcp/config.ts';
import type { Connection } from '../src/tcp/connection.ts';
import { liveHost, type Place } from './channelHost.ts';
import { SERVER } from './pair.ts';

export type PeerTask =
  | { readonly kind: 'tcp'; readonly place: Place; readonly tcp: Partial<TcpConfig> }
  | { readonly kind: 'dgram' }
  | { readonly kind: 'udx' };

const port = parentPort!;

async function serveTcp(place: Place, tcp: Partial<TcpConfig>): Promise<void> {
  const { host } = await liveHost(place, 'server', SERVER, tcp);
  host.listen({
    port: 9,
    onConnection: (connection: Connection) => {
      connection.handler = { readable: () => connection.receive(), ended: () => connection.close() };
    },
  });
  host.listen({
    port: 7,
    onConnection: (connection: Connection) => {
      connection.handler = {
        readable: () => connection.send(connection.receive()),
        ended: () => connection.close(),
      };
    },
  });
  port.postMessage('ready');
}

/** Datagrams of a size over 64 are counted, others sent back; an empty one asks for the count. */
function serveDatagrams(): void {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4_194_304 });
  let bytes = 0;
  socket.on('message', (message, { port, address }) => {
    if (message.length > 64) bytes += message.length;
    else if (message.length > 0) socket.send(message, port, address);
    else socket.send(String(bytes), port, address);
  });
  socket.bind(0, '127.0.0.1', () => port.postMessage(socket.address().port));
}

/** A stream whose bytes are counted, or sent back when it is the second. */
async function serveUdx(): Promise<void> {
  const { default: UDX } = await import('udx-native' as string);
  const udx = new UDX();
  const socket = udx.createSocket();
  socket.bind(0, '127.0.0.1');
  port.on('message', ({ peer, id, echo, size }) => {
    const stream = udx.createStream(id);
    stream.connect(socket, id + 1, peer, '127.0.0.1');
    let bytes = 0;
    // The other side is done with it
    stream.on('error', () => {});
    stream.on('data', (data: Uint8Array) => {
      bytes += data.length;
      if (echo) stream.write(data);
      else if (bytes >= size) stream.end('x');
    });
    port.postMessage('ready');
  });
  port.postMessage(socket.address().port);
}

const task = workerData as PeerTask;
if (task.kind === 'tcp') await serveTcp(task.place, task.tcp);
else if (task.kind === 'dgram') serveDatagrams();
else await serveUdx();
