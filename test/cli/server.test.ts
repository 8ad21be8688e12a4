/** The key-value server as a program: many clients, those that die, how it ends, and what a dictionary on disk holds. */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { keepAliveTcp } from '../../cli/keepAlive.ts';
import { DiskStore } from '../../src/app/diskStore.ts';
import { Running, startServer, udpPair, until, Wire } from './programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'statewire-server-'));
afterAll(() => rmSync(folder, { recursive: true }));

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server, and the other end of its channel. */
async function serve(...argv: readonly string[]) {
  const pair = await udpPair();
  const server = await startServer(pair.server, ...argv);
  const wire = await Wire.open(pair.client);
  cleanups.push(async () => {
    await wire.close();
    await server.end();
  });
  return { server, wire, pair };
}

describe('statewire server', () => {
  it('serves many clients at once, and says who asks what', async () => {
    const { server, wire } = await serve();
    const hosts = ['10.0.0.1', '10.0.0.3'].map((address) => wire.host(address));
    const clients = Array.from({ length: 40 }, (_, i) => wire.ask(hosts[i % 2]!));
    const [first, second] = clients as [(typeof clients)[0], (typeof clients)[0]];
    expect(await first.ask('PUT,name,sung')).toBe('Success!');
    expect(await second.ask('GET,name')).toBe('sung');
    await Promise.all(clients.map((client, i) => client.ask(`PUT,${i},\u001b[31m`)));
    await Promise.all(clients.map((client) => client.finish()));
    expect(clients.map(({ end }) => end)).toEqual(clients.map(() => 'finished'));
    await server.said(`server: ${first.name} connected\n`);
    await server.said(`server: ${first.name} PUT,name,sung -> Success!\n`);
    await server.said(`server: ${second.name} GET,name -> sung\n`);
    await server.said(`server: ${first.name} closed\n`);
    expect(server.err).not.toContain('\u001b');
    expect(server.out).toBe('');
  });

  it('resets clients beyond --max-clients, and takes one when another has gone', async () => {
    const { server, wire } = await serve('--max-clients', '2');
    const host = wire.host('10.0.0.1');
    const [first, second] = [wire.ask(host), wire.ask(host)];
    expect([await first.ask('LIST'), await second.ask('LIST')]).toEqual(['', '']);
    const third = wire.ask(host);
    await until('a reset', () => third.end !== undefined);
    expect(third.end).toBe('reset');
    await server.said(`server: ${third.name} refused: --max-clients is 2\n`);
    await second.finish();
    await server.said(`${second.name} closed`);
    expect(await wire.ask(host).ask('LIST')).toBe('');
  });

  it('finds out that a client was killed, tells why, and serves others meanwhile', async () => {
    const { server, wire } = await serve('--keepalive', '2');
    const [doomed, alive] = [wire.host('10.0.0.1'), wire.host('10.0.0.3')];
    const [first, second] = [wire.ask(doomed), wire.ask(alive)];
    expect(await first.ask('PUT,a,1')).toBe('Success!');
    wire.kill(doomed);
    for (let asked = 0; !server.err.includes('timed out'); asked++) {
      expect(await second.ask(`PUT,b,${asked}`)).toBe('Success!');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await server.said(`server: ${first.name} timed out: no answer to keep-alive\n`);
    expect(await second.ask('GET,a')).toBe('1');
  });

  it('keeps a client that is only silent', async () => {
    const { server, wire } = await serve('--keepalive', '1');
    const host = wire.host('10.0.0.1');
    const client = wire.ask(host);
    await client.ask('LIST');
    // More than two times the time after which a dead one would be gone
    const before = host.counters.packetsIn;
    await until('keep-alive probes', () => host.counters.packetsIn >= before + 15);
    expect(await client.ask('PUT,a,1')).toBe('Success!');
    expect(server.err).not.toContain('timed out');
  });

  it('gives up a client that was killed while its answer was on the way', async () => {
    const { server, wire } = await serve('--keepalive', '1', '--speed', '100x');
    const host = wire.host('10.0.0.1');
    const client = wire.ask(host);
    await client.ask(`PUT,a,${'x'.repeat(1000)}`);
    // It asks, and is gone before the answer comes
    const { connection } = client;
    wire.runner.perform(() => {
      connection.send(new TextEncoder().encode('GET,a\n'));
    });
    wire.kill(host);
    await server.said(`server: ${client.name} timed out: no answer to what was sent\n`);
  });

  it('has the times of --keepalive', () => {
    expect(keepAliveTcp(0)).toEqual({});
    const probed = { keepAlive: true, keepAliveProbes: 6 };
    expect(keepAliveTcp(30)).toEqual({
      ...probed,
      keepAliveIdle: 30_000,
      keepAliveInterval: 5000,
      r2: 100_000,
    });
    expect(keepAliveTcp(1)).toEqual({ ...probed, keepAliveIdle: 1000, keepAliveInterval: 1000, r2: 100_000 });
    expect(keepAliveTcp(60)).toMatchObject({ keepAliveInterval: 10_000, r2: 120_000 });
  });

  it('is told with --json', async () => {
    const { server, wire } = await serve('--json', '--quiet');
    const client = wire.ask(wire.host('10.0.0.1'));
    await client.ask('PUT,a,"1\n2"');
    await client.finish();
    await server.said('"ended"');
    server.interrupt();
    expect((await server.over).code).toBe(130);
    const records = server.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records.every(({ t }, i) => i === 0 || t >= records[i - 1].t)).toBe(true);
    expect(records.map(({ t, ...record }) => record)).toEqual([
      {
        kind: 'listening',
        address: '10.0.0.2',
        port: 50,
        channel: expect.stringMatching(/^udp:/),
        entries: 0,
      },
      { kind: 'connected', client: client.name },
      { kind: 'answer', client: client.name, command: 'PUT,a,"1\n2"', answer: 'Success!' },
      { kind: 'ended', client: client.name, reason: 'closed' },
      expect.objectContaining({ kind: 'summary', clients: 1, refused: 0, answers: 1, discarded: {} }),
    ]);
    expect(server.err).toBe('');
  });

  it('closes all connections in order at the first Ctrl-C, and takes no more', async () => {
    const { server, wire } = await serve();
    const host = wire.host('10.0.0.1');
    const client = wire.ask(host);
    await client.ask('PUT,a,1');
    server.interrupt();
    const late = wire.ask(host);
    await until('the ends', () => client.end !== undefined && late.end !== undefined);
    expect([client.end, late.end]).toEqual(['finished', 'refused']);
    expect((await server.over).code).toBe(130);
    expect(server.err).toContain('server: closes 1 connection; Ctrl-C again resets\n');
    expect(server.err).toMatch(/server: served 1 client, gave 1 answer; \d+ packets in, \d+ out, .*\n$/);
  });

  it('sends what it has answered before it closes', async () => {
    const { server, wire } = await serve();
    const client = wire.ask(wire.host('10.0.0.1'), [`PUT,a,${'x'.repeat(300_000)}`, 'GET,a']);
    await server.said('GET,a -> xxx');
    server.interrupt();
    await until('the end', () => client.end !== undefined);
    expect(client.answers.map(({ length }) => length)).toEqual([8, 300_000]);
    expect((await server.over).code).toBe(130);
  });

  it('resets what is left at the second Ctrl-C', async () => {
    const { server, wire } = await serve();
    const host = wire.host('10.0.0.1');
    let end: string | undefined;
    // One that never closes
    wire.runner.perform(() => {
      host.connect({ address: '10.0.0.2', port: 50, handler: { closed: (reason) => (end = reason) } });
    });
    await server.said('connected');
    server.interrupt();
    await until('a FIN', () => host.connections[0]?.state === 'CLOSE_WAIT');
    expect(server.ended).toBe(undefined);
    server.interrupt();
    expect((await server.over).code).toBe(130);
    await until('a reset', () => end === 'reset');
    expect(server.err).toContain(' was reset\n');
  });

  it('serves clients that are programs of their own, through one folder', async () => {
    const channel = `file:${join(folder, 'wire')}`;
    const server = await startServer(channel);
    cleanups.push(() => server.end());
    const clients = ['10.0.0.1', '10.0.0.3', '10.0.0.4'].map((address) => {
      const commands = Array.from({ length: 20 }, (_, i) => ['--exec', `PUT,${address} ${i},${i}`]).flat();
      return new Running(['client', '--channel', channel, '--address', address, ...commands]);
    });
    const ends = await Promise.all(clients.map(({ over }) => over));
    const said = [server, ...clients].map(({ err }) => err).join('');
    expect(
      ends.map(({ code, lines }) => [code, new Set(lines), lines.length]),
      said,
    ).toEqual(clients.map(() => [0, new Set(['Success!']), 20]));
    const list = new Running(['client', '--channel', channel, '--exec', 'LIST']);
    expect((await list.over).out.match(/\[/g)).toHaveLength(60);
  });

  it('a client that another one on the wire has the address of is told why it is reset', async () => {
    const channel = `file:${join(folder, 'namesakes')}`;
    const server = await startServer(channel);
    const first = new Running(['client', '--channel', channel], { input: new PassThrough() });
    cleanups.push(
      () => server.end(),
      () => first.end(),
    );
    await first.said('connected after');
    const second = new Running(['client', '--channel', channel, '--exec', 'LIST']);
    await Promise.allSettled([second.over]);
    for (const one of [first, second]) {
      await one.said(`somebody else on ${channel} is 10.0.0.1 too: give each its own --address`);
    }
    expect(server.err).not.toContain('too: give');
  });

  it('says what is wrong with its flags', async () => {
    const { server } = await udpPair();
    for (const [argv, error] of [
      [[], /--channel/],
      [['--channel', 'file:'], /--channel: file: needs a directory/],
      [['--channel', server, '--port', '0'], /--port: a port is a whole number from 1/],
      [['--channel', server, '--keepalive', '-1'], /--keepalive: a time in seconds/],
      [['--channel', server, '--max-clients', 'many'], /--max-clients: a number of clients/],
      [['--channel', server, '--address', 'x'], /--address: /],
      [['--channel', server, '--speed', 'max'], /--speed: /],
    ] as const) {
      const ran = new Running(['server', ...argv]);
      expect(await ran.over).toMatchObject({ code: 2, out: '' });
      expect(ran.err).toMatch(error);
      expect(ran.err).toMatch(/^statewire: [^\n]+\n$/);
    }
  });
});

describe('statewire server --db', () => {
  it('has its dictionary again, in its order, when it is started again', async () => {
    const db = join(folder, 'again');
    const { server, wire } = await serve('--db', db);
    expect(server.err).toContain(`, 0 entries in ${db}\n`);
    const client = wire.ask(wire.host('10.0.0.1'));
    for (const command of ['PUT,a,1', 'PUT,b,2', 'PUT,c,3', 'DELETE,a', 'PUT,b,4', 'PUT,a,5']) {
      expect(await client.ask(command)).toBe('Success!');
    }
    server.interrupt();
    await server.over;
    const again = await serve('--db', db);
    expect(again.server.err).toContain(`, 3 entries in ${db}\n`);
    expect(await again.wire.ask(again.wire.host('10.0.0.1')).ask('LIST')).toBe('[b,4], [c,3], [a,5]');
  });

  it('refuses one that another server has, which goes on', async () => {
    const db = join(folder, 'shared');
    const { wire } = await serve('--db', db);
    const pair = await udpPair();
    const second = new Running(['server', '--channel', pair.server, '--db', db]);
    expect((await second.over).code).toBe(6);
    expect(second.err).toBe(`statewire: --db: ${db} is in use by this program\n`);
    expect(await wire.ask(wire.host('10.0.0.1')).ask('PUT,a,1')).toBe('Success!');
  });

  it('refuses what is no dictionary', async () => {
    const path = join(folder, 'text');
    writeFileSync(path, 'precious');
    const server = new Running(['server', '--channel', (await udpPair()).server, '--db', path]);
    expect((await server.over).code).toBe(6);
    expect(server.err).toBe(`statewire: --db: ${path} is not a folder\n`);
  });
});

describe.runIf(process.platform !== 'win32')('a server that is a process', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const script = join(folder, 'dist', 'cli', 'main.js');
  let built = false;

  /** A build of its own, as in `executable.test.ts`. */
  function build(): void {
    if (built) return;
    built = true;
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const argv = ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(folder, 'dist'), '--noCheck'];
    execFileSync(process.execPath, [tsc, ...argv], { stdio: 'pipe' });
    copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  }

  /** `limit`: of the size of files, in blocks of 512 or 1024 bytes. */
  async function start(db: string, limit = 'unlimited') {
    build();
    const pair = await udpPair();
    const line = `ulimit -f ${limit}; exec "$0" "$@"`;
    const argv = [script, 'server', '--channel', pair.server, '--db', db];
    const child = spawn('/bin/sh', ['-c', line, process.execPath, ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    const over = new Promise((resolve) => child.once('exit', resolve));
    await until('a server that listens', () => err.includes('listens') || child.exitCode !== null);
    expect(err).toMatch(/ listens at /);
    const wire = await Wire.open(pair.client, 1);
    cleanups.push(async () => {
      await wire.close();
      child.kill('SIGKILL');
      await over;
    });
    return { child, wire, over, said: () => err };
  }

  it('has all that it has answered, when it is killed in the midst of it', async () => {
    const db = join(folder, 'killed');
    let answered = 0;
    for (const kill of [30, 71, 100]) {
      const { child, wire, over } = await start(db);
      const commands = Array.from({ length: 5000 }, (_, i) => `PUT,${answered + i},${'v'.repeat(i % 200)}`);
      const client = wire.ask(wire.host('10.0.0.1'), commands);
      await until('answers', () => client.answers.length >= kill);
      child.kill('SIGKILL');
      await over;
      const [first, count] = [answered, client.answers.length];
      expect(client.answers.every((answer) => answer === 'Success!')).toBe(true);
      await wire.close();
      const store = await DiskStore.open(db);
      const keys = Array.from(store.entries(), ([key]) => key);
      // The one that was on its way may be there or not
      expect(keys.length).toBeGreaterThanOrEqual(first + count);
      expect(keys).toEqual(keys.map((_, i) => String(i)));
      answered = keys.length;
      await store.close();
    }
  });

  it('answers an error when the disk takes no more, says so, and goes on', async () => {
    const db = join(folder, 'full');
    const { wire, said } = await start(db, '200');
    const client = wire.ask(wire.host('10.0.0.1'));
    let kept = 0;
    let answer = '';
    for (; answer !== 'store error.'; kept += answer === 'Success!' ? 1 : 0) {
      answer = await client.ask(`PUT,${kept},${'v'.repeat(4000)}`);
      expect(answer).toMatch(/^(Success!|store error\.)$/);
    }
    expect(said()).toContain(`server: ${client.name} the dictionary cannot be written: `);
    expect(kept).toBeGreaterThan(5);
    expect(await client.ask(`GET,${kept}`)).toBe('Not exist!');
    expect(await client.ask(`GET,${kept - 1}`)).toBe('v'.repeat(4000));
    expect(await client.ask('DELETE,0')).toBe('Success!');
    await client.finish();
  });
});
