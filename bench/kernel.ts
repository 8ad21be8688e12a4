/**
 * Beside the kernel: the same link, which is ours and in this process, first between two kernels, then between us and
 * a kernel, then between two of us, one after the other in one run. It needs root or a user namespace (docs/tun.md).
 * `KERNEL_RUNS` sets how many of each (default 5), `KERNEL_FLOWS` how many flows of 100 kB (default 1000; of 10 kB four
 * times as many). `KERNEL_ONLY` chooses `bulk`, `flows` or `fast`, `KERNEL_ROWS` rows of the first by a part of their name,
 * those of `npm run bench -- recovery` too, which are not measured unless they are named; `KERNEL_ALGORITHMS=a,b`.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { Runner } from '../src/app/runner.ts';
import type { ChannelEnd, LiveEnd } from '../src/channel/channel.ts';
import type { DirectionConfig } from '../src/channel/config.ts';
import { bothWays, Link } from '../src/channel/index.ts';
import { openTunChannel } from '../src/channel/tun.ts';
import { compiledEngine } from '../src/chart/compiled.ts';
import { type CongestionName, congestionNames } from '../src/tcp/congestion/congestion.ts';
import { Host } from '../src/tcp/host.ts';
import { RealClock } from '../src/time/clock.ts';
import { Random } from '../src/time/random.ts';
import { enterNamespace, ip, OtherNamespace, setCongestion, sysctl } from '../test/interop/namespace.ts';
import { type Figure, median } from './figure.ts';
import { fast } from './kernelFast.ts';
import { pour } from './pair.ts';
import { column, paths } from './recovery.ts';

const RUNS = Number(process.env.KERNEL_RUNS ?? 5);
const FLOWS = Number(process.env.KERNEL_FLOWS ?? 1000);
const AT_ONCE = 50;
const MBIT = 1_000_000;
const [HERE, THERE] = ['10.40.0.1', '10.40.0.2'];
const PORT = 9;

/** Each way; the loss comes after the bottleneck. */
interface Row {
  readonly name: string;
  readonly link: DirectionConfig;
  readonly bytes: number;
}

const rows: readonly Row[] = [
  { name: '10 Mbit/s, 40 ms', link: { rate: 10 * MBIT, delay: 20_000, queue: 100 }, bytes: 4_000_000 },
  {
    name: '10 Mbit/s, 40 ms, 1 % loss',
    link: { rate: 10 * MBIT, delay: 20_000, queue: 100, loss: 0.01 },
    bytes: 4_000_000,
  },
  { name: '100 Mbit/s, 20 ms', link: { rate: 100 * MBIT, delay: 10_000, queue: 500 }, bytes: 30_000_000 },
];

/** What is to be measured with an algorithm; of the impaired links as much as Linux is said to send in 10 s. */
function chosenRows(algorithm: CongestionName): Row[] {
  const wanted = process.env.KERNEL_ROWS;
  if (wanted === undefined) return [...rows];
  const impaired = paths.flatMap(({ name, link, rows: cases }) =>
    cases.map(([row, impairment, linux]): Row => {
      const mbit = linux[column[algorithm] as number] as number;
      return {
        name: `${name}, ${row}`,
        link: { ...link, ...impairment },
        bytes: Math.round((mbit * 10 * MBIT) / 8),
      };
    }),
  );
  return [...rows, ...impaired].filter(({ name }) => name.includes(wanted));
}

/** Our names of algorithms and the kernel's. */
const ALGORITHMS: Readonly<Record<string, string>> = { cubic: 'cubic', newreno: 'reno', bbr: 'bbr' };

/** Who sends and who receives. */
const SETUPS = ['kernel to kernel', 'ours to kernel', 'ours to ours'] as const;
type Setup = (typeof SETUPS)[number];

/** How a run went. */
interface Run {
  /** s */
  readonly time: number;
  readonly retransmitted: number;
}

/** Two kernels with a TUN interface each: this process's and another namespace. */
class Bed {
  readonly here: LiveEnd;
  readonly there: LiveEnd;
  readonly #other: OtherNamespace;

  static async make(): Promise<Bed> {
    const other = await new OtherNamespace().ready();
    const bed = new Bed(
      await openTunChannel('swhere', { create: true }),
      await openTunChannel('swthere', { create: true }),
      other,
    );
    ip(`addr add ${HERE}/24 dev swhere`);
    ip('link set swhere up txqueuelen 10000');
    other.take('swthere');
    other.run('ip', 'addr', 'add', `${THERE}/24`, 'dev', 'swthere');
    other.run('ip', 'link', 'set', 'swthere', 'up', 'txqueuelen', '10000');
    await bed.#serveThere();
    return bed;
  }

  private constructor(here: LiveEnd, there: LiveEnd, other: OtherNamespace) {
    this.here = here;
    this.there = there;
    this.#other = other;
    for (const end of [here, there]) end.onPacket(() => {});
  }

  /** A server there that reads all and then ends. */
  async #serveThere(): Promise<void> {
    const script = `require('node:net').createServer({ allowHalfOpen: true }, (s) => {
      s.on('error', () => {}).resume().on('end', () => s.end()); }).listen(${PORT}, () => console.log('ready'))`;
    const [program, given] = this.#other.command(process.execPath, '-e', script);
    const { spawn } = await import('node:child_process');
    const child = spawn(program, given, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.closers.push(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
  }

  readonly closers: (() => void)[] = [];

  async close(): Promise<void> {
    for (const close of this.closers) close();
    await Promise.all([this.here.close(), this.there.close()]);
    this.#other.close();
  }
}

/** The two ends of a link for one setup, ready to send. */
class Course {
  readonly runner = new Runner(new RealClock());
  readonly #sender: Host | undefined;
  readonly #congestion: CongestionName;

  constructor(bed: Bed, setup: Setup, link: DirectionConfig, seed: number, congestion: CongestionName) {
    const { runner } = this;
    this.#congestion = congestion;
    const wire = new Link({ config: bothWays(link), seed, clock: runner });
    runner.add(wire);
    if (setup === 'kernel to kernel') this.#plug(wire.a, bed.here);
    else this.#sender = this.#host(wire.a, 'sender', HERE, seed, congestion);
    if (setup !== 'ours to ours') this.#plug(wire.b, bed.there);
    else {
      const receiver = this.#host(wire.b, 'receiver', THERE, seed, congestion);
      receiver.listen({
        port: PORT,
        onConnection: (connection) => {
          const readable = (): void => void connection.receive();
          connection.handler = { readable, ended: () => connection.close() };
        },
      });
    }
  }

  /** A kernel at this end. */
  #plug(end: ChannelEnd, kernel: LiveEnd): void {
    kernel.onPacket((packet, id) => this.runner.perform(() => end.send(packet, id)));
    end.onPacket((packet, id) => kernel.send(packet, id));
  }

  #host(end: ChannelEnd, name: string, address: string, seed: number, congestion: CongestionName): Host {
    const host = new Host({
      name,
      addresses: [address],
      output: (packet, id) => end.send(packet, id),
      random: new Random(seed).fork(name),
      engine: compiledEngine,
      tcp: { congestion, msl: 100 },
    });
    end.onPacket((packet, id) => host.receive(packet, this.runner.now(), id));
    this.runner.add(host);
    return host;
  }

  /** Sends so many bytes; until the receiver has ended, which it does when it has all. */
  async send(bytes: number): Promise<Run> {
    const before = kernelRetransmissions();
    const start = performance.now();
    if (this.#sender === undefined) {
      const socket = connect({ host: THERE, port: PORT, allowHalfOpen: true, noDelay: true });
      await once(socket, 'connect');
      setCongestion(socket, ALGORITHMS[this.#congestion]!);
      socket.end(new Uint8Array(bytes));
      socket.resume();
      await once(socket, 'end');
      return { time: (performance.now() - start) / 1000, retransmitted: kernelRetransmissions() - before };
    }
    const retransmitted = await this.#ourSend(this.#sender, bytes);
    return { time: (performance.now() - start) / 1000, retransmitted };
  }

  #ourSend(host: Host, bytes: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.runner.perform(() => {
        const connection = host.connect({ address: THERE, port: PORT });
        pour(connection, bytes);
        const { handler } = connection;
        const fill = (): void => {
          handler.writable?.();
          if (connection.status().tcpi_state === 1 && connection.sender.written >= bytes) connection.close();
        };
        connection.handler = {
          established: fill,
          writable: fill,
          ended: () => resolve(connection.counters.retransmitsByTimer + connection.counters.retransmitsFast),
          closed: (reason) =>
            reason === 'closed' ? undefined : reject(new Error(`the connection ended: ${reason}`)),
        };
      });
    });
  }

  stop(): void {
    this.runner.stop();
  }
}

/** Segments that this namespace's TCP has sent again. */
function kernelRetransmissions(): number {
  const [names, numbers] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.split(' '));
  return Number(numbers![names!.indexOf('RetransSegs')]);
}

async function bulk(bed: Bed, row: Row, algorithm: CongestionName): Promise<Figure[]> {
  console.error(`  ${row.name}, ${algorithm} ...`);
  const runs: Record<Setup, Run[]> = { 'kernel to kernel': [], 'ours to kernel': [], 'ours to ours': [] };
  for (let seed = 1; seed <= RUNS; seed++) {
    for (const setup of SETUPS) {
      // What the kernel remembers of a destination would help the next run
      ip('tcp_metrics flush');
      const course = new Course(bed, setup, row.link, seed, algorithm);
      runs[setup].push(await course.send(row.bytes));
      course.stop();
    }
  }
  const goodput = (setup: Setup): number =>
    (8 * row.bytes) / 1e6 / median(runs[setup].map(({ time }) => time));
  const kernel = goodput('kernel to kernel');
  return SETUPS.flatMap((setup): Figure[] => [
    {
      name: `${row.name}, ${algorithm}: ${setup}`,
      value: goodput(setup),
      unit: 'Mbit/s',
      ratio: goodput(setup) / kernel,
      beside: 'kernel to kernel',
    },
    {
      name: `${row.name}, ${algorithm}: ${setup}, sent again`,
      value: median(runs[setup].map(({ retransmitted }) => retransmitted)),
      unit: 'segments',
    },
  ]);
}

/** How long short flows take, one percentile a figure. */
async function completion(bed: Bed, bytes: number, loss: number): Promise<Figure[]> {
  console.error(`  flows of ${bytes / 1000} kB, ${loss * 100} % loss ...`);
  // Without a rate: flows at the same time are to meet losses and not one another
  const link = { delay: 20_000, loss };
  const flows = bytes < 50_000 ? 4 * FLOWS : FLOWS;
  const times: Record<Setup, number[]> = { 'kernel to kernel': [], 'ours to kernel': [], 'ours to ours': [] };
  for (const setup of SETUPS) {
    ip('tcp_metrics flush');
    const course = new Course(bed, setup, link, 1, 'cubic');
    const worker = async (): Promise<void> => {
      while (times[setup].length < flows) times[setup].push((await course.send(bytes)).time * 1000);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    course.stop();
  }
  return [50, 95, 99].flatMap((percent) => {
    const at = (setup: Setup): number => {
      const sorted = [...times[setup]].sort((a, b) => a - b);
      return sorted[Math.min(Math.floor((sorted.length * percent) / 100), sorted.length - 1)]!;
    };
    return SETUPS.map(
      (setup): Figure => ({
        name: `${bytes / 1000} kB, ${loss * 100} % loss, p${percent}: ${setup}`,
        value: at(setup),
        unit: 'ms',
        ratio: at(setup) / at('kernel to kernel'),
        beside: 'kernel to kernel',
      }),
    );
  });
}

/** Which of our algorithms the kernel has too; says which not. */
function matching(): CongestionName[] {
  const has = readFileSync('/proc/sys/net/ipv4/tcp_available_congestion_control', 'utf8').trim().split(' ');
  const wanted = process.env.KERNEL_ALGORITHMS?.split(',') ?? congestionNames;
  return congestionNames.filter((name) => {
    if (!wanted.includes(name)) return false;
    const theirs = ALGORITHMS[name];
    const both = theirs !== undefined && has.includes(theirs);
    if (!both) console.error(`  this kernel has no ${theirs ?? name}: not measured`);
    return both;
  });
}

/** All of it, or what `KERNEL_ONLY` names: bulk, flows, fast. */
export async function benchKernel(): Promise<Figure[]> {
  const problem = enterNamespace();
  if (problem !== undefined) {
    console.error(`  not measured: ${problem}`);
    return [];
  }
  const only = process.env.KERNEL_ONLY;
  const figures: Figure[] = [];
  if (only === undefined || only === 'fast')
    for (const [i, mtu] of [1500, 9000].entries()) figures.push(...(await fast(mtu, 41 + i)));
  if (only === 'fast') return figures;
  const bed = await Bed.make();
  // One run's CUBIC is no other's: nothing is kept of a destination
  sysctl('tcp_no_metrics_save', 1);
  if (only !== 'flows') {
    for (const algorithm of matching())
      for (const row of chosenRows(algorithm)) figures.push(...(await bulk(bed, row, algorithm)));
  }
  if (only !== 'bulk') {
    for (const bytes of [10_000, 100_000]) {
      for (const loss of [0.01, 0.05]) figures.push(...(await completion(bed, bytes, loss)));
    }
  }
  await bed.close();
  return figures;
}
