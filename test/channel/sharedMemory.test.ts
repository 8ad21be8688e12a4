/** What only shared memory has: the ring's bytes, threads that sleep, wake and end, and memory that lies. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { LARGEST_PACKET, type LiveEnd, newCounters } from '../../src/channel/channel.ts';
import { createSharedMemory, openSharedMemory } from '../../src/channel/sharedMemory.ts';
import { type RingPlace, RingReader, RingWriter, SMALLEST_RING } from '../../src/channel/sharedMemoryRing.ts';
import { Build } from './build.ts';
import { numberOf, packetOf, pause, until } from './conformance.ts';

/** Where the words of the ring from a to b, and of side a, stand in the memory. */
const HEAD = 16;
const TAIL = 32;
const DATA = 256;
const SIDE_A = 112;

/** A ring of the smallest size, whose positions begin at `start`. */
function ring(start = 0) {
  const { buffer } = createSharedMemory({ bytes: 1 });
  const words = new Int32Array(buffer);
  const place: RingPlace = { words, control: 16, data: 1024, capacity: SMALLEST_RING };
  words[HEAD] = start;
  words[TAIL] = start;
  const counters = newCounters();
  const make = () => ({ writer: new RingWriter(place, counters), reader: new RingReader(place, counters) });
  return { words, counters, make, ...make() };
}

/** What is there, copied. */
function takeAll(reader: RingReader): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let packet = reader.take(); packet !== undefined; packet = reader.take()) packets.push(packet.slice());
  // Eight bytes are the smallest record
  expect(packets.length).toBeLessThanOrEqual(SMALLEST_RING / 8);
  return packets;
}

const size = fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: LARGEST_PACKET }));

describe('a ring', () => {
  test('gives back what was put in, in order, wherever it wraps and however positions overflow', () => {
    const step = fc.oneof(
      fc.record({ put: size }),
      fc.record({ take: fc.integer({ min: 1, max: 5 }) }),
      fc.constant({ reopen: true }),
    );
    const start = fc
      .oneof(fc.constantFrom(0, 0x7fffff00, -256, -0x80000000), fc.integer())
      .map((n) => n & -8);
    fc.assert(
      fc.property(start, fc.array(step, { maxLength: 60 }), (start, steps) => {
        const { make, counters, ...ends } = ring(start);
        let { writer, reader } = ends;
        const model: Uint8Array[] = [];
        let number = 0;
        let used = 0;
        for (const step of steps) {
          if ('put' in step) {
            const room = SMALLEST_RING - used >= step.put + 4 + ((4 - step.put) & 7);
            expect(writer.fits(step.put)).toBe(room);
            if (!room) continue;
            number += 1;
            model.push(packetOf(number, Math.max(step.put, 1)).subarray(0, step.put));
            writer.put(model.at(-1)!);
            used += step.put + 4 + ((4 - step.put) & 7);
          } else if ('take' in step) {
            for (let i = 0; i < step.take; i += 1) {
              const expected = model.shift();
              const got = reader.take();
              expect(got?.length).toBe(expected?.length);
              if (got === undefined || expected === undefined) break;
              expect(Buffer.compare(got, expected)).toBe(0);
              used -= got.length + 4 + ((4 - got.length) & 7);
            }
          } else ({ writer, reader } = make());
          expect(reader.ready).toBe(model.length > 0);
        }
        expect(counters.dropped).toEqual({});
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['a negative length', DATA, -1],
    ['a length beyond the largest', DATA, LARGEST_PACKET + 1],
    ['a length beyond what was written', DATA, 200],
    ['a head beyond the data', HEAD, SMALLEST_RING + 8],
    ['a head before the tail', HEAD, -8],
    ['a head within a record', HEAD, 13],
  ])('drops what waits because of %s, counts it, and goes on', (_, word, value) => {
    const { writer, reader, words, counters } = ring();
    writer.put(packetOf(1, 50));
    writer.put(packetOf(2, 60));
    words[word] = value;
    expect(reader.take()).toBe(undefined);
    expect(counters.dropped).toEqual({ badRecord: 1 });
    expect(reader.ready).toBe(false);
    const got: number[] = [];
    for (let number = 3; number < 6; number += 1) {
      writer.put(packetOf(number, 70));
      // A head that went back makes old records new
      for (const packet of takeAll(reader)) if (packet.length === 70) got.push(numberOf(packet));
    }
    expect(got.slice(-2)).toEqual([4, 5]);
  });

  test('an impossible tail is counted, and the writer goes on', () => {
    const { writer, words, counters } = ring();
    for (const tail of [8, SMALLEST_RING * 4, 3, -0x80000000]) {
      // Two of them leave no room for a third: it asks how far the reader is
      for (let i = 0; i < 2; i += 1) writer.put(packetOf(i, 60_000));
      words[TAIL] = words[HEAD]! + tail;
      expect(writer.fits(60_000)).toBe(true);
    }
    expect(counters.dropped).toEqual({ badRecord: 4 });
  });

  test('whatever is scribbled over it, it neither throws nor goes on for ever, and works again', () => {
    const scribble = fc.record({
      word: fc.oneof(fc.constantFrom(HEAD, TAIL, DATA), fc.integer({ min: 16, max: 33_000 })),
      value: fc.oneof(fc.integer(), fc.integer({ min: -9, max: 200_000 })),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(scribble, size), { minLength: 1, maxLength: 20 }), (steps) => {
        const { writer, reader, words } = ring();
        for (const [{ word, value }, length] of steps) {
          if (writer.fits(length)) writer.put(packetOf(7, Math.max(5, length)).subarray(0, length));
          words[word] = value;
          reader.take();
        }
        takeAll(reader);
        const got: number[] = [];
        for (let number = 1; number <= 3; number += 1) {
          words[48] = 1;
          expect(reader.writerWaits()).toBe(true);
          expect(writer.fits(100)).toBe(true);
          writer.put(packetOf(number, 100));
          const last = takeAll(reader).at(-1);
          if (last !== undefined) got.push(numberOf(last));
        }
        expect(got.slice(-2)).toEqual([2, 3]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a shared memory', () => {
  test.each([0, -1, 1.5, Number.NaN, 2 ** 30 + 1])('of %d bytes is refused', (bytes) => {
    expect(() => createSharedMemory({ bytes })).toThrow(RangeError);
  });

  test('has room for the largest packet, and a power of two each way', () => {
    expect(createSharedMemory({ bytes: 1 }).buffer.byteLength).toBe(1024 + 2 * 131_072);
    expect(createSharedMemory({ bytes: 200_000 }).buffer.byteLength).toBe(1024 + 2 * 262_144);
    expect(createSharedMemory().buffer.byteLength).toBe(1024 + 2 * 1_048_576);
  });

  test.each([
    ['empty', new SharedArrayBuffer(0)],
    ['of nobody', new SharedArrayBuffer(1024 + 2 * 131_072)],
    ['not shared', new ArrayBuffer(1024 + 2 * 131_072)],
  ])('that is %s is refused', (_, buffer) => {
    const memory = { buffer: buffer as SharedArrayBuffer };
    expect(() => openSharedMemory(memory, 'a')).toThrow('not a memory that createSharedMemory made');
  });
});

describe('an end', () => {
  const ends: LiveEnd[] = [];
  const keep = (end: LiveEnd): LiveEnd => {
    ends.push(end);
    return end;
  };
  const closeAll = () => Promise.all(ends.splice(0).map((end) => end.close()));

  test('keeps what finds no room up to its limit, counts the rest, and sends it when there is room', async () => {
    const memory = createSharedMemory({ bytes: 1 });
    const a = keep(openSharedMemory(memory, 'a', { queueBytes: 50 * 1128 }));
    const lent = Buffer.alloc(1000);
    for (let i = 0; i < 300; i += 1) {
      lent.set(packetOf(i, 1000));
      a.send(lent, 0);
    }
    // 1,004 bytes take 1,008 in the ring; 50 wait outside
    const inRing = Math.floor(SMALLEST_RING / 1008);
    expect(a.counters).toMatchObject({ packetsOut: inRing, dropped: { full: 250 - inRing } });
    const got: number[] = [];
    keep(openSharedMemory(memory, 'b')).onPacket((packet) => got.push(numberOf(packet)));
    await until(() => got.length === inRing + 50, `packet ${got.length} of ${inRing + 50}`);
    expect(got).toEqual(Array.from({ length: inRing + 50 }, (_, i) => i));
    expect(a.counters).toMatchObject({ packetsOut: inRing + 50, bytesOut: 1000 * (inRing + 50) });
    // And again as many
    for (let i = 0; i < inRing + 50; i += 1) a.send(packetOf(i, 1000), 0);
    expect(a.counters.dropped).toEqual({ full: 250 - inRing });
    await until(() => got.length === 2 * (inRing + 50), 'those');
    await closeAll();
  });

  test('keeps no endless number of empty packets', async () => {
    const a = keep(openSharedMemory(createSharedMemory({ bytes: 1 }), 'a', { queueBytes: 1280 }));
    for (let i = 0; i < 20_000; i += 1) a.send(new Uint8Array(0), 0);
    expect(a.counters.dropped).toEqual({ full: 20_000 - SMALLEST_RING / 8 - 10 });
    await closeAll();
  });

  test('closes though nobody makes room, and counts what was left', async () => {
    const a = openSharedMemory(createSharedMemory({ bytes: 1 }), 'a');
    for (let i = 0; i < 200; i += 1) a.send(packetOf(i, 1000), 0);
    await a.close();
    expect(a.counters).toMatchObject({ packetsOut: 130, dropped: { full: 70 } });
  });

  test('waits in close for a reader that makes room', async () => {
    const memory = createSharedMemory({ bytes: 1 });
    const a = openSharedMemory(memory, 'a');
    const b = keep(openSharedMemory(memory, 'b'));
    for (let i = 0; i < 2000; i += 1) a.send(packetOf(i, 1000), 0);
    const closed = a.close();
    let got = 0;
    b.onPacket(() => {
      got += 1;
    });
    await closed;
    await until(() => got === 2000, `packet ${got} of 2000`);
    expect(a.counters).toMatchObject({ packetsOut: 2000, dropped: {} });
    await closeAll();
  });

  test('is told when its side is opened again, and no longer takes part', async () => {
    const memory = createSharedMemory();
    const a = keep(openSharedMemory(memory, 'a'));
    const first = openSharedMemory(memory, 'b');
    const errors: string[] = [];
    first.onPacket(() => errors.push('a packet'));
    first.onError((error) => errors.push(error.message));
    await pause(20);
    const got: number[] = [];
    keep(openSharedMemory(memory, 'b')).onPacket((packet) => got.push(numberOf(packet)));
    first.send(packetOf(0, 10), 0);
    a.send(packetOf(1, 10), 0);
    await until(() => got.length === 1 && errors.length === 1, 'packet and error');
    expect([got, errors]).toEqual([[1], ['sharedMemory:b was opened again elsewhere']]);
    expect(first.counters).toMatchObject({ packetsOut: 0, dropped: { closed: 1 } });
    await first.close();
    await closeAll();
  });

  test('is woken by a new peer though the one before ended on the point of waking it', async () => {
    const memory = createSharedMemory();
    const a = keep(openSharedMemory(memory, 'a'));
    const got: number[] = [];
    a.onPacket((packet) => got.push(numberOf(packet)));
    const words = new Int32Array(memory.buffer);
    await until(() => words[SIDE_A] === 1, 'sleep');
    words[SIDE_A] = 0;
    keep(openSharedMemory(memory, 'b')).send(packetOf(5, 10), 0);
    await until(() => got.length === 1, 'the packet');
    await closeAll();
  });

  test('tells a writer that waits how far it is, though its position was overwritten', async () => {
    const memory = createSharedMemory({ bytes: 1 });
    const words = new Int32Array(memory.buffer);
    const got: number[] = [];
    const a = keep(openSharedMemory(memory, 'a'));
    keep(openSharedMemory(memory, 'b')).onPacket((packet) => got.push(numberOf(packet)));
    await pause(5);
    words[TAIL] = -SMALLEST_RING;
    a.send(packetOf(1, 10), 0);
    await until(() => got.length === 1, 'the packet');
    await closeAll();
  });

  test('does nothing while a writer waits for a reader that does not read', async () => {
    const memory = createSharedMemory({ bytes: 1 });
    const [a, b] = [keep(openSharedMemory(memory, 'a')), keep(openSharedMemory(memory, 'b'))];
    for (let i = 0; i < 100; i += 1) a.send(packetOf(i, 10_000), 0);
    const words = new Int32Array(memory.buffer);
    await until(() => words[SIDE_A] === 1, 'sleep');
    const notify = vi.spyOn(Atomics, 'notify');
    await pause(100);
    // What was under way when it began: neither wakes the other without news
    expect(notify.mock.calls.length).toBeLessThan(5);
    notify.mockRestore();
    const got: number[] = [];
    b.onPacket((packet) => got.push(numberOf(packet)));
    await until(() => got.length === 100, `packet ${got.length} of 100`);
    await closeAll();
  });

  test('does nothing while nothing happens', async () => {
    const memory = createSharedMemory();
    const a = keep(openSharedMemory(memory, 'a'));
    const b = keep(openSharedMemory(memory, 'b'));
    for (const end of [a, b]) end.onPacket(() => {});
    const words = new Int32Array(memory.buffer);
    await until(() => words[SIDE_A] === 1, 'sleep');
    const before = process.cpuUsage();
    await pause(200);
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(100_000);
    await closeAll();
  });
});

describe('threads', () => {
  const build = new Build();
  beforeAll(() => build.make());
  afterAll(() => build.remove());

  test('wake each other each time, whoever is faster', async () => {
    const script = build.script(
      'echo.js',
      `import { workerData } from 'node:worker_threads';
       import { openSharedMemory } from './dist/src/channel/sharedMemory.js';
       const end = openSharedMemory(workerData, 'b');
       end.onPacket((packet) => end.send(packet, 0));`,
    );
    const memory = createSharedMemory({ bytes: 1 });
    const worker = new Worker(script, { workerData: memory });
    const a = openSharedMemory(memory, 'a');
    let answers = 0;
    a.onPacket((packet) => {
      expect(numberOf(packet)).toBe(answers);
      answers += 1;
      if (answers < 5000) a.send(packetOf(answers, 5 + (answers % 1400)), 0);
    });
    a.send(packetOf(0, 5), 0);
    await until(() => answers === 5000, `answer ${answers} of 5000`);
    // More than the rings hold, so that both wait for room
    for (let i = 0; i < 5000; i += 1) a.send(packetOf(5000 + i, 1000), 0);
    await until(() => answers === 10_000, `answer ${answers} of 10000`);
    await a.close();
    await worker.terminate();
  });

  /** Runs a script of one process to its end; its output. */
  async function run(name: string, text: string): Promise<string> {
    const head =
      "import { createSharedMemory, openSharedMemory } from './dist/src/channel/sharedMemory.js';\n";
    const child = spawn(process.execPath, [build.script(name, head + text)], { timeout: 20_000 });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    const [status] = await once(child, 'close');
    return `${output}status ${status}`;
  }

  test('live as long as an end is open, and no longer', async () => {
    const text = `
      const memory = createSharedMemory();
      const [a, b] = [openSharedMemory(memory, 'a'), openSharedMemory(memory, 'b')];
      b.onPacket(() => console.log('packet'));
      setTimeout(() => a.send(new Uint8Array(9), 0), 100).unref();
      setTimeout(() => { a.close(); b.close(); console.log('closed'); }, 200).unref();`;
    expect(await run('alive.js', text)).toBe('packet\nclosed\nstatus 0');
  });

  test('get the error of a handler that throws, and the packets after it', async () => {
    const text = `
      const memory = createSharedMemory();
      const [a, b] = [openSharedMemory(memory, 'a'), openSharedMemory(memory, 'b')];
      process.on('uncaughtException', (error) => console.log(error.message));
      b.onPacket((packet) => {
        if (packet[0] === 1) throw new Error('mine');
        console.log(packet[0]);
        if (packet[0] === 3) { a.close(); b.close(); }
      });
      for (const i of [0, 1, 2, 3]) a.send(Uint8Array.of(i), 0);`;
    expect(await run('throws.js', text)).toBe('0\nmine\n2\n3\nstatus 0');
  });
});
