/** Servers. */
import { EventEmitter } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { once, type Program, sleep, until } from './lab.ts';

export const serverPrograms: Readonly<Record<string, Program>> = {
  'listens and closes': async (lab) => {
    const server = lab.watch('server', lab.net.createServer());
    lab.note('before', [server.listening, server.address()]);
    lab.note('listen', server.listen(0, '127.0.0.1') === server);
    await once(server, 'listening');
    lab.port((server.address() as AddressInfo).port);
    lab.note('listening', [server.listening, server.address()]);
    lab.note('close', server.close((error) => lab.note('closed', error ?? 'well')) === server);
    lab.note('closing', [server.listening, server.address()]);
    await once(server, 'close');
  },
  'listens at any address': async (lab) => {
    const server = lab.watch(
      'server',
      lab.net.createServer((socket) => {
        lab.note('peer', [
          socket.remoteAddress,
          socket.remoteFamily,
          socket.localAddress,
          socket.localFamily,
        ]);
        socket.end();
      }),
    );
    server.listen();
    await once(server, 'listening');
    const { port, address, family } = server.address() as AddressInfo;
    lab.note('address', [address, family]);
    const client = lab.net.connect(port, '127.0.0.1');
    client.resume();
    await once(client, 'close');
    const other = lab.net.connect(port, '::1');
    other.resume();
    await once(other, 'close');
  },
  'listens at any IPv4 address': async (lab) => {
    const server = lab.watch(
      'server',
      lab.net.createServer((socket) => {
        lab.note('peer', [socket.remoteAddress, socket.remoteFamily, socket.localAddress]);
        socket.end();
      }),
    );
    server.listen(0, '0.0.0.0');
    await once(server, 'listening');
    const { port, address, family } = server.address() as AddressInfo;
    lab.note('address', [address, family]);
    const client = lab.net.connect(port, '127.0.0.1');
    client.resume();
    await once(client, 'close');
  },
  'listens at all IPv6 addresses only': async (lab) => {
    const server = lab.watch(
      'server',
      lab.net.createServer((socket) => socket.end()),
    );
    server.listen({ port: 0, host: '::', ipv6Only: true });
    await once(server, 'listening');
    const port = lab.port((server.address() as AddressInfo).port);
    const client = lab.watch('client', lab.net.connect(port, '127.0.0.1'));
    await once(client, 'close');
    const other = lab.watch('other', lab.net.connect(port, '::1'));
    other.resume();
    await once(other, 'close');
  },
  'IPv6 finds nobody at all IPv4 addresses': async (lab) => {
    const { port } = await lab.listen({ host: '0.0.0.0' });
    const client = lab.watch('client', lab.net.connect(port, '::1'));
    await once(client, 'close');
  },
  'listens by callback': async (lab) => {
    const server = lab.watch('server', lab.net.createServer());
    server.listen(0, () => lab.note('listening', server.listening));
    lab.note('at once', server.listening);
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
  },
  'listens by options with backlog': async (lab) => {
    const server = lab.watch('server', lab.net.createServer());
    server.listen({ port: 0, host: '127.0.0.1', backlog: 5, exclusive: true }, () => lab.note('callback', 1));
    await once(server, 'listening');
  },
  'listens at a port in use': async (lab) => {
    const { port } = await lab.listen();
    const second = lab.watch('second', lab.net.createServer());
    second.listen(port, '127.0.0.1', () => lab.note('never', true));
    await once(second, 'error');
    lab.note('state', [second.listening, second.address()]);
    await lab.turns(2);
  },
  'listens at any address, port in use': async (lab) => {
    const { port } = await lab.listen();
    const second = lab.watch('second', lab.net.createServer());
    second.listen(port);
    await once(second, 'error');
  },
  'listens at an address of another': async (lab) => {
    const server = lab.watch('server', lab.net.createServer());
    server.listen(0, '203.0.113.9');
    await once(server, 'error');
  },
  'listens at a name nobody has': async (lab) => {
    const server = lab.watch('server', lab.net.createServer());
    server.listen(0, 'nobody.invalid');
    await once(server, 'error');
    const [[event, error]] = lab.recording.server as [[string, { syscall: string }]];
    lab.recording.server = [[event, error.syscall]];
  },
  'listens twice': async (lab) => {
    const { server } = await lab.listen();
    lab.attempt('listen', () => server.listen(0));
  },
  'listens again after it closed': async (lab) => {
    const { server, port } = await lab.listen();
    server.close();
    await once(server, 'close');
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    lab.note('address', server.address());
  },
  'closes what does not run': async (lab) => {
    const server = lab.watch('server', lab.net.createServer());
    server.close((error) => lab.note('closed', error));
    await once(server, 'close');
  },
  'closes twice': async (lab) => {
    const { server } = await lab.listen();
    server.close((error) => lab.note('first', error ?? 'well'));
    server.close((error) => lab.note('second', error ?? 'well'));
    await once(server, 'close');
    await lab.turns(3);
  },
  'closes before it listens': async (lab) => {
    const server = lab.watch('server', lab.net.createServer());
    server.listen(0);
    server.close();
    await once(server, 'close');
  },
  'close waits for the connections': async (lab) => {
    const { server, client, peer } = await lab.pair();
    let closed = false;
    server.close(() => {
      closed = true;
    });
    await sleep(5);
    lab.note('closed', closed);
    peer.resume();
    client.destroy();
    await once(server, 'close');
    await lab.turns();
    lab.note('closed', closed);
  },
  'a closed server refuses': async (lab) => {
    const { server, port } = await lab.listen();
    server.close();
    await once(server, 'close');
    const client = lab.watch('client', lab.net.connect(port, '127.0.0.1'));
    await once(client, 'close');
  },
  'counts its connections': async (lab) => {
    const { server, client, peer } = await lab.pair();
    const count = () =>
      new Promise((resolve) => server.getConnections((error, number) => resolve([error, number])));
    lab.note('one', await count());
    peer.resume();
    client.destroy();
    await once(peer, 'close');
    lab.note('none', await count());
    lab.note('returns', server.getConnections(() => {}) === server);
  },
  maxConnections: async (lab) => {
    const { server, port } = await lab.listen({}, (socket) => socket.resume());
    server.maxConnections = 1;
    const first = lab.watch('first', lab.net.connect(port, '127.0.0.1'));
    await once(first, 'connect');
    lab.port(first.localPort!);
    const second = lab.watch('second', lab.net.connect(port, '127.0.0.1'));
    second.resume();
    second.on('connect', () => lab.port(second.localPort!));
    await once(second, 'close');
  },
  dropMaxConnection: async (lab) => {
    const { server, port } = await lab.listen({}, (socket) => socket.resume());
    server.maxConnections = 1;
    (server as { dropMaxConnection?: boolean }).dropMaxConnection = true;
    const first = lab.net.connect(port, '127.0.0.1');
    await once(first, 'connect');
    const second = lab.net.connect(port, '127.0.0.1');
    second.on('error', () => {});
    second.resume();
    await once(second, 'close');
    first.destroy();
    lab.note('open', server.listening);
    lab.recording.server = [];
  },
  pauseOnConnect: async (lab) => {
    const { client, peer } = await lab.pair({ pauseOnConnect: true });
    peer.on('data', (data) => lab.note('data', data));
    client.write('wait');
    await sleep(5);
    lab.note('paused', [peer.isPaused(), peer.bytesRead]);
    peer.resume();
    await once(peer, 'data');
  },
  highWaterMark: async (lab) => {
    const { peer, client } = await lab.pair({ highWaterMark: 5 } as never);
    lab.note('marks', [peer.readableHighWaterMark, peer.writableHighWaterMark, peer.allowHalfOpen]);
    client.resume();
    lab.note('write', [peer.write('1234'), peer.write('5678')]);
    await until(() => peer.writableLength === 0);
    await lab.turns();
  },
  'noDelay and keepAlive': async (lab) => {
    const { client, peer } = await lab.pair({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 5000 });
    client.setNoDelay().setNoDelay(false).setKeepAlive(true, 1000).setKeepAlive(false);
    peer.pipe(peer);
    client.resume();
    client.end('fine');
    await once(client, 'close');
  },
  'ref and unref': async (lab) => {
    const { server, client } = await lab.pair();
    lab.note('server', [server.ref() === server, server.unref() === server, server.ref() === server]);
    lab.note('client', [client.ref() === client, client.unref() === client, client.ref() === client]);
  },
  'a signal closes it': async (lab) => {
    const controller = new AbortController();
    const server = lab.watch('server', lab.net.createServer());
    server.listen({ port: 0, signal: controller.signal });
    await once(server, 'listening');
    controller.abort();
    await once(server, 'close');
    lab.note('listening', server.listening);
  },
  'a signal that was aborted': async (lab) => {
    const server = lab.watch('server', lab.net.createServer());
    server.listen({ port: 0, signal: AbortSignal.abort() });
    await once(server, 'close');
  },
  'Symbol.asyncDispose': async (lab) => {
    const { server } = await lab.listen();
    const dispose = (server as unknown as Record<symbol, () => Promise<unknown>>)[Symbol.asyncDispose]!;
    lab.note('disposed', await dispose.call(server));
    lab.note('again', await dispose.call(server));
    lab.note('listening', server.listening);
  },
  captureRejections: async (lab) => {
    const before = EventEmitter.captureRejections;
    EventEmitter.captureRejections = true;
    const server = lab.watch('server', lab.net.createServer());
    EventEmitter.captureRejections = before;
    server.on('connection', async (socket: Socket) => {
      lab.watch('peer', socket);
      await Promise.reject(new Error('rejected'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = lab.net.connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => {});
    client.resume();
    await once(client, 'close');
  },
  'connections at the same time': async (lab) => {
    let accepted = 0;
    const { server, port } = await lab.listen({}, (socket) => {
      accepted += 1;
      socket.end(`${accepted}`);
    });
    const clients = Array.from({ length: 20 }, () => lab.net.connect(port, '127.0.0.1'));
    const texts = await Promise.all(
      clients.map(async (client) => {
        let text = '';
        client.on('data', (data) => {
          text += data;
        });
        await once(client, 'close');
        return Number(text);
      }),
    );
    lab.note(
      'all',
      texts.sort((a, b) => a - b),
    );
    server.close();
    await once(server, 'close');
    lab.recording.server = [];
  },
};
