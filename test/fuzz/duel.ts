/**
 * Two hosts, two users and the wires between them, driven by a program: calls, packets delivered in any order, lost,
 * copied or damaged, time, and hosts taken apart and put together again. After each step all that must hold is looked
 * at; after the last one the two are left alone, and must come to an end.
 */

import type { Engine } from '../../src/chart/chart.ts';
import { numbersFlaw, progressFlaw, segmentFlaw, type Variables } from '../../src/check/properties.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { Host, type HostOptions } from '../../src/tcp/host.ts';
import type { Listener } from '../../src/tcp/listener.ts';
import type { CloseReason, ConnectionHandler } from '../../src/tcp/user.ts';
import { Random } from '../../src/time/random.ts';
import type { LinkAction } from '../../src/trace/event.ts';
import type { Trace } from '../../src/trace/trace.ts';
import { parseTcpPacket } from '../../src/wire/index.ts';
import { byteAt, Watch } from '../tcp/watch.ts';
import { copyOf, limitsFlaw } from './invariants.ts';

export type Side = 0 | 1;
const SIDES = [0, 1] as const;
export const NAMES = ['client', 'server'] as const;
const ADDRESSES = ['10.0.0.1', '10.0.0.2'] as const;
const PORTS = [50_000, 7] as const;
const SALTS = [17, 99] as const;

/** One step; places in a wire count from its oldest packet, and round and round. */
export type Step =
  | { readonly do: 'send' | 'read'; readonly side: Side; readonly bytes: number }
  | { readonly do: 'close' | 'detach' | 'abort' | 'restore'; readonly side: Side }
  | { readonly do: 'deliver' | 'lose' | 'copy' | 'damage'; readonly side: Side; readonly at: number }
  /** All that is on the wires, in order, until nothing is. */
  | { readonly do: 'flow' }
  /** Time passes: so many ms, or until the next timer runs out. */
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'timer' };

export interface DuelProgram {
  readonly tcp: Partial<TcpConfig>;
  readonly iss: readonly [number, number];
  /** Both open actively, at the same time. */
  readonly simultaneous: boolean;
  readonly steps: readonly Step[];
}

/** Packets on one wire: more are lost, as in a queue that is full. */
const WIRE = 200;
/** us; a connection that is given up before has been given up too early. */
const PATIENCE = 170_000_000;

interface Packet {
  readonly bytes: Uint8Array;
  readonly id: number;
}

/** One end and its user. */
class End {
  host!: Host;
  listener: Listener | undefined;
  connection: Connection | undefined;
  watch!: Watch;
  sent = 0;
  got = 0;
  closed = false;
  ended = false;
  reason: CloseReason | undefined;
  /** Sent in the step under way. */
  readonly news: Uint8Array[] = [];
}

export class Duel {
  readonly ends: readonly [End, End] = [new End(), new End()];
  now = 0;
  readonly #program: DuelProgram;
  readonly #engine: Engine;
  readonly #trace: Trace;
  readonly #wires: readonly [Packet[], Packet[]] = [[], []];
  /** Somebody hung up on the other. */
  #rude = false;

  constructor(program: DuelProgram, engine: Engine, trace: Trace) {
    this.#program = program;
    this.#engine = engine;
    this.#trace = trace;
    for (const side of SIDES) this.#prepare(side);
    this.ends[0].watch.peer = this.ends[1].watch;
    this.ends[1].watch.peer = this.ends[0].watch;
    if (program.simultaneous) this.#open(1);
    else this.#listen();
    this.#open(0);
  }

  #prepare(side: Side): void {
    const { mss = 0 } = this.#program.tcp;
    const end = this.ends[side];
    const watch = {
      name: NAMES[side],
      mtu: 1500,
      mss: mss > 0 ? Math.min(mss, 1460) : 1460,
      salt: SALTS[side],
    };
    end.watch = new Watch({ ...watch, now: () => this.now });
    end.host = new Host(this.#options(side));
  }

  #options(side: Side): HostOptions {
    return {
      name: NAMES[side],
      addresses: [ADDRESSES[side]],
      output: (packet, id) => this.#output(side, packet, id),
      random: new Random(side + 1),
      engine: this.#engine,
      tcp: this.#program.tcp,
      trace: this.#trace,
      strict: true,
      iss: () => this.#program.iss[side],
    };
  }

  #output(side: Side, packet: Uint8Array, id: number): void {
    const bytes = packet.slice();
    this.ends[side].watch.sends(bytes);
    this.ends[side].news.push(bytes);
    if (this.#wires[side].length < WIRE) this.#wires[side].push({ bytes, id });
  }

  #open(side: Side): void {
    const [address, port] = [ADDRESSES[side === 0 ? 1 : 0], PORTS[side === 0 ? 1 : 0]];
    const connection = this.ends[side].host.connect({ address, port, localPort: PORTS[side] });
    this.#attach(side, connection);
  }

  #listen(): void {
    this.ends[1].listener = this.ends[1].host.listen(this.#listening());
  }

  #listening() {
    return {
      port: PORTS[1],
      onConnection: (connection: Connection) => {
        this.#attach(1, connection);
        // A duplicate of the SYN that comes when all is over would open another one
        this.ends[1].listener?.close();
        this.ends[1].listener = undefined;
      },
    };
  }

  #attach(side: Side, connection: Connection): void {
    this.ends[side].connection = connection;
    connection.handler = this.#handler(side);
  }

  #handler(side: Side): ConnectionHandler {
    const end = this.ends[side];
    return {
      ended: () => {
        if (end.ended) throw new Error(`${NAMES[side]}: ended twice`);
        end.ended = true;
      },
      closed: (reason) => {
        if (end.reason !== undefined) throw new Error(`${NAMES[side]}: closed twice`);
        end.reason = reason;
      },
    };
  }

  /** Plays the program; what is wrong, if anything. What a host or a watch throws comes through. */
  play(): string | undefined {
    for (const step of this.#program.steps) {
      const flaw = this.#checked(() => this.#step(step));
      if (flaw !== undefined) return `${JSON.stringify(step)}: ${flaw}`;
    }
    const calm = !this.#rude && this.now < PATIENCE;
    return this.#leaveAlone() ?? this.#endFlaw(calm);
  }

  /** Does something and looks at what it has done to both ends. */
  #checked(act: () => void): string | undefined {
    const before = this.ends.map(({ connection }) => connection && copyOf(connection));
    for (const end of this.ends) end.news.length = 0;
    const whom = this.ends.map(({ connection }) => connection);
    act();
    for (const side of SIDES) {
      const flaw = this.#flawOf(side, whom[side] === undefined ? undefined : before[side]);
      if (flaw !== undefined) return `${NAMES[side]}: ${flaw}`;
    }
    return undefined;
  }

  #flawOf(side: Side, before: Variables | undefined): string | undefined {
    const { connection, host, news } = this.ends[side];
    if (connection === undefined) return undefined;
    const peer = this.ends[side === 0 ? 1 : 0].connection;
    const own = numbersFlaw(connection, peer) ?? limitsFlaw(host);
    if (own !== undefined || before === undefined) return own;
    const back = progressFlaw(before, connection);
    if (back !== undefined) return back;
    for (const bytes of news) {
      const parsed = parseTcpPacket(bytes);
      const flaw = typeof parsed === 'string' ? parsed : segmentFlaw(parsed.segment, before, connection);
      if (flaw !== undefined) return flaw;
    }
    return undefined;
  }

  #step(step: Step): void {
    if ('at' in step) this.#transport(step.do, step.side, step.at);
    else if (step.do === 'flow') this.#flow();
    else if (step.do === 'wait') this.#advance(this.now + step.ms * 1000);
    else if (step.do === 'timer') this.#nextTimer();
    else if (step.do === 'restore') this.#restore(step.side);
    else this.#call(step);
  }

  #transport(what: 'deliver' | 'lose' | 'copy' | 'damage', side: Side, at: number): void {
    const wire = this.#wires[side];
    if (wire.length === 0) return;
    const index = at % wire.length;
    const packet = wire[index]!;
    if (what === 'copy') {
      this.#link(side, packet, { what: 'duplicated', copy: 1 });
      wire.push(packet);
      return;
    }
    wire.splice(index, 1);
    if (what === 'deliver') this.#deliver(side, packet, index > 0);
    else if (what === 'damage') this.#damage(side, packet, at);
    else this.#link(side, packet, { what: 'lost', reason: 'fault' });
  }

  #deliver(side: Side, { bytes, id }: Packet, late = false): void {
    this.#link(side, { bytes, id }, { what: 'delivered', ...(late && { late }) });
    const end = this.ends[side === 0 ? 1 : 0];
    end.watch.hears(bytes);
    end.host.receive(bytes, this.now, id);
  }

  /** One bit is wrong: the packet must be counted and dropped. */
  #damage(side: Side, { bytes, id }: Packet, at: number): void {
    const bit = (at * 7919) % (8 * bytes.length);
    const damaged = bytes.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    this.#link(side, { bytes, id }, { what: 'corrupted', bit });
    const { host } = this.ends[side === 0 ? 1 : 0];
    const discarded = () => Object.values(host.counters.discarded).reduce((sum, count) => sum + count, 0);
    const before = discarded();
    host.receive(damaged, this.now, id);
    if (discarded() !== before + 1) throw new Error(`a packet with bit ${bit} changed was taken`);
  }

  #link(side: Side, { id }: Packet, action: LinkAction): void {
    const direction = side === 0 ? 'client>server' : 'server>client';
    this.#trace.add('link', this.now, { kind: 'link', packet: id, direction, ...action }, id);
  }

  #flow(): void {
    for (let count = 0; count < 20_000; count++) {
      const side = SIDES.find((side) => this.#wires[side].length > 0);
      if (side === undefined) return;
      this.#deliver(side, this.#wires[side].shift()!);
    }
    throw new Error('packets go back and forth for ever');
  }

  #advance(to: number): void {
    while (this.#nextTimeout() <= to) this.#nextTimer();
    this.now = to;
    for (const { host } of this.ends) host.poll(to);
  }

  #nextTimeout(): number {
    return Math.min(...this.ends.map(({ host }) => host.nextTimeout));
  }

  #nextTimer(): void {
    const next = this.#nextTimeout();
    if (next === Number.POSITIVE_INFINITY) return;
    this.now = Math.max(this.now, next);
    for (const { host } of this.ends) host.poll(this.now);
  }

  /** A host is taken apart and made again: nobody must notice. */
  #restore(side: Side): void {
    const end = this.ends[side];
    // A connection that is gone is no part of the host: its user still reads from what it was
    if (end.connection !== undefined && !end.host.connections.includes(end.connection)) return;
    end.host.poll(this.now);
    const saved = structuredClone(end.host.snapshot());
    end.host = new Host({ ...this.#options(side), now: saved.now });
    if (end.listener !== undefined) this.#listen();
    end.host.restore(saved);
    for (const restored of end.host.connections) restored.handler = this.#handler(side);
    const { connection } = end;
    if (connection !== undefined) {
      end.connection = end.host.connections.find(({ id }) => id === connection.id) ?? connection;
    }
  }

  #call(step: Extract<Step, { side: Side }>): void {
    const end = this.ends[step.side];
    const { connection } = end;
    if (connection === undefined || connection.reason !== undefined) return;
    connection.host.poll(this.now);
    if (step.do === 'read') this.#read(step.side, step.bytes);
    else if (step.do === 'send') this.#send(step.side, step.bytes);
    else if (step.do === 'close') {
      end.closed = true;
      // RFC 9293 section 3.10.4: CLOSE gives up an OPEN that waits
      if (connection.state === 'SYN_SENT') this.#rude = true;
      connection.close();
    } else {
      this.#rude = true;
      end.closed = true;
      if (step.do === 'abort') connection.abort();
      else connection.detach();
    }
  }

  #send(side: Side, bytes: number): void {
    const end = this.ends[side];
    if (end.closed) return;
    const data = Uint8Array.from({ length: bytes }, (_, i) => byteAt(end.sent + i, SALTS[side]));
    end.sent += end.connection!.send(data);
  }

  #read(side: Side, bytes: number): void {
    const end = this.ends[side];
    const data = end.connection?.receive(bytes) ?? new Uint8Array(0);
    data.forEach((byte, i) => {
      if (byte === byteAt(end.got + i, SALTS[side === 0 ? 1 : 0])) return;
      throw new Error(`${NAMES[side]}: byte ${end.got + i} of the stream is wrong`);
    });
    end.got += data.length;
  }

  /** Both users read all and close; every packet arrives; time passes until nothing is left to do. */
  #leaveAlone(): string | undefined {
    for (let round = 0; round < 3000; round++) {
      const flaw = this.#checked(() => this.#polite());
      if (flaw !== undefined) return `left alone: ${flaw}`;
      if (this.#nextTimeout() === Number.POSITIVE_INFINITY) return undefined;
      const later = this.#checked(() => this.#nextTimer());
      if (later !== undefined) return `left alone: ${later}`;
    }
    return 'left alone the two do not come to an end';
  }

  #polite(): void {
    for (const side of SIDES) {
      const end = this.ends[side];
      this.#flow();
      if (end.connection === undefined) continue;
      this.#read(side, Number.POSITIVE_INFINITY);
      if (!end.closed && end.connection.state !== 'SYN_SENT' && end.connection.reason === undefined) {
        end.closed = true;
        end.connection.close();
      }
    }
    this.#flow();
  }

  /** `calm`: nothing has happened that a connection may end by. */
  #endFlaw(calm: boolean): string | undefined {
    for (const side of SIDES) {
      const { host, connection, reason, got, ended } = this.ends[side];
      if (host.timers.size > 0) return `${NAMES[side]}: timers are left`;
      // One that hung up may have left the other in FIN_WAIT_2, which waits for ever (RFC 9293 section 3.6)
      if (!calm) continue;
      if (host.connections.length > 0) return `${NAMES[side]}: it is left in ${host.connections[0]?.state}`;
      if (connection === undefined || reason !== 'closed') return `${NAMES[side]}: it ended as ${reason}`;
      const { sent } = this.ends[side === 0 ? 1 : 0];
      if (got !== sent || !ended) return `${NAMES[side]}: ${got} of ${sent} bytes, the end told: ${ended}`;
    }
    return undefined;
  }
}
