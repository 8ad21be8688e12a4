/** Bytes, and how many of them at a time. */
import { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { once, type Program, sleep, until } from './lab.ts';

export const dataPrograms: Readonly<Record<string, Program>> = {
  'an echo': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.pipe(peer);
    client.resume();
    client.end('hello');
    await once(client, 'close');
  },
  'strings in encodings': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.resume();
    client.write('e4', 'hex');
    client.write('w7bDpA==', 'base64');
    client.write('äöü', 'latin1');
    client.write('äöü', 'utf8');
    client.write('ab', 'ucs2');
    client.end(Buffer.from('end'));
    await once(peer, 'close');
    lab.note('read', peer.bytesRead);
  },
  setEncoding: async (lab) => {
    const { client, peer } = await lab.pair();
    client.setEncoding('utf8');
    const got: unknown[] = [];
    client.on('data', (data) => got.push(typeof data));
    peer.end('äöü');
    await once(client, 'close');
    lab.note('types', [...new Set(got)]);
  },
  'the callbacks of writes, in order': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.resume();
    for (const name of ['a', 'b', 'c']) client.write(name, () => lab.note('written', name));
    client.end('d', () => lab.note('ended', client.writableFinished));
    await once(peer, 'close');
  },
  'corked writes': async (lab) => {
    const { client, peer } = await lab.pair();
    client.cork();
    client.write('one ');
    client.write('two ');
    lab.note('corked', [client.writableLength, client.writableCorked]);
    process.nextTick(() => client.uncork());
    client.once('drain', () => lab.note('drain', true));
    peer.on('data', () => {});
    await once(peer, 'data');
    client.end('three');
    await once(peer, 'close');
  },
  'write says when it is too much': async (lab) => {
    const { client, peer } = await lab.pair({}, { writableHighWaterMark: 10 } as never);
    peer.resume();
    lab.note('write', [client.write('12345'), client.writableNeedDrain]);
    lab.note('write', [client.write('1234567890'), client.writableNeedDrain]);
    await until(() => client.writableLength === 0);
    await lab.turns();
    lab.note('drained', [client.writableNeedDrain, client.writableLength]);
  },
  'a megabyte, there and back': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.pipe(peer);
    let bytes = 0;
    let sum = 0;
    client.on('data', (data) => {
      bytes += data.length;
      for (const byte of data) sum = (sum * 31 + byte) % 1_000_003;
    });
    const block = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 7) & 255));
    for (let i = 0; i < 16; i += 1) client.write(block);
    client.end();
    await once(client, 'close');
    lab.note('got', [bytes, sum]);
    lab.note('counted', [client.bytesWritten, client.bytesRead, peer.bytesRead, peer.bytesWritten]);
    lab.recording.client = [];
    lab.recording.peer = [];
  },
  'back-pressure holds the writer back': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.pause();
    let drained = false;
    client.on('drain', () => {
      drained = true;
    });
    const block = Buffer.alloc(1 << 20);
    for (let written = 0; written < 16; written += 1) client.write(block);
    await sleep(20);
    lab.note('held back', [drained, client.writableLength > 0]);
    peer.resume();
    await once(client, 'drain');
    lab.note('drained', client.writableLength);
    lab.recording.peer = [];
  },
  'a paused reader gets it later': async (lab) => {
    const { client, peer } = await lab.pair();
    client.pause();
    client.on('data', (data) => lab.note('data', String(data)));
    peer.write('later');
    await lab.turns();
    lab.note('paused', [client.isPaused(), client.readableFlowing]);
    client.resume();
    await once(client, 'data');
    lab.note('resumed', client.isPaused());
  },
  'read by hand': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.end('abcdef');
    await once(client, 'readable');
    while (client.readableLength < 6) await sleep(1);
    lab.note('read', [client.read(2), client.read(3), client.readableLength, client.read(5), client.read()]);
    await once(client, 'close');
    lab.recording.client = [];
  },
  'async iteration': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.write('one');
    peer.end('two');
    let text = '';
    for await (const chunk of client) text += chunk;
    lab.note('text', text);
    lab.note('destroyed', client.destroyed);
    lab.recording.client = [];
  },
  'async iteration that stops': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.on('error', () => {});
    peer.write('one');
    for await (const chunk of client) {
      lab.note('chunk', chunk);
      break;
    }
    lab.note('destroyed', client.destroyed);
    await once(peer, 'close');
    lab.recording.client = [];
  },
  'a pipeline': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.resume();
    await pipeline(Readable.from(['one ', 'two ', 'three']), client);
    lab.note('finished', client.writableFinished);
    await once(peer, 'close');
  },
  'web streams': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.pipe(peer);
    const { readable, writable } = Duplex.toWeb(client);
    const writer = writable.getWriter();
    await writer.write(Buffer.from('over the web'));
    await writer.close();
    let text = '';
    for await (const chunk of readable as unknown as AsyncIterable<Uint8Array>) text += Buffer.from(chunk);
    lab.note('text', text);
    lab.recording.client = [];
  },
  'a buffer of our own': async (lab) => {
    const buffer = Buffer.alloc(8);
    const pieces: string[] = [];
    const onread = {
      buffer,
      callback(bytes: number, into: Uint8Array): boolean {
        pieces.push(Buffer.from(into.subarray(0, bytes)).toString());
        return true;
      },
    };
    const { client, peer } = await lab.pair({}, { onread } as never);
    peer.end('0123456789abcdefghij');
    await once(client, 'close');
    lab.note('pieces', [pieces.join(''), pieces.every(({ length }) => length <= 8), client.bytesRead]);
  },
  'buffers made on demand': async (lab) => {
    let made = 0;
    let text = '';
    const onread = {
      buffer(): Uint8Array {
        made += 1;
        return Buffer.alloc(4);
      },
      callback(bytes: number, into: Uint8Array): boolean {
        text += Buffer.from(into.subarray(0, bytes));
        return true;
      },
    };
    const { client, peer } = await lab.pair({}, { onread } as never);
    peer.end('0123456789');
    await once(client, 'close');
    lab.note('text', [text, made >= 3]);
  },
  'a buffer of our own that says stop': async (lab) => {
    let text = '';
    const onread = {
      buffer: Buffer.alloc(4),
      callback(bytes: number, into: Uint8Array): boolean {
        text += Buffer.from(into.subarray(0, bytes));
        return false;
      },
    };
    const { client, peer } = await lab.pair({}, { onread } as never);
    peer.write('0123456789');
    await until(() => text.length >= 4);
    await lab.turns();
    lab.note('first', text);
    client.resume();
    await until(() => text.length >= 8);
    await lab.turns();
    lab.note('second', text);
  },
  'writing nothing': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.resume();
    lab.attempt('null', () => client.write(null as never));
    lab.attempt('number', () => client.write(5 as never));
    lab.attempt('undefined', () => client.write(undefined as never));
    client.write('', () => lab.note('empty', 'written'));
    client.end();
    await once(peer, 'close');
  },
  'an unknown encoding': async (lab) => {
    const { client } = await lab.pair();
    lab.attempt('write', () => client.write('x', 'nonsense' as never));
    lab.attempt('end', () => client.end('x', 'nonsense' as never));
  },
  'bytes that wait are counted': async (lab) => {
    const { client, peer } = await lab.pair();
    peer.resume();
    client.write('1234');
    client.write('äö');
    lab.note('bytes', client.bytesWritten);
    client.end('12');
    lab.note('bytes', client.bytesWritten);
    await once(client, 'close');
    lab.note('bytes', [client.bytesWritten, peer.bytesRead]);
  },
  unshift: async (lab) => {
    const { client, peer } = await lab.pair();
    let text = '';
    client.once('data', (data) => {
      client.pause();
      client.unshift(data.subarray(2));
      client.on('data', (more) => {
        text += more;
      });
      client.resume();
    });
    peer.end('abcdef');
    await once(client, 'close');
    lab.note('text', text);
    lab.recording.client = [];
  },
  'both talk at once': async (lab) => {
    const { client, peer } = await lab.pair({ allowHalfOpen: true }, { allowHalfOpen: true });
    client.resume();
    peer.resume();
    client.end('from client');
    peer.end('from peer');
    await Promise.all([once(client, 'close'), once(peer, 'close')]);
    lab.note('read', [client.bytesRead, peer.bytesRead]);
    for (const name of ['client', 'peer']) lab.recording[name]!.sort();
  },
};
