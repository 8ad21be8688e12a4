/**
 * ioredis against a real redis-server and pg against a real PostgreSQL, in real time: the clients are on one Statewire
 * host, and a gateway on another passes on to the kernel's loopback.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import nodeNet, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { openNet, type StatewireNet } from '../../src/net/index.ts';
import { parseLink } from '../../src/net/linkOptions.ts';
import { relay } from '../../src/net/relay.ts';
import { findTool } from '../tools.ts';

/** A loss is found out in ms: real time is spent here. */
const TCP = { minimumRto: 5, initialRto: 20, delayedAck: 2 };

const links = [
  ['a clean link', {}],
  ['5 % loss', { loss: 0.05 }],
] as const;

/** A port that is free just now. */
async function freePort(): Promise<number> {
  const server = nodeNet.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Until somebody listens there. */
async function reachable(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    const open = await new Promise((resolve) => {
      const socket = nodeNet.connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (open) return;
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A Statewire host whose port leads to the kernel's; its sockets. */
function hostWithGateway(link: object, port: number): StatewireNet {
  const net = openNet({ seed: 5, link: parseLink(link), tcp: TCP });
  net
    .createServer({ allowHalfOpen: true }, (socket) => {
      void relay(socket, nodeNet.connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
    })
    .listen(port);
  return net;
}

const running: ChildProcess[] = [];
const folders: string[] = [];
afterAll(async () => {
  for (const child of running) {
    child.kill('SIGINT');
    if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
  }
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Why a server cannot be had: the test is skipped, saying so; in CI it fails. */
function without(reason: string, context: TestContext): never {
  if (process.env.CI) throw new Error(`${reason}: CI must have it`);
  console.warn(`skipped: ${context.task.name}: ${reason}`);
  return context.skip(reason);
}

/** `postgres`, who may run PostgreSQL where we are root, who may not. */
function postgresUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Debian keeps initdb and postgres out of the PATH. */
function findPostgres(name: string): string | undefined {
  const debian = '/usr/lib/postgresql';
  try {
    for (const version of readdirSync(debian).sort().reverse()) {
      const path = join(debian, version, 'bin', name);
      try {
        execFileSync(path, ['--version'], { stdio: 'pipe' });
        return path;
      } catch {
        // Only the client's programs are there
      }
    }
  } catch {
    // No Debian
  }
  return findTool(name);
}

describe('ioredis and redis-server', () => {
  const server = findTool('redis-server');
  let port = 0;
  beforeAll(async () => {
    if (server === undefined) return;
    port = await freePort();
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const child = spawn(server, options, { stdio: 'ignore', cwd: tmpdir() });
    running.push(child);
    await reachable(port, child);
  });

  test.each(links)('over %s', async (_name, link) => {
    if (port === 0) return;
    const net = hostWithGateway(link, port);
    /** How ioredis is told where to connect. */
    class Connector {
      connecting = false;
      #stream: nodeNet.Socket | undefined;
      check(): boolean {
        return true;
      }
      async connect(): Promise<nodeNet.Socket> {
        this.connecting = true;
        this.#stream = net.connect({ host: 'localhost', port });
        return this.#stream;
      }
      disconnect(): void {
        this.connecting = false;
        this.#stream?.end();
      }
    }
    const redis = new Redis({ Connector: Connector as never, lazyConnect: true });
    await redis.connect();
    const value = 'kept by redis. '.repeat(2000);
    await redis.flushall();
    const keys = Array.from({ length: 20 }, (_, i) => `key ${i}`);
    await Promise.all(keys.map((key) => redis.set(key, value)));
    expect(await redis.mget(keys)).toEqual(keys.map(() => value));
    expect(await redis.multi().incr('n').incrby('n', 41).exec()).toEqual([
      [null, 1],
      [null, 42],
    ]);
    const subscriber = redis.duplicate();
    const heard = new Promise((resolve) => {
      subscriber.on('message', (channel, message) => resolve([channel, message]));
    });
    await subscriber.subscribe('news');
    await redis.publish('news', 'it works');
    expect(await heard).toEqual(['news', 'it works']);
    await Promise.all([redis.quit(), subscriber.quit()]);
    await net.stop();
  });

  test('the server is there', (context) => {
    if (server === undefined) without('redis-server is not installed', context);
  });
});

/** PostgreSQL listens before it is ready. */
async function answers(port: number): Promise<void> {
  for (;;) {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
    client.on('error', () => {});
    const ready = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => {});
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('pg and PostgreSQL', () => {
  const [initdb, postgres] = [findPostgres('initdb'), findPostgres('postgres')];
  let port = 0;
  beforeAll(async () => {
    if (initdb === undefined || postgres === undefined) return;
    port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'statewire-postgres-'));
    folders.push(folder);
    const user = postgresUser();
    if (user.uid !== undefined) chownSync(folder, user.uid, user.gid!);
    const where = ['-D', folder];
    execFileSync(initdb, [...where, '-U', 'postgres', '-A', 'trust', '--no-sync'], {
      ...user,
      stdio: 'pipe',
      cwd: folder,
    });
    const settings = ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', '-k', ''];
    const child = spawn(postgres, [...where, '-p', String(port), ...settings], {
      ...user,
      stdio: 'ignore',
      cwd: folder,
    });
    running.push(child);
    await reachable(port, child);
    await answers(port);
  });

  test.each(links)('over %s', async (_name, link) => {
    if (port === 0) return;
    const net = hostWithGateway(link, port);
    const client = new pg.Client({
      host: 'localhost',
      port,
      user: 'postgres',
      database: 'postgres',
      stream: () => new net.Socket(),
    });
    await client.connect();
    const { rows } = await client.query(
      "select i, repeat('row ', i) as words from generate_series(1, 500) i",
    );
    expect(rows.map((row) => row.words.length)).toEqual(Array.from({ length: 500 }, (_, i) => 4 * (i + 1)));
    await client.query('create temporary table kept (id int, text text)');
    for (let i = 0; i < 10; i += 1)
      await client.query('insert into kept values ($1, $2)', [i, 'x'.repeat(i * 1000)]);
    const kept = await client.query('select sum(length(text)) as sum from kept');
    expect(Number(kept.rows[0].sum)).toBe(45_000);
    await expect(client.query('select nonsense')).rejects.toMatchObject({ code: '42703' });
    await client.end();
    await net.stop();
  });

  test('the server is there', (context) => {
    if (postgres === undefined) without('PostgreSQL is not installed', context);
  });
});
