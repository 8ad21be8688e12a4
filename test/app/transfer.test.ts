/** A file over a perfect stream: what both ends make of each other, of their files, and of a peer that lies. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeName, TransferError } from '../../src/app/transfer.ts';
import { encodeHeader, FrameReader, parseHeader } from '../../src/app/transferFrames.ts';
import { type PipeEnd, type PipeOptions, pipe } from './pipe.ts';
import { bytesOf, MemorySink, MemorySource, receiveOn, type SourceOptions, sendOn } from './transferEnds.ts';

const COMPLETE = { what: 'complete', why: '' };
const failed = (why: string) => ({ what: 'failed', why });

function transfer(bytes: Uint8Array, options: PipeOptions & SourceOptions & { slow?: boolean } = {}) {
  const { client, server, run } = pipe(options);
  const source = new MemorySource(bytes, options);
  const sink = new MemorySink(options.slow);
  const sending = sendOn(client, source);
  const receiving = receiveOn(server, sink);
  return { client, server, run, source, sink, sending, receiving };
}

/** Frames as a peer may write them. */
function frame(kind: string, content: Uint8Array | string = '', length?: number): number[] {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const size = length ?? bytes.length;
  return [kind.charCodeAt(0), ...[24, 16, 8, 0].map((shift) => (size >>> shift) & 255), ...bytes];
}

const digestOf = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());
const header = (size: number | undefined, name = 'x') => frame('H', encodeHeader({ name, size }));

/** A receiver, and somebody at the other end who says just this. */
function hear(said: readonly number[], { close = true, options = {} as PipeOptions } = {}) {
  const { client, server, run } = pipe({ sendBuffer: 1 << 20, ...options });
  const sink = new MemorySink();
  const receiving = receiveOn(server, sink);
  const heard: number[] = [];
  client.handler = { readable: () => heard.push(...client.receive()), ended: () => client.close() };
  client.send(Uint8Array.from(said));
  if (close) client.close();
  run();
  return { client, server, run, sink, ...receiving, heard };
}

/** Moves bytes both ways in turn, until none are left. */
function fairly(client: PipeEnd, server: PipeEnd): void {
  while ([server.step(), client.step()].includes(true));
}

/** A sender, and somebody at the other end who answers just this when the header has come, and closes when it does. */
function answer(said: readonly number[], bytes = bytesOf(3000), when = 1) {
  const { client, server } = pipe();
  const source = new MemorySource(bytes);
  const sending = sendOn(client, source);
  let heard = 0;
  let closed = false;
  server.handler = {
    readable() {
      heard += server.receive().length;
      if (heard < when || closed) return;
      closed = true;
      server.send(Uint8Array.from(said));
      server.close();
    },
  };
  for (const end of [server, client]) end.open();
  fairly(client, server);
  for (const end of [server, client]) end.over('closed');
  return { source, ...sending, heard: () => heard };
}

describe('a transfer', () => {
  it.each([0, 1, 5, 999, 1000, 1001, 5000])('brings a file of %i bytes', (size) => {
    const bytes = bytesOf(size);
    const { run, source, sink, sending, receiving } = transfer(bytes);
    run();
    expect(sending.ends).toEqual([COMPLETE]);
    expect(receiving.ends).toEqual([COMPLETE]);
    expect(sink.state).toBe('kept');
    expect(sink.bytes).toEqual(bytes);
    expect(receiving.headers).toEqual([{ name: 'file.bin', size }]);
    const digest = createHash('sha256').update(bytes).digest('hex');
    expect([sending.sender.digest, receiving.receiver.digest]).toEqual([digest, digest]);
    expect([sending.sender.sent, receiving.receiver.received]).toEqual([size, size]);
    expect(source.closed).toBe(1);
  });

  it('brings any bytes in any pieces', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 600 }),
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 9 }),
        fc.boolean(),
        fc.boolean(),
        (bytes, piece, cuts, known, slow) => {
          let i = 0;
          const cut = (): number => cuts[i++ % cuts.length]!;
          const size = known ? bytes.length : undefined;
          const { run, sink, sending, receiving } = transfer(bytes, { piece, cut, size, slow });
          do run();
          while (sink.step());
          run();
          expect([...sending.ends, ...receiving.ends]).toEqual([COMPLETE, COMPLETE]);
          expect(sink.bytes).toEqual(bytes);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('waits for a source that takes its time', () => {
    const { run, source, sink, sending } = transfer(bytesOf(2500), { later: true, size: undefined });
    run();
    expect(sink.state).toBe('open');
    for (let i = 0; i < 4; i++) {
      source.next();
      run();
    }
    expect(sending.ends).toEqual([COMPLETE]);
    expect(sink.bytes).toEqual(bytesOf(2500));
  });

  it('asks for no more than one piece that the send buffer has not taken', () => {
    const { source, sending, client, run } = transfer(bytesOf(5000));
    client.open();
    expect([sending.sender.sent, client.out.length]).toEqual([1000, 64]);
    run();
    expect(source.closed).toBe(1);
  });

  it('says what the peer has acknowledged, and never more', () => {
    const { sending, client, run } = transfer(bytesOf(5000));
    const { sender } = sending;
    const seen: number[] = [];
    const { handler } = client;
    const arrived = (): number => 5000 - client.out.length;
    client.handler = {
      established: () => handler.established?.(),
      readable: () => handler.readable?.(),
      ended: () => handler.ended?.(),
      closed: (reason) => handler.closed?.(reason),
      writable() {
        seen.push(sender.acknowledged(client.out.length));
        expect(seen.at(-1)).toBeLessThanOrEqual(arrived());
        handler.writable?.();
      },
    };
    run();
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(sender.acknowledged(client.out.length)).toBe(5000);
  });
});

describe('a file that is not what it was', () => {
  it.each([
    ['shorter', 1500, 1000],
    ['longer', 700, 1000],
    ['longer by a piece', 1000, 2000],
  ])('is %s: both ends say so', (_, size, length) => {
    const { run, sink, sending, receiving, source } = transfer(bytesOf(length), { size });
    run();
    const why = `the file does not have the ${size} bytes it had at first`;
    expect(sending.ends).toEqual([failed(why)]);
    expect(receiving.ends).toEqual([failed(`the sender says: ${why}`)]);
    expect(sink.state).toBe('discarded');
    expect(source.closed).toBe(1);
  });

  it('cannot be read: both ends say so', () => {
    const { run, sink, sending, receiving } = transfer(bytesOf(3000), { failAt: 2000 });
    run();
    expect(sending.ends).toEqual([failed('cannot read it')]);
    expect(receiving.ends).toEqual([failed('the sender says: cannot read it')]);
    expect(sink.state).toBe('discarded');
  });

  it('is not wanted: both ends say so, and the rest is not sent', () => {
    const { client, server, run } = pipe();
    const source = new MemorySource(bytesOf(100_000));
    const sending = sendOn(client, source);
    const receiving = receiveOn(server, new MemorySink(), {
      open() {
        throw new TransferError('x is there already');
      },
    });
    for (const end of [server, client]) end.open();
    fairly(client, server);
    run();
    expect(receiving.ends).toEqual([failed('x is there already')]);
    expect(sending.ends).toEqual([failed('the receiver says: x is there already')]);
    expect(sending.sender.sent).toBeLessThan(5000);
    expect(source.closed).toBe(1);
  });

  it('cannot be written: both ends say so', () => {
    const { run, source, sink, sending, receiving } = transfer(bytesOf(3000), { slow: true, later: true });
    run();
    source.next();
    run();
    sink.fail('the disk is full');
    run();
    expect(receiving.ends).toEqual([failed('the disk is full')]);
    expect(sending.ends).toEqual([failed('the receiver says: the disk is full')]);
    expect(sink.state).toBe('discarded');
    while (sink.step());
  });

  it('cannot be kept: both ends say so', () => {
    const { run, sink, sending, receiving } = transfer(bytesOf(10));
    sink.problem = 'somebody else has made it';
    run();
    expect(receiving.ends).toEqual([failed('somebody else has made it')]);
    expect(sending.ends).toEqual([failed('the receiver says: somebody else has made it')]);
    expect(sink.state).toBe('open');
  });
});

describe('a user who stops it', () => {
  it.each([0, 1, 500, 5000, 50_000])('at the sender after %i bytes: nothing is kept', (after) => {
    const { client, run, sink, sending, receiving } = transfer(bytesOf(100_000));
    let moved = 0;
    const { handler } = client;
    const watch = (): void => {
      moved += 1;
      if (moved * 64 >= after) sending.sender.stop('stopped by its user');
    };
    client.handler = {
      established: () => handler.established?.(),
      writable() {
        watch();
        handler.writable?.();
      },
      readable: () => handler.readable?.(),
      ended: () => handler.ended?.(),
      closed: (reason) => handler.closed?.(reason),
    };
    if (after === 0) sending.sender.stop('stopped by its user');
    run();
    expect(sending.ends).toEqual([failed('stopped by its user')]);
    const [end] = receiving.ends;
    if (after > 0) expect(end).toEqual(failed('the sender says: stopped by its user'));
    expect(end?.what).toBe('failed');
    expect(sink.state).not.toBe('kept');
    expect(sending.sender.sent).toBeLessThan(60_000);
  });

  it('at the receiver: the sender is told, and stops', () => {
    const { run, source, sink, sending, receiving } = transfer(bytesOf(3000), { later: true });
    run();
    source.next();
    run();
    receiving.receiver.stop('stopped by its user');
    run();
    expect(receiving.ends).toEqual([failed('stopped by its user')]);
    expect(sending.ends).toEqual([failed('the receiver says: stopped by its user')]);
    expect(sink.state).toBe('discarded');
    expect([sending.sender.sent, source.closed]).toEqual([1000, 1]);
    source.next();
    run();
    expect(sending.sender.sent).toBe(1000);
  });

  it('is too late when all is said', () => {
    const { run, sink, sending, receiving } = transfer(bytesOf(10), { slow: true });
    run();
    sink.step();
    run();
    sending.sender.stop('no');
    receiving.receiver.stop('no');
    while (sink.step());
    run();
    expect([...sending.ends, ...receiving.ends]).toEqual([COMPLETE, COMPLETE]);
    receiving.receiver.stop('no');
    expect(sink.state).toBe('kept');
  });
});

describe('a connection that breaks', () => {
  it.each(['reset', 'timedOut', 'refused', 'unreachable', 'aborted'] as const)('%s: says so', (reason) => {
    const { client, server, run, source, sink, sending, receiving } = transfer(bytesOf(5000), {
      later: true,
    });
    if (reason !== 'refused') run();
    client.over(reason);
    server.over(reason);
    expect([...sending.ends, ...receiving.ends]).toEqual([
      { what: reason, why: '' },
      { what: reason, why: '' },
    ]);
    expect(sink.state).toBe(reason === 'refused' ? 'open' : 'discarded');
    expect(source.closed).toBe(1);
    source.next();
    expect(sending.ends.length).toBe(1);
  });

  it('while the file is kept: it is kept nevertheless, and that is what counts', () => {
    const { run, server, sink, receiving } = transfer(bytesOf(10), { slow: true });
    run();
    sink.step();
    run();
    server.over('reset');
    expect(receiving.ends).toEqual([]);
    while (sink.step());
    expect(receiving.ends).toEqual([COMPLETE]);
    expect(sink.state).toBe('kept');
  });

  it('while the file is kept, which fails: that is what counts', () => {
    const { run, server, sink, receiving } = transfer(bytesOf(10), { slow: true });
    run();
    sink.step();
    run();
    server.over('reset');
    sink.problem = 'no';
    while (sink.step());
    expect(receiving.ends).toEqual([failed('no')]);
  });

  it('after the answer: the file is there', () => {
    const { client, server, run, sending, receiving } = transfer(bytesOf(10), { slow: false });
    for (const end of [server, client]) end.open();
    while (receiving.receiver.digest === undefined) client.step();
    client.step();
    server.step();
    client.over('reset');
    expect(sending.ends).toEqual([COMPLETE]);
    run();
    server.over('reset');
    expect(receiving.ends).toEqual([COMPLETE]);
  });
});

describe('a receiver that hears', () => {
  const bytes = bytesOf(100);
  const all = [...header(100), ...frame('D', bytes), ...frame('E', digestOf(bytes))];

  it('all that it should: keeps the file and says so', () => {
    const { ends, heard, sink } = hear(all);
    expect(ends).toEqual([COMPLETE]);
    expect(heard).toEqual(frame('A'));
    expect(sink.bytes).toEqual(bytes);
  });

  it.each<[string, readonly number[], string]>([
    ['nothing', [], 'the sender hung up after 0 bytes'],
    ['half a header', header(100).slice(0, 9), 'the sender hung up after 0 bytes'],
    ['only a header', header(100), 'the sender hung up after 0 of 100 bytes'],
    ['half the file', all.slice(0, 80), 'the sender hung up after 48 of 100 bytes'],
    ['no end', all.slice(0, -37), 'the sender hung up after 100 of 100 bytes'],
    ['half an end', all.slice(0, -1), 'the sender hung up after 100 of 100 bytes'],
    [
      'a greeting',
      [...new TextEncoder().encode('GET / HTTP/1.1\r\n')],
      'the sender sent a frame that begins with byte 71',
    ],
    ['a header without end', frame('H', '', 0xffffffff), 'the sender sent a frame H of 4294967295 bytes'],
    ['a long header', frame('H', 'x'.repeat(4097)), 'the sender sent a frame H of 4097 bytes'],
    [
      'the header of something else',
      frame('H', 'statewire file 2\n1\nx'),
      'the sender sent a header of something else',
    ],
    ['an empty header', frame('H'), 'the sender sent a header of something else'],
    ['a negative size', frame('H', 'statewire file 1\n-1\nx'), 'the sender sent a header without a size'],
    [
      'a size beyond numbers',
      frame('H', 'statewire file 1\n9999999999999999\nx'),
      'the sender sent a header without a size',
    ],
    ['data first', frame('D', bytes), 'the sender sent data without a header'],
    ['an end first', frame('E', digestOf(bytes)), 'the sender sent a frame E where it may not be'],
    ['two headers', [...header(100), ...header(100)], 'the sender sent a frame H where it may not be'],
    ['an answer', [...header(100), ...frame('A')], 'the sender sent a frame A where it may not be'],
    [
      'more than announced',
      [...header(99), ...frame('D', bytes)],
      'the sender announced 99 bytes and sent more',
    ],
    [
      'less than announced',
      [...header(101), ...all.slice(header(100).length)],
      'the sender announced 101 bytes and sent 100',
    ],
    [
      'a length that lies',
      [...header(100), ...frame('D', bytes, 99), ...frame('E', digestOf(bytes))],
      `the sender sent a frame that begins with byte ${bytes[99]}`,
    ],
    [
      'the wrong hash',
      [...all.slice(0, -32), ...digestOf(bytesOf(99))],
      'the SHA-256 is not what the sender says',
    ],
    [
      'half a hash',
      [...all.slice(0, -37), ...frame('E', digestOf(bytes).slice(0, 16))],
      'the SHA-256 is not what the sender says',
    ],
    ['no hash', [...all.slice(0, -37), ...frame('E')], 'the SHA-256 is not what the sender says'],
    ['a byte after the end', [...all, 68], 'the sender sent more after the end'],
    ['data after the end', [...all, ...frame('D', bytes)], 'the sender sent more after the end'],
    ['a frame after the end', [...all, ...frame('H')], 'the sender sent more after the end'],
    ['a failure', [...header(100), ...frame('F', 'I\u0000 am\ntired')], 'the sender says: I\u0000 am\ntired'],
    [
      'a failure that is no text',
      [...header(100), ...frame('F', Uint8Array.of(0xff))],
      'the sender says: \ufffd',
    ],
  ])('%s: fails, says why, and keeps nothing', (_, said, why) => {
    const { ends, heard, sink } = hear(said);
    expect(ends).toEqual([failed(why)]);
    expect(sink.state).not.toBe('kept');
    if (why.startsWith('the sender says')) expect(heard).toEqual([]);
    else expect(heard).toEqual(frame('F', why));
  });

  it('anything: ends, and keeps only what is whole', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 8 }).map((noise) => [...noise]),
            fc.constantFrom('H', 'D', 'E', 'A', 'F').map((kind) => frame(kind, bytes.slice(0, 32))),
            fc.constantFrom(
              header(100),
              header(undefined),
              all,
              frame('D', bytes),
              frame('E', digestOf(bytes)),
            ),
          ),
          { maxLength: 6 },
        ),
        (parts) => {
          const { ends, sink } = hear(parts.flat());
          expect(ends.length).toBe(1);
          expect(sink.state === 'kept').toBe(ends[0]?.what === 'complete');
        },
      ),
      { numRuns: 300 },
    );
  });

  it('no end of what it does not want: resets the connection', () => {
    const { client, server, run } = pipe({ sendBuffer: 1 << 20, receiveBuffer: 1 << 20, cut: () => 1 << 20 });
    const { ends } = receiveOn(server, new MemorySink());
    let end: string | undefined;
    const chunk = new Uint8Array(1 << 16).fill(120);
    // Each chunk is far beyond what PipeEnd moves fast: counted in chunks, not in bytes of an array
    Object.defineProperty(server, 'available', { get: () => (server.gone ? 0 : 1) });
    Object.assign(server, { receive: () => chunk });
    client.handler = { closed: (reason) => (end = reason) };
    client.open();
    server.open();
    server.handler.readable?.();
    run();
    expect(ends).toEqual([failed('the sender sent a frame that begins with byte 120')]);
    expect(end).toBe('reset');
  });
});

describe('a sender that hears', () => {
  it.each<[string, readonly number[], string]>([
    ['nothing', [], 'the receiver hung up before it had answered'],
    ['half an answer', frame('A').slice(0, 3), 'the receiver hung up before it had answered'],
    ['an answer before all was sent', frame('A'), 'the receiver sent a frame A that nobody asked for'],
    ['a header', header(1), 'the receiver sent a frame H that nobody asked for'],
    ['data', frame('D', 'x'), 'the receiver sent data'],
    [
      'a greeting',
      [...new TextEncoder().encode('SSH-2.0')],
      'the receiver sent a frame that begins with byte 83',
    ],
    ['a failure', frame('F', 'no room'), 'the receiver says: no room'],
    ['a failure without end', frame('F', '', 1 << 30), 'the receiver sent a frame F of 1073741824 bytes'],
  ])('%s: fails, and says why', (_, said, why) => {
    const { ends, sender, source } = answer(said);
    expect(ends).toEqual([failed(why)]);
    expect(sender.sent).toBeLessThanOrEqual(3000);
    expect(source.closed).toBe(1);
  });

  it('tells the receiver when it cannot make sense of it', () => {
    const { client, server, run } = pipe({ sendBuffer: 1 << 16, receiveBuffer: 1 << 16 });
    sendOn(client, new MemorySource(bytesOf(100), { later: true }));
    let heard: number[] = [];
    server.handler = {
      readable: () => (heard = [...heard, ...server.receive()]),
      ended: () => server.close(),
    };
    server.open();
    server.send(Uint8Array.of(1, 2, 3, 4, 5));
    run();
    const text = new TextDecoder().decode(Uint8Array.from(heard));
    expect(text).toContain('the receiver sent a frame that begins with byte 1');
  });
});

describe('names', () => {
  it.each([
    ['a.txt', 'a.txt'],
    ['/etc/passwd', 'passwd'],
    ['..\\..\\boot.ini', 'boot.ini'],
    ['../..', '_..'],
    ['.', '_.'],
    ['a/', 'received'],
    ['', 'received'],
    [' \u0000\n\u001b ', 'received'],
    ['\u0000.bashrc', '_.bashrc'],
    ['\u202egpj.exe', 'gpj.exe'],
    ['a\u001b[31mb\nc', 'a[31mbc'],
    ['서울.txt', '서울.txt'],
    ['x'.repeat(300), 'x'.repeat(255)],
    [`x${'서'.repeat(300)}`, `x${'서'.repeat(84)}`],
  ])('%j from a peer is %j here', (name, safe) => {
    expect(safeName(name)).toBe(safe);
  });

  it('of any kind are one name in a folder', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.string()), (name) => {
        const safe = safeName(name);
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(255);
        expect(safe).not.toMatch(/[/\\\p{Cc}\p{Cf}]|^\./u);
        expect(safe.length).toBeGreaterThan(0);
      }),
    );
  });

  it.each(['plain', '', 'two\nlines', '서울', 'x'.repeat(4000), '서'.repeat(4000)])(
    'are carried as they are, up to a thousand characters',
    (name) => {
      const content = encodeHeader({ name, size: 2 ** 53 - 1 });
      expect(content.length).toBeLessThanOrEqual(4096);
      expect(parseHeader(content)).toEqual({ name: name.slice(0, 1000), size: 2 ** 53 - 1 });
    },
  );
});

describe('frames', () => {
  it('come out the same wherever the stream is cut', () => {
    const stream = [
      ...frame('D'),
      ...frame('H', 'abc'),
      ...frame('D', 'defg'),
      ...frame('F'),
      ...frame('E', 'h'),
    ];
    const read = (cuts: readonly number[]): string => {
      let out = '';
      const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
      const reader = new FrameReader({
        frame: (kind, content) => (out += `${kind}(${text(content)})`),
        data: (bytes) => (out += text(bytes)),
        bad: (why) => (out += why),
      });
      let at = 0;
      for (const cut of [...cuts, stream.length]) {
        reader.push(Uint8Array.from(stream.slice(at, at + cut)));
        at += cut;
      }
      expect(reader.whole).toBe(true);
      return out;
    };
    const cut = fc.integer({ min: 0, max: 9 });
    fc.assert(fc.property(fc.array(cut), (cuts) => void expect(read(cuts)).toBe('H(abc)defgF()E(h)')));
  });
});
