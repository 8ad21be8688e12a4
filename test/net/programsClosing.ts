/** All the ways to end. */
import { once, type Program, sleep } from './lab.ts';

export const closingPrograms: Readonly<Record<string, Program>> = {
  'the client ends': async (lab) => {
    const { client, peer } = await lab.pair();
    client.resume();
    peer.resume();
    client.end();
    await Promise.all([once(client, 'close'), once(peer, 'close')]);
    lab.note('state', [client.readyState, peer.readyState, client.destroyed, peer.destroyed]);
  },
  'the server ends': async (lab) => {
    const { client, peer } = await lab.pair();
    client.resume();
    peer.resume();
    peer.end('bye');
    await Promise.all([once(client, 'close'), once(peer, 'close')]);
  },
  'nobody reads the end': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.end('bye');
    await sleep(10);
    lab.note('open', [client.readyState, client.destroyed]);
    client.resume();
    await once(client, 'close');
  },
  'half open: the server goes on': async (lab) => {
    const { client, peer } = await lab.pair({ allowHalfOpen: true });
    client.resume();
    peer.resume();
    client.end('question');
    await once(peer, 'end');
    lab.note('peer', [peer.readyState, peer.writable]);
    lab.note('client', client.readyState);
    peer.end('answer');
    await Promise.all([once(client, 'close'), once(peer, 'close')]);
  },
  'half open: the client goes on': async (lab) => {
    const { client, peer } = await lab.pair({}, { allowHalfOpen: true });
    client.resume();
    peer.resume();
    peer.end('that was all');
    await once(client, 'end');
    lab.note('client', [client.readyState, client.allowHalfOpen]);
    client.end('thanks');
    await Promise.all([once(client, 'close'), once(peer, 'close')]);
  },
  'writing after our end': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.resume();
    client.end('x');
    lab.attempt('write', () => client.write('y', (error) => lab.note('written', error)));
    await once(client, 'close');
  },
  'writing after both ends': async (lab) => {
    const { client, peer } = await lab.pair();
    client.resume();
    peer.resume();
    peer.end();
    await once(client, 'end');
    lab.attempt('write', () => client.write('y', (error) => lab.note('written', error)));
    await once(client, 'close');
    await lab.turns();
  },
  'writing to the destroyed': async (lab) => {
    const { client } = await lab.pair();
    client.destroy();
    lab.attempt('write', () => client.write('y', (error) => lab.note('written', error)));
    await once(client, 'close');
  },
  'ending twice': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.resume();
    client.end('x', () => lab.note('first', true));
    client.end(() => lab.note('second', true));
    client.resume();
    await once(client, 'close');
  },
  'ending after the end': async (lab) => {
    const { client, peer } = await lab.pair();
    client.resume();
    peer.resume();
    client.end();
    await once(client, 'close');
    client.end((error?: Error) => lab.note('end', error ?? 'no error'));
    await lab.turns();
  },
  'destroy without an error': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.resume();
    client.destroy();
    lab.note('destroyed', [client.destroyed, client.readyState]);
    await Promise.all([once(client, 'close'), once(peer, 'close')]);
  },
  'destroy with an error': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.resume();
    client.destroy(new Error('enough'));
    await Promise.all([once(client, 'close'), once(peer, 'close')]);
    lab.note('errored', client.errored);
  },
  'destroy twice': async (lab) => {
    const { client } = await lab.pair();
    client.destroy();
    client.destroy(new Error('again'));
    await once(client, 'close');
    await lab.turns();
  },
  'destroy in its data': async (lab) => {
    const { client, peer } = await lab.pair();
    client.on('data', () => client.destroy());
    peer.write('x');
    await once(client, 'close');
  },
  'destroySoon with something to say': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.resume();
    client.write('last words');
    client.destroySoon();
    lab.note('destroyed', client.destroyed);
    await Promise.all([once(client, 'close'), once(peer, 'close')]);
    lab.note('read', peer.bytesRead);
  },
  'destroySoon after the end': async (lab) => {
    const { client, peer } = await lab.pair({}, { allowHalfOpen: true });
    peer.resume();
    client.end();
    await once(client, 'finish');
    client.destroySoon();
    lab.note('destroyed', client.destroyed);
    await once(client, 'close');
  },
  'a reset': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.resume();
    client.resetAndDestroy();
    lab.note('destroyed', client.destroyed);
    await Promise.all([once(client, 'close'), once(peer, 'close')]);
  },
  'a reset of one never connected': async (lab) => {
    const client = lab.watch('client', new lab.net.Socket());
    client.resetAndDestroy();
    await once(client, 'close');
  },
  'a reset of one destroyed': async (lab) => {
    const { client } = await lab.pair();
    client.destroy();
    client.resetAndDestroy();
    await once(client, 'close');
  },
  'destroying one never connected': async (lab) => {
    const client = lab.watch('client', new lab.net.Socket());
    client.destroy();
    await once(client, 'close');
  },
  'a reset that meets a paused reader': async (lab) => {
    const { client, peer } = await lab.pair({ pauseOnConnect: true });
    client.resetAndDestroy();
    await sleep(10);
    lab.note('nothing yet', peer.destroyed);
    peer.resume();
    await once(peer, 'close');
  },
  'a reset that meets a writer': async (lab) => {
    const { client, peer } = await lab.pair({ pauseOnConnect: true });
    client.resetAndDestroy();
    await sleep(10);
    peer.write('x', (error) => lab.note('written', error));
    await once(peer, 'close');
  },
  'destroyed with data unread': async (lab) => {
    const { client, peer } = await lab.pair();
    client.pause();
    peer.on('data', () => {});
    peer.write('unread');
    await sleep(10);
    client.destroy();
    await once(peer, 'close');
    // Whether the peer sees a reset or an end is the kernel's choice: it has taken the bytes out already
    lab.recording.peer = [];
  },
  'the last data comes before the end': async (lab) => {
    const { client, peer } = await lab.pair();
    const order: string[] = [];
    client.on('data', (data) => order.push(String(data)));
    client.on('end', () => order.push('end'));
    client.on('close', () => order.push('close'));
    peer.write('1');
    peer.write('2');
    peer.end('3');
    await once(client, 'close');
    lab.note('order', order.join('').replace(/^(123)/, '$1 '));
  },
  'end in the connection listener': async (lab) => {
    const { port } = await lab.listen({}, (socket) => lab.watch('peer', socket).end());
    const client = lab.watch('client', lab.net.connect(port, '127.0.0.1'));
    client.on('data', () => {});
    await once(client, 'close');
  },
  'the finish callback': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.resume();
    client.end('x', () => lab.note('finished', [client.writableEnded, client.writableFinished]));
    await once(client, 'finish');
    client.destroy();
    await once(client, 'close');
  },
  'autoDestroy off makes no difference': async (lab) => {
    const { client, peer } = await lab.pair({}, { autoDestroy: false } as never);
    client.resume();
    peer.resume();
    client.end();
    await once(client, 'close');
    lab.note('destroyed', client.destroyed);
  },
  'an error thrown in a listener is captured': async (lab) => {
    const { server, client, peer } = await lab.pair();
    server.removeAllListeners('connection');
    peer.resume();
    client.destroy();
    await once(client, 'close');
  },
  'socket[Symbol.asyncDispose]': async (lab) => {
    const { client } = await lab.pair();
    if (typeof Symbol.asyncDispose === 'undefined' || !(Symbol.asyncDispose in client)) return;
    await (client as unknown as AsyncDisposable)[Symbol.asyncDispose]();
    lab.note('destroyed', client.destroyed);
  },
  'end after destroy': async (lab) => {
    const { client } = await lab.pair();
    client.destroy();
    client.end('too late', (error?: Error) => lab.note('end', error ?? 'no error'));
    client.end((error?: Error) => lab.note('again', error ?? 'no error'));
    await once(client, 'close');
    await lab.turns();
    lab.note('state', [client.writableEnded, client.writableFinished, client.readyState]);
  },
  'end after destroy with an error': async (lab) => {
    const { client } = await lab.pair();
    client.destroy(new Error('enough'));
    client.end((error?: Error) => lab.note('end', error ?? 'no error'));
    await once(client, 'close');
    await lab.turns();
  },
  'destroy after end': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.resume();
    client.end('x', (error?: Error) => lab.note('end', error ?? 'no error'));
    client.destroy();
    await once(client, 'close');
    await lab.turns();
  },
  'destroy while writes wait': async (lab) => {
    const { client, peer } = await lab.pair({ pauseOnConnect: true });
    // More than the buffers of both sides take
    client.write(Buffer.alloc(64 << 20), (error) => lab.note('first', error));
    client.write('y', (error) => lab.note('second', error));
    await sleep(20);
    client.destroy();
    await once(client, 'close');
    await lab.turns();
    peer.destroy();
    lab.recording.peer = [];
  },
  'destroy with an error while writes wait': async (lab) => {
    const { client, peer } = await lab.pair({ pauseOnConnect: true });
    client.write(Buffer.alloc(64 << 20), (error) => lab.note('first', error));
    client.write('y', (error) => lab.note('second', error));
    await sleep(20);
    client.destroy(new Error('enough'));
    await once(client, 'close');
    await lab.turns();
    peer.destroy();
    lab.recording.peer = [];
  },
  'a reset while writes wait': async (lab) => {
    const { client, peer } = await lab.pair({ pauseOnConnect: true });
    client.write(Buffer.alloc(64 << 20), (error) => lab.note('first', error));
    client.write('y', (error) => lab.note('second', error));
    client.end((error?: Error) => lab.note('end', error ?? 'no error'));
    await sleep(20);
    peer.resetAndDestroy();
    await once(client, 'close');
    await lab.turns();
    lab.note('state', [client.readyState, client.errored === null]);
  },
  'destroy in the callback of a write': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.resume();
    client.write('x', () => client.destroy());
    client.write('y', (error) => lab.note('second', error));
    await once(client, 'close');
    await lab.turns();
  },
  'destroy when told of the end': async (lab) => {
    const { client, peer } = await lab.pair({}, { allowHalfOpen: true });
    client.on('end', () => client.destroy(new Error('was that all')));
    client.resume();
    peer.end('bye');
    await once(client, 'close');
    await lab.turns();
  },
  'both reset': async (lab) => {
    const { client, peer } = await lab.pair();
    client.resetAndDestroy();
    peer.resetAndDestroy();
    await Promise.all([once(client, 'close'), once(peer, 'close')]);
    await lab.turns();
  },
  'both destroy': async (lab) => {
    const { client, peer } = await lab.pair();
    client.destroy();
    peer.destroy(new Error('so do I'));
    await Promise.all([once(client, 'close'), once(peer, 'close')]);
    await lab.turns();
  },
  'the server closes while one is open': async (lab) => {
    const { server, client, peer } = await lab.pair();
    peer.resume();
    server.close((error) => lab.note('closed', error ?? 'no error'));
    await lab.turns();
    lab.note('listening', server.listening);
    client.resume();
    client.end();
    await once(server, 'close');
  },
  'a timeout ends by destroy': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.resume();
    client.setTimeout(10, () => client.destroy(new Error('idle')));
    await once(client, 'close');
    await sleep(20);
  },
};
