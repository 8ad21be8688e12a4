/** Real programs with our TCP at the other end, as servers and as clients: curl, nc, iperf3, redis, ssh. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../src/time/random.ts';
import { expertNotes } from './expert.ts';
import { reachWith, serveWith } from './forward.ts';
import { enterNamespace } from './namespace.ts';
import { readAll, Site, type SiteOptions } from './site.ts';

const problem = enterNamespace();
const run = promisify(execFile);
const links: readonly (readonly [string, SiteOptions])[] = [
  ['clean', {}],
  ['1 % loss', { link: { loss: 0.01, delay: 500 } }],
  ['5 % loss', { link: { loss: 0.05, delay: 500 } }],
  ['10 % corruption', { link: { corrupt: 0.1, delay: 500 } }],
  ['10 % reordering', { link: { reorder: { probability: 0.1, by: 1000 }, delay: 500 } }],
];

const binary = { encoding: 'buffer' as const, maxBuffer: 1 << 28 };
const folder = mkdtempSync(join(tmpdir(), 'statewire-programs-'));
const page = new Random(8).bytes(500_000);
const children: ChildProcess[] = [];
/** Ports of this machine that the programs serve. */
const ports = { redis: 7001, iperf: 7002, ssh: 7003 };

function start(program: string, ...given: readonly string[]): void {
  children.push(spawn(program, given, { stdio: 'ignore' }));
}

/** What iperf3 measured; the server takes one client after the other, and may still be busy with the last. */
async function iperf(...given: readonly string[]) {
  for (let i = 0; i < 100; i++) {
    const { stdout } = await run('iperf3', ['-J', ...given]).catch((error) => error as { stdout: string });
    const { end, error } = JSON.parse(stdout);
    if (end?.sum_sent !== undefined) return end;
    if (!String(error).includes('busy')) throw new Error(`iperf3: ${error}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('iperf3 is always busy');
}

async function answers(port: number): Promise<void> {
  for (let i = 0; i < 500; i++) {
    try {
      await run('nc', ['-z', '127.0.0.1', String(port)]);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error(`nobody serves port ${port}`);
}

/** sshd gives up its rights to another user: there is none in a user namespace that maps one. */
const users = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/);
const mayServeSsh = process.getuid?.() === 0 && Number(users[2]) > 1;

async function startSsh(): Promise<void> {
  for (const key of ['host', 'user']) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
  }
  await run('cp', [join(folder, 'user.pub'), join(folder, 'authorized')]);
  await run('mkdir', ['-p', '/run/sshd']);
  const options = [
    `HostKey=${join(folder, 'host')}`,
    `AuthorizedKeysFile=${join(folder, 'authorized')}`,
    'StrictModes=no',
    'PidFile=none',
    `ListenAddress=0.0.0.0:${ports.ssh}`,
  ];
  start('/usr/sbin/sshd', '-D', '-f', '/dev/null', ...options.flatMap((option) => ['-o', option]));
  await answers(ports.ssh);
}

describe.skipIf(problem !== undefined)('programs', () => {
  beforeAll(async () => {
    writeFileSync(join(folder, 'page'), page);
    start(
      'redis-server',
      '--port',
      String(ports.redis),
      '--bind',
      '0.0.0.0',
      '--protected-mode',
      'no',
      '--save',
      '',
    );
    start('iperf3', '-s', '-p', String(ports.iperf));
    if (mayServeSsh) await startSsh();
    await answers(ports.redis);
  });
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  describe.concurrent.each(links)('%s', (_, options) => {
    let site: Site;
    /** Their ports at the other end of a connection of ours. */
    const through = { redis: 0, iperf: 0, ssh: 0 };
    beforeAll(async () => {
      site = await Site.open(options);
      for (const name of ['redis', 'iperf', 'ssh'] as const) {
        serveWith(site, ports[name], ports[name]);
        through[name] = await reachWith(site, ports[name]);
      }
      const http = createServer((request, response) => {
        if (request.method === 'GET') response.end(page);
        else void readAll(request as never).then((body) => response.end(String(body.equals(page))));
      });
      site.listen(80, (stream) => void http.emit('connection', stream));
      site.listen(7, (stream) => void stream.pipe(stream));
    });
    afterAll(async () => {
      await site.close();
      expect(expertNotes(site)).toBe('');
    });
    /** Our server, and the kernel's through our client. */
    const both = (name: keyof typeof ports) => [
      { host: site.ours, port: String(ports[name]) },
      { host: '127.0.0.1', port: String(through[name]) },
    ];

    test('curl: GET, POST, three on one connection, IPv6', async () => {
      const url = `http://${site.ours}/page`;
      const got = await run('curl', ['-sS', url], binary);
      expect(Buffer.compare(got.stdout, page)).toBe(0);
      const three = await run('curl', ['-sS', url, url, `http://[${site.ours6}]/page`], binary);
      expect(three.stdout.length).toBe(3 * page.length);
      const posted = await run('curl', ['-sS', '--data-binary', `@${join(folder, 'page')}`, url]);
      expect(posted.stdout).toBe('true');
    });

    test('nc: what is sent comes back, then both close', async () => {
      const nc = spawn('nc', ['-N', site.ours, '7']);
      const echoed = readAll(nc.stdout as never);
      nc.stdin.end(page);
      expect(Buffer.compare(await echoed, page)).toBe(0);
      if (nc.exitCode === null) await once(nc, 'exit');
      expect(nc.exitCode).toBe(0);
    });

    test('redis-cli and redis-server', async () => {
      for (const [i, { host, port }] of both('redis').entries()) {
        const cli = (...words: readonly string[]) => run('redis-cli', ['-h', host, '-p', port, ...words]);
        expect((await cli('SET', `${site.device} ${i}`, 'x'.repeat(5000))).stdout).toBe('OK\n');
        expect((await cli('STRLEN', `${site.device} ${i}`)).stdout).toBe('5000\n');
        const bulk = spawn('redis-cli', ['-h', host, '-p', port, '--pipe']);
        const said = readAll(bulk.stdout as never);
        for (let n = 0; n < 2000; n++) bulk.stdin.write(`RPUSH ${site.device}list${i} value${n}\r\n`);
        bulk.stdin.end();
        expect(String(await said)).toContain('errors: 0, replies: 2000');
      }
    });

    test.skipIf(!mayServeSsh)('ssh: a command, and a file through it', async () => {
      for (const { host, port } of both('ssh')) {
        const given = [
          '-i',
          join(folder, 'user'),
          '-p',
          port,
          '-F',
          'none',
          '-o',
          'StrictHostKeyChecking=no',
        ];
        const more = ['-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR', `root@${host}`];
        const { stdout } = await run('ssh', [...given, ...more, `cat ${join(folder, 'page')}`], binary);
        expect(Buffer.compare(stdout, page)).toBe(0);
      }
    });
  });

  test('iperf3, both ways and several streams, clean and with 1 % loss', async () => {
    for (const link of [{}, { loss: 0.01, delay: 500 }]) {
      const site = await Site.open({ link, captured: false });
      serveWith(site, ports.iperf, ports.iperf);
      const through = String(await reachWith(site, ports.iperf));
      for (const [host, port] of [
        [site.ours, String(ports.iperf)],
        ['127.0.0.1', through],
      ] as const) {
        for (const way of [[], ['-R'], ['-P', '3']]) {
          // More than the buffers take: what is still between the two when the sender ends, iperf3 does not count
          const { sum_sent, sum_received } = await iperf('-c', host, '-p', port, '-n', '4M', ...way);
          expect([sum_sent.bytes >= 4_000_000, sum_received.bytes > 0]).toEqual([true, true]);
        }
      }
      await site.close();
    }
  });
});
