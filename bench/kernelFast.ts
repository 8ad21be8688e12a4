/**
 * As fast as it goes over one TUN interface, without a link: ours to the kernel and back, with the CPU that both ends
 * take, beside packets of the same size that are only written and only read.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Arrivals } from '../src/app/arrivals.ts';
import { Runner } from '../src/app/runner.ts';
import type { LiveEnd } from '../src/channel/channel.ts';
import { openTunChannel } from '../src/channel/tun.ts';
import { compiledEngine } from '../src/chart/compiled.ts';
import type { Connection } from '../src/tcp/connection.ts';
import { Host } from '../src/tcp/host.ts';
import { RealClock } from '../src/time/clock.ts';
import { Random } from '../src/time/random.ts';
import { parseAddress, writeIpHeader } from '../src/wire/index.ts';
import { ip } from '../test/interop/namespace.ts';
import { type Figure, median, seconds } from './figure.ts';
import type { KernelTask } from './kernelPeer.ts';
import { pour } from './pair.ts';

const RUNS = 3;
const BYTES = 400_000_000;
const PORT = 9;
/** IANA: for experiments. The kernel has nobody for it, and throws it away. */
const PROTOCOL = 253;
const IP_HEADER = 20;
const UDP_HEADER = 8;

interface Fast {
  readonly mtu: number;
  readonly end: LiveEnd;
  readonly kernel: string;
  readonly ours: string;
}

function peer(task: Partial<KernelTask>): Worker {
  return new Worker(new URL('./kernelPeer.js', import.meta.url), { workerData: { port: PORT, ...task } });
}

/** MB/s of packets that are written and nothing else. */
function writes({ mtu, end, kernel, ours }: Fast): number {
  const packet = new Uint8Array(mtu);
  const fields = { source: parseAddress(ours), destination: parseAddress(kernel), protocol: PROTOCOL };
  writeIpHeader(packet, 0, fields, mtu - IP_HEADER);
  const count = Math.floor(BYTES / mtu);
  return (
    (count * mtu) /
    1e6 /
    seconds(() => {
      for (let i = 0; i < count; i++) end.send(packet, 0);
    })
  );
}

/** MB/s of packets that are read and nothing else, while the kernel sends as many as it can. */
async function reads({ mtu, end, ours }: Fast): Promise<number> {
  let [bytes, start, last] = [0, 0, 0];
  const enough = new Promise<void>((resolve) => {
    end.onPacket((packet) => {
      if (start === 0) start = performance.now();
      else bytes += packet.length;
      if (bytes < BYTES) return;
      last = performance.now();
      resolve();
    });
  });
  const flood = peer({ kind: 'flood', host: ours, size: mtu - IP_HEADER - UDP_HEADER });
  await enough;
  await flood.terminate();
  end.onPacket(() => {});
  return bytes / 1e3 / (last - start);
}

/** A host of ours at the interface, for one transfer. */
function ourHost({ mtu, end, ours }: Fast): { runner: Runner; host: Host; stop(): void } {
  const clock = new RealClock();
  const runner = new Runner(clock);
  const host = new Host({
    name: 'ours',
    addresses: [ours],
    output: (packet, id) => end.send(packet, id),
    random: new Random(1),
    engine: compiledEngine,
    tcp: { mtu, receiveBuffer: 4 << 20, sendBuffer: 4 << 20 },
  });
  const arrivals = new Arrivals(host, runner, clock);
  end.onPacket((packet, id) => arrivals.take(packet, id));
  runner.add(host);
  const stop = (): void => {
    runner.perform(() => {
      for (const connection of host.connections) connection.abort();
    });
    runner.stop();
    end.onPacket(() => {});
  };
  return { runner, host, stop };
}

/** What a transfer took: s of time, and of the CPU of both ends. */
interface Took {
  readonly time: number;
  readonly cpu: number;
}

/** From here on; the answer says what was taken till then. */
function meter(): () => Took {
  const cpu = process.cpuUsage();
  const start = performance.now();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { time: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
  };
}

async function toKernel(fast: Fast): Promise<Took> {
  const worker = peer({ kind: 'take', host: fast.kernel, bytes: BYTES });
  await once(worker, 'message');
  const { runner, host, stop } = ourHost(fast);
  const took = meter();
  runner.perform(() => pour(host.connect({ address: fast.kernel, port: PORT }), BYTES));
  await once(worker, 'message');
  const result = took();
  stop();
  await worker.terminate();
  return result;
}

async function fromKernel(fast: Fast): Promise<Took> {
  const { runner, host, stop } = ourHost(fast);
  let took = meter();
  let got = 0;
  const done = new Promise<Took>((resolve) => {
    const onConnection = (connection: Connection): void => {
      took = meter();
      const readable = (): void => {
        got += connection.receive().length;
        if (got >= BYTES) resolve(took());
      };
      connection.handler = { readable };
    };
    runner.perform(() => host.listen({ port: PORT, onConnection }));
  });
  const worker = peer({ kind: 'send', host: fast.ours, bytes: BYTES });
  const result = await done;
  stop();
  await worker.terminate();
  return result;
}

function rate(name: string, runs: readonly Took[], beside: number, what: string): Figure[] {
  const value = BYTES / 1e6 / median(runs.map(({ time }) => time));
  const cpu = median(runs.map((run) => run.cpu)) / (BYTES / 1e9);
  return [
    { name, value, unit: 'MB/s', ratio: value / beside, beside: what },
    { name: `${name}, CPU (both ends)`, value: cpu, unit: 's/GB' },
  ];
}

/** Over an interface of this MTU, in the network 10.`third`.0.0. */
export async function fast(mtu: number, third: number): Promise<Figure[]> {
  const device = `swfast${mtu}`;
  const end = await openTunChannel(device, { create: true });
  const bed: Fast = { mtu, end, kernel: `10.${third}.0.1`, ours: `10.${third}.0.2` };
  ip(`addr add ${bed.kernel}/24 dev ${device}`);
  ip(`link set ${device} up mtu ${mtu} txqueuelen 10000`);
  const [to, from, written, read]: [Took[], Took[], number[], number[]] = [[], [], [], []];
  for (let i = 0; i < RUNS; i++) {
    written.push(writes(bed));
    to.push(await toKernel(bed));
    read.push(await reads(bed));
    from.push(await fromKernel(bed));
  }
  await end.close();
  const [most, mostBack] = [median(written), median(read)];
  return [
    { name: `packets only written, MTU ${mtu}`, value: most, unit: 'MB/s' },
    ...rate(`ours to the kernel, MTU ${mtu}`, to, most, 'only written'),
    { name: `packets only read, MTU ${mtu}`, value: mostBack, unit: 'MB/s' },
    ...rate(`the kernel to ours, MTU ${mtu}`, from, mostBack, 'only read'),
  ];
}
