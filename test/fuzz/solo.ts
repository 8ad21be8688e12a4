/**
 * One host, its user, and somebody who sends it whatever he likes: programs of calls, segments (valid, nearly valid,
 * hostile) and time. After each step all that must hold is looked at, and a referee says what the segment had to bring.
 */

import type { Engine } from '../../src/chart/chart.ts';
import { numbersFlaw, progressFlaw, segmentFlaw, type Variables } from '../../src/check/properties.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { Host } from '../../src/tcp/host.ts';
import { Mark } from '../../src/tcp/record.ts';
import { Random } from '../../src/time/random.ts';
import type { Trace } from '../../src/trace/trace.ts';
import { ACK, buildTcpPacket, parseTcpPacket, type Segment, SYN } from '../../src/wire/index.ts';
import { byteAt } from '../tcp/watch.ts';
import { copyOf, limitsFlaw } from './invariants.ts';
import { Pace } from './pace.ts';
import { expectation, type Standing } from './referee.ts';

/** A segment of the peer, told by where its numbers stand to the host's variables when it comes. */
export interface Forged {
  readonly flags: number;
  readonly seq: readonly ['next' | 'edge' | 'irs' | 'zero', offset: number];
  readonly ack: readonly ['una' | 'nxt' | 'zero', offset: number];
  readonly window: number;
  readonly bytes: number;
  /** TSval from the last one taken on, if timestamps are on. */
  readonly stamp: number;
  /** Left edges of blocks from SND.UNA on, and their lengths. */
  readonly sack: readonly (readonly [number, number])[];
  readonly urgent: number;
}

type Call =
  | { readonly do: 'send' | 'read'; readonly bytes: number }
  | { readonly do: 'close' | 'detach' | 'abort' };

export type SoloStep =
  | { readonly do: 'segment'; readonly segment: Forged; readonly times: number }
  /** Any bytes at all. */
  | { readonly do: 'noise'; readonly bytes: readonly number[] }
  | Call
  | { readonly do: 'timer' }
  | { readonly do: 'wait'; readonly ms: number };

export interface SoloProgram {
  readonly tcp: Partial<TcpConfig>;
  readonly passive: boolean;
  readonly iss: number;
  readonly irs: number;
  /** How much of a handshake comes before the steps: nothing, the SYN, all. */
  readonly handshake: 0 | 1 | 2;
  readonly steps: readonly SoloStep[];
}

const OURS = Uint8Array.of(10, 0, 0, 1);
const PEER = Uint8Array.of(10, 0, 0, 2);
const [PORT, PEER_PORT] = [80, 4000];
const SALT = 42;
const SYN_OPTIONS = { mss: 1000, windowScale: 2, sackPermitted: true, timestamps: [1, 0] as const };

export class Solo {
  readonly host: Host;
  connection: Connection | undefined;
  now = 0;
  readonly #program: SoloProgram;
  readonly #sent: Segment[] = [];
  readonly #pace: Pace;
  #got = 0;
  #written = 0;
  /** When it came to TIME_WAIT, us. */
  #waiting = 0;

  constructor(program: SoloProgram, engine: Engine, trace: Trace) {
    this.#program = program;
    this.#pace = new Pace(() => this.now);
    this.host = new Host({
      name: 'client',
      addresses: ['10.0.0.1'],
      output: (packet) => this.#output(packet),
      random: new Random(1),
      engine,
      // The referee asks for an answer to each segment that must have one
      tcp: { invalidRateLimit: 0, ...program.tcp },
      trace,
      strict: true,
      iss: () => program.iss,
    });
    if (program.passive) {
      const onConnection = (connection: Connection): void => {
        this.connection ??= connection;
      };
      this.host.listen({ port: PORT, backlog: 16, onConnection });
    } else {
      this.connection = this.host.connect({ address: '10.0.0.2', port: PEER_PORT, localPort: PORT });
    }
    if (program.handshake > 0) this.#handshake();
  }

  #output(packet: Uint8Array): void {
    const parsed = parseTcpPacket(packet.slice());
    if (typeof parsed === 'string') throw new Error(`sends a packet that is ${parsed}`);
    this.#sent.push(parsed.segment);
    this.#pace.sends(parsed.segment);
  }

  #handshake(): void {
    const { passive, iss, irs, handshake } = this.#program;
    const answer = passive ? SYN : SYN | ACK;
    this.#receive({ flags: answer, seq: irs, ack: (iss + 1) >>> 0, window: 20_000, ...SYN_OPTIONS });
    if (!passive || handshake === 1) return;
    const stamped = this.host.connections[0]?.timestampsOk === true;
    const timestamps = stamped ? { timestamps: [1, 0] as const } : {};
    const [seq, ack] = [(irs + 1) >>> 0, (iss + 1) >>> 0];
    this.#receive({ flags: ACK, seq, ack, window: 20_000, ...timestamps });
  }

  #receive(fields: Partial<Parameters<typeof buildTcpPacket>[0]>): void {
    const ends = { source: PEER, destination: OURS, sourcePort: PEER_PORT, destinationPort: PORT };
    const packet = buildTcpPacket({ ...ends, flags: ACK, ...fields });
    this.host.receive(packet, this.now);
  }

  /** Plays the program; what is wrong, if anything. What a host throws comes through. */
  play(): string | undefined {
    for (const step of this.#program.steps) {
      for (let time = 0; time < (step.do === 'segment' ? step.times : 1); time++) {
        const flaw = this.#checked(step);
        if (flaw !== undefined) return `${JSON.stringify(step)}: ${flaw}`;
      }
    }
    return this.#leaveAlone();
  }

  /** Nobody sends any more: everything that goes on ends in time. */
  #leaveAlone(): string | undefined {
    this.#pace.start(this.host.config);
    for (let count = 0; count < 2000; count++) {
      if (this.host.nextTimeout === Number.POSITIVE_INFINITY) return undefined;
      const flaw = this.#checked({ do: 'timer' }) ?? this.#pace.flaw;
      if (flaw !== undefined) return `left alone: ${flaw}`;
    }
    return 'left alone: timers go on for ever';
  }

  #checked(step: SoloStep): string | undefined {
    const { connection } = this;
    this.#sent.length = 0;
    this.host.poll(this.now);
    const before = connection && this.#standing(connection);
    const saw = this.#step(step);
    const flaw = limitsFlaw(this.host);
    if (flaw !== undefined || connection === undefined || before === undefined) return flaw;
    const now = this.#standing(connection);
    return (
      this.#variablesFlaw(connection, before) ??
      this.#timesFlaw(before, now, step) ??
      (saw && expectation(before, saw, now, this.#sent))
    );
  }

  /** What only time may bring. */
  #timesFlaw(before: Standing, now: Standing, { do: what }: SoloStep): string | undefined {
    const { config } = this.host;
    if (now.state === 'TIME_WAIT' && before.state !== 'TIME_WAIT') this.#waiting = this.now;
    const timed = what === 'timer' || what === 'wait';
    if (before.state === 'TIME_WAIT' && now.state === 'CLOSED' && timed) {
      const waited = this.now - this.#waiting;
      if (waited < 2 * config.msl) return `TIME_WAIT lasted ${waited} us`;
    }
    // RFC 5681 section 3.1: the loss window, beside what may still arrive (RFC 8985 section 6.3)
    const lossWindow = now.snd.mss + now.others;
    if (timed && now.recovery === 'loss' && before.recovery !== 'loss' && now.cwnd > lossWindow)
      return `cwnd is ${now.cwnd} after a timeout`;
    return undefined;
  }

  #variablesFlaw(connection: Connection, before: Variables): string | undefined {
    const flaw = numbersFlaw(connection) ?? progressFlaw(before, connection);
    if (flaw !== undefined) return flaw;
    // A late SYN to a listener opens another connection
    if (this.host.connections.some((other) => other !== connection)) return undefined;
    return this.#sent.map((segment) => segmentFlaw(segment, before, connection)).find((flaw) => flaw);
  }

  #standing(c: Connection): Standing {
    const { state, finQueued, detached, passive, reason, tsRecent, timestampsOk } = c;
    return {
      ...copyOf(c),
      ...{ state, finQueued, detached, passive, tsRecent, timestampsOk, over: reason !== undefined },
      pawsTolerance: c.config.pawsTolerance,
      ...this.#sending(c),
      gaps: !c.receiver.reassembly.empty || c.receiver.finAt !== undefined,
      finKnown: c.receiver.finAt !== undefined,
    };
  }

  #sending({ sender, sackOk }: Connection) {
    const { dataEnd } = sender;
    const { dupAcks, point: recoveryPoint } = sender.recovery;
    const records = [...sender.queue].map(({ start, end, mark, transmissions }) => {
      return { start, end, transmissions, sacked: mark === Mark.sacked };
    });
    const { srtt, rttvar, latest } = sender.rtt;
    const rtt = `${srtt} ${rttvar} ${latest}`;
    const { cwnd } = sender.congestion;
    const { oldest } = sender.queue;
    const others = sender.marked[Mark.inFlight] - (oldest?.mark === Mark.inFlight ? oldest.length : 0);
    return {
      sackOk,
      records,
      rtt,
      others,
      recovery: sender.recovery.state,
      dupAcks,
      recoveryPoint,
      dataEnd,
      cwnd,
    };
  }

  /** Does it; the segment that has come, if it is for the referee to judge. */
  #step(step: SoloStep): Segment | undefined {
    switch (step.do) {
      case 'segment':
        return this.#forge(step.segment);
      case 'noise':
        this.host.receive(Uint8Array.from(step.bytes), this.now);
        return undefined;
      case 'wait':
        this.now += step.ms * 1000;
        this.host.poll(this.now);
        return undefined;
      case 'timer':
        if (this.host.nextTimeout !== Number.POSITIVE_INFINITY) {
          this.now = Math.max(this.now, this.host.nextTimeout);
          this.host.poll(this.now);
        }
        return undefined;
      default:
        this.#call(step);
        return undefined;
    }
  }

  #forge({ flags, seq, ack, window, bytes, stamp, sack, urgent }: Forged): Segment | undefined {
    const c = this.connection ?? this.host.connections[0];
    const { irs } = this.#program;
    const known = c !== undefined && (c.rcv.irs !== 0 || c.rcv.nxt !== 0);
    const rcv = known ? c.rcv : { nxt: irs, edge: irs, irs };
    const snd = c?.snd ?? { una: 0, nxt: 0 };
    const first = { next: rcv.nxt, edge: rcv.edge, irs: rcv.irs, zero: 0 }[seq[0]];
    const from = (first + seq[1]) >>> 0;
    // A SYN that is taken says itself where the stream begins
    const place = from - ((known ? rcv.irs : from) + 1) + ((flags & SYN) >>> 1);
    const blocks = sack.map(([left, length]) => {
      const edge = (snd.una + left) >>> 0;
      return [edge, (edge + length) >>> 0] as const;
    });
    const packet = buildTcpPacket({
      ...{ source: PEER, destination: OURS, sourcePort: PEER_PORT, destinationPort: PORT },
      ...{ flags, seq: from, window, urgentPointer: urgent },
      ack: ({ una: snd.una, nxt: snd.nxt, zero: 0 }[ack[0]] + ack[1]) >>> 0,
      payload: Uint8Array.from({ length: bytes }, (_, i) => byteAt((place + i) >>> 0, SALT)),
      ...(c?.timestampsOk === true
        ? { timestamps: [(c.tsRecent + stamp) >>> 0, 0] as const }
        : { sack: blocks }),
    });
    this.host.receive(packet, this.now);
    const parsed = parseTcpPacket(packet);
    return typeof parsed === 'string' ? undefined : parsed.segment;
  }

  #call(step: Call): void {
    const { connection } = this;
    if (connection === undefined || connection.reason !== undefined) return;
    if (step.do === 'send') {
      if (connection.finQueued || connection.closeDeferred) return;
      const data = Uint8Array.from({ length: step.bytes }, (_, i) => byteAt(this.#written + i, SALT));
      this.#written += connection.send(data);
    } else if (step.do === 'read') this.#read(connection, step.bytes);
    else connection[step.do]();
  }

  #read(connection: Connection, bytes: number): void {
    const data = connection.receive(bytes);
    const wrong = data.findIndex((byte, i) => byte !== byteAt(this.#got + i, SALT));
    if (wrong >= 0) throw new Error(`byte ${this.#got + wrong} of the stream is wrong`);
    this.#got += data.length;
  }
}
