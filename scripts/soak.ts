/**
 * A soak: `npm run soak -- --minutes 20 [--connections 100] [--loss 0.02] [--seed 7] [--largest 400000] [--wrap]`.
 * Connections without end between the kernel's TCP and ours, so many at once, over a TUN interface with loss: random
 * sizes, either end opens, either end closes first or resets. Every byte is checked; at the end nothing is left on either
 * side (`ss` has nothing that we do not), and the heap has not grown. With --wrap our sequence numbers pass 2^32 in the
 * first 20 kB of each connection.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { parseArgs } from 'node:util';
import { ConnectionStream } from '../cli/connectionStream.ts';
import type { Connection } from '../src/tcp/connection.ts';
import { Random } from '../src/time/random.ts';
import { enterNamespace, sysctl } from '../test/interop/namespace.ts';
import { Site } from '../test/interop/site.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    connections: { type: 'string', default: '100' },
    loss: { type: 'string', default: '0.02' },
    seed: { type: 'string', default: '1' },
    largest: { type: 'string', default: '400000' },
    wrap: { type: 'boolean', default: false },
  },
});
const [minutes, connections, loss, seed, largest] = [
  values.minutes,
  values.connections,
  values.loss,
  values.seed,
  values.largest,
].map(Number) as [number, number, number, number, number];
if (!(minutes > 0) || !(connections >= 1) || !(loss >= 0 && loss < 1)) {
  console.error('soak: --minutes above 0, --connections from 1, --loss 0 to 1');
  process.exit(2);
}
if (!Number.isSafeInteger(seed) || !(largest >= 1)) {
  console.error('soak: --seed a whole number, --largest from 1 byte');
  process.exit(2);
}
const problem = enterNamespace();
if (problem !== undefined) {
  console.error(`soak: ${problem}`);
  process.exit(2);
}

const PORT = 5000;
/** id, bytes of the client, bytes of the server, who resets (0: nobody) */
const HEADER = 16;
/** A connection on which nothing moves for longer is stuck, ms: more than two of the kernel's longest RTO. */
const PATIENCE = Number(process.env.SOAK_PATIENCE ?? 250_000);
/** Growth of the heap that is no leak, bytes. */
const SLACK = 60_000_000;
const ignore = (): void => {};
const random = new Random(seed);
const count = { done: 0, reset: 0, bytes: 0, failed: [] as string[] };

function piece(id: number, from: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = ((from + i) * 7 + ((from + i) >> 8) + id * 13) & 255;
  return bytes;
}

/** Sends so many bytes in pieces of random sizes, then ends. */
async function pour(stream: Duplex, id: number, length: number): Promise<void> {
  for (let sent = 0; sent < length && !stream.destroyed; ) {
    const next = Math.min(1 + random.integer(30_000), length - sent);
    const more = stream.write(piece(id, sent, next));
    sent += next;
    if (!more) await Promise.race([event(stream, 'drain'), event(stream, 'close')]);
  }
  if (!stream.destroyed) stream.end();
}

function event(stream: Duplex, name: string): Promise<void> {
  return new Promise((resolve) => void stream.once(name, () => resolve()));
}

/** What comes, after what has come `early`; resolves with how many, at the end or when the connection breaks. */
function drain(stream: Duplex, id: number, early?: Buffer): Promise<number> {
  return new Promise((resolve) => {
    let got = 0;
    const check = (bytes: Buffer): void => {
      const right = piece(id, got, bytes.length);
      if (Buffer.compare(bytes, right) !== 0)
        fail(id, `wrong bytes at ${got} ${side(stream)}: ${resemblance(bytes, right, id)}`);
      got += bytes.length;
      count.bytes += bytes.length;
    };
    if (early !== undefined) check(early);
    stream.on('data', check);
    stream.on('close', () => resolve(got));
    stream.resume();
  });
}

function side(stream: Duplex): string {
  return stream instanceof ConnectionStream ? 'here' : 'at the kernel';
}

/** What the wrong bytes are instead, for who has to find out. */
function resemblance(bytes: Uint8Array, right: Uint8Array, id: number): string {
  const first = bytes.findIndex((byte, i) => byte !== right[i]);
  const sample = bytes.subarray(first, first + 24);
  const found = `of ${bytes.length}, from ${first} on ${Buffer.from(sample).toString('hex')}`;
  for (let at = 0; at < largest; at++) {
    if (Buffer.compare(sample, piece(id, at, sample.length)) === 0) return `${found}, which belongs at ${at}`;
  }
  return `${found}, and not ${Buffer.from(right.subarray(first, first + 24)).toString('hex')}`;
}

function fail(id: number, what: string): void {
  count.failed.push(`connection ${id}: ${what}`);
}

/** Both ends of a connection, for who has to find out why it is stuck. */
function portrait(site: Site, stream: Duplex): string {
  const [port, here] =
    stream instanceof ConnectionStream
      ? [(stream.connection as Connection).local.port, stream.connection as Connection]
      : [
          (stream as Socket).localPort,
          site.host.connections.find(({ remote }) => remote.port === (stream as Socket).localPort),
        ];
  const kernel = execFileSync('ss', ['-Htanio', `( sport = ${port} or dport = ${port} )`], {
    encoding: 'utf8',
  });
  const { state, snd, rcv, sender, available } = here ?? {};
  const ours = JSON.stringify({ state, snd, rcv, available, info: here?.status(), dataEnd: sender?.dataEnd });
  const flow = `readable ${stream.readableLength} (flowing ${stream.readableFlowing}), writable ${stream.writableLength}`;
  return `ours ${ours}; the kernel's ${kernel.replace(/\s+/g, ' ')}; stream: ${flow}`;
}

/** The side that was connected to: it reads what to do. */
function serve(stream: Duplex): void {
  stream.on('error', ignore);
  let header = Buffer.alloc(0);
  const take = (bytes: Buffer): void => {
    header = Buffer.concat([header, bytes]);
    if (header.length < HEADER) return;
    stream.off('data', take).pause();
    const [id, fromClient, fromServer, resets] = [0, 4, 8, 12].map((at) => header.readUInt32LE(at)) as [
      number,
      number,
      number,
      number,
    ];
    // Not given back to the stream: one that is reset just now takes nothing, but gives what it still has
    void drain(stream, id, header.subarray(HEADER)).then((got) => {
      if (resets === 0 && got !== fromClient) fail(id, `${got} of ${fromClient} bytes came`);
    });
    void pour(stream, id + 1, fromServer);
    if (resets === 2) setTimeout(() => reset(stream), random.integer(300));
  };
  stream.on('data', take);
}

function reset(stream: Duplex): void {
  if ('resetAndDestroy' in stream) (stream as unknown as { resetAndDestroy(): void }).resetAndDestroy();
  else stream.destroy();
}

async function one(site: Site, kernelPort: number, id: number): Promise<void> {
  const stream: Duplex = random.chance(0.5) ? await site.kernelConnect(PORT) : await site.connect(kernelPort);
  const size = (): number => Math.floor(largest * random.uniform() ** 4);
  const [ours, theirs] = [size(), size()];
  const resets = random.chance(0.2) ? 1 + random.integer(2) : 0;
  const header = Buffer.alloc(HEADER);
  for (const [i, value] of [id, ours, theirs, resets].entries()) header.writeUInt32LE(value, 4 * i);
  stream.write(header);
  const got = drain(stream, id + 1);
  void pour(stream, id, ours);
  if (resets === 1) setTimeout(() => reset(stream), random.integer(300));
  const stuck = setTimeout(() => {
    fail(id, `stuck: ${portrait(site, stream)}`);
    stream.destroy();
  }, PATIENCE);
  stream.on('data', () => stuck.refresh()).on('drain', () => stuck.refresh());
  const came = await got;
  clearTimeout(stuck);
  if (resets === 0 && came !== theirs) fail(id, `${came} of ${theirs} bytes came back`);
  count[resets === 0 ? 'done' : 'reset'] += 1;
}

function heap(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
}

/** The kernel's connections that are not over. */
function kernels(): string[] {
  const lines = execFileSync('ss', ['-Htan'], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line !== '' && !/^(LISTEN|TIME-WAIT)/.test(line));
}

async function soak(): Promise<void> {
  for (const name of ['tcp_keepalive_time', 'tcp_keepalive_intvl']) sysctl(name, 5);
  sysctl('tcp_fin_timeout', 10);
  const tcp = {
    keepAlive: true,
    keepAliveIdle: 5000,
    keepAliveInterval: 2000,
    keepAliveProbes: 5,
    msl: 500,
    orphanTimeout: 10_000,
    // Or a few losses in a row on a slow machine look like a connection that is stuck
    maximumRto: 20_000,
  };
  const site = await Site.open({
    captured: false,
    seed,
    tcp,
    queue: 20_000,
    link: { loss, delay: 1000 },
    ...(values.wrap && { iss: () => 0x1_0000_0000 - 1 - random.integer(20_000) }),
  });
  site.listen(PORT, serve);
  const kernelPort = await site.kernelListen((socket) => serve(socket.setKeepAlive(true, 5000)));
  const end = performance.now() + minutes * 60_000;
  let ids = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < end && count.failed.length === 0) {
      ids += 2;
      const id = ids;
      await one(site, kernelPort, id).catch((error) => fail(id, (error as Error).message));
    }
  };
  await new Promise((resolve) => setTimeout(resolve, 100));
  const start = heap();
  const report = setInterval(() => {
    const { done, reset: resets, bytes } = count;
    const megabytes = (bytes / 1e6).toFixed(0);
    const now = `${(heap() / 1e6).toFixed(0)} MB of heap, ${site.host.connections.length} connections here, ${kernels().length} at the kernel`;
    console.log(`${done} whole, ${resets} reset, ${megabytes} MB checked; ${now}`);
  }, 30_000);
  await Promise.all(Array.from({ length: connections }, worker));
  clearInterval(report);
  await settle(site);
  const grown = heap() - start;
  if (grown > SLACK) count.failed.push(`the heap has grown by ${grown} bytes`);
  const { done, reset: resets, bytes, failed } = count;
  console.log(
    `${done} connections whole, ${resets} reset, ${bytes} bytes checked, heap ${(grown / 1e6).toFixed(1)} MB more`,
  );
  console.log(`ours counted ${JSON.stringify(site.host.counters)}`);
  console.log(`${overflowed(site.device)} packets lost in the kernel's queue to us`);
  for (const what of failed) console.error(`soak: ${what} (seed ${seed})`);
  await site.close();
  process.exit(failed.length === 0 ? 0 : 1);
}

/** What the interface had no room for: loss that nobody asked for. */
function overflowed(device: string): number {
  const lines = readFileSync('/proc/net/dev', 'utf8').split('\n');
  const line = lines.find((text) => text.trimStart().startsWith(`${device}:`)) ?? '';
  // 8 numbers of what it received; then bytes, packets, errors, drops
  return Number(line.split(':')[1]?.trim().split(/\s+/)[11]);
}

/** Both sides forget everything within a minute. */
async function settle(site: Site): Promise<void> {
  for (let i = 0; i < 120; i++) {
    if (site.host.connections.length + site.host.opening === 0 && kernels().length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const { opening } = site.host;
  if (opening > 0) count.failed.push(`${opening} half-open connections are counted and are not there`);
  for (const { id, state } of site.host.connections) count.failed.push(`ours ${id} is still in ${state}`);
  for (const line of kernels()) count.failed.push(`the kernel still has ${line}`);
}

await soak();
