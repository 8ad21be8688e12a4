/** `statewire/register`: programs that know nothing of us, as processes of their own; and what the environment may say. */
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostFromEnvironment } from '../../src/net/environment.ts';
import { cert, key } from '../real/certificate.ts';
import { buildPackage, root } from '../testing/built.ts';

let built: ReturnType<typeof buildPackage>;
beforeAll(() => {
  built = buildPackage();
});
afterAll(() => built.remove());

const { NODE_OPTIONS: _, ...environment } = process.env;

/** Runs a program with `--import statewire/register`. */
function registered(name: string, source: string, env: NodeJS.ProcessEnv = {}) {
  const script = join(built.folder, `${name}.mjs`);
  writeFileSync(script, source);
  return {
    script,
    options: { cwd: built.folder, env: { ...environment, ...env }, encoding: 'utf8' as const },
  };
}

function run(name: string, source: string, env: NodeJS.ProcessEnv = {}) {
  const { script, options } = registered(name, source, env);
  return spawnSync(process.execPath, ['--import', 'statewire/register', script], {
    ...options,
    timeout: 30_000,
  });
}

describe('node --import statewire/register', () => {
  test('puts http, fetch, http2, https and net of a program on the host; UNIX sockets stay the kernel’s', () => {
    const { stdout, stderr, status } = run(
      'all',
      `
import assert from 'node:assert';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net, { connect } from 'node:net';
import { text } from 'node:stream/consumers';
const [key, cert] = ${JSON.stringify([key, cert])};
const listen = async (server, ...where) => (server.listen(...where), await once(server, 'listening'), server);
const web = await listen(http.createServer((request, response) => response.end('web')), 8080);
assert.deepEqual(web.address(), { address: '::', family: 'IPv6', port: 8080 });
assert.ok(web instanceof net.Server);
const [answer] = await once(http.get('http://localhost:8080'), 'response');
assert.ok(answer.socket instanceof net.Socket);
// The host's, not the kernel's: ports of RFC 6335
assert.ok(answer.socket.localPort >= 49152);
assert.equal(await text(answer), 'web');
assert.equal(await (await fetch('http://localhost:8080')).text(), 'web');
const safe = await listen(https.createServer({ key, cert }, (request, response) => response.end('safe')), 8443);
const get = https.get({ host: 'localhost', port: 8443, ca: cert, servername: 'server', agent: false });
assert.equal(await text((await once(get, 'response'))[0]), 'safe');
const two = await listen(http2.createServer((request, response) => response.end('two')), 8081);
const session = http2.connect('http://localhost:8081');
assert.equal(await text(session.request()), 'two');
session.close();
const path = ${JSON.stringify(join(built.folder, 'unix.sock'))};
const unix = await listen(net.createServer((socket) => socket.end('unix')), path);
assert.equal(unix.address(), path);
assert.equal(await text(connect(path)), 'unix');
class Mine extends net.Socket {}
const mine = new Mine();
mine.connect(8080, 'localhost');
await once(mine, 'connect');
assert.ok(mine instanceof Mine && mine.remotePort === 8080);
mine.destroy();
for (const server of [web, safe, two, unix]) server.close();
for (const server of [web, safe]) server.closeAllConnections();
console.log('done');
`,
    );
    expect(stderr).toBe('');
    expect(stdout).toBe('done\n');
    // It ends by itself
    expect(status).toBe(0);
  });

  test('with loss', () => {
    const { stdout } = run(
      'loss',
      `
import http from 'node:http';
const server = http.createServer((request, response) => request.pipe(response)).listen(80, async () => {
  const body = 'x'.repeat(100_000);
  const response = await fetch('http://localhost', { method: 'POST', body });
  console.log((await response.text()) === body);
  server.close();
  server.closeAllConnections();
});
`,
      { STATEWIRE_LOSS: '0.05', STATEWIRE_SEED: '3' },
    );
    expect(stdout).toBe('true\n');
  });

  test('on a file channel it ends by itself, and leaves the wire', () => {
    const wire = join(built.folder, 'wire');
    const { status, stdout } = run(
      'alone',
      `
import net from 'node:net';
const server = net.createServer((socket) => {
  socket.end('hello');
  server.close();
});
server.listen(7, () => net.connect(7, 'localhost').on('data', (data) => console.log(String(data))));
`,
      { STATEWIRE_CHANNEL: `file:${wire}` },
    );
    expect([stdout, status]).toEqual(['hello\n', 0]);
    expect(readdirSync(join(wire, 'readers'))).toEqual([]);
  });

  test('a net of its own that is stopped does not keep a program', () => {
    const { status, stdout } = run(
      'stopped',
      `
import { openNet } from 'statewire/net';
const net = openNet();
net.createServer((socket) => socket.pipe(socket)).listen(7, () => {
  net.connect(7, 'localhost', function () { this.write('hello'); }).on('data', (data) => {
    console.log(String(data));
    net.stop();
  });
});
`,
    );
    expect([stdout, status]).toEqual(['hello\n', 0]);
  });

  test('two programs on one UDP channel, which end by themselves', async () => {
    const sockets = [createSocket('udp4'), createSocket('udp4')];
    const [a, b] = await Promise.all(
      sockets.map(
        (socket) =>
          new Promise<number>((done) => socket.bind(0, '127.0.0.1', () => done(socket.address().port))),
      ),
    );
    for (const socket of sockets) socket.close();
    const start = (name: string, source: string, env: NodeJS.ProcessEnv) => {
      const { script, options } = registered(name, source, env);
      const child = spawn(process.execPath, ['--import', 'statewire/register', script], options);
      let out = '';
      child.stdout.on('data', (text) => {
        out += text;
      });
      return new Promise<[string, number | null]>((resolve) =>
        child.once('close', (code) => resolve([out, code])),
      );
    };
    const channel = (own: number, peer: number) => `udp:127.0.0.1:${own},127.0.0.1:${peer}`;
    const server = start(
      'server',
      `import net from 'node:net';
      const server = net.createServer((socket) => {
        socket.on('data', (data) => socket.end(\`you said \${data}, \${socket.remoteAddress}\`));
        server.close();
      }).listen(7);`,
      { STATEWIRE_ADDRESS: '10.0.0.2', STATEWIRE_CHANNEL: channel(a!, b!) },
    );
    const client = start(
      'client',
      `import net from 'node:net';
      const socket = net.connect(7, 'server', () => socket.write('hello'));
      socket.on('data', (data) => console.log(String(data)));`,
      {
        STATEWIRE_ADDRESS: '10.0.0.1',
        STATEWIRE_CHANNEL: channel(b!, a!),
        STATEWIRE_HOSTS: 'server=10.0.0.2',
        STATEWIRE_DELAY: '5',
      },
    );
    expect(await client).toEqual(['you said hello, ::ffff:10.0.0.1\n', 0]);
    expect(await server).toEqual(['', 0]);
  });

  test('a wrong variable is an error, and nothing runs', () => {
    const { status, stdout, stderr } = run('wrong', 'console.log("ran")', { STATEWIRE_LOSS: '2' });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toBe("statewire: STATEWIRE_LOSS: a probability is a number from 0 to 1, not '2'\n");
  });

  test('vitest by one line of set-up', () => {
    const folder = join(built.folder, 'suite');
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'vitest.config.mjs'),
      `export default { test: { setupFiles: ['statewire/register'], include: ['*.check.mjs'] } };`,
    );
    writeFileSync(
      join(folder, 'web.check.mjs'),
      `import http from 'node:http';
import { expect, test } from 'vitest';
test('web', async () => {
  const server = http.createServer((request, response) => response.end(String(request.socket.remotePort)));
  await new Promise((resolve) => server.listen(80, resolve));
  const response = await fetch('http://localhost');
  // Nobody but root may listen at the kernel's port 80, and its ports are lower
  expect(Number(await response.text())).toBeGreaterThanOrEqual(49152);
  server.close();
});`,
    );
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const { VITEST: _v, VITEST_WORKER_ID: _w, VITEST_POOL_ID: _p, NODE_ENV: _n, ...env } = environment;
    const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, 'run', '--root', folder], {
      cwd: folder,
      env: { ...env, STATEWIRE_LOSS: '0.01' },
      encoding: 'utf8',
    });
    expect(`${stdout}${stderr}`).toMatch(/1 passed/);
    expect(status).toBe(0);
  });
});

describe('the environment', () => {
  test.each([
    [{ STATEWIRE_LOS: '1' }, 'STATEWIRE_LOS: no such setting'],
    [{ STATEWIRE_SEED: 'x' }, 'STATEWIRE_SEED: a seed is a whole number'],
    [{ STATEWIRE_STACK: 'windows' }, 'STATEWIRE_STACK: a stack is one of linux'],
    [{ STATEWIRE_HOSTS: 'a' }, 'STATEWIRE_HOSTS: a host is NAME=ADDRESS'],
    [{ STATEWIRE_CHANNEL: 'pigeon:1' }, 'STATEWIRE_CHANNEL: a channel is file:DIR'],
    [{ STATEWIRE_CHANNEL: 'udp:1' }, 'STATEWIRE_CHANNEL: '],
    [{ STATEWIRE_DELAY: 'soon' }, 'STATEWIRE_DELAY: '],
    [{ STATEWIRE_FAULT: 'drop everything' }, 'STATEWIRE_FAULT: '],
    [{ STATEWIRE_PROFILE: 'nonsense' }, 'STATEWIRE_PROFILE: '],
  ])('%j is refused', async (env, words) => {
    await expect(hostFromEnvironment(env)).rejects.toThrow(words);
  });

  test('says all there is to say', async () => {
    const options = await hostFromEnvironment({
      STATEWIRE_ADDRESS: '10.0.0.1, fd00::1',
      STATEWIRE_NAME: 'app',
      STATEWIRE_HOSTS: 'db=10.0.0.2',
      STATEWIRE_SEED: '5',
      STATEWIRE_STACK: 'rfc',
      STATEWIRE_DELAY: '10,20',
      STATEWIRE_FAULT: 'drop client>server data 3; drop server>client fin 1',
      PATH: '/bin',
    });
    expect(options).toMatchObject({
      addresses: ['10.0.0.1', 'fd00::1'],
      name: 'app',
      hosts: { db: '10.0.0.2' },
      seed: 5,
      stack: 'rfc',
      link: { forward: { delay: 10_000 }, backward: { delay: 20_000 } },
    });
    expect(options.link?.faults?.length).toBe(2);
  });
});

/** What a module brings with it. */
function closure(path: string, seen = new Map<string, string[]>()): Map<string, string[]> {
  if (seen.has(path)) return seen;
  const source = readFileSync(path, 'utf8').replace(/^(import|export) type\b[^;]*;/gm, '');
  const names = [...source.matchAll(/(?:from|import)\s*\(?'([^']+)'/g)].map(([, name]) => name!);
  seen.set(
    path,
    names.filter((name) => !name.startsWith('.')),
  );
  for (const name of names) if (name.startsWith('.')) closure(join(dirname(path), name), seen);
  return seen;
}

test('the main entry is for browsers too: nothing that it brings with it imports node:*', () => {
  const modules = closure(join(root, 'src/index.ts'));
  expect(modules.size).toBeGreaterThan(100);
  expect([...modules].filter(([, names]) => names.some((name) => name.startsWith('node:')))).toEqual([]);
});
