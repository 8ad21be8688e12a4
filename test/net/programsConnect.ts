/** How connections come about, or do not. */
import type { AddressInfo } from 'node:net';
import { once, type Program, sleep } from './lab.ts';

/** A port of 127.0.0.1 at which nobody listens. */
async function closedPort(lab: Parameters<Program>[0]): Promise<number> {
  const server = lab.net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return lab.port(port);
}

type Lookup = NonNullable<import('node:net').TcpNetConnectOpts['lookup']>;

/** A lookup that answers with these addresses, or fails. */
function lookupOf(...answers: (string | Error)[]): Lookup {
  return ((_name: string, options: { all?: boolean }, callback: (...args: unknown[]) => void) => {
    const [first] = answers;
    const family = (address: string) => (address.includes(':') ? 6 : 4);
    setImmediate(() => {
      if (first instanceof Error) callback(first);
      else if (options.all) {
        callback(
          null,
          (answers as string[]).map((address) => ({ address, family: family(address) })),
        );
      } else callback(null, first, family(first as string));
    });
  }) as Lookup;
}

export const connectPrograms: Readonly<Record<string, Program>> = {
  'by port and host': async (lab) => {
    const { port, server } = await lab.listen({}, (socket) => socket.end());
    const client = lab.watch('client', lab.net.connect(port, '127.0.0.1'));
    client.resume();
    await once(client, 'close');
    server.close();
    await once(server, 'close');
  },
  'by options, with a callback': async (lab) => {
    const { port } = await lab.listen({}, (socket) => socket.end('x'));
    const client = lab.watch(
      'client',
      lab.net.createConnection({ port, host: '127.0.0.1' }, () => lab.note('callback', true)),
    );
    client.resume();
    await once(client, 'close');
  },
  'by a port that is a string': async (lab) => {
    const { port } = await lab.listen({}, (socket) => socket.end('x'));
    const client = lab.watch(
      'client',
      lab.net.connect({ port: String(port) as unknown as number, host: '127.0.0.1' }),
    );
    client.resume();
    await once(client, 'close');
  },
  'what a socket is on its way': async (lab) => {
    const { port } = await lab.listen();
    const client = lab.watch('client', new lab.net.Socket());
    const look = () => [client.readyState, client.connecting, client.pending, client.destroyed];
    lab.note('new', look());
    client.connect(port, '127.0.0.1');
    lab.note('connecting', look());
    lab.note('names', [client.localPort, client.remoteAddress, client.address()]);
    await once(client, 'connect');
    lab.note('connected', look());
    lab.port(client.localPort!);
    lab.note('names', [client.localAddress, client.remoteAddress, client.remotePort, client.remoteFamily]);
    lab.note('address', client.address());
    client.end();
    lab.note('ended', look());
    client.destroy();
    lab.note('destroyed', look());
    await once(client, 'close');
    lab.note('closed', look());
    lab.note('names', [client.localPort, client.remotePort, client.address()]);
  },
  refused: async (lab) => {
    const client = lab.watch('client', lab.net.connect(await closedPort(lab), '127.0.0.1'));
    await once(client, 'close');
    lab.note('after', [client.readyState, client.connecting, client.pending, client.destroyed]);
    lab.note('names', [client.localPort, client.remotePort]);
  },
  'refused at a port of which nobody is told': async (lab) => {
    const client = lab.watch('client', lab.net.connect({ port: await closedPort(lab), host: '127.0.0.1' }));
    client.write('x', (error) => lab.note('written', error));
    await once(client, 'close');
    await lab.turns();
  },
  'refused, from a local port': async (lab) => {
    const [port, localPort] = [await closedPort(lab), await closedPort(lab)];
    const client = lab.watch(
      'client',
      lab.net.connect({ port, host: '127.0.0.1', localAddress: '127.0.0.1', localPort }),
    );
    await once(client, 'close');
  },
  'from a local port': async (lab) => {
    const localPort = await closedPort(lab);
    const { port } = await lab.listen({}, (socket) => {
      lab.recording.from = [socket.remotePort === localPort];
      socket.end();
    });
    const client = lab.watch('client', lab.net.connect({ port, host: '127.0.0.1', localPort }));
    await once(client, 'connect');
    lab.note('local', [client.localPort, client.localAddress]);
    client.resume();
    await once(client, 'close');
  },
  'from an address of another': async (lab) => {
    const { port } = await lab.listen();
    const client = lab.watch(
      'client',
      lab.net.connect({ port, host: '127.0.0.1', localAddress: '203.0.113.9' }),
    );
    await once(client, 'close');
  },
  'to port 0': async (lab) => {
    const client = lab.watch('client', lab.net.connect({ port: 0, host: '127.0.0.1' }));
    await once(client, 'close');
  },
  'by a lookup': async (lab) => {
    const { port } = await lab.listen({}, (socket) => socket.end('hello'));
    const lookup = lookupOf('127.0.0.1');
    const client = lab.watch('client', lab.net.connect({ port, host: 'name.example', lookup }));
    client.resume();
    await once(client, 'close');
  },
  'by a lookup for one family': async (lab) => {
    const { port } = await lab.listen({}, (socket) => socket.end('hello'));
    const lookup = lookupOf('127.0.0.1');
    const client = lab.watch('client', lab.net.connect({ port, host: 'name.example', lookup, family: 4 }));
    client.resume();
    await once(client, 'close');
  },
  'a lookup that fails': async (lab) => {
    const lookup = lookupOf(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
    const client = lab.watch('client', lab.net.connect({ port: 80, host: 'name.example', lookup }));
    await once(client, 'close');
  },
  'a lookup for one family that fails': async (lab) => {
    const lookup = lookupOf(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }));
    const client = lab.watch(
      'client',
      lab.net.connect({ port: 80, host: 'name.example', lookup, family: 4 }),
    );
    await once(client, 'close');
  },
  'a lookup that finds no address': async (lab) => {
    const lookup = lookupOf('nonsense');
    const client = lab.watch(
      'client',
      lab.net.connect({ port: 80, host: 'name.example', lookup, family: 4 }),
    );
    await once(client, 'close');
  },
  'a lookup that finds no address among all': async (lab) => {
    const lookup = lookupOf('nonsense');
    const client = lab.watch('client', lab.net.connect({ port: 80, host: 'name.example', lookup }));
    await once(client, 'close');
  },
  'a lookup of a wrong family': async (lab) => {
    const lookup = ((_n: string, _o: object, callback: (...args: unknown[]) => void) =>
      setImmediate(callback, null, '127.0.0.1', 100)) as unknown as Lookup;
    const client = lab.watch(
      'client',
      lab.net.connect({ port: 80, host: 'name.example', lookup, family: 4 }),
    );
    await once(client, 'close');
  },
  'the second of two addresses': async (lab) => {
    const { port } = await lab.listen({}, (socket) => socket.end('hello'));
    const lookup = lookupOf('::1', '127.0.0.1');
    const client = lab.watch('client', lab.net.connect({ port, host: 'name.example', lookup }));
    client.resume();
    await once(client, 'close');
    lab.note('attempted', client.autoSelectFamilyAttemptedAddresses);
  },
  'none of two addresses': async (lab) => {
    const port = await closedPort(lab);
    const lookup = lookupOf('::1', '127.0.0.1');
    const client = lab.watch('client', lab.net.connect({ port, host: 'name.example', lookup }));
    await once(client, 'close');
    lab.note('attempted', client.autoSelectFamilyAttemptedAddresses);
  },
  'two addresses, without autoSelectFamily': async (lab) => {
    const port = await closedPort(lab);
    const lookup = lookupOf('::1', '127.0.0.1');
    const client = lab.watch(
      'client',
      lab.net.connect({ port, host: 'name.example', lookup, autoSelectFamily: false }),
    );
    await once(client, 'close');
    lab.note('attempted', client.autoSelectFamilyAttemptedAddresses);
  },
  'a name nobody has': async (lab) => {
    const client = lab.watch('client', lab.net.connect({ port: 80, host: 'nobody.invalid', family: 4 }));
    client.once('lookup', (error) => lab.note('code', (error as NodeJS.ErrnoException)?.code));
    await once(client, 'close');
    const list = lab.recording.client as [string, { code: string }][];
    // Which errno getaddrinfo gives is the resolver's business
    lab.recording.client = list.map((entry) => [entry[0], entry[1]?.code !== undefined]);
    lab.recording.results = [];
  },
  'writing before it is connected': async (lab) => {
    const { port } = await lab.listen({}, (socket) => socket.pipe(socket));
    const client = lab.watch('client', lab.net.connect(port, '127.0.0.1'));
    lab.note('write', client.write('early'));
    lab.note('bytes', [client.bytesWritten, client.bufferSize, client.writableLength]);
    client.resume();
    client.end(' and the rest');
    await once(client, 'close');
    lab.note('bytes', [client.bytesWritten, client.bytesRead]);
  },
  'destroyed before it is connected': async (lab) => {
    const { port } = await lab.listen();
    const client = lab.watch('client', lab.net.connect(port, '127.0.0.1'));
    client.write('lost', (error) => lab.note('written', error));
    client.destroy();
    await once(client, 'close');
    await lab.turns();
  },
  'destroyed with an error before it is connected': async (lab) => {
    const { port } = await lab.listen();
    const client = lab.watch('client', lab.net.connect(port, '127.0.0.1'));
    client.destroy(new Error('enough'));
    await once(client, 'close');
  },
  'reset before it is connected': async (lab) => {
    const { port } = await lab.listen();
    const client = lab.watch('client', lab.net.connect(port, '127.0.0.1'));
    client.resetAndDestroy();
    await once(client, 'close');
  },
  'ended before it is connected': async (lab) => {
    const { port } = await lab.listen({}, (socket) => {
      lab.watch('peer', socket);
      socket.resume();
    });
    const client = lab.watch('client', lab.net.connect(port, '127.0.0.1'));
    client.end('all there is');
    client.resume();
    await once(client, 'close');
  },
  'aborted before it sets out': async (lab) => {
    const { port } = await lab.listen();
    const client = lab.watch(
      'client',
      lab.net.connect({ port, host: '127.0.0.1', signal: AbortSignal.abort() } as never),
    );
    await once(client, 'close');
  },
  'aborted when connected': async (lab) => {
    const { port } = await lab.listen();
    const controller = new AbortController();
    const client = lab.watch(
      'client',
      lab.net.connect({ port, host: '127.0.0.1', signal: controller.signal } as never),
    );
    await once(client, 'ready');
    controller.abort();
    await once(client, 'close');
  },
  'connected again after it was closed': async (lab) => {
    const { port } = await lab.listen({}, (socket) => socket.end('hello'));
    const client = lab.watch('client', lab.net.connect(port, '127.0.0.1'));
    client.resume();
    await once(client, 'close');
    client.connect(port, '127.0.0.1');
    client.resume();
    await once(client, 'close');
    lab.note('state', [client.destroyed, client.readyState]);
  },
  'to a blocked address': async (lab) => {
    // Newer than Node 20
    if (Number(process.versions.node.split('.')[0]) < 22) return;
    const blockList = new lab.net.BlockList();
    blockList.addAddress('127.0.0.1');
    const client = lab.watch('client', lab.net.connect({ port: 80, host: '127.0.0.1', blockList } as never));
    await once(client, 'close');
  },
  'destroyed with an error while a write waits': async (lab) => {
    const { port } = await lab.listen();
    const client = lab.watch('client', lab.net.connect(port, '127.0.0.1'));
    client.write('one', (error) => lab.note('one', error));
    client.write('two', (error) => lab.note('two', error));
    client.end('three', (error?: Error) => lab.note('end', error ?? 'no error'));
    client.destroy(new Error('enough'));
    lab.note('state', [client.readyState, client.connecting, client.pending]);
    await once(client, 'close');
    await lab.turns();
    lab.note('written', client.bytesWritten);
  },
  'refused while writes and an end wait': async (lab) => {
    const client = lab.watch('client', lab.net.connect(await closedPort(lab), '127.0.0.1'));
    client.write('one', (error) => lab.note('one', error));
    client.write('two', (error) => lab.note('two', error));
    client.end((error?: Error) => lab.note('end', error ?? 'no error'));
    await once(client, 'close');
    await lab.turns();
    lab.note('written', client.bytesWritten);
  },
  'destroyed when told of a lookup': async (lab) => {
    const { port } = await lab.listen();
    const lookup = lookupOf('127.0.0.1');
    const client = lab.watch('client', lab.net.connect({ port, host: 'one.test', lookup }));
    client.on('lookup', () => client.destroy(new Error('not there')));
    await once(client, 'close');
    await lab.turns();
  },
  'destroyed when connected': async (lab) => {
    const { port } = await lab.listen({}, (socket) => socket.resume());
    const client = lab.watch('client', lab.net.connect(port, '127.0.0.1'));
    client.on('connect', () => client.destroy());
    client.on('ready', () => lab.note('ready', client.destroyed));
    await once(client, 'close');
    await lab.turns();
  },
  'ended when connected': async (lab) => {
    const { port } = await lab.listen({}, (socket) => socket.resume());
    const client = lab.watch('client', lab.net.connect(port, '127.0.0.1'));
    client.on('connect', () => client.end());
    client.resume();
    await once(client, 'close');
  },
  'destroySoon before it is connected': async (lab) => {
    const { port } = await lab.listen({}, (socket) => lab.watch('peer', socket).resume());
    const client = lab.watch('client', lab.net.connect(port, '127.0.0.1'));
    client.write('last words');
    client.destroySoon();
    lab.note('state', [client.readyState, client.destroyed]);
    await once(client, 'close');
    await lab.turns();
  },
  'reset before it is connected, with a write': async (lab) => {
    const { port } = await lab.listen({}, (socket) => socket.resume());
    const client = lab.watch('client', lab.net.connect(port, '127.0.0.1'));
    client.write('never heard', (error) => lab.note('written', error));
    client.resetAndDestroy();
    await once(client, 'close');
    await lab.turns();
  },
  'paused before it is connected': async (lab) => {
    const { port } = await lab.listen({}, (socket) => socket.end('hello'));
    const client = lab.watch('client', lab.net.connect(port, '127.0.0.1'));
    client.on('data', () => {});
    client.pause();
    await once(client, 'connect');
    await sleep(10);
    lab.note('read', client.bytesRead);
    client.resume();
    await once(client, 'close');
  },
  'ref and unref before it is connected': async (lab) => {
    const { port } = await lab.listen({}, (socket) => socket.end());
    const client = lab.watch('client', new lab.net.Socket());
    lab.note('chains', [client.unref() === client, client.ref() === client]);
    client.connect(port, '127.0.0.1');
    client.resume();
    await once(client, 'close');
    lab.note('after', [client.unref() === client, client.ref() === client]);
  },
  'connected twice': async (lab) => {
    const { client, port } = await lab.pair();
    lab.attempt('connect', () => client.connect(port, '127.0.0.1') === client);
    await lab.turns();
    lab.note('state', [client.readyState, client.connecting, client.destroyed]);
  },
  'a port that is none, at a socket of its own': async (lab) => {
    const client = lab.watch('client', new lab.net.Socket());
    lab.attempt('connect', () => client.connect(70_000, '127.0.0.1'));
    lab.note('state', [client.readyState, client.connecting, client.destroyed]);
  },
};
