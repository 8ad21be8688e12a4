/**
 * One host against a peer written down by hand: what the host sends comes out as lines in packetdrill's manner, what
 * the peer sends is given field by field. Sequence numbers count from either side's ISS, times are ms of virtual time.
 */
import type { Engine } from '../../src/chart/chart.ts';
import { compiledEngine } from '../../src/chart/compiled.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { Host } from '../../src/tcp/host.ts';
import type { ConnectionHandler } from '../../src/tcp/user.ts';
import { Random } from '../../src/time/random.ts';
import {
  ACK,
  buildTcpPacket,
  CWR,
  ECE,
  FIN,
  formatFlags,
  PSH,
  parseTcpPacket,
  RST,
  type Segment,
  SYN,
  URG,
} from '../../src/wire/index.ts';
import { byteAt } from './watch.ts';

const BITS: Readonly<Record<string, number>> = {
  F: FIN,
  S: SYN,
  R: RST,
  P: PSH,
  '.': ACK,
  U: URG,
  E: ECE,
  W: CWR,
  '-': 0,
};
const LOCAL = Uint8Array.of(10, 0, 0, 1);
const REMOTE = Uint8Array.of(10, 0, 0, 2);
export const HOST_PORT = 80;
export const PEER_PORT = 4000;

/** A segment of the peer; what is left out is the natural thing. */
export interface FromPeer {
  /** Counted from the peer's ISS; its next number when left out. */
  readonly seq?: number;
  /** Counted from the host's ISS; everything received when left out. */
  readonly ack?: number;
  readonly win?: number;
  /** Payload bytes: those of the peer's stream at `seq`. */
  readonly length?: number;
  readonly mss?: number;
  readonly windowScale?: number;
  readonly sackPermitted?: boolean;
  /** Counted from the host's ISS. */
  readonly sack?: readonly (readonly [number, number])[];
  readonly timestamps?: readonly [number, number];
  readonly port?: number;
  /** The ECN field of the IP header. */
  readonly ecn?: number;
}

export interface PeerOptions {
  readonly tcp?: Partial<TcpConfig>;
  readonly iss?: number;
  readonly irs?: number;
  readonly engine?: Engine;
  readonly stack?: 'linux' | 'freebsd' | 'rfc';
}

/** A segment that the host sent, with the time (ms). */
export interface FromHost {
  readonly at: number;
  readonly segment: Segment;
  readonly line: string;
}

const SALT = 42;

export class Peer {
  readonly host: Host;
  readonly iss: number;
  readonly irs: number;
  readonly reports: string[] = [];
  connection!: Connection;
  /** The peer's next sequence number, and the host's next as far as the peer has it in order. */
  next = 0;
  seen = 0;
  window = 65_535;
  readonly #out: FromHost[] = [];
  #now = 0;

  constructor(options: PeerOptions = {}) {
    const { tcp, iss = 1000, irs = 5000, engine = compiledEngine, stack } = options;
    this.iss = iss;
    this.irs = irs;
    this.host = new Host({
      name: 'host',
      addresses: ['10.0.0.1'],
      output: (packet) => this.#takes(packet),
      random: new Random(7),
      engine,
      strict: true,
      // Numbers that can be checked by hand: RFC 5681
      tcp: {
        ...{ timestamps: false, windowScaling: false, sack: false, congestion: 'newreno', abcLimit: 1 },
        ...tcp,
      },
      iss: () => iss,
      ...(stack === undefined ? {} : { stack }),
    });
  }

  #takes(packet: Uint8Array): void {
    const parsed = parseTcpPacket(packet.slice());
    if (typeof parsed === 'string') throw new Error(`the host sent a packet that is ${parsed}`);
    const { segment } = parsed;
    const seq = (segment.seq - this.iss) | 0;
    const end = seq + segment.length;
    if (seq <= this.seen && end > this.seen && (segment.flags & RST) === 0) this.seen = end;
    this.#out.push({ at: this.host.now() / 1000, segment, line: this.#line(segment) });
  }

  #line(segment: Segment): string {
    const seq = (segment.seq - this.iss) | 0;
    const acked = (segment.flags & ACK) !== 0 ? ` ack ${(segment.ack - this.irs) | 0}` : '';
    const length = segment.payloadLength;
    const blocks = [];
    for (let i = 0; i < segment.sackCount; i++) {
      const [left, right] = [0, 1].map((j) => (segment.sackBlocks[2 * i + j]! - this.irs) | 0);
      blocks.push(`${left}:${right}`);
    }
    const sack = blocks.length > 0 ? ` sack ${blocks.join(' ')}` : '';
    return `${formatFlags(segment.flags)} ${seq}:${seq + length}(${length})${acked}${sack}`;
  }

  /** Handlers that note what is told. */
  get handler(): ConnectionHandler {
    const note = (what: string) => () => void this.reports.push(what);
    return {
      established: note('established'),
      readable: note('readable'),
      writable: note('writable'),
      ended: note('ended'),
      closed: (reason) => void this.reports.push(reason),
    };
  }

  /** Active OPEN of the host. */
  connect(): Connection {
    this.connection = this.host.connect({
      address: '10.0.0.2',
      port: PEER_PORT,
      localPort: HOST_PORT,
      handler: this.handler,
    });
    return this.connection;
  }

  listen(backlog?: number): void {
    this.host.listen({
      port: HOST_PORT,
      ...(backlog === undefined ? {} : { backlog }),
      onConnection: (connection) => {
        this.connection = connection;
        connection.handler = this.handler;
      },
    });
  }

  /** The handshake, the host opening; the peer offers what is given. */
  established(fields: FromPeer = {}): this {
    this.connect();
    this.send('S.', { seq: 0, ack: 1, mss: 1460, ...fields });
    this.take();
    this.reports.length = 0;
    return this;
  }

  /** The peer sends a segment: flags as packetdrill writes them. */
  send(flags: string, fields: FromPeer = {}): void {
    const bits = [...flags].reduce((sum, letter) => sum | BITS[letter]!, 0);
    const {
      seq = this.next,
      ack = this.seen,
      win = this.window,
      length = 0,
      sack,
      port = PEER_PORT,
      ecn = 0,
    } = fields;
    const { mss, windowScale, sackPermitted, timestamps } = fields;
    const packet = buildTcpPacket({
      source: REMOTE,
      destination: LOCAL,
      sourcePort: port,
      destinationPort: HOST_PORT,
      seq: (this.irs + seq) >>> 0,
      ack: (bits & ACK) !== 0 ? (this.iss + ack) >>> 0 : 0,
      flags: bits,
      window: win,
      ecn,
      payload: Uint8Array.from({ length }, (_, i) => byteAt(seq + i, SALT)),
      ...(mss === undefined ? {} : { mss }),
      ...(windowScale === undefined ? {} : { windowScale }),
      ...(sackPermitted === undefined ? {} : { sackPermitted }),
      ...(timestamps === undefined ? {} : { timestamps }),
      ...(sack === undefined
        ? {}
        : { sack: sack.map(([a, b]) => [(this.iss + a) >>> 0, (this.iss + b) >>> 0] as const) }),
    });
    const end = seq + length + ((bits & SYN) >>> 1) + (bits & FIN);
    if ((bits & RST) === 0 && seq <= this.next) this.next = Math.max(this.next, end);
    this.host.receive(packet, this.#now * 1000);
  }

  /** Time passes, ms. */
  wait(ms: number): void {
    this.#now += ms;
    this.host.poll(Math.round(this.#now * 1000));
  }

  get now(): number {
    return this.#now;
  }

  /** The host's user writes so many bytes. */
  write(length: number): number {
    return this.connection.send(new Uint8Array(length).fill(7));
  }

  /** What the user reads is the peer's stream from `from` on, `length` bytes of it. */
  reads(from: number, length: number): boolean {
    const data = this.connection.receive();
    return data.length === length && data.every((byte, i) => byte === byteAt(from + i, SALT));
  }

  /** What the host has sent since the last time. */
  take(): string[] {
    return this.segments().map(({ line }) => line);
  }

  segments(): FromHost[] {
    return this.#out.splice(0);
  }

  /** The same with times (ms): `200 . 1:2(1) ack 1`. */
  timeline(): string[] {
    return this.segments().map(({ at, line }) => `${at} ${line}`);
  }

  get state(): string {
    return this.connection.state;
  }
}
