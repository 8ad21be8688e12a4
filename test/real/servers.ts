/** Real servers of databases for the tests that need them: on a free port, started before the tests of a file, ended after them. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import nodeNet, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, type TestContext } from 'vitest';
import { findTool } from '../tools.ts';

/** Where the server listens; where there is none the test is skipped, saying so, and in CI it fails. */
export type PortOf = (context: TestContext) => number;

interface Started {
  readonly port: number;
  stop(): Promise<void>;
}

/** To be called once in a file, or in a `describe`. */
function server(name: string, start: (() => Promise<Started>) | undefined): PortOf {
  let started: Started | undefined;
  beforeAll(async () => {
    started = await start?.();
  });
  afterAll(() => started?.stop());
  return (context) => {
    if (started !== undefined) return started.port;
    const reason = `${name} is not installed`;
    if (process.env.CI) throw new Error(`${reason}: CI must have it`);
    console.warn(`skipped: ${context.task.name}: ${reason}`);
    return context.skip(reason);
  };
}

export function redisServer(): PortOf {
  const program = findTool('redis-server');
  return server('redis-server', program === undefined ? undefined : () => startRedis(program));
}

export function postgresServer(): PortOf {
  const [initdb, postgres] = [findPostgres('initdb'), findPostgres('postgres')];
  const there = initdb !== undefined && postgres !== undefined;
  return server('PostgreSQL', there ? () => startPostgres(initdb, postgres) : undefined);
}

async function startRedis(program: string): Promise<Started> {
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn(program, options, { stdio: 'ignore', cwd: tmpdir() });
  await reachable(port, child);
  return { port, stop: () => end(child) };
}

async function startPostgres(initdb: string, postgres: string): Promise<Started> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'statewire-postgres-'));
  const user = postgresUser();
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid!);
  const options = { ...user, cwd: folder };
  const initial = ['-D', folder, '-U', 'postgres', '-A', 'trust', '--no-sync'];
  execFileSync(initdb, initial, { ...options, stdio: 'pipe' });
  const settings = ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', '-k', ''];
  const child = spawn(postgres, ['-D', folder, '-p', String(port), ...settings], {
    ...options,
    stdio: 'ignore',
  });
  await reachable(port, child);
  await answers(port);
  return {
    port,
    async stop() {
      await end(child);
      rmSync(folder, { recursive: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGINT');
  if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
}

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
