/** `statewire network` between channels of its own: what it forwards, tells and records, and how it ends. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/app/keyValue.ts';
import { KeyValueClient } from '../../src/app/keyValueClient.ts';
import { serveKeyValue } from '../../src/app/keyValueServer.ts';
import { Runner } from '../../src/app/runner.ts';
import { seven } from '../../src/app/seven.ts';
import type { LiveEnd } from '../../src/channel/channel.ts';
import { openUdpChannel, parseUdpSpec } from '../../src/channel/udp.ts';
import { compiledEngine } from '../../src/chart/compiled.ts';
import { Host } from '../../src/tcp/host.ts';
import { RealClock } from '../../src/time/clock.ts';
import { Random } from '../../src/time/random.ts';
import { parseTrace } from '../../src/trace/jsonParse.ts';
import { ACK, buildTcpPacket, parseAddress } from '../../src/wire/index.ts';
import { statewire, type World } from './run.ts';

const CLIENT = '10.0.0.1';
const SERVER = '10.0.0.2';

const folder = mkdtempSync(join(tmpdir(), 'statewire-network-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Waits for a condition, some seconds at most. */
async function until(met: () => boolean, what: string): Promise<void> {
  for (const deadline = performance.now() + 10_000; !met(); ) {
    if (performance.now() > deadline) throw new Error(`waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'));
  const ports = sockets.map(
    (socket) =>
      new Promise<number>((resolve) => socket.bind(0, '127.0.0.1', () => resolve(socket.address().port))),
  );
  const found = await Promise.all(ports);
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  return found;
}

/** A channel of the network's and the other end of it, which the test opens. */
interface Cable {
  readonly spec: string;
  readonly end: LiveEnd;
  readonly got: Uint8Array[];
}

const open: LiveEnd[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((end) => end.close()));
});

async function cables(count: number): Promise<Cable[]> {
  const ports = await freePorts(2 * count);
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const [near, far] = [`127.0.0.1:${ports[2 * i]}`, `127.0.0.1:${ports[2 * i + 1]}`];
      const end = await openUdpChannel(parseUdpSpec(`${far},${near}`));
      open.push(end);
      const got: Uint8Array[] = [];
      end.onPacket((packet) => got.push(packet.slice()));
      return { spec: `udp:${near},${far}`, end, got };
    }),
  );
}

/** The program, running in this process. */
async function started(argv: readonly string[], world: World = {}) {
  const stopping = new AbortController();
  let err = '';
  const ran = statewire(['network', ...argv], {
    ...world,
    stop: stopping.signal,
    onErr: (text) => {
      err += text;
    },
  });
  let over = false;
  const watched = ran.finally(() => {
    over = true;
  });
  await until(() => over || argv.includes('--quiet') || err.includes('forwarding between'), 'the network');
  return {
    said: () => err,
    stop: (code = 130) => {
      stopping.abort(code);
      return watched;
    },
    ran: watched,
  };
}

function packet(from: string, to: string, payload = 'hello'): Uint8Array {
  return buildTcpPacket({
    source: parseAddress(from),
    destination: parseAddress(to),
    sourcePort: 1000,
    destinationPort: 50,
    flags: ACK,
    payload: new TextEncoder().encode(payload),
  });
}

const plain = (packets: readonly Uint8Array[]) => packets.map((bytes) => Buffer.from(bytes).toString('hex'));

describe('statewire network', () => {
  it('forwards both ways, and counts', async () => {
    const [a, b] = (await cables(2)) as [Cable, Cable];
    const network = await started(['--a', a.spec, '--b', b.spec]);
    const there = packet(CLIENT, SERVER);
    const back = packet(SERVER, CLIENT, 'answer');
    a.end.send(there, 0);
    await until(() => b.got.length === 1, 'the packet');
    b.end.send(back, 0);
    a.end.send(Uint8Array.of(0x45, 1, 2), 0);
    await until(() => a.got.length === 1, 'the answer');
    expect([plain(b.got), plain(a.got)]).toEqual([plain([there]), plain([back])]);
    const { code, out, err } = await network.stop();
    expect(code).toBe(130);
    expect(out).toMatch(/^packets +a > b +b > a$/m);
    expect(out).toMatch(/^in +1 +1$/m);
    expect(out).toMatch(/^delivered +1 +1$/m);
    expect(out).toMatch(/^ {2}dropped by the queue +0 +0$/m);
    expect(out).toMatch(new RegExp(`^a udp:\\S+ +[12] +\\d+ +1 +${back.length} +\\d$`, 'm'));
    expect(out + err).not.toContain('\u001b');
    expect(err).toMatch(
      /^network: Link perfect: no delay, no loss, no limit\nnetwork: forwarding between a udp:\S+, b udp:\S+; seed \d+\n$/,
    );
  });

  it('joins several channels of a side, and sends to where an address lives', async () => {
    const [one, two, server] = (await cables(3)) as [Cable, Cable, Cable];
    const network = await started(['--a', one.spec, '--a', two.spec, '--b', server.spec, '--quiet']);
    // Till it listens, nobody hears
    const hello = setInterval(() => one.end.send(packet(CLIENT, SERVER), 0), 20);
    await until(() => server.got.length > 0, 'the first client');
    clearInterval(hello);
    two.end.send(packet('10.0.0.3', SERVER, 'second'), 0);
    await until(
      () => plain(server.got).includes(plain([packet('10.0.0.3', SERVER, 'second')])[0]!),
      'the second',
    );
    const before = two.got.length;
    const answer = packet(SERVER, CLIENT, 'answer');
    server.end.send(answer, 0);
    await until(() => one.got.length > 0 && plain(one.got).at(-1) === plain([answer])[0], 'the answer');
    const { code, err } = await network.stop(143);
    expect({ code, err }).toEqual({ code: 143, err: '' });
    expect(two.got).toHaveLength(before);
  });

  it('impairs as its flags say', async () => {
    const [a, b] = (await cables(2)) as [Cable, Cable];
    const flags = [
      '--profile',
      'lan',
      '--corrupt',
      '0,1',
      '--fault',
      'drop client>server data 1',
      '--seed',
      '7',
    ];
    const network = await started(['--a', a.spec, '--b', b.spec, ...flags]);
    a.end.send(packet(CLIENT, SERVER, 'lost'), 0);
    a.end.send(packet(CLIENT, SERVER, 'comes'), 0);
    await until(() => b.got.length === 1, 'the second packet');
    b.end.send(packet(SERVER, CLIENT), 0);
    await until(() => a.got.length === 1, 'the answer');
    expect(plain(b.got)).toEqual(plain([packet(CLIENT, SERVER, 'comes')]));
    expect(plain(a.got)).not.toEqual(plain([packet(SERVER, CLIENT)]));
    const { out, err } = await network.stop();
    expect(out).toMatch(
      /^lost +1 +0\n {2}dropped by the queue +0 +0\n {2}by --fault +1 +0\ncorrupted +0 +1$/m,
    );
    expect(err).toContain('a to b: rate 1000 Mbit/s');
    expect(err).toContain('seed 7\n');
  });

  it('tells all that happens as JSON, in a trace and in a capture', async () => {
    const [a, b] = (await cables(2)) as [Cable, Cable];
    const [trace, pcap] = [join(folder, 'network.jsonl'), join(folder, 'network.pcapng')];
    const files = ['--trace', trace, '--pcap', pcap, '--json'];
    const network = await started(['--a', a.spec, '--b', b.spec, '--delay', '1', ...files]);
    a.end.send(packet(CLIENT, SERVER), 0);
    await until(() => b.got.length === 1, 'the packet');
    const { lines } = await network.stop();
    const summary = JSON.parse(lines.at(-1)!);
    expect(summary).toMatchObject({
      kind: 'summary',
      'a>b': { sent: 1, delivered: 1, inFlight: 0 },
      'b>a': { sent: 0 },
      ports: [
        { name: 'a', channel: a.spec, packetsIn: 1, packetsOut: 0, notIp: 0, local: 0, dropped: {} },
        { name: 'b', channel: b.spec, packetsIn: 0, packetsOut: 1 },
      ],
      time: expect.any(Number),
    });
    const { header, events } = parseTrace(lines.slice(0, -1));
    expect(header).toMatchObject({ start: expect.any(Number), seed: expect.any(Number) });
    expect(header.configuration).toMatchObject({ program: 'network', a: [a.spec], b: [b.spec], speed: 1 });
    const told = events.filter(({ kind }) => kind === 'receive' || kind === 'link');
    const { n } = told[0]!;
    expect(told).toMatchObject([
      { end: 'a', packet: 0 },
      { end: 'link', packet: n, what: 'delayed', by: 1000 },
      { end: 'link', packet: n, what: 'delivered' },
      { end: 'b', packet: n },
    ]);
    expect(readFileSync(trace, 'utf8').trimEnd().split('\n')).toEqual(lines.slice(0, -1));
    const captured = readFileSync(pcap).toString('latin1');
    expect(captured).toContain('link: delayed by 1 ms');
    expect(captured.split(Buffer.from(packet(CLIENT, SERVER)).toString('latin1'))).toHaveLength(3);
  });

  it('tells only header and summary with --json --quiet', async () => {
    const [a, b] = (await cables(2)) as [Cable, Cable];
    const network = await started(['--a', a.spec, '--b', b.spec, '--json', '--quiet']);
    const { lines, err } = await network.stop();
    expect(lines.map((line) => JSON.parse(line).kind)).toEqual([undefined, 'summary']);
    expect(err).toBe('');
  });

  it('draws what is on the wire on a terminal, and wipes it at the end', async () => {
    const [a, b] = (await cables(2)) as [Cable, Cable];
    const argv = ['--a', a.spec, '--b', b.spec, '--delay', '60000', '--seed', '1'];
    const network = await started(argv, { liveErr: true, columns: 80 });
    await until(() => network.said().includes('b > a   on'), 'an empty table');
    a.end.send(packet(CLIENT, SERVER), 0);
    await until(() => network.said().includes('delayed'), 'the table');
    const { err } = await network.stop();
    const [first, second] = err.split('\u001b[2A\u001b[J');
    expect(first).toContain('a > b   on the wire 0   in 0   out 0\nb > a   on the wire 0   in 0   out 0\n');
    expect(second).toMatch(
      /^a > b {3}on the wire 1 {3}in 1 {3}out 0\n {2}in +59\d{3}\.\d ms {3}\. 0:5\(5\) ack 0 +delayed\n/,
    );
    expect(err.endsWith('\u001b[3A\u001b[J')).toBe(true);
  });

  it('has a line for all that happens with --verbose, and no table', async () => {
    const [a, b] = (await cables(2)) as [Cable, Cable];
    const network = await started(['--a', a.spec, '--b', b.spec, '--loss', '1', '--verbose'], {
      liveErr: true,
    });
    a.end.send(packet(CLIENT, SERVER), 0);
    await until(() => network.said().includes('dropped (loss)'), 'the loss');
    const { err } = await network.stop();
    expect(err).not.toContain('\u001b');
    expect(err).toMatch(
      /^network: \d\.\d{3} s a in #\d+ \. 0:5\(5\) ack 0 10\.0\.0\.1:1000 > 10\.0\.0\.2:50$/m,
    );
  });

  it('ends when nobody reads its JSON any more', async () => {
    const [a, b] = (await cables(2)) as [Cable, Cable];
    const network = await started(['--a', a.spec, '--b', b.spec, '--json'], { unread: true });
    expect((await network.ran).code).toBe(0);
  });
});

describe('statewire network refuses', () => {
  const good = 'udp:127.0.0.1:9,127.0.0.1:10';

  it.each([
    [[], '--a is missing: file:DIR, udp:LOCAL,PEER (each HOST:PORT), or tun:NAME'],
    [['--a', good], '--b is missing'],
    [
      ['--a', 'pigeon:x', '--b', good],
      "--a: a channel is file:DIR, udp:LOCAL,PEER (each HOST:PORT), or tun:NAME, not 'pigeon:x'",
    ],
    [['--a', good, '--b', good], `the channel '${good}' is given twice`],
    [['--a', 'file:/tmp/x/', '--b', 'file:/tmp/y/../x'], "the channel '/tmp/x' is given twice"],
    [['--a', good, '--loss', '2'], '--loss: a probability is a number from 0 to 1'],
    [['--a', good, '--speed', 'max'], '--speed: a program in real time has no speed max'],
    [['--a', good, '--fault', 'lose it'], '--fault: '],
  ])('%j', async (argv, message) => {
    const { code, err, out } = await statewire(['network', ...argv]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^statewire: [^\n]+\n$/);
    expect(err).toContain(message);
  });

  it('a folder under two names, which would be a ring', async () => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    mkdirSync(one);
    symlinkSync(one, two);
    const { code, err } = await statewire(['network', '--a', `file:${one}`, '--b', `file:${two}`]);
    expect({ code, err }).toEqual({ code: 2, err: `statewire: the channel '${one}' is given twice\n` });
  });

  it('a channel that cannot be opened, and closes those that could', async () => {
    const [a, b] = (await cables(2)) as [Cable, Cable];
    const taken = b.spec.replace(/^udp:(.*),(.*)$/, 'udp:$2,$1');
    const { code, err } = await statewire(['network', '--a', a.spec, '--b', taken]);
    expect(code).toBe(6);
    expect(err).toMatch(/^statewire: cannot open udp:[^\n]+\n$/);
    await (await started(['--a', a.spec, '--b', b.spec])).stop();
  });

  it('a file that cannot be written', async () => {
    const [a, b] = (await cables(2)) as [Cable, Cable];
    const argv = ['--a', a.spec, '--b', b.spec];
    const { code, err } = await statewire(['network', ...argv, '--trace', folder]);
    expect(code).toBe(6);
    expect(err).toContain('statewire: --trace: cannot write');
    await (await started(argv)).stop();
  });
});

/** A host on the far end of a cable, in real time. */
function hostOn(cable: Cable, name: string, address: string, speed: number) {
  const runner = new Runner(new RealClock(speed));
  const host = new Host({
    name,
    addresses: [address],
    output: (bytes, id) => cable.end.send(bytes, id),
    random: new Random(3).fork(name),
    engine: compiledEngine,
  });
  runner.add(host);
  cable.end.onPacket((bytes, id) => runner.perform(() => host.receive(bytes, runner.now(), id)));
  return { host, runner };
}

/** The seven commands, one after the other; what was answered so far. */
function session(a: Cable, b: Cable, speed = 1) {
  const server = hostOn(b, 'server', SERVER, speed);
  const client = hostOn(a, 'client', CLIENT, speed);
  const answers: string[] = [];
  server.host.listen({
    port: 50,
    onConnection: (connection) => void serveKeyValue(connection, new MemoryStore()),
  });
  client.runner.perform(() => {
    const connection = client.host.connect({ address: SERVER, port: 50 });
    new KeyValueClient(connection, {
      engine: compiledEngine,
      scope: connection.scope,
      instance: client.host.nextInstance(),
      commands: seven.map(({ command }) => command),
      onAnswer: (_, answer) => answers.push(answer),
    });
  });
  return {
    answers,
    stop: () => {
      for (const { runner } of [client, server]) runner.stop();
    },
  };
}

const right = seven.map(({ answer }) => answer);

describe('TCP over statewire network', () => {
  it.each([
    ['bad', ['--loss', '0.05', '--corrupt', '0.1', '--reorder', '0.2', '--delay', '10', '--seed', '1']],
    ['classroom', ['--profile', 'classroom', '--seed', '1']],
  ])('gets all answers on a %s link, fifty times as fast as the clock', async (_, link) => {
    const flags = [...link, '--speed', '50x'];
    const [a, b] = (await cables(2)) as [Cable, Cable];
    const network = await started(['--a', a.spec, '--b', b.spec, ...flags]);
    const { answers, stop } = session(a, b, 50);
    await until(() => answers.length === seven.length, 'the answers');
    expect(answers).toEqual(right);
    stop();
    expect((await network.stop()).code).toBe(130);
  });
});

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the process', () => {
  const script = join(folder, 'dist', 'cli', 'main.js');
  const children: ChildProcess[] = [];

  beforeAll(() => {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const argv = [
      tsc,
      '-p',
      join(root, 'tsconfig.build.json'),
      '--outDir',
      join(folder, 'dist'),
      '--noCheck',
    ];
    execFileSync(process.execPath, argv, { stdio: 'pipe' });
    copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  }, 60_000);
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  /** Runs till it listens; `ended` gives how it ended and what it printed. */
  async function launch(...argv: string[]) {
    const child = spawn(process.execPath, [script, 'network', ...argv]);
    children.push(child);
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
      child.on('close', (code) => resolve({ code, out, err }));
    });
    await until(() => err.includes('forwarding between') || child.exitCode !== null, 'the process');
    return { child, ended };
  }

  it.runIf(process.platform !== 'win32')(
    'may be killed in the middle of a session, and started again',
    async () => {
      const [a, b] = (await cables(2)) as [Cable, Cable];
      const argv = ['--a', a.spec, '--b', b.spec, '--delay', '25'];
      const first = await launch(...argv);
      const { answers, stop } = session(a, b);
      await until(() => answers.length >= 2, 'two answers');
      first.child.kill('SIGKILL');
      await first.ended;
      expect(answers.length).toBeLessThan(seven.length);
      const second = await launch(...argv);
      await until(() => answers.length === seven.length, 'all answers');
      expect(answers).toEqual(right);
      stop();
      second.child.kill('SIGINT');
      const { code, out } = await second.ended;
      expect(code).toBe(130);
      expect(out).toMatch(/^delivered +[1-9]\d* +[1-9]\d*$/m);
    },
  );

  it.runIf(process.platform !== 'win32')('ends with SIGTERM, its files complete', async () => {
    const [a, b] = (await cables(2)) as [Cable, Cable];
    const trace = join(folder, 'process.jsonl');
    const network = await launch('--a', a.spec, '--b', b.spec, '--trace', trace);
    a.end.send(packet(CLIENT, SERVER), 0);
    await until(() => b.got.length === 1, 'the packet');
    network.child.kill('SIGTERM');
    expect((await network.ended).code).toBe(143);
    const { events } = parseTrace(readFileSync(trace, 'utf8').trimEnd().split('\n'));
    expect(events.filter(({ kind }) => kind === 'receive')).toHaveLength(2);
  });
});
