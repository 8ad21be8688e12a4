/** statewire ss: what running programs say of their connections, over their control sockets. */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askAll, ControlSocket, controlFolder } from '../../cli/control.ts';
import { Peer } from '../tcp/peer.ts';
import { statewire } from './run.ts';

let runtime: string;
let before: string | undefined;

beforeEach(() => {
  before = process.env.XDG_RUNTIME_DIR;
  runtime = mkdtempSync(join(tmpdir(), 'sw-ss-'));
  process.env.XDG_RUNTIME_DIR = runtime;
});

afterEach(() => {
  if (before === undefined) delete process.env.XDG_RUNTIME_DIR;
  else process.env.XDG_RUNTIME_DIR = before;
  rmSync(runtime, { recursive: true });
});

/** A host with a listener and a connection that has measured 100 ms, has 1000 bytes outstanding and 30 unread. */
function busy(): Peer {
  const p = new Peer({ tcp: { congestion: 'newreno', nagle: false } });
  p.listen(5);
  p.send('S', { seq: 0, mss: 1460 });
  p.wait(100);
  p.send('.', { length: 30 });
  p.write(1000);
  return p;
}

async function running<T>(work: (p: Peer) => Promise<T>): Promise<T> {
  const p = busy();
  const control = (await ControlSocket.open('server', p.host)) as ControlSocket;
  try {
    return await work(p);
  } finally {
    await control.close();
  }
}

describe('statewire ss', () => {
  it('has the columns of ss, and below them what TCP knows', async () => {
    const { lines, code, err } = await running(() => statewire(['ss', '-ti']));
    expect([code, err]).toEqual([0, '']);
    expect(lines[0]).toMatch(/^State +Recv-Q +Send-Q +Local Address:Port +Peer Address:Port +Process$/);
    const users = `users:(("server",pid=${process.pid}))`;
    expect(lines[1]?.split(/ +/)).toEqual(['ESTAB', '30', '1000', '10.0.0.1:80', '10.0.0.2:4000', users]);
    // RFC 6298 (2.2): RTO = 100 ms + 4 * 50 ms; ten segments of 1460 bytes in 100 ms are 1.17 Mbit/s
    for (const word of [
      'newreno',
      'rto:300',
      'rtt:100/50',
      'mss:1460',
      'pmtu:1500',
      'cwnd:10',
      'unacked:1',
    ]) {
      expect(lines[2]?.trim().split(' ')).toContain(word);
    }
    expect(lines[2]).toContain('send 1.17Mbps');
    expect(lines).toHaveLength(3);
  });

  it('shows listeners with -l, both with -a', async () => {
    const states = async (flag: string) =>
      (await statewire(['ss', flag])).lines
        .slice(1)
        .filter((line) => !line.startsWith('\t'))
        .map((line) => line.split(/ +/).slice(0, 5).join(' '));
    await running(async () => {
      expect(await states('-l')).toEqual(['LISTEN 0 5 *:80 *:*']);
      expect(await states('--all')).toHaveLength(2);
    });
  });

  it('says all of it as JSON lines', async () => {
    const { lines } = await running(() => statewire(['ss', '--json', '--all']));
    const records = lines.map((line) => JSON.parse(line));
    expect(records).toMatchObject([
      { statewire: 1, kind: 'socket', pid: process.pid, name: 'server', state: 'LISTEN' },
      { state: 'ESTABLISHED', peer: '10.0.0.2:4000', congestion: 'newreno', info: { tcpi_rtt: 100_000 } },
    ]);
  });

  it('says so when nothing runs, and that is no error', async () => {
    expect(await statewire(['ss', '--json'])).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringContaining('no program'),
    });
  });

  it('passes over sockets whose program is gone, and removes them', async () => {
    const folder = controlFolder();
    await running(async (p) => {
      const dead = join(folder, '1-0-1-server.sock');
      // A socket file that nobody listens at: what kill -9 leaves
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(dead, resolve));
      const copy = join(folder, '1-0-2-server.sock');
      writeFileSync(copy, 'no socket at all');
      await new Promise((resolve) => server.close(resolve));
      expect(p.host.connections).toHaveLength(1);
      expect(await askAll()).toHaveLength(1);
      expect(existsSync(copy)).toBe(false);
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('passes over what answers with anything else', async () => {
    await running(async () => {
      const server = createServer((socket) => void socket.end('{"statewire":2}\nnonsense'));
      await new Promise<void>((resolve) => server.listen(join(controlFolder(), 'other.sock'), resolve));
      expect(await askAll()).toHaveLength(1);
      await new Promise((resolve) => server.close(resolve));
    });
  });

  it('is told only to the user whose programs they are', async () => {
    await running(async () => {
      expect(statSync(controlFolder()).mode & 0o777).toBe(0o700);
      const [socket] = readdirSync(controlFolder());
      expect(statSync(join(controlFolder(), socket as string)).mode & 0o777).toBe(0o600);
    });
  });

  it('asks a server as it runs, which leaves nothing behind', async () => {
    const stop = new AbortController();
    const channel = mkdtempSync(join(tmpdir(), 'sw-channel-'));
    let ready: () => void = () => {};
    const listens = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const server = statewire(['server', '--channel', `file:${channel}`], {
      stop: stop.signal,
      onErr: (text) => text.includes('listens') && ready(),
    });
    await listens;
    const { lines } = await statewire(['ss', '--listening', '--json']);
    stop.abort(0);
    await server;
    rmSync(channel, { recursive: true });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ name: 'server', state: 'LISTEN' }]);
    expect(readdirSync(controlFolder())).toEqual([]);
  });
});
