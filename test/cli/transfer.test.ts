/** `send` and `receive` as programs: what they say, what is on the disk afterwards, and what the shell is told. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { byteText, Patience } from '../../cli/transferFlags.ts';
import { progressText, RateMeter } from '../../cli/transferProgress.ts';
import { placeFor } from '../../cli/transferTarget.ts';
import { FileSender } from '../../src/app/transferSender.ts';
import type { Host } from '../../src/tcp/host.ts';
import { bytesOf, MemorySource, sendOn } from '../app/transferEnds.ts';
import { Running, udpPair, until, Wire } from './programs.ts';
import type { World } from './run.ts';

const root = mkdtempSync(join(tmpdir(), 'statewire-transfer-'));
afterAll(() => rmSync(root, { recursive: true }));

let folder: string;
let number = 0;
const cleanups: (() => Promise<unknown> | unknown)[] = [];
beforeEach(() => {
  number += 1;
  folder = join(root, String(number));
  mkdirSync(folder);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const PAYLOAD = bytesOf(300_000);
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function file(name: string, bytes: Uint8Array | string = PAYLOAD): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A program that is ended when the test is. */
function start(argv: readonly [string, ...string[]], world: World = {}): Running {
  const running = new Running(argv, world);
  cleanups.push(async () => {
    running.interrupt();
    running.interrupt();
    await running.over;
  });
  return running;
}

/** A receiver that listens, writing into `inbox` unless told otherwise, and the channel to it. */
async function receiver(...argv: readonly string[]) {
  const { server, client } = await udpPair();
  const inbox = join(folder, 'inbox');
  mkdirSync(inbox);
  const out = argv.includes('--out') ? [] : ['--out', inbox];
  const program = start(['receive', '--channel', server, ...out, ...argv]);
  await program.said(/listen/);
  return { receiver: program, channel: client, inbox, left: () => readdirSync(inbox).sort() };
}

const send = (path: string, channel: string, argv: readonly string[] = [], world: World = {}) =>
  start(['send', path, '--channel', channel, ...argv], world);

/** A sender that has sent some of what it reads, and waits for more. */
async function halfSent(...argv: readonly string[]) {
  const started = await receiver(...argv);
  const input = new PassThrough();
  const sender = send('-', started.channel, [], { input });
  input.write(PAYLOAD);
  await started.receiver.said('receives');
  return { ...started, sender, input };
}

/** Somebody else at the other end of the channel. */
async function wire(channel: string): Promise<{ wire: Wire; host: Host }> {
  const opened = await Wire.open(channel);
  cleanups.push(() => opened.close());
  return { wire: opened, host: opened.host('10.0.0.1') };
}

describe('statewire send and receive', () => {
  it('bring a file from here to there, and say so', async () => {
    const { receiver: to, channel, inbox } = await receiver();
    const from = send(file('photo.jpg'), channel);
    expect(await from.over).toMatchObject({ code: 0, out: '' });
    expect(await to.over).toMatchObject({ code: 0, out: '' });
    expect(Buffer.compare(readFileSync(join(inbox, 'photo.jpg')), PAYLOAD)).toBe(0);
    const sum = `SHA-256 ${digestOf(PAYLOAD)}`;
    expect(from.err).toMatch(/^sender: connected, sends '.*photo.jpg', 300.0 kB\n/m);
    expect(from.err).toMatch(
      new RegExp(
        `^sender: '.*photo.jpg' arrived: 300000 bytes in .*B/s, ${sum}, \\d+ sent again; \\d+ packets in, \\d+ out`,
        'm',
      ),
    );
    expect(to.err).toMatch(/^receiver: listens at 10.0.0.2:51 on udp:/m);
    expect(to.err).toMatch(/^receiver: 10.0.0.1:\d+ receives '.*photo.jpg', 300.0 kB\n/m);
    expect(to.err).toMatch(new RegExp(`photo.jpg' is there: 300000 bytes in .*B/s, ${sum}\n`));
    expect(to.err).toMatch(/^receiver: received 1 file, 0 failed; \d+ packets in/m);
    expect(from.err + to.err).not.toContain('\u001b');
  });

  it.each([0, 1, 1_000_001])('bring %i bytes', async (size) => {
    const bytes = bytesOf(size);
    const out = join(folder, 'out.bin');
    const { receiver: to, channel, left } = await receiver('--out', out);
    expect((await send(file('in.bin', bytes), channel).over).code).toBe(0);
    expect((await to.over).code).toBe(0);
    expect(Buffer.compare(readFileSync(out), bytes)).toBe(0);
    expect([readdirSync(folder).sort(), left()]).toEqual([['in.bin', 'inbox', 'out.bin'], []]);
  });

  it('bring what is read from standard input, under a name of its own', async () => {
    const { receiver: to, inbox, sender, input } = await halfSent();
    input.end(PAYLOAD);
    expect((await sender.over).code).toBe(0);
    expect((await to.over).code).toBe(0);
    expect(readFileSync(join(inbox, 'received')).length).toBe(600_000);
  });

  it.runIf(existsSync('/proc/self/status'))('bring a file that the system makes as it is read', async () => {
    const { receiver: to, channel, inbox } = await receiver();
    expect((await send('/proc/self/status', channel).over).code).toBe(0);
    await to.over;
    expect(readFileSync(join(inbox, 'status'), 'utf8')).toContain('Name:');
  });

  it('tell of it with --json', async () => {
    const { receiver: to, channel, inbox } = await receiver('--json', '--quiet');
    const from = send(file('a'), channel, ['--json', '--quiet']);
    await Promise.all([from.over, to.over]);
    const records = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
        .filter(({ kind }) => kind !== 'progress')
        .map(({ t, ...record }) => record);
    const sums = { end: 'complete', why: '', bytes: 300_000, sha256: digestOf(PAYLOAD) };
    expect(records(from.out)).toEqual([
      { kind: 'connected', receiver: '10.0.0.2:51', name: 'a', size: 300_000 },
      expect.objectContaining({ kind: 'summary', ...sums, retransmits: expect.any(Number), discarded: {} }),
    ]);
    const sender = expect.stringMatching(/^10.0.0.1:\d+$/);
    expect(records(to.out)).toEqual([
      expect.objectContaining({ kind: 'listening', address: '10.0.0.2', port: 51 }),
      { kind: 'connected', sender },
      { kind: 'receiving', sender, name: 'a', size: 300_000, out: join(inbox, 'a') },
      expect.objectContaining({ kind: 'ended', sender, ...sums }),
      expect.objectContaining({ kind: 'summary', complete: 1, failed: 0, refused: 0 }),
    ]);
    expect([from.err, to.err]).toEqual(['', '']);
  });

  it('do not wait for who has left: the file is there, whoever has heard of it', async () => {
    const { receiver: to, channel, left } = await receiver('--speed', '100x', '--timeout', '3600');
    const opened = await Wire.open(channel, 100);
    cleanups.push(() => opened.close());
    const host = opened.host('10.0.0.1');
    opened.runner.perform(() => {
      const connection = host.connect({ address: '10.0.0.2', port: 51 });
      const { sender } = sendOn(connection, new MemorySource(bytesOf(10), { name: 'a' }));
      connection.handler.established = () => {
        FileSender.prototype.established.call(sender);
        // All is said, and the answer will not be heard
        opened.deafen(host);
      };
    });
    await to.said("a' is there: 10 bytes");
    opened.kill(host);
    expect((await to.over).code).toBe(0);
    expect(to.err).toMatch(/receiver: received 1 file, 0 failed; /);
    expect(left()).toEqual(['a']);
  });

  it('keep a trace', async () => {
    const trace = join(folder, 'trace.jsonl');
    const { receiver: to, channel } = await receiver();
    await send(file('a', 'hello'), channel, ['--trace', trace]).over;
    await to.over;
    const text = readFileSync(trace, 'utf8');
    expect(text).toContain('"program":"sender"');
    expect(text).toMatch(/"kind":"app","what":"send","text":"a"/);
    expect(text).toMatch(/"kind":"app","what":"complete"/);
  });
});

describe('a file that is there already', () => {
  it('is not replaced: both ends say so', async () => {
    const { receiver: to, channel, inbox, left } = await receiver();
    writeFileSync(join(inbox, 'a'), 'precious');
    const from = send(file('a'), channel);
    expect((await from.over).code).toBe(6);
    expect((await to.over).code).toBe(6);
    const why = `'${join(inbox, 'a')}' exists; --force replaces it`;
    expect(to.err).toContain(`statewire: ${why}\n`);
    expect(from.err).toContain(`statewire: the receiver says: ${why}\n`);
    expect([left(), readFileSync(join(inbox, 'a'), 'utf8')]).toEqual([['a'], 'precious']);
  });

  it('is replaced with --force', async () => {
    const { receiver: to, channel, inbox, left } = await receiver('--force');
    writeFileSync(join(inbox, 'a'), 'old');
    expect((await send(file('a', 'new'), channel).over).code).toBe(0);
    await to.over;
    expect([left(), readFileSync(join(inbox, 'a'), 'utf8')]).toEqual([['a'], 'new']);
  });

  it('is not replaced when it comes while the other is on its way', async () => {
    const { receiver: to, sender, input, inbox, left } = await halfSent();
    writeFileSync(join(inbox, 'received'), 'precious');
    input.end();
    expect((await sender.over).code).toBe(6);
    expect((await to.over).code).toBe(6);
    expect(sender.err).toContain('exists; --force replaces it\n');
    expect([left(), readFileSync(join(inbox, 'received'), 'utf8')]).toEqual([['received'], 'precious']);
  });

  it('is told of before anybody connects', async () => {
    const path = file('a');
    const { server } = await udpPair();
    const to = start(['receive', '--channel', server, '--out', path]);
    expect((await to.over).code).toBe(6);
    expect(to.err).toBe(`statewire: --out: '${path}' exists; --force replaces it\n`);
  });
});

describe('a file that does not come', () => {
  it('because its sender is stopped: leaves nothing', async () => {
    const { receiver: to, sender, left } = await halfSent();
    await until('a file under another name', () => /^\.statewire-.*\.part$/.test(left()[0] ?? ''));
    sender.interrupt();
    expect((await sender.over).code).toBe(130);
    expect((await to.over).code).toBe(6);
    // What is queued goes before the FIN, which may take long: the user is told
    expect(sender.err).toMatch(
      /\nsender: closes the connection( when [\d.]+ (bytes|[kM]B) that are queued have arrived)?; Ctrl-C again resets it\n/,
    );
    expect(to.err).toMatch(/statewire: the sender says: it was stopped by its user\n$/);
    expect(left()).toEqual([]);
  });

  it('because its receiver is stopped: leaves nothing', async () => {
    const { receiver: to, sender, left } = await halfSent();
    to.interrupt();
    expect((await to.over).code).toBe(130);
    expect((await sender.over).code).toBe(6);
    expect(sender.err).toMatch(/statewire: the receiver says: it was stopped by its user\n$/);
    expect(left()).toEqual([]);
  });

  it('because its receiver is stopped twice: leaves nothing, and the sender is reset', async () => {
    const { server, client } = await udpPair();
    const inbox = join(folder, 'inbox');
    mkdirSync(inbox);
    const to = start(['receive', '--channel', server, '--out', inbox]);
    await to.said('listens');
    const other = await wire(client);
    let end: string | undefined;
    // One that sends a header and then neither sends nor closes
    other.wire.runner.perform(() => {
      const connection = other.host.connect({ address: '10.0.0.2', port: 51 });
      sendOn(connection, new MemorySource(bytesOf(10), { later: true }));
      connection.handler.ended = () => {};
      connection.handler.readable = () => {};
      connection.handler.closed = (reason) => {
        end = reason;
      };
    });
    await to.said('receives');
    to.interrupt();
    await until('a FIN', () => other.host.connections[0]?.state === 'CLOSE_WAIT');
    expect(to.ended).toBe(undefined);
    to.interrupt();
    expect((await to.over).code).toBe(130);
    await until('a reset', () => end === 'reset');
    expect(readdirSync(inbox)).toEqual([]);
  });

  it('because its sender is stopped before there is a connection', async () => {
    const { client } = await udpPair();
    const sender = send(file('a'), client);
    await sender.said('connecting');
    sender.interrupt();
    expect((await sender.over).code).toBe(130);
  });

  it('because nobody listens there', async () => {
    const { receiver: to, channel } = await receiver('--port', '60');
    const from = send(file('a'), channel);
    expect((await from.over).code).toBe(3);
    expect(from.err).toContain('statewire: 10.0.0.2:51 refused the connection\n');
    to.interrupt();
    expect((await to.over).code).toBe(130);
    expect(to.err).toContain('receiver: received 0 files, 0 failed');
  });

  it('because another one is on its way, which goes on', async () => {
    const { receiver: to, channel, left } = await receiver();
    const other = await wire(channel);
    const source = new MemorySource(bytesOf(10), { name: 'a', later: true });
    const begin = (source: MemorySource) => {
      let ends: { what: string }[] = [];
      other.wire.runner.perform(() => {
        ends = sendOn(other.host.connect({ address: '10.0.0.2', port: 51 }), source).ends;
      });
      return () => ends[0]?.what;
    };
    const first = begin(source);
    await to.said('receives');
    const second = begin(new MemorySource(bytesOf(10), { name: 'b' }));
    await until('an end', () => second() !== undefined);
    expect(second()).toBe('refused');
    while (first() === undefined) {
      other.wire.runner.perform(() => source.next());
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(first()).toBe('complete');
    expect((await to.over).code).toBe(0);
    expect(left()).toEqual(['a']);
  });

  it('because nobody answers', async () => {
    const { client } = await udpPair();
    const from = send(file('a'), client, ['--timeout', '2']);
    expect((await from.over).code).toBe(4);
    expect(from.err).toContain('statewire: 10.0.0.2:51 took no byte for 2 s\n');
  });

  it('because its sender falls silent: keep-alive finds out when it is dead', async () => {
    const { receiver: to, channel, left } = await receiver('--keepalive', '2');
    const other = await wire(channel);
    other.wire.runner.perform(() => {
      sendOn(
        other.host.connect({ address: '10.0.0.2', port: 51 }),
        new MemorySource(bytesOf(10), { later: true }),
      );
    });
    await to.said('receives');
    other.wire.kill(other.host);
    expect((await to.over).code).toBe(4);
    expect(to.err).toMatch(/statewire: 10.0.0.1:\d+ timed out: no answer to keep-alive\n$/);
    expect(left()).toEqual([]);
  });

  it('because its sender falls silent: --timeout finds out when it is not', async () => {
    const { receiver: to, channel, left } = await receiver('--timeout', '3');
    const other = await wire(channel);
    other.wire.runner.perform(() => {
      sendOn(
        other.host.connect({ address: '10.0.0.2', port: 51 }),
        new MemorySource(bytesOf(10), { later: true }),
      );
    });
    expect((await to.over).code).toBe(4);
    expect(to.err).toMatch(/statewire: 10.0.0.1:\d+ sent no byte for 3 s\n$/);
    expect(left()).toEqual([]);
  });

  it('because it is something else: says what came', async () => {
    const { receiver: to, channel, left } = await receiver();
    const other = await wire(channel);
    other.wire.runner.perform(() => {
      const connection = other.host.connect({ address: '10.0.0.2', port: 51 });
      connection.handler = {
        established: () => connection.send(new TextEncoder().encode('\u001b[2JHello\n')),
        ended: () => connection.close(),
      };
    });
    expect((await to.over).code).toBe(6);
    expect(to.err).toMatch(/statewire: the sender sent a frame that begins with byte 27\n$/);
    expect(to.err).not.toContain('\u001b');
    expect(left()).toEqual([]);
  });

  it.runIf(existsSync('/dev/full'))('because the disk is full', async () => {
    const { receiver: to, channel } = await receiver('--out', '/dev/full');
    const from = send(file('a'), channel);
    expect((await from.over).code).toBe(6);
    expect((await to.over).code).toBe(6);
    expect(to.err).toContain("statewire: cannot write '/dev/full': no space left on device\n");
    expect(from.err).toContain("the receiver says: cannot write '/dev/full': no space left on device");
    expect(existsSync('/dev/full')).toBe(true);
  });

  it.each([
    ['is not there', 'missing', /^statewire: cannot read '.*missing': no such file or directory\n$/],
    ['is a folder', '.', /^statewire: cannot send '.*': it is a folder\n$/],
  ])('because it %s', async (_, name, error) => {
    const { client } = await udpPair();
    const from = send(join(folder, name), client);
    expect((await from.over).code).toBe(6);
    expect(from.err).toMatch(error);
  });
});

describe('statewire receive --keep', () => {
  it('takes many at once under names that can be trusted, and goes on after one that failed', async () => {
    const { receiver: to, channel, inbox, left } = await receiver('--keep');
    const opened = await Wire.open(channel);
    cleanups.push(() => opened.close());
    const hosts = ['10.0.0.1', '10.0.0.3'].map((address) => opened.host(address));
    const names = ['a', '../../b', '/etc/passwd', '\u001b[2J.c', 'a'];
    const ends = names.map((name, i) => {
      let ends: { what: string; why: string }[] = [];
      opened.runner.perform(() => {
        const connection = hosts[i % 2]!.connect({ address: '10.0.0.2', port: 51 });
        ends = sendOn(connection, new MemorySource(bytesOf(1000 + i), { name })).ends;
      });
      return ends;
    });
    await until('all ends', () => ends.every(({ length }) => length === 1));
    expect(
      ends
        .slice(0, 4)
        .flat()
        .map(({ what }) => what)
        .sort(),
    ).toContain('complete');
    expect(ends.flat().filter(({ what }) => what === 'complete').length).toBe(4);
    expect(ends.flat().find(({ what }) => what !== 'complete')?.why).toContain('exists; --force replaces it');
    expect(left()).toEqual(['[2J.c', 'a', 'b', 'passwd']);
    expect(readFileSync(join(inbox, 'b')).length).toBe(1001);
    expect(to.ended).toBe(undefined);
    to.interrupt();
    expect((await to.over).code).toBe(130);
    expect(to.err).toContain('receiver: received 4 files, 1 failed; ');
    expect(to.err).not.toContain('\u001b');
  });
});

describe('flags that make no sense', () => {
  it.each<[string, string[], RegExp]>([
    ['send', ['--channel', 'file:/nowhere'], /missing required argument 'file'/],
    ['send', ['x'], /--channel/],
    ['send', ['x', '--channel', 'udp:1'], /--channel: /],
    ['send', ['x', '--channel', 'file:/nowhere', '--to', 'x'], /--to: /],
    ['send', ['x', '--channel', 'file:/nowhere', '--timeout', '-1'], /--timeout: a time in seconds/],
    ['receive', [], /--channel/],
    ['receive', ['--channel', 'file:/nowhere', '--port', '0'], /--port: a port is/],
    ['receive', ['--channel', 'file:/nowhere', '--once', '--keep'], /--once/],
    ['receive', ['--channel', 'file:/nowhere', '--out', '-', '--json'], /--json and --out -/],
    ['receive', ['--channel', 'file:/nowhere', '--out', '-', '--keep'], /--keep: --out is a folder then/],
    ['receive', ['--channel', 'file:/nowhere', '--out', '/nowhere/x', '--keep'], /--keep: --out is a folder/],
  ])('%s %j', async (command, argv, error) => {
    const ran = start([command, ...argv]);
    expect(await ran.over).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toMatch(error);
    expect(ran.err).toMatch(/^statewire: [^\n]+\n$/);
  });

  it('a folder that is not there', async () => {
    const ran = start(['receive', '--channel', 'file:/nowhere', '--out', join(folder, 'no', 'x')]);
    expect((await ran.over).code).toBe(6);
    expect(ran.err).toBe(`statewire: --out: there is no folder '${join(folder, 'no')}'\n`);
  });

  it.runIf(process.platform !== 'win32')('a pipe, which is no file', () => {
    const path = join(folder, 'fifo');
    execFileSync('mkfifo', [path]);
    expect(() => placeFor('x', { out: path })).toThrow('exists');
    expect(() => placeFor('x', { out: path, force: true })).toThrow('is no file that could be replaced');
  });
});

describe('patience', () => {
  it('ends when nothing has moved for so long, and not before', () => {
    const patience = new Patience(2, 1_000_000);
    expect(patience.isOver(0, 1_500_000)).toBe(false);
    expect(patience.isOver(0, 3_500_000)).toBe(false);
    expect(patience.isOver(1, 3_500_001)).toBe(false);
    expect(patience.isOver(1, 5_500_001)).toBe(false);
    expect(patience.isOver(1, 5_500_002)).toBe(true);
  });

  it('never ends at 0', () => {
    const patience = new Patience(0, 0);
    expect(patience.isOver(0, 1)).toBe(false);
    expect(patience.isOver(0, Number.MAX_SAFE_INTEGER)).toBe(false);
  });
});

describe('progress', () => {
  /** A sender whose receiver reads nothing. */
  async function stuck(argv: readonly string[], world: World) {
    const { server, client } = await udpPair();
    const opened = await Wire.open(server);
    cleanups.push(() => opened.close());
    const host = opened.host('10.0.0.2');
    host.listen({ port: 51, onConnection: () => {} });
    return send(file('big', bytesOf(3_000_000)), client, argv, world);
  }

  it('is a bar where stderr is a terminal, of what the receiver has, and goes when it is over', async () => {
    const sender = await stuck([], { liveErr: true, columns: 100 });
    await sender.said(/\[=+-+\] 3\d % of 3\.0 MB, .*\/s(, .* left)?, \d+ sent again/);
    sender.interrupt();
    sender.interrupt();
    await sender.over;
    const after = sender.err.slice(sender.err.lastIndexOf('sent again', sender.err.indexOf('closes')));
    expect(after).not.toMatch(/\[=/);
    // The cursor is there again
    expect(sender.err.lastIndexOf('\u001b[?25h')).toBeGreaterThan(sender.err.lastIndexOf('\u001b[?25l'));
  });

  it('is a line of JSON now and then', async () => {
    const sender = await stuck(['--json'], {});
    await sender.said(/"kind":"progress","bytes":10\d{5},"size":3000000,"rate":\d+}/);
    expect(sender.err).not.toContain('\u001b');
  });

  it('is nothing with --quiet', async () => {
    const sender = await stuck(['--quiet', '--json'], { liveErr: true });
    await sender.said('"kind":"progress"');
    expect(sender.err).toBe('');
  });

  it.each([
    [{ bytes: 0, size: 1000 }, 0, '0 % of 1.0 kB, 0 bytes/s'],
    [{ bytes: 999, size: 1000 }, 1, '99 % of 1.0 kB, 1 byte/s, 1 s left'],
    [{ bytes: 1e6, size: 1e9 }, 1e6, '0 % of 1.0 GB, 1.0 MB/s, 16:39 left'],
    [{ bytes: 0, size: 2 ** 40 }, 1e8, '0 % of 1.1 TB, 100.0 MB/s, 3:03:16 left'],
    [{ bytes: 5e9, size: undefined }, 1e6, '5.0 GB, 1.0 MB/s'],
  ])('of %j at %i bytes/s is %s', (sample, rate, text) => {
    expect(progressText({ now: 0, again: undefined, ...sample }, rate)).toBe(text);
  });

  it('has the rate of the last few seconds', () => {
    const meter = new RateMeter();
    const rates = Array.from({ length: 200 }, (_, i) => meter.rate(i * 100_000, i < 100 ? i * 1000 : 99_000));
    expect(rates[0]).toBe(0);
    expect(rates[50]).toBeCloseTo(10_000);
    expect(rates[125]).toBeGreaterThan(0);
    expect(rates[199]).toBe(0);
  });

  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1.0 kB'],
    [999_949, '999.9 kB'],
    [999_950, '1.0 MB'],
    [2 ** 53, '9.0 PB'],
  ])('says %i as %s', (bytes, text) => {
    expect(byteText(bytes)).toBe(text);
  });
});

describe.runIf(process.platform !== 'win32')('programs that are processes', () => {
  const top = fileURLToPath(new URL('../..', import.meta.url));
  const script = join(root, 'dist', 'cli', 'main.js');
  let built = false;

  /** A build of its own, as in `executable.test.ts`. */
  function build(): void {
    if (built) return;
    built = true;
    const tsc = join(top, 'node_modules', 'typescript', 'bin', 'tsc');
    const argv = ['-p', join(top, 'tsconfig.build.json'), '--outDir', join(root, 'dist'), '--noCheck'];
    execFileSync(process.execPath, [tsc, ...argv], { stdio: 'pipe' });
    copyFileSync(join(top, 'package.json'), join(root, 'package.json'));
    symlinkSync(join(top, 'node_modules'), join(root, 'node_modules'), 'junction');
  }

  /** `line`: a shell command in which `$s` is the program. */
  function run(line: string) {
    const child = spawn('/bin/sh', ['-c', `s="${process.execPath} ${script}"; ${line}`], {
      cwd: folder,
      detached: true,
    });
    const result = { child, err: '', code: undefined as number | null | undefined };
    child.stderr.on('data', (chunk) => {
      result.err += chunk;
    });
    // It may end without reading it
    child.stdin.on('error', () => {});
    const over = new Promise<void>((resolve) =>
      child.once('close', (code) => {
        result.code = code;
        resolve();
      }),
    );
    cleanups.push(async () => {
      // The shell and all that it has started
      if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL');
      await over;
    });
    return { ...result, over, said: () => result.err, ended: () => result.code };
  }

  it('pass standard input to standard output, over files', async () => {
    build();
    const bytes = bytesOf(2_000_000);
    file('in', bytes);
    const to = run('$s receive --channel file:wire --out - --speed 20x > out');
    const from = run('cat in | $s send - --channel file:wire --speed 20x');
    await Promise.all([from.over, to.over]);
    expect([from.ended(), to.ended()], from.said() + to.said()).toEqual([0, 0]);
    expect(Buffer.compare(readFileSync(join(folder, 'out')), bytes)).toBe(0);
  }, 60_000);

  const WAIT = 'until [ -e go ]; do sleep 0.1; done';
  it.each([
    ['who reads its output', '--timeout 10', `| (${WAIT}; cat)`, 'cat in', '--timeout 0'],
    ['who writes its input', '--timeout 0', '', `(${WAIT}; cat in)`, '--timeout 10'],
  ])(
    'wait longer than --timeout for %s',
    async (_, patience, reader, writer, other) => {
      build();
      const bytes = bytesOf(3_000_000);
      file('in', bytes);
      const to = run(`$s receive --channel file:wire --speed 20x --out - ${patience} ${reader} > out`);
      const from = run(`${writer} | $s send - --channel file:wire --speed 20x ${other}`);
      await until('a receiver that receives', () => to.said().includes('receives'));
      // 24 s of TCP's time
      await new Promise((resolve) => setTimeout(resolve, 1200));
      file('go', '');
      await Promise.all([from.over, to.over]);
      expect([from.ended(), to.ended()], from.said() + to.said()).toEqual([0, 0]);
      expect(Buffer.compare(readFileSync(join(folder, 'out')), bytes)).toBe(0);
    },
    60_000,
  );

  it('end though standard input stays open, when the receiver goes', async () => {
    build();
    const to = run('exec $s receive --channel file:wire --out inbox --speed 20x');
    const from = run('exec $s send - --channel file:wire --speed 20x');
    from.child.stdin.write(PAYLOAD);
    await until('a receiver that receives', () => to.said().includes('receives'));
    to.child.kill('SIGINT');
    await Promise.all([from.over, to.over]);
    expect([from.ended(), to.ended()], from.said() + to.said()).toEqual([6, 130]);
    expect(readdirSync(folder).sort()).toEqual(['wire']);
  }, 60_000);

  it('end when nobody reads standard output any more', async () => {
    build();
    file('in', bytesOf(3_000_000));
    const to = run('$s receive --channel file:wire --out - --speed 20x | head -c 1000 > out');
    const from = run('$s send in --channel file:wire --speed 20x');
    await Promise.all([from.over, to.over]);
    expect(from.ended(), from.said() + to.said()).toBe(6);
    expect(from.said()).toContain('the receiver says: cannot write to standard output: broken pipe');
  }, 60_000);
});
