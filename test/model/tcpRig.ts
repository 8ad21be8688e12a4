/**
 * One host and a peer that does what the driver says: real packets both ways, virtual time. Sequence numbers count from
 * either side's ISS.
 */
import type { Engine } from '../../src/chart/index.ts';
import { type Connection, Host, type TcpConfig } from '../../src/tcp/index.ts';
import { Random } from '../../src/time/random.ts';
import { Trace } from '../../src/trace/trace.ts';
import {
  ACK,
  buildIcmpPacket,
  buildTcpPacket,
  CWR,
  ECE,
  FIN,
  formatFlags,
  PSH,
  parseTcpPacket,
  RST,
  SYN,
  UNREACHABLE_V4,
} from '../../src/wire/index.ts';
import { prepare, type Rig } from './driver.ts';
import { Tap } from './tap.ts';

const BITS: Readonly<Record<string, number>> = { F: FIN, S: SYN, R: RST, P: PSH, '.': ACK, E: ECE, W: CWR };
const LOCAL = Uint8Array.of(10, 0, 0, 1);
const REMOTE = Uint8Array.of(10, 0, 0, 2);
const ISS = 0xffff_fff0;
const IRS = 0xffff_ffe0;
/** Payload bytes of a full segment. */
export const MSS = 1000;

/** A segment of the peer; what is left out is the natural thing. */
export interface Said {
  readonly seq?: number;
  readonly ack?: number;
  readonly window?: number;
  readonly payload?: Uint8Array;
  readonly sack?: readonly (readonly [number, number])[];
  readonly sackPermitted?: boolean;
  readonly windowScale?: number;
  /** The ECN field of the IP header. */
  readonly ecn?: number;
}

/** A segment of the host. */
export interface Heard {
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
  readonly text: string;
  /** The ECN field of the IP header. */
  readonly ecn: number;
}

export interface RigOptions {
  readonly engine: Engine;
  readonly chart: string;
  /** Which instance of the chart. */
  readonly nth?: number;
  readonly tcp?: Partial<TcpConfig>;
}

export class TcpRig implements Rig {
  readonly host: Host;
  readonly tap: Tap;
  readonly trace = new Trace();
  /** The largest packet of the host so far. */
  largest = new Uint8Array(0);
  /** Since `begin`. */
  readonly heard: Heard[] = [];
  readonly reports: string[] = [];
  /** The peer's next number, and the host's next as far as the peer has it. */
  next = 0;
  seen = 0;
  #connection: Connection | undefined;
  #last = new Uint8Array(0);

  constructor({ engine, chart, nth = 0, tcp = {} }: RigOptions) {
    this.tap = new Tap(this.trace, chart, nth);
    this.host = new Host({
      name: 'host',
      addresses: ['10.0.0.1'],
      output: (packet) => this.#hears(packet),
      random: new Random(1),
      engine,
      strict: true,
      trace: this.trace,
      tcp: { timestamps: false, windowScaling: false, sack: false, nagle: false, ...tcp },
      iss: () => ISS,
    });
  }

  begin(): void {
    this.heard.length = 0;
    this.reports.length = 0;
    this.tap.armed.length = 0;
  }

  /** A router says so of the last packet of the host. */
  packetTooBig(mtu: number, body = this.#last): void {
    const fields = { source: REMOTE, destination: LOCAL, mtu, body };
    this.host.receive(buildIcmpPacket({ kind: 'packetTooBig', ...fields }));
  }

  /** An ICMP error comes that quotes the last packet of the host. */
  portUnreachable(): void {
    const fields = { source: REMOTE, destination: LOCAL, code: UNREACHABLE_V4.port, body: this.#last };
    this.host.receive(buildIcmpPacket({ kind: 'unreachable', ...fields }));
  }

  #hears(packet: Uint8Array): void {
    this.#last = packet.slice();
    if (packet.length > this.largest.length) this.largest = this.#last;
    const parsed = parseTcpPacket(packet.slice());
    if (typeof parsed === 'string') throw new Error(`the host sent a packet that is ${parsed}`);
    const { flags, seq, ack, payloadLength, payloadOffset, bytes, length } = parsed.segment;
    const at = (seq - ISS) | 0;
    if (at <= this.seen && (flags & RST) === 0) this.seen = Math.max(this.seen, at + length);
    this.heard.push({
      flags: formatFlags(flags),
      seq: at,
      ack: (flags & ACK) === 0 ? 0 : (ack - IRS) | 0,
      length: payloadLength,
      text: new TextDecoder().decode(bytes.subarray(payloadOffset, payloadOffset + payloadLength)),
      ecn: parsed.ip.ecn,
    });
  }

  /** The one there is; the first that a listener made, also before it is established. */
  get connection(): Connection {
    this.#connection ??= this.host.connections[0];
    return this.#connection as Connection;
  }

  get #handler(): Connection['handler'] {
    return {
      established: () => void this.reports.push('established'),
      trouble: () => void this.reports.push('trouble'),
      ended: () => void this.reports.push('ended'),
      closed: (reason) => void this.reports.push(reason),
    };
  }

  /** Active OPEN. */
  connect(): void {
    this.#connection = this.host.connect({
      address: '10.0.0.2',
      port: 4000,
      localPort: 80,
      handler: this.#handler,
    });
  }

  /** Passive OPEN, and the SYN that makes it a connection. */
  accept(syn = 'S'): void {
    this.host.listen({ port: 80, onConnection: () => {} });
    this.say(syn);
    this.connection.handler = this.#handler;
  }

  /** An open connection, from an active OPEN. */
  established(said: Said = {}): this {
    this.connect();
    this.say('S.', said);
    this.begin();
    return this;
  }

  /** The peer says something. */
  say(flags: string, said: Said = {}): void {
    const bits = [...flags].reduce((sum, letter) => sum | BITS[letter]!, 0);
    const {
      seq = this.next,
      ack = this.seen,
      window = 65_535,
      payload,
      sack,
      sackPermitted,
      windowScale,
      ecn = 0,
    } = said;
    const packet = buildTcpPacket({
      source: REMOTE,
      destination: LOCAL,
      sourcePort: 4000,
      destinationPort: 80,
      seq: (IRS + seq) >>> 0,
      ack: (bits & ACK) === 0 ? 0 : (ISS + ack) >>> 0,
      flags: bits,
      window,
      ecn,
      ...((bits & SYN) === 0 ? {} : { mss: MSS }),
      ...(payload === undefined ? {} : { payload }),
      ...(windowScale === undefined ? {} : { windowScale }),
      ...(sackPermitted === undefined ? {} : { sackPermitted }),
      ...(sack === undefined
        ? {}
        : { sack: sack.map(([left, right]) => [(ISS + left) >>> 0, (ISS + right) >>> 0] as const) }),
    });
    const end = seq + (payload?.length ?? 0) + ((bits & SYN) >>> 1) + (bits & FIN);
    if ((bits & RST) === 0 && seq <= this.next) this.next = Math.max(this.next, end);
    this.host.receive(packet);
  }

  /** The peer sends so many bytes. */
  data(length: number, said: Said = {}): void {
    this.say('P.', { payload: new Uint8Array(length), ...said });
  }

  /** The user writes so many bytes. */
  write(length: number): void {
    this.connection.send(new Uint8Array(length));
  }

  /** Time goes on to the next deadline. */
  elapse(): void {
    this.host.poll(this.host.nextTimeout);
  }

  /** Time goes on by so much, us. */
  wait(us: number): void {
    this.host.poll(this.host.now() + us);
  }

  /** Time goes on until the chart takes a transition; only what is sent then counts. */
  untilTransition(): void {
    for (let i = 0; this.tap.queue.length === 0 && i < 100; i++) {
      this.begin();
      this.elapse();
    }
  }

  /** What leaves the state as it is, and is no step. */
  prepare(act: () => void): void {
    prepare(this, act);
  }
}
