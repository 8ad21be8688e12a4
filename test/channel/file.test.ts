import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LiveEnd } from '../../src/channel/channel.ts';
import { type FileChannelOptions, openFileChannel } from '../../src/channel/file.ts';
import { PresenceBoard } from '../../src/channel/filePresence.ts';
import { LARGEST_RECORD, RecordCodec } from '../../src/channel/fileRecord.ts';
import { findTool } from '../tools.ts';
import { numberOf, packetOf, pause, until } from './conformance.ts';

const folder = mkdtempSync(join(tmpdir(), 'statewire-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

let directory: string;
let ends: LiveEnd[];
let wires = 0;

beforeEach(() => {
  wires += 1;
  directory = join(folder, `wire${wires}`);
  ends = [];
});
afterEach(async () => {
  for (const end of ends) await end.close();
});

async function open(options?: FileChannelOptions): Promise<LiveEnd> {
  const end = await openFileChannel(directory, options);
  ends.push(end);
  return end;
}

/** The numbers of the packets that come to an end, if they are whole. */
function numbersAt(end: LiveEnd): number[] {
  const numbers: number[] = [];
  end.onPacket((packet) => numbers.push(numberOf(packet)));
  return numbers;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

function send(end: LiveEnd, from: number, to: number, size = 60): void {
  for (const number of range(from, to)) end.send(packetOf(number, size), 0);
}

const has = (numbers: readonly number[], count: number) =>
  until(() => numbers.length >= count, `${numbers.length} of ${count} packets`);
const logs = () => readdirSync(directory).filter((name) => name.endsWith('.log'));
const notices = () => readdirSync(join(directory, 'readers'));
/** The id of the one opener there is. */
const onlyId = () => notices()[0]!;

const codec = new RecordCodec();
function recordsOf(from: number, to: number, size = 60): Buffer {
  const buffer = Buffer.alloc(LARGEST_RECORD);
  return Buffer.concat(
    range(from, to).map((number) =>
      Buffer.from(buffer.subarray(0, codec.write(packetOf(number, size), buffer, 0))),
    ),
  );
}

/** The log of somebody who is not there (or, with a notice like that of `model`, is). */
function writeLog(id: string, piece: number, content: string | Buffer): string {
  const path = join(directory, `${id}.${piece}.log`);
  writeFileSync(path, content);
  return path;
}
const pathOf = (id: string) => join(directory, 'readers', id);
function pretend(id: string, model: string, change = (text: string) => text): void {
  writeFileSync(pathOf(id), change(readFileSync(pathOf(model), 'utf8')));
}

describe('the wire', () => {
  it('brings to each what every other sends, in its order, and never its own', async () => {
    const four = [await open(), await open(), await open(), await open()];
    const got = four.map(numbersAt);
    for (let round = 0; round < 50; round += 1) {
      for (const [i, end] of four.entries()) {
        const from = 10_000 * i + 20 * round;
        send(end, from, from + 20, 50 + round);
      }
      if (round % 7 === 0) await pause(1);
    }
    for (const numbers of got) await has(numbers, 3000);
    await pause(50);
    got.forEach((numbers, i) => {
      expect(numbers.length).toBe(3000);
      for (const j of [0, 1, 2, 3]) {
        const from = numbers.filter((number) => Math.floor(number / 10_000) === j);
        expect(from).toEqual(i === j ? [] : range(10_000 * j, 10_000 * j + 1000));
      }
    });
    for (const end of four) expect(end.counters.dropped).toEqual({});
  });

  it('can be read in a log, as soon as the turn of the event loop is over', async () => {
    const end = await open();
    const [log] = logs() as [string];
    await open();
    send(end, 0, 3);
    expect(readFileSync(join(directory, log), 'utf8')).toBe('');
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(readFileSync(join(directory, log))).toEqual(recordsOf(0, 3));
  });

  it('does not remember what was sent before, but brings all that is sent from then on', async () => {
    const a = await open();
    const keeper = await open();
    const first = numbersAt(keeper);
    send(a, 0, 100);
    await has(first, 100);
    for (let n = 1; n <= 20; n += 1) {
      send(a, 100 * n, 100 * n + 50, 30);
      if (n % 2 === 0) await pause(2);
      const b = await open({ watch: n % 3 !== 0, pollInterval: 5 });
      const got = numbersAt(b);
      send(a, 100 * n + 50, 100 * n + 100, 300);
      const all = () => got.includes(100 * n + 99);
      await until(all, 'the last packet');
      // Those before it opened that were not written yet come too
      expect(got).toEqual(range(got[0]!, 100 * n + 100));
      expect(got[0]! === 100 * n + 50 || got[0]! === 100 * n).toBe(true);
      expect(b.counters.dropped).toEqual({});
      await b.close();
    }
    await has(first, 2100);
    expect(first).toEqual(range(0, 2100));
  });

  it('takes a record whole that was half written when it joined', async () => {
    const a = await open();
    const record = recordsOf(5, 6);
    pretend('1-00000000', onlyId());
    const path = writeLog('1-00000000', 1, Buffer.concat([recordsOf(0, 5), record.subarray(0, 30)]));
    const b = await open();
    const got = numbersAt(b);
    await pause(50);
    appendFileSync(path, record.subarray(30));
    await has(got, 1);
    expect(got).toEqual([5]);
    expect(b.counters.dropped).toEqual({});
    await a.close();
  });

  it('begins with the last piece of a log, be there others that somebody else wants', async () => {
    await open();
    pretend('1-00000000', onlyId());
    writeLog('1-00000000', 1, recordsOf(0, 5));
    const path = writeLog('1-00000000', 2, recordsOf(5, 10));
    const b = await open();
    const got = numbersAt(b);
    appendFileSync(path, recordsOf(10, 15));
    await has(got, 5);
    expect(got).toEqual(range(10, 15));
  });

  it('is told by the file system of what is written, and of who is new', async () => {
    const a = await open({ pollInterval: 3_600_000 });
    const got = numbersAt(a);
    const b = await open({ pollInterval: 3_600_000, pieceBytes: 1000 });
    for (let n = 0; n < 100; n += 1) {
      send(b, n, n + 1);
      await has(got, n + 1);
    }
    expect(got).toEqual(range(0, 100));
  });

  it.each([
    { watch: false, pollInterval: 20 },
    { watch: true, pollInterval: 20 },
  ])('answers at once, and soon without watching: %o', async (options) => {
    const [a, b] = [await open(options), await open(options)];
    b.onPacket((packet) => b.send(packet, 0));
    const got = numbersAt(a);
    for (let n = 0; n < 100; n += 1) {
      send(a, n, n + 1);
      await has(got, n + 1);
    }
    expect(got).toEqual(range(0, 100));
  });

  it('goes on with the next packet after a handler that threw', async () => {
    const [a, b] = [await open(), await open()];
    const got: number[] = [];
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const errors: string[] = [];
    process.on('uncaughtException', (error) => errors.push(error.message));
    try {
      b.onPacket((packet) => {
        got.push(numberOf(packet));
        if (got.length % 3 === 1) throw new Error(`at ${numberOf(packet)}`);
      });
      send(a, 0, 9);
      await has(got, 9);
      await pause(10);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of others) process.on('uncaughtException', listener);
    }
    expect(got).toEqual(range(0, 9));
    expect(errors).toEqual(['at 0', 'at 3', 'at 6']);
  });
});

describe('its directory', () => {
  it('is created, and left with nothing in it', async () => {
    directory = join(directory, 'deep', 'er');
    const [a, b] = [await open(), await open()];
    const got = numbersAt(b);
    send(a, 0, 10);
    await has(got, 10);
    expect(a.name).toBe(`file:${directory}`);
    await a.close();
    await b.close();
    expect(readdirSync(directory)).toEqual(['readers']);
    expect(notices()).toEqual([]);
  });

  it('may be what cannot be one: the error says so', async () => {
    writeFileSync(directory, '');
    await expect(open()).rejects.toThrow(`${directory}: not a directory`);
    await expect(openFileChannel(join(directory, 'below'))).rejects.toThrow('not a directory');
    await expect(openFileChannel(`${directory}\0`)).rejects.toThrow('null bytes');
  });

  it.each([{ pieceBytes: 0 }, { unreadBytes: 1.5 }, { pollInterval: -1 }, { pollInterval: Number.NaN }])(
    'needs options that make sense: %o',
    async (options) => {
      await expect(open(options)).rejects.toThrow(/^\w+ must be a whole number above 0, not/);
      expect(existsSync(directory)).toBe(false);
    },
  );

  it('holds no more than what has not been read, in pieces', async () => {
    const options = { pieceBytes: 20_000 };
    const [a, b] = [await open(options), await open(options)];
    const got = numbersAt(b);
    let most = 0;
    for (let n = 0; n < 200; n += 1) {
      send(a, 10 * n, 10 * n + 10, 1000);
      await has(got, 10 * n + 10);
      most = Math.max(most, logs().length);
    }
    expect(got).toEqual(range(0, 2000));
    expect(most).toBeLessThan(10);
    expect(Math.max(...logs().map((name) => Number(name.split('.')[1])))).toBeGreaterThan(50);
    expect(b.counters.dropped).toEqual({});
  });

  it('takes no more than may be unread, until somebody reads', async () => {
    const options = { pieceBytes: 20_000, unreadBytes: 100_000, pollInterval: 20 };
    const a = await open(options);
    send(a, 0, 5000, 1000);
    expect(a.counters.dropped).toEqual({}); // nobody is there who might not read
    await pause(10);
    const b = await open(options);
    for (let n = 0; n < 100; n += 1) {
      send(a, 10 * n, 10 * n + 10, 1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { full = 0 } = a.counters.dropped;
    expect(full).toBeGreaterThan(900);
    expect(full).toBeLessThan(1000);
    const got = numbersAt(b);
    await has(got, 1000 - full);
    expect(got).toEqual(range(0, 1000 - full));
    await until(() => {
      const before = a.counters.dropped.full;
      send(a, 2000, 2001, 1000);
      return a.counters.dropped.full === before;
    }, 'room');
    await until(() => got.includes(2000), 'a packet after that');
  });

  it('when removed is the end of the channel, which is told once', async () => {
    const a = await open({ pollInterval: 10 });
    const errors: string[] = [];
    a.onError((error) => errors.push(error.message));
    rmSync(directory, { recursive: true });
    await until(() => errors.length > 0, 'an error');
    send(a, 0, 1);
    mkdirSync(directory);
    await pause(30);
    await a.close();
    expect(errors).toEqual([`${directory}: the directory was removed`]);
    expect(a.counters.dropped).toEqual({ closed: 1 });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('may lose all its files, and the wire lives on', async () => {
    const [a, b] = [await open(), await open()];
    const got = numbersAt(b);
    send(a, 0, 10);
    await has(got, 10);
    for (const name of logs()) rmSync(join(directory, name));
    rmSync(join(directory, 'readers'), { recursive: true });
    let number = 10;
    await until(() => {
      send(a, number, ++number);
      return got.length > 15;
    }, 'packets in a new log');
    // The files that are open are read to their end; then a new one is needed
    await until(() => logs().length === 2 && logs().every((name) => name.endsWith('.2.log')), 'new logs');
    const before = got.length;
    send(a, number, number + 1);
    await has(got, before + 1);
    expect(got).toEqual([...got].sort((x, y) => x - y));
    expect(new Set(got).size).toBe(got.length);
    await until(() => existsSync(join(directory, 'readers')) && notices().length === 2, 'the notices');
  });
});

describe('those who are gone', () => {
  /** A process that has ended. */
  const ended = String(spawnSync(process.execPath, ['-e', '']).pid);

  it('have their log read up to the last whole record, then it is removed, and their notice', async () => {
    const a = await open();
    const got = numbersAt(a);
    const id = `${ended}-00000000`;
    pretend(id, onlyId(), (text) => text.replace(/^process: .*$/m, `process: ${ended} 5`));
    writeLog(id, 1, recordsOf(0, 10));
    writeLog(id, 2, Buffer.concat([recordsOf(10, 20), recordsOf(20, 21).subarray(0, -1)]));
    await has(got, 20);
    await until(() => logs().length === 1 && notices().length === 1, 'order');
    expect(got).toEqual(range(0, 20));
    expect(a.counters.dropped).toEqual({ badRecord: 1 });
  });

  it('have their log kept until it is read', async () => {
    const a = await open();
    writeLog(`${ended}-00000000`, 1, recordsOf(0, 10));
    writeLog(`${ended}-00000000`, 2, recordsOf(10, 20));
    await pause(1500);
    const got = numbersAt(a);
    await has(got, 20);
    expect(got).toEqual(range(0, 20));
    await until(() => logs().length === 1, 'order');
  });

  it('leave nothing for those who come later', async () => {
    mkdirSync(join(directory, 'readers'), { recursive: true });
    writeLog(`${ended}-00000000`, 7, recordsOf(0, 10));
    const [other, a] = [await open(), await open()];
    const text = readFileSync(pathOf(onlyId()), 'utf8');
    writeFileSync(pathOf(`${ended}-00000001`), text.replace(/^process: .*$/m, `process: ${ended} 5`));
    await other.close();
    const got = numbersAt(a);
    await until(() => logs().length === 1 && notices().length === 1, 'order');
    expect(got).toEqual([]);
    expect(a.counters.dropped).toEqual({});
  });

  it('are told from others with the same number', { skip: process.platform !== 'linux' }, async () => {
    const a = await open();
    const id = `${process.pid}-00000000`;
    pretend(id, onlyId(), (text) => text.replace(/^(process: \d+) \d+$/m, '$1 5'));
    await until(() => notices().length === 1, 'its notice removed');
    pretend(id, onlyId());
    await pause(1500);
    expect(notices().length).toBe(2);
    await a.close();
  });

  it('are not waited for; nor is, for long, who is there but does not look', async () => {
    const options = { pieceBytes: 10_000, unreadBytes: 50_000, pollInterval: 10 };
    const a = await open(options);
    const id = `${process.pid}-00000000`;
    pretend(id, onlyId());
    for (let n = 0; n < 30; n += 1) {
      send(a, 0, 10, 1000);
      await pause(1);
    }
    expect(a.counters.dropped.full).toBeGreaterThan(0);
    const old = (Date.now() - 40_000) / 1000;
    utimesSync(pathOf(id), old, old);
    await pause(20);
    const { full } = a.counters.dropped;
    for (let n = 0; n < 30; n += 1) {
      send(a, 0, 10, 1000);
      await pause(1);
    }
    expect(a.counters.dropped.full).toBe(full);
    expect(notices().length).toBe(2);
    // One of another machine is gone when it has not been heard of for long
    pretend(id, onlyId(), (text) => text.replace(/^place: .*$/m, 'place: elsewhere'));
    await pause(1500);
    expect(notices().length).toBe(2);
    const ages = (Date.now() - 700_000) / 1000;
    utimesSync(pathOf(id), ages, ages);
    await until(() => notices().length === 1, 'its notice removed');
  });

  it('count as missed when what they wrote was removed unread', async () => {
    const a = await open();
    const b = await open();
    const id = '1-00000000';
    pretend(id, onlyId());
    const first = writeLog(id, 1, recordsOf(0, 5));
    writeLog(id, 5, recordsOf(5, 10));
    const got = numbersAt(b);
    await has(got, 10);
    expect(b.counters.dropped).toEqual({ missed: 1 });
    expect(existsSync(first)).toBe(true);
    await a.close();
  });
});

describe('a notice', () => {
  const places = [1, 2, 3].map((n) => [`${n}-00000000`, { piece: n, offset: 1000 * n }] as const);

  it('says how far its writer has read, nothing when it is not whole, and who that is in any case', () => {
    mkdirSync(join(directory, 'readers'), { recursive: true });
    const [mine, other] = [`${process.pid}-00000001`, `${process.pid}-00000002`];
    const [writer, board] = [new PresenceBoard(directory, mine), new PresenceBoard(directory, other)];
    board.publish(new Map());
    for (const count of [3, 0, 2, 1]) {
      writer.publish(new Map(places.slice(0, count)));
      expect(board.others()).toEqual([
        { id: mine, gone: false, awaited: true, positions: new Map(places.slice(0, count)) },
      ]);
      expect(readFileSync(pathOf(mine), 'utf8').trimEnd().split('\n').length).toBe(4 + count);
    }
    const text = readFileSync(pathOf(mine), 'utf8');
    for (const torn of [
      text.replace('1 1000', '1 1001'),
      text.replace(/check.*/, ''),
      text.replace('read', 'raed'),
    ]) {
      writeFileSync(pathOf(mine), torn);
      expect(board.others()).toEqual([{ id: mine, gone: false, awaited: true, positions: new Map() }]);
    }
    writer.close();
    expect(board.others()).toEqual([]);
    board.close();
    expect(notices()).toEqual([]);
  });
});

describe('a hostile file', () => {
  /** Whatever it is, packets go on coming, from it and from others. */
  async function stands(content: string | Buffer, dropped: Record<string, number>): Promise<void> {
    const [a, b] = [await open(), await open()];
    const got = numbersAt(b);
    pretend('1-00000000', onlyId());
    const path = writeLog('1-00000000', 1, recordsOf(100, 101));
    await has(got, 1);
    appendFileSync(path, content);
    send(a, 0, 10);
    appendFileSync(path, recordsOf(101, 102));
    await until(() => got.includes(101) && got.includes(9), 'the packets after it');
    expect([...got].sort((x, y) => x - y)).toEqual([...range(0, 10), 100, 101]);
    expect(b.counters.dropped).toEqual(dropped);
  }
  const good = recordsOf(50, 51).toString('latin1');
  const END = '\n%%EOP\n';

  it.each<[string, string | Buffer, Record<string, number>]>([
    ['random bytes', Buffer.concat([randomBytes(100_000), Buffer.from(END)]), { badRecord: 1 }],
    ['half a record', `${good.slice(0, 20)}${END}`, { badRecord: 1 }],
    ['empty records', `%%EOP\n%%EOP\n${END}`, { badRecord: 3 }],
    ['10 MB in one line', Buffer.from(`${'x'.repeat(10_000_000)}${END}`), { tooLarge: 1 }],
    ['10 MB in one line of digits', Buffer.from(`packet: ${'00'.repeat(5_000_000)}${END}`), { tooLarge: 1 }],
    ['a packet that is too large', `packet: ${'00'.repeat(65_536)}${END}`, { tooLarge: 1 }],
    ['a lie', good.replace('unreadable: ', 'unreadable: not '), { disagrees: 1 }],
    ['a line more', `length: 20\n${good}`, { disagrees: 1 }],
    ['zeros', Buffer.concat([Buffer.alloc(500_000), Buffer.from(END)]), { tooLarge: 1 }],
  ])('may hold %s', (_, content, dropped) => stands(content, dropped));

  it('may be no file at all, or not what its name says', async () => {
    const a = await open();
    const b = await open();
    const got = numbersAt(b);
    const notice = readFileSync(pathOf(onlyId()), 'utf8');
    mkdirSync(join(directory, '1-00000001.1.log'));
    symlinkSync('/dev/zero', join(directory, '1-00000002.1.log'));
    writeFileSync(join(directory, 'records'), recordsOf(60, 70));
    symlinkSync('records', join(directory, '1-00000003.1.log'));
    if (findTool('mkfifo')) execFileSync('mkfifo', [join(directory, '1-00000004.1.log')]);
    else mkdirSync(join(directory, '1-00000004.1.log'));
    for (const name of [
      '1-0000000g.1.log',
      '1-00000005.0.log',
      '1-00000005.log',
      'x.log',
      '1-00000005.1.log.x',
    ]) {
      writeFileSync(join(directory, name), recordsOf(70, 80));
    }
    mkdirSync(pathOf('1-00000006'));
    writeFileSync(pathOf('1-00000007'), randomBytes(100_000));
    writeFileSync(pathOf('1-00000008'), notice.replace('check', 'read: x\nread: 1-00000000 -5 1e99\ncheck'));
    send(a, 0, 10);
    await has(got, 10);
    // Longer than it takes to put things in order
    await pause(1500);
    send(a, 10, 20);
    await has(got, 20);
    expect(got).toEqual(range(0, 20));
    expect(b.counters.dropped).toEqual({ badFile: 4 });
    const c = await open();
    const later = numbersAt(c);
    send(a, 20, 30);
    await has(later, 10);
    expect(later).toEqual(range(20, 30));
  });

  it('may be put where the next piece is to be', async () => {
    const options = { pieceBytes: 2000 };
    const a = await open(options);
    const id = onlyId();
    const b = await open(options);
    const got = numbersAt(b);
    writeLog(id, 2, '');
    mkdirSync(join(directory, `${id}.3.log`));
    // Readers take it for the next piece at once, until the writer comes to the one after
    let number = 0;
    await until(() => {
      send(a, number, ++number);
      return got.length > 50;
    }, 'packets');
    expect(got).toEqual(range(got[0]!, got[0]! + got.length));
  });

  it('does not make memory grow', async () => {
    const [a, b] = [await open(), await open()];
    numbersAt(b);
    pretend('1-00000000', onlyId());
    const path = writeLog('1-00000000', 1, '');
    const before = process.memoryUsage().rss;
    const chunk = Buffer.alloc(1_000_000, 'x');
    for (let n = 0; n < 60; n += 1) {
      appendFileSync(path, chunk);
      await pause(1);
    }
    await until(() => b.counters.dropped.tooLarge === 1, 'the count');
    await pause(50);
    expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000);
    await a.close();
  });
});

/** The same in every run. */
function randomBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

it('has an error, and no endless trying, for a folder where none can be made', async () => {
  await expect(openFileChannel('/proc/statewire/wire')).rejects.toThrow(/\/proc\/statewire/);
});
