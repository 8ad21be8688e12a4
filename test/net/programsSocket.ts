/** What a socket is and can be set to. */
import { once, type Program, sleep } from './lab.ts';

export const socketPrograms: Readonly<Record<string, Program>> = {
  'a new socket': (lab) => {
    const socket = new lab.net.Socket();
    lab.note('state', [socket.readyState, socket.connecting, socket.pending, socket.destroyed]);
    lab.note('names', [socket.localAddress, socket.localPort, socket.remoteAddress, socket.remotePort]);
    lab.note('families', [socket.localFamily, socket.remoteFamily, socket.address()]);
    lab.note('bytes', [socket.bytesRead, socket.bytesWritten, socket.bufferSize]);
    lab.note('marks', [socket.readableHighWaterMark, socket.writableHighWaterMark]);
    lab.note('flags', [socket.allowHalfOpen, socket.readable, socket.writable, socket.timeout]);
    lab.note('attempts', socket.autoSelectFamilyAttemptedAddresses);
  },
  'options of a socket': (lab) => {
    const socket = new lab.net.Socket({ allowHalfOpen: true, readable: false, writable: false } as never);
    lab.note('flags', [socket.allowHalfOpen, socket.readable, socket.writable]);
    lab.note('chained', [socket.setNoDelay() === socket, socket.setKeepAlive(true, 5000) === socket]);
    lab.note('chained', [
      socket.setTimeout(0) === socket,
      socket.ref() === socket,
      socket.unref() === socket,
    ]);
    lab.note('pause', [socket.pause() === socket, socket.resume() === socket]);
  },
  'a timeout': async (lab) => {
    const { client } = await lab.pair();
    lab.note('set', [client.setTimeout(20, () => lab.note('callback', true)) === client, client.timeout]);
    await once(client, 'timeout');
    lab.note('still open', [client.destroyed, client.readyState]);
    client.destroy();
    await once(client, 'close');
  },
  'a timeout is told but once while nothing happens': async (lab) => {
    const { client } = await lab.pair();
    client.setTimeout(10);
    await once(client, 'timeout');
    await sleep(30);
    client.destroy();
    await once(client, 'close');
  },
  'a timeout that is called off': async (lab) => {
    const { client } = await lab.pair();
    const callback = () => lab.note('callback', true);
    client.setTimeout(10, callback);
    client.setTimeout(0, callback);
    lab.note('listeners', [client.listenerCount('timeout'), client.timeout]);
    await sleep(30);
  },
  'traffic puts a timeout off': async (lab) => {
    const { client, peer } = await lab.pair();
    client.resume();
    client.setTimeout(150);
    for (let i = 0; i < 4; i += 1) {
      await sleep(50);
      peer.write('x');
    }
    lab.note('timeouts', lab.recording.client!.filter((event) => event === 'timeout').length);
    await once(client, 'timeout');
    client.destroy();
    await once(client, 'close');
    lab.recording.client = [];
  },
  'the timeout of connect': async (lab) => {
    const { port } = await lab.listen();
    const client = lab.watch('client', lab.net.connect({ port, host: '127.0.0.1', timeout: 250 }));
    lab.note('timeout', client.timeout);
    await once(client, 'timeout');
    client.destroy();
    await once(client, 'close');
  },
  'setTimeout after destroy': async (lab) => {
    const { client } = await lab.pair();
    client.destroy();
    lab.note('chained', client.setTimeout(5, () => lab.note('never', true)) === client);
    await once(client, 'close');
    await sleep(15);
  },
  'what a socket is when connected': async (lab) => {
    const { client, peer, port } = await lab.pair();
    lab.note('client', [client.readyState, client.connecting, client.pending, client.bufferSize]);
    lab.note('names', [client.localAddress, client.remoteAddress, client.remotePort === port]);
    lab.note('peer', [peer.localPort === port, peer.remotePort === client.localPort, peer.remoteFamily]);
    lab.note('address', [client.address(), peer.address()]);
    lab.note('server', [(peer as unknown as { server: object }).server !== null]);
  },
  'names after the end': async (lab) => {
    const { client, peer } = await lab.pair();
    lab.note('peer', [peer.remoteAddress, peer.remotePort]);
    peer.resume();
    client.destroy();
    await once(peer, 'close');
    lab.note('after', [peer.remoteAddress, peer.remotePort, peer.localAddress]);
    lab.note('client', [client.remoteAddress, client.localAddress]);
  },
  'a peer that is asked too late has no name': async (lab) => {
    const { port } = await lab.listen({}, (socket) => socket.end());
    const client = lab.net.connect(port, '127.0.0.1');
    client.resume();
    await once(client, 'close');
    lab.note('name', [client.remoteAddress, client.localPort]);
  },
  'listeners that are there from the start': async (lab) => {
    const socket = new lab.net.Socket();
    lab.note('end', socket.listenerCount('end'));
    lab.note('names', socket.eventNames());
  },
  'nextTick comes between events': async (lab) => {
    const { client, peer } = await lab.pair();
    const order: string[] = [];
    client.on('data', (data) => {
      for (const letter of String(data)) {
        order.push(letter);
        process.nextTick(() => order.push('tick'));
      }
    });
    client.on('end', () => order.push('end'));
    peer.write('a');
    await once(client, 'data');
    peer.end('b');
    await once(client, 'close');
    lab.note('order', order);
  },
  'the default of autoSelectFamily': (lab) => {
    const { net } = lab;
    lab.note('default', [
      net.getDefaultAutoSelectFamily(),
      typeof net.getDefaultAutoSelectFamilyAttemptTimeout(),
    ]);
    const before = net.getDefaultAutoSelectFamilyAttemptTimeout();
    net.setDefaultAutoSelectFamilyAttemptTimeout(1);
    lab.note('shortest', net.getDefaultAutoSelectFamilyAttemptTimeout());
    net.setDefaultAutoSelectFamilyAttemptTimeout(before);
  },
  'write queue': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.resume();
    lab.note('empty', [client.writableLength, client.bufferSize]);
    client.write('x');
    await sleep(5);
    lab.note('empty', [client.writableLength, client.bufferSize]);
  },
  'allowHalfOpen may be set later': async (lab) => {
    const { client, peer } = await lab.pair();
    client.allowHalfOpen = true;
    client.resume();
    peer.resume();
    peer.end();
    await once(client, 'end');
    await lab.turns(3);
    lab.note('open', [client.readyState, client.destroyed]);
    client.end();
    await once(client, 'close');
  },
  'a socket of a server knows it': async (lab) => {
    const { server, peer } = await lab.pair();
    lab.note('server', (peer as unknown as { server: object }).server === server);
  },
};
