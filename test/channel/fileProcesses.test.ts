import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChannelCounters, LiveEnd } from '../../src/channel/channel.ts';
import { openFileChannel } from '../../src/channel/file.ts';
import { parseTcpPacket } from '../../src/wire/index.ts';
import { packetOf, pause, until } from './conformance.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'statewire-file-'));
const dist = join(folder, 'dist');

/** What the processes run: they cannot read TypeScript. */
beforeAll(() => {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = ['-p', join(root, 'tsconfig.build.json'), '--outDir', dist, '--noCheck'];
  execFileSync(process.execPath, [tsc, ...options], { stdio: 'pipe' });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Report {
  readonly got: Record<string, { packets: number; last: number }>;
  readonly wrong: readonly string[];
  readonly counters: ChannelCounters;
}

const ENDLESS = 1e9;
let directory: string;
let children: ChildProcess[];

beforeEach(() => {
  directory = mkdtempSync(join(folder, 'wire-'));
  children = [];
});
afterEach(async () => {
  await Promise.all(children.map(kill));
});

/** Resolves when its end is open. */
async function start(sender: number, count: number, options: object, read = true): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('filePeer.js', import.meta.url));
  const task = JSON.stringify({ dist, directory, options, sender, count, read });
  const child = fork(script, [task], { execArgv: [] });
  children.push(child);
  await once(child, 'message');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function report(child: ChildProcess): Promise<Report> {
  const answer = once(child, 'message');
  child.send('report');
  return (await answer)[0] as Report;
}

async function close(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.send('close');
  expect(await ended).toEqual([0, null]);
}

/** The numbers that each sender's packets have, in the order in which they come. */
function numbersBySender(end: LiveEnd): Map<number, number[]> {
  const numbers = new Map<number, number[]>();
  end.onPacket((packet) => {
    const parsed = parseTcpPacket(packet);
    if (typeof parsed === 'string') throw new Error(parsed);
    const sender = parsed.ip.source()[3]!;
    const list = numbers.get(sender);
    if (list === undefined) numbers.set(sender, [parsed.segment.seq]);
    else list.push(parsed.segment.seq);
  });
  return numbers;
}

const files = () => readdirSync(directory).filter((name) => name.endsWith('.log'));

describe('processes on one wire', () => {
  it('lose, tear and double none of 100,000 records, through many small pieces', async () => {
    const count = 25_000;
    const options = { pieceBytes: 100_000, unreadBytes: 4_000_000 };
    const senders = [1, 2, 3, 4];
    const peers = await Promise.all(
      senders.map((sender) => start(sender, count, { ...options, watch: sender !== 3 })),
    );
    for (const peer of peers) peer.send('send');
    const ofOthers = (reports: readonly Report[]) =>
      reports.flatMap(({ got }) => Object.values(got).map(({ packets }) => packets));
    let reports: Report[] = [];
    const end = performance.now() + 50_000;
    do {
      await pause(100);
      reports = await Promise.all(peers.map(report));
      if (reports.some(({ wrong }) => wrong.length)) console.log(JSON.stringify(reports));
      expect(reports.flatMap(({ wrong }) => wrong)).toEqual([]);
    } while (ofOthers(reports).reduce((sum, n) => sum + n, 0) < 12 * count && performance.now() < end);
    for (const [i, { got, counters }] of reports.entries()) {
      const others = senders.filter((sender) => sender !== i + 1);
      expect(got).toEqual(
        Object.fromEntries(others.map((sender) => [sender, { packets: count, last: count - 1 }])),
      );
      expect(counters).toMatchObject({ packetsIn: 3 * count, packetsOut: count });
      const { full: _, ...dropped } = counters.dropped;
      expect(dropped).toEqual({});
    }
    // The last piece's number
    expect(Math.max(...files().map((name) => Number(name.split('.')[1])))).toBeGreaterThan(100);
    for (const peer of peers) await close(peer);
    expect(readdirSync(directory)).toEqual(['readers']);
  });

  it('may be killed at any byte and start again', async () => {
    const options = { pieceBytes: 50_000, pollInterval: 50 };
    const end = await openFileChannel(directory, options);
    const numbers = numbersBySender(end);
    const steady = await start(9, ENDLESS, options);
    steady.send('send');
    const lives = 5;
    for (let life = 1; life <= lives; life += 1) {
      const child = await start(life, ENDLESS, options);
      child.send('send');
      await until(() => (numbers.get(life)?.length ?? 0) > 100, 'packets of a new life');
      await pause((life * 7) % 20);
      await kill(child);
    }
    const before = numbers.get(9)!.length;
    await until(() => numbers.get(9)!.length > before + 1000, 'packets of the one that lives');
    for (const [, list] of numbers) expect(list.findIndex((number, i) => number !== i)).toBe(-1);
    const { wrong } = await report(steady);
    // It joined when the others did not yet send, and of each saw all
    expect(wrong).toEqual([]);
    const { badRecord = 0, full = 0, ...others } = end.counters.dropped;
    expect(others).toEqual({});
    expect(full).toBe(0);
    expect(badRecord).toBeLessThanOrEqual(lives);
    await close(steady);
    await until(() => files().every((name) => name.startsWith(`${process.pid}-`)), 'order');
    await end.close();
    expect(readdirSync(directory)).toEqual(['readers']);
  });

  it('that are killed while they read do not hold up who writes', async () => {
    const options = { pieceBytes: 20_000, unreadBytes: 100_000, pollInterval: 20 };
    const end = await openFileChannel(directory, options);
    const child = await start(1, 0, options, false);
    const flood = async () => {
      for (let n = 0; n < 50; n += 1) {
        for (let i = 0; i < 10; i += 1) end.send(packetOf(i, 1000), 0);
        await pause(1);
      }
    };
    await flood();
    const { full } = end.counters.dropped;
    expect(full).toBeGreaterThan(0);
    await kill(child);
    await pause(20);
    await flood();
    expect(end.counters.dropped.full).toBe(full);
    await end.close();
    expect(readdirSync(directory)).toEqual(['readers']);
  });
});
