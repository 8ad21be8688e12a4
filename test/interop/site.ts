/**
 * The kernel and a host of ours with a link between them: a TUN interface, addresses of both families on either side,
 * and everything that passed as a capture, as our host saw it.
 */
import { once } from 'node:events';
import {
  createServer,
  connect as kernelConnect,
  type NetConnectOpts,
  type Server,
  type Socket,
} from 'node:net';
import type { Duplex } from 'node:stream';
import { ConnectionStream } from '../../cli/connectionStream.ts';
import { Runner } from '../../src/app/runner.ts';
import type { LiveEnd } from '../../src/channel/channel.ts';
import type { LinkConfig } from '../../src/channel/config.ts';
import { bothWays, impair, Link } from '../../src/channel/index.ts';
import { openTunChannel } from '../../src/channel/tun.ts';
import { compiledEngine } from '../../src/chart/compiled.ts';
import { type Connection, Host, type TcpConfig } from '../../src/tcp/index.ts';
import { RealClock } from '../../src/time/clock.ts';
import { Random } from '../../src/time/random.ts';
import { PcapngWriter } from '../../src/trace/pcapng.ts';
import { parseTcpPacket } from '../../src/wire/index.ts';
import { ip } from './namespace.ts';
import { Seen } from './seen.ts';

let sites = 0;

/** Who waits for an error is told of it; where nobody does, it is no reason to end. */
const ignore = (): void => {};

export interface SiteOptions {
  readonly mtu?: number;
  /** Both ways. */
  readonly link?: Partial<LinkConfig['forward']>;
  readonly tcp?: Partial<TcpConfig>;
  readonly seed?: number;
  /** Packets that the kernel keeps for us; more are lost. Default: 1000. */
  readonly queue?: number;
  /** Our initial sequence numbers. Default: as RFC 9293 section 3.4.1 has them. */
  readonly iss?: () => number;
  /** Keep the packets. Default: true. */
  readonly captured?: boolean;
}

export class Site {
  readonly number: number;
  readonly device: string;
  readonly end: LiveEnd;
  readonly host: Host;
  readonly runner = new Runner(new RealClock());
  readonly link: Link;
  readonly mtu: number;
  readonly seen = new Seen();
  readonly #pieces: Uint8Array[] = [];
  readonly #servers: Server[] = [];

  static async open(options: SiteOptions = {}): Promise<Site> {
    const number = sites;
    sites += 1;
    const device = `sw${number}`;
    const end = await openTunChannel(device, { create: true });
    const mtu = options.mtu ?? 1500;
    ip(`link set ${device} up mtu ${mtu} txqueuelen ${options.queue ?? 1000}`);
    ip(`addr add 10.9.${number}.1/24 dev ${device}`);
    if (mtu >= 1280) ip(`addr add fd09:${number}::1/64 dev ${device} nodad`);
    return new Site(number, device, end, mtu, options);
  }

  private constructor(number: number, device: string, end: LiveEnd, mtu: number, options: SiteOptions) {
    this.number = number;
    this.device = device;
    this.end = end;
    this.mtu = mtu;
    const { runner } = this;
    const { seed = 1, captured = true, link = {}, tcp = {} } = options;
    this.link = new Link({ config: bothWays(link), seed, clock: runner });
    const lossy = impair(
      {
        send: (packet, id) => end.send(packet, id),
        onPacket: (handler) => end.onPacket((packet, id) => runner.perform(() => handler(packet, id))),
        close: () => void end.close(),
      },
      this.link,
    );
    const capture = captured ? new PcapngWriter((chunk) => this.#pieces.push(chunk)) : undefined;
    capture?.addInterface(device);
    this.host = new Host({
      name: 'ours',
      addresses: [this.ours, this.oursToo, this.ours6],
      output: (packet, id) => {
        capture?.packet(0, runner.now(), packet, 'outbound');
        const parsed = parseTcpPacket(packet);
        if (typeof parsed === 'object') this.seen.leaves(parsed);
        lossy.send(packet, id);
      },
      random: new Random(seed),
      engine: compiledEngine,
      tcp: { mtu, ...tcp },
      ...(options.iss && { iss: options.iss }),
    });
    lossy.onPacket((packet, id) => {
      const parsed = parseTcpPacket(packet);
      if (typeof parsed === 'object') this.seen.arrives(parsed);
      // Damaged ones nobody has seen: tshark would count from their numbers
      if (typeof parsed === 'object' || parsed === 'notTcp') {
        capture?.packet(0, runner.now(), packet, 'inbound');
      }
      this.host.receive(packet, runner.now(), id);
    });
    runner.add(this.link);
    runner.add(this.host);
  }

  get kernel(): string {
    return `10.9.${this.number}.1`;
  }

  get ours(): string {
    return `10.9.${this.number}.2`;
  }

  /** A second address of our host. */
  get oursToo(): string {
    return `10.9.${this.number}.3`;
  }

  get kernel6(): string {
    return `fd09:${this.number}::1`;
  }

  get ours6(): string {
    return `fd09:${this.number}::2`;
  }

  /** Everything up to now, as pcapng. */
  get pcapng(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }

  /** A server of ours. */
  listen(port: number, onConnection: (stream: ConnectionStream) => void): void {
    this.runner.perform(() =>
      this.host.listen({ port, onConnection: (connection) => onConnection(this.#stream(connection)) }),
    );
  }

  /** A connection of ours to the kernel; resolves when it stands, rejects with what ended it before. */
  async connect(port: number, address = this.kernel): Promise<ConnectionStream> {
    let stream!: ConnectionStream;
    this.runner.perform(() => {
      stream = this.#stream(this.host.connect({ address, port }));
    });
    await once(stream, 'connect');
    return stream;
  }

  #stream(connection: Connection): ConnectionStream {
    const stream = new ConnectionStream(connection, (work) => this.runner.perform(work));
    stream.on('error', ignore);
    return stream;
  }

  /** A server of the kernel's, on any port. */
  async kernelListen(onConnection: (socket: Socket) => void, host = this.kernel): Promise<number> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', ignore);
      onConnection(socket);
    });
    this.#servers.push(server);
    server.listen(0, host);
    await once(server, 'listening');
    return (server.address() as { port: number }).port;
  }

  /** A connection of the kernel's to us. */
  async kernelConnect(port: number, more: Partial<NetConnectOpts> = {}): Promise<Socket> {
    const socket = kernelConnect({ host: this.ours, port, allowHalfOpen: true, ...more } as NetConnectOpts);
    socket.on('error', ignore);
    await once(socket, 'connect');
    return socket;
  }

  /** Ends what is left, without waiting for TIME_WAIT. */
  async close(): Promise<void> {
    for (const server of this.#servers) server.close();
    this.runner.stop();
    await this.end.close();
  }
}

/** Two ends of a connection, whoever opened it: the kernel's and ours. */
export interface Pair {
  readonly kernel: Socket;
  readonly ours: ConnectionStream;
}

/** The kernel connects to us. */
export async function kernelOpens(site: Site, port: number, host = site.ours): Promise<Pair> {
  const accepted = new Promise<ConnectionStream>((resolve) => site.listen(port, resolve));
  const kernel = await site.kernelConnect(port, { host });
  return { kernel, ours: await accepted };
}

/** We connect to the kernel. */
export async function weOpen(site: Site, host = site.kernel): Promise<Pair> {
  let accept!: (socket: Socket) => void;
  const accepted = new Promise<Socket>((resolve) => {
    accept = resolve;
  });
  const port = await site.kernelListen(accept, host);
  const ours = await site.connect(port, host);
  return { kernel: await accepted, ours };
}

/** Everything that comes, until the peer ends. */
export async function readAll(stream: Duplex): Promise<Buffer> {
  const pieces: Buffer[] = [];
  // Not `for await`, which destroys the stream at the end: the other direction may go on
  stream.on('data', (piece: Buffer) => pieces.push(piece)).resume();
  await once(stream, 'end');
  return Buffer.concat(pieces);
}

/** Resolves when all is written. */
export async function writeAll(stream: Duplex, data: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(data, (error) => (error ? reject(error) : resolve()));
  });
}
