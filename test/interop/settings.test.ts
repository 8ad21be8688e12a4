/**
 * The kernel with other settings than its own, and what is sent besides TCP: one after the other, as a setting is the
 * namespace's. Each session goes both ways over a clean link and a bad one.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/tcp/connection.ts';
import { Random } from '../../src/time/random.ts';
import { CWR, ECE } from '../../src/wire/index.ts';
import { expertNotes } from './expert.ts';
import { enterNamespace, ip, sysctl } from './namespace.ts';
import { kernelOpens, type Pair, readAll, Site, weOpen } from './site.ts';

const problem = enterNamespace();
const run = promisify(execFile);
const data = new Random(3).bytes(300_000);
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const changed = new Map<string, string>();
function set(name: string, value: string | number): void {
  const before = sysctl(name, value);
  if (!changed.has(name)) changed.set(name, before);
}

async function exchange({ kernel, ours }: Pair): Promise<Connection> {
  kernel.end(data);
  ours.end(data);
  const [atUs, atKernel] = await Promise.all([readAll(ours), readAll(kernel)]);
  expect([digest(atUs), digest(atKernel)]).toEqual([digest(data), digest(data)]);
  return ours.connection as Connection;
}

describe.skipIf(problem !== undefined)('the kernel', () => {
  let clean: Site;
  let bad: Site;
  let port = 3000;
  beforeAll(async () => {
    clean = await Site.open({ tcp: { msl: 50, synR2: 1500 } });
    bad = await Site.open({
      tcp: { msl: 50 },
      link: { loss: 0.02, delay: 500, reorder: { probability: 0.02, by: 700 } },
    });
  });
  afterEach(() => {
    for (const [name, value] of changed) sysctl(name, value);
    changed.clear();
  });
  afterAll(async () => {
    for (const site of [clean, bad]) {
      await site.close();
      expect(expertNotes(site)).toBe('');
    }
  });

  /** Sessions both ways on both links, opened by either; what our side of one found out. */
  async function sessions(): Promise<readonly Connection[]> {
    port += 1;
    return Promise.all(
      [clean, bad].flatMap((site) => [
        kernelOpens(site, port).then(exchange),
        weOpen(site).then(exchange),
        kernelOpens(site, port + 1000, site.ours6).then(exchange),
      ]),
    );
  }

  test.each([
    ['as it is', {}, { timestampsOk: true, sackOk: true, scalingOk: true }],
    ['without timestamps', { tcp_timestamps: 0 }, { timestampsOk: false, sackOk: true, scalingOk: true }],
    ['without SACK', { tcp_sack: 0 }, { timestampsOk: true, sackOk: false, scalingOk: true }],
    [
      'without window scaling',
      { tcp_window_scaling: 0 },
      { timestampsOk: true, sackOk: true, scalingOk: false },
    ],
    [
      'with none of the three',
      { tcp_timestamps: 0, tcp_sack: 0, tcp_window_scaling: 0 },
      { timestampsOk: false, sackOk: false, scalingOk: false },
    ],
    ['with Reno', { tcp_congestion_control: 'reno' }, {}],
    ['with ECN', { tcp_ecn: 1 }, {}],
    ['without RACK', { tcp_recovery: 0 }, {}],
    ['with a small receive buffer', { tcp_rmem: '4096 8192 16384' }, {}],
  ] as const)('%s', async (_, settings, found) => {
    for (const [name, value] of Object.entries(settings)) set(name, value);
    for (const connection of await sessions()) expect(connection).toMatchObject(found);
  });

  test('is slowed by marks instead of losses, and so are we', async () => {
    set('tcp_ecn', 1);
    const link = { rate: 20_000_000, delay: 2000, queue: 1000, ecnThreshold: 5 };
    const marking = await Site.open({ tcp: { msl: 50, ecn: 'on' }, link });
    const { counters } = await exchange(await weOpen(marking));
    const { forward, backward } = marking.link.statistics;
    expect(Math.min(forward.marked, backward.marked)).toBeGreaterThan(0);
    // RFC 3168 section 6.1: CE is answered with ECE, and that with CWR
    const { flagsIn, flagsOut } = marking.seen;
    expect([flagsIn & (ECE | CWR), flagsOut & (ECE | CWR)]).toEqual([ECE | CWR, ECE | CWR]);
    expect([counters.retransmitsFast, counters.retransmitsByTimer]).toEqual([0, 0]);
    await marking.close();
    expect(expertNotes(marking)).toBe('');
  });

  test('gives up connecting to nobody, and so do we', async () => {
    set('tcp_syn_retries', 1);
    // Nothing of ours comes through any more
    const mute = await Site.open({ tcp: { synR2: 1500 }, link: { loss: 1 }, captured: false });
    await Promise.all([
      expect(mute.kernelConnect(7)).rejects.toMatchObject({ code: 'ETIMEDOUT' }),
      expect(mute.connect(7)).rejects.toMatchObject({ code: 'ETIMEDOUT' }),
    ]);
    await mute.close();
  });

  test('keeps an idle connection alive, and so do we', async () => {
    const [byUs, byKernel] = [await kernelOpens(clean, 3900), await kernelOpens(clean, 3901)];
    byKernel.kernel.setKeepAlive(true, 1000);
    clean.runner.perform(() => (byUs.ours.connection as Connection).setKeepAlive(true, 300));
    const heard = ({ ours }: Pair) => (ours.connection as Connection).counters.segmentsIn;
    const before = [byUs, byKernel].map(heard);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    // The kernel's answer to our one probe, and its own, one a second
    const more = [byUs, byKernel].map((pair, i) => heard(pair) - before[i]!);
    expect(more[0]).toBe(1);
    expect(more[1]).toBeGreaterThanOrEqual(1);
    expect([byUs, byKernel].map(({ ours }) => ours.connection.state)).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    await Promise.all([exchange(byUs), exchange(byKernel)]);
  });

  test('is told by ICMP that a UDP port is nobody’s, both families', async () => {
    for (const [type, address] of [
      ['udp4', clean.ours],
      ['udp6', clean.ours6],
    ] as const) {
      const socket = createSocket(type);
      socket.connect(9, address);
      await once(socket, 'connect');
      const refused = once(socket, 'error');
      socket.send('anybody?');
      expect((await refused)[0]).toMatchObject({ code: 'ECONNREFUSED' });
      socket.close();
    }
  });

  test('has no way to where our SYN goes: a soft error, told and outlived', async () => {
    ip('route add unreachable 10.200.0.0/16');
    sysctl('ip_forward', 1);
    // The kernel answers our SYN for a host it has no way to with a soft error: it goes on until R2
    const told: unknown[] = [];
    clean.runner.perform(() => {
      const connection = clean.host.connect({ address: '10.200.0.1', port: 80 });
      connection.handler = {
        unreachable: (error) => void told.push(error),
        closed: (reason) => void told.push(reason),
      };
    });
    for (let i = 0; i < 500 && told.at(-1) !== 'timedOut'; i++)
      await new Promise((done) => setTimeout(done, 10));
    expect(told[0]).toMatchObject({ kind: 'unreachable', code: 1 });
    expect(told.at(-1)).toBe('timedOut');
  });

  test.each(['-4', '-6'])('ping %s', async (family) => {
    const address = family === '-4' ? clean.ours : clean.ours6;
    const { stdout } = await run('ping', [family, '-c', '3', '-i', '0.01', '-s', '1000', address]);
    expect(stdout).toContain('3 received, 0% packet loss');
    await expect(run('ping', [family, '-c', '1', '-W', '1', address.replace(/.$/, '9')])).rejects.toThrow();
  });
});
