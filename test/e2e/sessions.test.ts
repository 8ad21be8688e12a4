/**
 * Network, server and client as separate processes (and threads): the seven inputs and a file of a megabyte over a link
 * that corrupts, loses and reorders. `E2E_SEEDS=20` runs as many seeds over each channel.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seven } from '../../src/app/seven.ts';
import { Random } from '../../src/time/random.ts';
import { Build, type Program, type Wiring, wirings } from './programs.ts';

const SEEDS = Number(process.env.E2E_SEEDS ?? 1);
/** Timers run so much faster than the clock: what waits for them takes no longer than the machine does. */
const SPEED = '20x';
const BAD_LINK = ['--corrupt', '0.1', '--loss', '0.05', '--reorder', '0.1', '--delay', '5', '--jitter', '2'];
/** At this speed a busy machine's delays are seconds: nobody is given up for a minute or two of bad luck. */
const FAITHFUL = ['--keepalive', '0'];
/** One in a thousand packets is lost eight times in a row, which takes minutes: fewer and larger ones, and patience. */
const PATIENT = [...FAITHFUL, '--mtu', '9000', '--timeout', '3600'];

let build: Build;
let payload: Uint8Array;
let file: string;
const running: Program[] = [];

beforeAll(() => {
  build = new Build();
  payload = new Random(7).bytes(1_000_000);
  file = join(build.folder, 'payload.bin');
  writeFileSync(file, payload);
});
afterAll(async () => {
  for (const program of running) program.signal('SIGKILL');
  await Promise.all(running.map(({ ended }) => ended));
  build.remove();
});

function start(...argv: string[]): Program {
  const program = build.start(...argv, '--speed', SPEED);
  running.push(program);
  return program;
}

async function interrupt(program: Program): Promise<void> {
  program.signal('SIGINT');
  await program.code();
}

/** A client's seven commands, answered by a server. */
async function sevenInputs(wiring: Wiring): Promise<void> {
  const server = start('server', '--channel', wiring.server, ...FAITHFUL);
  const commands = seven.flatMap(({ command }) => ['--exec', command]);
  const client = start('client', '--channel', wiring.client, ...FAITHFUL, ...commands);
  expect(await client.code(), client.text() + server.text()).toBe(0);
  expect(client.out.split('\n').slice(0, -1), client.text()).toEqual(seven.map(({ answer }) => answer));
  await interrupt(server);
}

/** A megabyte, from one process's file into another's. */
async function transfer(wiring: Wiring): Promise<void> {
  const out = join(build.scratch(), 'out.bin');
  const receiver = start('receive', '--channel', wiring.server, '--out', out, ...PATIENT);
  const sender = start('send', file, '--channel', wiring.client, ...PATIENT);
  expect(await sender.code(), sender.text() + receiver.text()).toBe(0);
  expect(await receiver.code(), receiver.text()).toBe(0);
  expect(Buffer.compare(readFileSync(out), payload), 'the file has other bytes').toBe(0);
  const hash = createHash('sha256').update(payload).digest('hex');
  expect(receiver.err + receiver.out).toContain(hash);
}

// What they mostly do is wait for timers: several wait at a time
describe.concurrent.each(Object.keys(wirings))('over %s, as three processes', (channel) => {
  test.concurrent.each(Array.from({ length: SEEDS }, (_, i) => i + 1))(
    'seed %i: seven inputs and a megabyte, all right',
    async (seed: number) => {
      const wiring = await wirings[channel]!(build);
      const { a, b } = wiring;
      const network = start('network', '--a', a, '--b', b, ...BAD_LINK, '--seed', String(seed), '--json');
      await sevenInputs(wiring);
      await transfer(wiring);
      await interrupt(network);
      // The link did what it was told to: otherwise nothing has been shown
      expect(network.out, network.text()).toMatch(/"corrupted":[1-9]/);
    },
    300_000,
  );
});

describe.concurrent('statewire demo', () => {
  test.concurrent.each(['file', 'udp', 'sharedMemory'])(
    'over %s: server, network and client in threads of one process, all answers right',
    async (channel) => {
      const demo = start(
        'demo',
        '--channel',
        channel,
        '--seed',
        '2',
        '--trace',
        join(build.scratch(), 'trace'),
      );
      expect(await demo.code(), demo.text()).toBe(0);
      expect(demo.out).toContain('7 of 7 answers right; client TIME_WAIT, server CLOSED');
      expect(demo.out).toMatch(/\n {2}corrupted +[1-9]/);
      expect(demo.out).toContain("TCP's time: session ");
      expect(demo.out).toContain('seed 2; in real time no two runs are the same');
    },
    120_000,
  );
});

/** The built modules: a thread runs its own copies of them. */
interface Modules {
  readonly ProgramThread: typeof import('../../cli/threads.ts').ProgramThread;
  readonly createSharedMemory: typeof import('../../src/channel/sharedMemory.ts').createSharedMemory;
}

async function modules(): Promise<Modules> {
  const [threads, memory] = await Promise.all([
    import(build.file('cli/threads.js')),
    import(build.file('src/channel/sharedMemory.js')),
  ]);
  return { ProgramThread: threads.ProgramThread, createSharedMemory: memory.createSharedMemory };
}

/** A program in a thread: what it said, and how it ends. */
interface Said {
  out: string;
  err: string;
  readonly thread: import('../../cli/threads.ts').ProgramThread;
}

describe.concurrent('over shared memory, as three threads', () => {
  test.concurrent.each(Array.from({ length: SEEDS }, (_, i) => i + 1))(
    'seed %i: seven inputs and a megabyte, all right',
    async (seed: number) => {
      const { ProgramThread, createSharedMemory } = await modules();
      const [left, right] = [createSharedMemory(), createSharedMemory()];
      const memories = {
        near: { left: { memory: left, side: 'a' } },
        network: { left: { memory: left, side: 'b' }, right: { memory: right, side: 'a' } },
        far: { right: { memory: right, side: 'b' } },
      } as const;
      const run = (place: keyof typeof memories, ...argv: string[]): Said => {
        const task = { argv: [...argv, '--speed', SPEED], memories: memories[place] };
        const said: Said = {
          out: '',
          err: '',
          thread: new ProgramThread(task, {
            out: (text) => {
              said.out += text;
            },
            err: (text) => {
              said.err += text;
            },
          }),
        };
        return said;
      };
      const [near, far] = ['sharedMemory:left', 'sharedMemory:right'];
      const network = run('network', 'network', '--a', near, '--b', far, ...BAD_LINK, '--seed', String(seed));
      const server = run('far', 'server', '--channel', far, ...FAITHFUL);
      const client = run(
        'near',
        'client',
        '--channel',
        near,
        ...FAITHFUL,
        ...seven.flatMap((one) => ['--exec', one.command]),
      );
      expect(await client.thread.ended, client.err + server.err).toBe(0);
      expect(client.out.split('\n').slice(0, -1)).toEqual(seven.map(({ answer }) => answer));
      server.thread.interrupt(130);
      expect(await server.thread.ended).toBe(130);
      const out = join(build.scratch(), 'out.bin');
      const receiver = run('far', 'receive', '--channel', far, '--out', out, ...PATIENT);
      const sender = run('near', 'send', file, '--channel', near, ...PATIENT);
      expect(await sender.thread.ended, sender.err + receiver.err).toBe(0);
      expect(await receiver.thread.ended, receiver.err).toBe(0);
      expect(Buffer.compare(readFileSync(out), payload)).toBe(0);
      network.thread.interrupt(130);
      expect(await network.thread.ended).toBe(130);
      expect(network.out).toMatch(/corrupted +[1-9]/);
    },
    300_000,
  );
});
