/** `statewire tun`, `client` and `network` on TUN interfaces, with the kernel's programs. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { openTunChannel } from '../../src/channel/tun.ts';
import { Random } from '../../src/time/random.ts';
import { Running } from '../cli/programs.ts';
import { statewire } from '../cli/run.ts';
import { enterNamespace, ip, OtherNamespace } from './namespace.ts';
import { readAll } from './site.ts';

const problem = enterNamespace();
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'statewire-tun-'));
const page = Buffer.from(new Random(4).bytes(200_000));
writeFileSync(join(folder, 'page'), page);
afterAll(() => rmSync(folder, { recursive: true }));

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function start(...argv: [string, ...string[]]): Running {
  const program = new Running([...argv, '--speed', '1x']);
  cleanups.push(() => program.end());
  return program;
}

describe.skipIf(problem !== undefined)('statewire tun', () => {
  test('--create --setup: the services for nc, curl and ping, and everything undone at the end', async () => {
    const addresses = ['--address', '10.30.0.2/24', '--address', 'fd30::2/64'];
    const services = ['--http', folder, '--echo', '--discard', '--chargen', '--key-value'];
    const tun = new Running([
      'tun',
      '--speed',
      '1x',
      '--device',
      'swcmd',
      '--create',
      '--setup',
      ...addresses,
      ...services,
    ]);
    await tun.said('listens at 10.30.0.2:50 on tun:swcmd');
    expect(tun.err).toContain('tun: the kernel has 10.30.0.1/24 and fd30::1/64 on swcmd\n');
    for (const host of ['10.30.0.2', '[fd30::2]']) {
      const { stdout } = await run('curl', ['-sS', `http://${host}/page`], { encoding: 'buffer' });
      expect(stdout.equals(page)).toBe(true);
    }
    const code = async (...given: string[]) =>
      (await run('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '--path-as-is', ...given])).stdout;
    expect(await code('http://10.30.0.2/none')).toBe('404');
    expect(await code('-X', 'POST', 'http://10.30.0.2/page')).toBe('405');
    expect(await code('http://10.30.0.2/../../../../../etc/passwd')).toBe('404');
    const nc = async (port: string, text: string) => {
      const child = spawn('nc', ['-N', '10.30.0.2', port]);
      child.stdin.end(text);
      return String(await readAll(child.stdout as never));
    };
    expect(await nc('7', 'hello')).toBe('hello');
    expect(await nc('9', 'hello')).toBe('');
    expect(await nc('50', 'PUT,a,b\nGET,a\n')).toBe('Success!\nb\n');
    const chargen = spawn('nc', ['10.30.0.2', '19']);
    const [first] = (await once(chargen.stdout, 'data')) as [Buffer];
    chargen.kill();
    const line = String.fromCharCode(...Array.from({ length: 72 }, (_, i) => 32 + i));
    expect(String(first).slice(0, 75)).toBe(`${line}\r\n!`);
    tun.interrupt();
    expect((await tun.over).code).toBe(130);
    expect(ip('-br link')).not.toContain('swcmd');
  });

  test('says what is missing: the interface, then the commands for the kernel’s side', async () => {
    const none = await statewire(['tun', '--device', 'swnone']);
    expect([none.code, none.err]).toEqual([6, expect.stringContaining('there is no interface swnone')]);
    const tun = start('tun', '--device', 'swsays', '--create', '--address', '10.31.0.1/24', '--mtu', '1400');
    await tun.said('listens at');
    expect(tun.err).toContain('  ip addr add 10.31.0.2/24 dev swsays\n  ip link set swsays up mtu 1400\n');
    for (const words of tun.err.match(/(?<= {2}ip ).*/g)!) ip(words);
    await run('ping', ['-c', '1', '-W', '5', '10.31.0.1']);
    const second = await statewire(['tun', '--device', 'swsays']);
    expect([second.code, second.err]).toEqual([
      6,
      expect.stringContaining('swsays is in use by another program'),
    ]);
  });

  test.each([
    [['--address', '10.9.0.2'], '--address: '],
    [['--address', '10.9.0.2/31'], 'from 1 to 30'],
    [['--address', 'fd09::2/127'], 'from 1 to 126'],
    [['--device', 'a/b'], '--device: '],
    [['--device', 'longer-than-fifteen'], '--device: '],
    [['--http', '/nowhere'], '--http: '],
  ])('a usage error: %j', async (argv, what) => {
    const ran = await statewire(['tun', ...argv]);
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(what)]);
  });

  test('an interface that is down, up again and renamed is used on; one that is deleted ends the program', async () => {
    const tun = start(
      'tun',
      '--device',
      'swlife',
      '--create',
      '--setup',
      '--address',
      '10.32.0.2/24',
      '--echo',
    );
    await tun.said('serves echo');
    const ping = () => run('ping', ['-c', '1', '-W', '5', '10.32.0.2']);
    await ping();
    ip('link set swlife down');
    ip('link set swlife name swnewname');
    ip('link set swnewname up');
    await ping();
    ip('link del swnewname');
    const ran = await tun.over;
    expect([ran.code, ran.err]).toEqual([
      6,
      expect.stringContaining('tun:swlife: the interface was deleted'),
    ]);
  });

  test('client --channel tun: asks a server of the kernel’s', async () => {
    ip('tuntap add dev swcli mode tun');
    ip('addr add 10.33.0.1/24 dev swcli');
    ip('link set swcli up');
    const server: Server = createServer((socket) => {
      createInterface(socket).on('line', (line) => socket.write(`${line.length}\n`));
      socket.on('end', () => socket.end());
    }).listen(50, '10.33.0.1');
    cleanups.push(() => server.close());
    const given = [
      '--channel',
      'tun:swcli',
      '--address',
      '10.33.0.2',
      '--to',
      '10.33.0.1:50',
      '--exec',
      'GET,hello',
    ];
    const ran = await statewire(['client', ...given]);
    expect([ran.code, ran.out]).toEqual([0, '9\n']);
    ip('link del swcli');
  });
});

describe.skipIf(problem !== undefined)('statewire network between TUN interfaces', () => {
  test('joins two kernels by our link', async () => {
    const other = await new OtherNamespace().ready();
    cleanups.push(() => other.close());
    for (const name of ['swna', 'swnb']) ip(`tuntap add dev ${name} mode tun`);
    const link = ['--loss', '0.03', '--delay', '1', '--reorder', '0.05'];
    const network = start('network', '--a', 'tun:swna', '--b', 'tun:swnb', ...link);
    await network.said('forwarding between');
    other.take('swnb');
    ip('addr add 10.34.0.1/24 dev swna');
    ip('link set swna up');
    other.run('ip', 'addr', 'add', '10.34.0.2/24', 'dev', 'swnb');
    other.run('ip', 'link', 'set', 'swnb', 'up');
    const server = spawn(...other.command('nc', '-lN', '10.34.0.2', '9000'), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const got = readAll(server.stdout as never);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const client = spawn('nc', ['-N', '10.34.0.2', '9000']);
    const exited = once(client, 'exit');
    client.stdin.end(page);
    expect((await got).equals(page)).toBe(true);
    expect((await exited)[0]).toBe(0);
  });

  test('tells a kernel of an MTU that is smaller than its own, in both families', async () => {
    const other = await new OtherNamespace().ready();
    cleanups.push(() => other.close());
    for (const name of ['swma', 'swmb']) ip(`tuntap add dev ${name} mode tun`);
    const network = start('network', '--a', 'tun:swma', '--b', 'tun:swmb', '--mtu', '1300', '--delay', '1');
    await network.said('forwarding between');
    other.take('swmb');
    for (const [address, family] of [
      ['10.35.0', '-4'],
      ['fd35:', '-6'],
    ] as const) {
      const [here, there, length] = family === '-4' ? ['.1', '.2', '24'] : [':1', ':2', '64 nodad'];
      ip(`addr add ${address}${here}/${length} dev swma`);
      other.run('ip', ...`addr add ${address}${there}/${length} dev swmb`.split(' '));
    }
    ip('link set swma up');
    other.run('ip', 'link', 'set', 'swmb', 'up');
    for (const to of ['10.35.0.2', 'fd35::2']) {
      const server = spawn(...other.command('nc', '-lN', to, '9000'), {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const got = readAll(server.stdout as never);
      await new Promise((resolve) => setTimeout(resolve, 300));
      spawn('nc', ['-N', to, '9000']).stdin.end(page);
      expect((await got).equals(page)).toBe(true);
      expect(ip(`route get ${to}`)).toContain('mtu 1300');
    }
  });

  test('joins a kernel and a program of ours behind another channel, either way', async () => {
    ip('tuntap add dev swmix mode tun');
    ip('addr add 10.36.0.1/24 dev swmix');
    ip('link set swmix up');
    const files = join(folder, 'wire');
    const network = start(
      'network',
      '--a',
      'tun:swmix',
      '--b',
      `file:${files}`,
      '--delay',
      '1',
      '--loss',
      '0.02',
    );
    await network.said('forwarding between');
    const server = start('server', '--channel', `file:${files}`, '--address', '10.36.0.2');
    await server.said('listens at');
    const nc = spawn('nc', ['-N', '10.36.0.2', '50']);
    nc.stdin.end('PUT,a,b\nGET,a\n');
    expect(String(await readAll(nc.stdout as never))).toBe('Success!\nb\n');
    server.interrupt();
    await server.over;
    const theirs = createServer((socket) => {
      createInterface(socket).on('line', (line) => socket.write(`${line.length}\n`));
      socket.on('end', () => socket.end());
    }).listen(51, '10.36.0.1');
    cleanups.push(() => theirs.close());
    const client = ['--channel', `file:${files}`, '--address', '10.36.0.3', '--to', '10.36.0.1:51'];
    const ran = await statewire(['client', ...client, '--exec', 'GET,hello']);
    expect([ran.code, ran.out]).toEqual([0, '9\n']);
    ip('link del swmix');
  });
});

test.skipIf(problem !== undefined)('a channel counts what the kernel does not take', async () => {
  const end = await openTunChannel('swcount', { create: true });
  cleanups.push(() => end.close());
  end.send(new Uint8Array([0x45]), 0);
  expect(end.counters.dropped).toEqual({ down: 1 });
  ip('link set swcount up');
  end.send(new Uint8Array(0), 0);
  end.send(new Uint8Array(70_000), 0);
  end.send(new Uint8Array([0x15, 0, 0]), 0);
  await end.close();
  end.send(new Uint8Array([0x45]), 0);
  expect(end.counters).toMatchObject({
    packetsOut: 0,
    dropped: { down: 1, badPacket: 2, tooLarge: 1, closed: 1 },
  });
});
