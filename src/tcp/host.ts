/**
 * A host: addresses, ports, listeners, and the connections behind them. Packets and the time come in, packets and the
 * next deadline go out; nothing here knows a socket or a clock.
 *
 * It decides which connection a packet belongs to; what happens there is `arrives.ts`.
 */
import { connectionEvents } from '../../machines/connection.ts';
import type { Chart } from '../../machines/event.ts';
import { charts as ownCharts } from '../../machines/index.ts';
import type { ChartInstance, ChartScope, Engine } from '../chart/chart.ts';
import type { Random } from '../time/random.ts';
import { TimerQueue } from '../time/timerQueue.ts';
import type { SendReason } from '../trace/event.ts';
import { summarizeSegment } from '../trace/summary.ts';
import type { Trace } from '../trace/trace.ts';
import {
  formatAddress,
  formatEndpoint,
  isBroadcast,
  isMulticast,
  isUnspecified,
  parseAddress,
} from '../wire/address.ts';
import { decodeIp, IpHeader, IpTemplate, PROTOCOL_TCP, verifyTcpChecksum } from '../wire/ip.ts';
import { packetHeaderLength, writeTcpPacket } from '../wire/packet.ts';
import { ACK, decodeTcp, RST, Segment, SYN } from '../wire/tcp.ts';
import { arrivesInListen, segmentArrives } from './arrives.ts';
import { type ResolvedConfig, resolveConfig, type StackName, type TcpConfig } from './config.ts';
import { Connection, type Endpoint } from './connection.ts';
import { ConnectionTrace } from './connectionTrace.ts';
import { HostCounters } from './counters.ts';
import { IsnGenerator } from './isn.ts';
import { Listener, type ListenOptions } from './listener.ts';
import { gt, type Seq, seq } from './seq.ts';
import type { HostSnapshot, NumberedChart } from './snapshot.ts';
import { replyWithReset } from './transmit.ts';
import type { ConnectionHandler } from './user.ts';

/** Ephemeral ports: RFC 6335 section 6. */
const FIRST_EPHEMERAL = 49_152;
const LAST_EPHEMERAL = 65_535;

/** Takes a packet that leaves; its bytes are good until this returns. `id` is its number in the trace, or 0. */
export type Output = (packet: Uint8Array, id: number) => void;

/** What a host is made of. */
export interface HostOptions {
  /** As it is called in traces. */
  readonly name: string;
  /** IPv4 or IPv6, at least one. */
  readonly addresses: readonly string[];
  /** Where its packets go. */
  readonly output: Output;
  /** Source of ISNs, ports and offsets: the same seed makes the same run. */
  readonly random: Random;
  /** Runs the charts. */
  readonly engine: Engine;
  readonly tcp?: Partial<TcpConfig>;
  readonly stack?: StackName;
  /** Charts in place of ours, by name: same events, same host interface. */
  readonly charts?: Readonly<Record<string, Chart>>;
  readonly trace?: Trace;
  /** The time it starts at, us. */
  readonly now?: number;
  /** Every event a chart neither handles nor deliberately ignores is an error: for tests. */
  readonly strict?: boolean;
  /** For tests that need to know sequence numbers: instead of RFC 9293 section 3.4.1's. */
  readonly iss?: (local: Endpoint, remote: Endpoint) => number;
}

/** What `connect` needs; the local side is chosen when not given. */
export interface ConnectOptions {
  readonly address: string;
  readonly port: number;
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly handler?: ConnectionHandler;
}

/**
 * Makes a host.
 * @throws RangeError naming the setting that is wrong, Error naming the chart and state outside the subset
 */
export function createHost(options: HostOptions): Host {
  return new Host(options);
}

export class Host {
  readonly name: string;
  readonly config: ResolvedConfig;
  readonly timers: TimerQueue;
  readonly trace: Trace | undefined;
  readonly engine: Engine;
  readonly counters = new HostCounters();
  /** The one segment that is filled in for everything sent. */
  readonly outgoing = new Segment();
  timestampOffset: number;
  readonly #options: HostOptions;
  readonly #addresses: Uint8Array[];
  readonly #arriving = new Segment();
  readonly #ip = new IpHeader();
  readonly #packet: Uint8Array;
  #isn: IsnGenerator;
  readonly #random: Random;
  readonly #listeners = new Map<number, Listener[]>();
  /** By local and remote port; connections that share both differ in their addresses. */
  readonly #connections = new Map<number, Connection[]>();
  readonly #touched: Connection[] = [];
  /** In the order in which they listened. */
  readonly #listening: Listener[] = [];
  #instances = 0;
  #ids = 0;
  #depth = 0;
  #challengeSecond = -1;
  #challenges = 0;

  constructor(options: HostOptions) {
    this.#options = options;
    this.name = options.name;
    this.config = resolveConfig(options.tcp, options.stack);
    if (options.addresses.length === 0) throw new RangeError(`host '${options.name}' has no address`);
    this.#addresses = options.addresses.map(parseAddress);
    this.timers = new TimerQueue(options.now ?? 0);
    this.trace = options.trace;
    this.engine = options.engine;
    this.#packet = new Uint8Array(Math.max(this.config.mtu, 128));
    this.#random = options.random;
    this.#isn = new IsnGenerator(options.random.bytes(32));
    this.timestampOffset = options.random.integer(0x1_0000_0000);
    for (const chart of Object.values(ownCharts)) options.engine.check(chart);
    for (const [name, chart] of Object.entries(options.charts ?? {})) checkOwn(name, chart, options.engine);
  }

  // Time

  now(): number {
    return this.timers.now();
  }

  /** The next time (us) at which `poll` has something to do; Infinity when nothing is under way. */
  get nextTimeout(): number {
    return this.timers.nextTimeout;
  }

  /** Does what is due up to `now` (us), each thing at its own time. Spurious calls are harmless. */
  poll(now: number): void {
    while (this.timers.nextTimeout <= now) {
      this.enter();
      this.timers.advanceTo(Math.max(this.timers.nextTimeout, this.timers.now()));
      this.leave();
    }
    this.timers.advanceTo(now);
  }

  // Packets

  /**
   * Takes a packet that arrived at `now` (us). What was due before is done first. Whatever the bytes are, this does not
   * throw: what cannot be used is counted and dropped. `id` is the packet's number in the trace, 0 if unknown.
   */
  receive(packet: Uint8Array, now: number = this.now(), id = 0): void {
    this.poll(now);
    this.enter();
    this.counters.packetsIn += 1;
    if (this.trace === undefined) this.#take(packet, id);
    else this.#takeTraced(this.trace, packet, id);
    this.leave();
  }

  #takeTraced(trace: Trace, packet: Uint8Array, id: number): void {
    const before = trace.cause;
    const valid = decodeIp(packet, this.#ip) === 'ok' && this.#ip.protocol === PROTOCOL_TCP;
    const ip = this.#ip;
    const readable = valid && decodeTcp(packet, ip.payloadOffset, ip.payloadLength, this.#arriving) === 'ok';
    const segment = readable ? { segment: summarizeSegment(this.#arriving, ip) } : {};
    trace.cause = trace.add(this.name, this.now(), {
      kind: 'receive',
      packet: id,
      ...segment,
      bytes: packet.slice(),
    });
    this.#take(packet, id);
    trace.cause = before;
  }

  #take(packet: Uint8Array, id: number): void {
    const flaw = this.#flawOf(packet);
    if (flaw === undefined) this.#dispatch(this.#arriving, id);
    else this.#discard(flaw, id);
  }

  /** Reads a packet into the arriving segment; why it cannot be used, undefined when it can. */
  #flawOf(packet: Uint8Array): string | undefined {
    const ip = this.#ip;
    const reason = decodeIp(packet, ip);
    if (reason !== 'ok') return reason;
    if (ip.protocol !== PROTOCOL_TCP) return 'notTcp';
    if (!verifyTcpChecksum(packet, ip)) return 'badChecksum';
    const flaw = decodeTcp(packet, ip.payloadOffset, ip.payloadLength, this.#arriving);
    return flaw === 'ok' ? this.#checkAddresses(packet) : flaw;
  }

  /** MUST-57 and MUST-63: who may not talk to whom. */
  #checkAddresses(packet: Uint8Array): string | undefined {
    const { sourceOffset, destinationOffset, addressLength } = this.#ip;
    if (this.#localAddress(packet, destinationOffset, addressLength) === undefined) return 'notOurs';
    const bad =
      isMulticast(packet, sourceOffset, addressLength) ||
      isBroadcast(packet, sourceOffset, addressLength) ||
      isUnspecified(packet, sourceOffset, addressLength);
    return bad ? 'badSource' : undefined;
  }

  #localAddress(packet: Uint8Array, offset: number, length: number): Uint8Array | undefined {
    return this.#addresses.find((address) => sameBytes(address, packet, offset, length));
  }

  #discard(reason: string, id: number): void {
    this.counters.discard(reason);
    this.trace?.add(this.name, this.now(), { kind: 'discard', packet: id, reason });
  }

  /** To the connection, the listener, or nobody (RFC 9293 section 3.10.7.1). */
  #dispatch(segment: Segment, id: number): void {
    const connection = this.#find(segment);
    if (connection !== undefined) {
      if (connection.state !== 'TIME_WAIT' || !this.#reopens(connection, segment)) {
        segmentArrives(connection, segment);
        return;
      }
      // RFC 9293 section 3.6.1, MAY-2: the old one is over, the SYN opens a new one.
      connection.chart.send(connectionEvents['user.abort']);
    }
    const listener = this.#listener(segment);
    if (listener !== undefined) this.#arrivesAtListener(listener, segment, id);
    else {
      this.#discard('noListener', id);
      if ((segment.flags & RST) === 0) replyWithReset(this, segment);
    }
  }

  /** MAY-2: a SYN whose number is beyond the old connection's, and somebody listens. */
  #reopens(old: Connection, segment: Segment): boolean {
    if ((segment.flags & (SYN | ACK | RST)) !== SYN) return false;
    return gt(seq(segment.seq), old.rcv.nxt) && this.#listener(segment) !== undefined;
  }

  #find(segment: Segment): Connection | undefined {
    const bucket = this.#connections.get(portsKey(segment.destinationPort, segment.sourcePort));
    if (bucket === undefined) return undefined;
    const { bytes, sourceOffset, destinationOffset, addressLength } = this.#ip;
    for (const connection of bucket) {
      if (
        sameBytes(connection.remote.address, bytes, sourceOffset, addressLength) &&
        sameBytes(connection.local.address, bytes, destinationOffset, addressLength)
      ) {
        return connection;
      }
    }
    return undefined;
  }

  #listener(segment: Segment): Listener | undefined {
    const { bytes, destinationOffset, addressLength } = this.#ip;
    const listeners = this.#listeners.get(segment.destinationPort);
    return listeners?.find(
      ({ address }) => address === undefined || sameBytes(address, bytes, destinationOffset, addressLength),
    );
  }

  /** RFC 9293 section 3.10.7.2; a listener stays in LISTEN, each SYN makes a connection. */
  #arrivesAtListener(listener: Listener, segment: Segment, id: number): void {
    const { flags } = segment;
    if ((flags & RST) !== 0) return;
    if ((flags & ACK) !== 0) replyWithReset(this, segment);
    else if ((flags & SYN) === 0) this.#discard('noSyn', id);
    else if (listener.full) this.#discard('backlogFull', id);
    else this.#accept(listener, segment);
  }

  #accept(listener: Listener, segment: Segment): void {
    const local = { address: this.#ip.destination().slice(), port: segment.destinationPort };
    const remote = { address: this.#ip.source().slice(), port: segment.sourcePort };
    const connection = this.#add(local, remote, listener);
    connection.chart.send(connectionEvents['user.open']);
    arrivesInListen(connection, segment);
  }

  #add(local: Endpoint, remote: Endpoint, listener?: Listener): Connection {
    this.#ids += 1;
    const connection = new Connection(this, this.#ids, local, remote, listener);
    this.#place(connection);
    return connection;
  }

  #place(connection: Connection): void {
    const key = portsKey(connection.local.port, connection.remote.port);
    const bucket = this.#connections.get(key);
    if (bucket === undefined) this.#connections.set(key, [connection]);
    else bucket.push(connection);
  }

  /** Forgets a connection: its ports are free again. */
  remove(connection: Connection): void {
    const key = portsKey(connection.local.port, connection.remote.port);
    const bucket = this.#connections.get(key);
    const at = bucket?.indexOf(connection) ?? -1;
    if (bucket === undefined || at < 0) return;
    bucket.splice(at, 1);
    if (bucket.length === 0) this.#connections.delete(key);
  }

  // Users

  /**
   * Passive OPEN (RFC 9293 section 3.10.1).
   * @throws RangeError if the port is taken or the address is not the host's
   */
  listen(options: ListenOptions): Listener {
    checkPort(options.port, 1);
    const address = options.address === undefined ? undefined : this.#ownAddress(options.address);
    const others = this.#listeners.get(options.port) ?? [];
    if (others.some((other) => other.conflicts(address))) {
      throw new RangeError(`port ${options.port} is in use`);
    }
    const listener = new Listener(options, address, this.config.backlog, () => {
      this.#listening.splice(this.#listening.indexOf(listener), 1);
      const rest = (this.#listeners.get(options.port) ?? []).filter((other) => other !== listener);
      if (rest.length === 0) this.#listeners.delete(options.port);
      else this.#listeners.set(options.port, rest);
    });
    // One bound to an address goes before one for all.
    const all = [...others, listener].sort(
      (a, b) => Number(b.address !== undefined) - Number(a.address !== undefined),
    );
    this.#listeners.set(options.port, all);
    this.#listening.push(listener);
    return listener;
  }

  /**
   * Active OPEN (RFC 9293 section 3.10.1): the SYN is on its way when this returns.
   * @throws RangeError for an address or port that cannot be, or when none is free
   */
  connect(options: ConnectOptions): Connection {
    checkPort(options.port, 1);
    const remote = { address: parseAddress(options.address), port: options.port };
    // MUST-46
    if (isMulticast(remote.address) || isBroadcast(remote.address) || isUnspecified(remote.address)) {
      throw new RangeError(`cannot connect to ${options.address}`);
    }
    const address = this.#sourceFor(remote.address, options.localAddress);
    const port = options.localPort ?? this.#ephemeral(address, remote);
    checkPort(port, 1);
    if (this.#taken(address, port, remote)) {
      throw new RangeError(`${formatEndpoint(address, port)} is connected to ${options.address} already`);
    }
    this.enter();
    const connection = this.#add({ address, port }, remote);
    if (options.handler !== undefined) connection.handler = options.handler;
    connection.open();
    this.leave();
    return connection;
  }

  /** MUST-44: without a given local address, the first of the same family. */
  #sourceFor(remote: Uint8Array, given: string | undefined): Uint8Array {
    if (given !== undefined) return this.#ownAddress(given);
    const address = this.#addresses.find((own) => own.length === remote.length);
    if (address === undefined) {
      throw new RangeError(`host '${this.name}' has no address to reach ${formatAddress(remote)} from`);
    }
    return address;
  }

  #ownAddress(text: string): Uint8Array {
    const address = parseAddress(text);
    const own = this.#addresses.find((candidate) => sameBytes(candidate, address, 0, address.length));
    if (own === undefined) throw new RangeError(`${text} is not an address of host '${this.name}'`);
    return own;
  }

  /** RFC 6056 section 3.3.1: a random port, then the next free one. */
  #ephemeral(address: Uint8Array, remote: Endpoint): number {
    const count = LAST_EPHEMERAL - FIRST_EPHEMERAL + 1;
    const start = this.#random.integer(count);
    for (let i = 0; i < count; i++) {
      const port = FIRST_EPHEMERAL + ((start + i) % count);
      if (!this.#taken(address, port, remote)) return port;
    }
    throw new RangeError(`no ephemeral port is free towards ${formatEndpoint(remote.address, remote.port)}`);
  }

  #taken(address: Uint8Array, port: number, remote: Endpoint): boolean {
    const bucket = this.#connections.get(portsKey(port, remote.port)) ?? [];
    return bucket.some(
      (other) =>
        sameBytes(other.local.address, address, 0, address.length) &&
        sameBytes(other.remote.address, remote.address, 0, remote.address.length),
    );
  }

  /** All connections, in the order in which they were made. */
  get connections(): Connection[] {
    return [...this.#connections.values()].flat().sort((a, b) => a.id - b.id);
  }

  // For connections

  /** An input begins: what it makes due waits until it ends. */
  enter(): void {
    this.#depth += 1;
  }

  /** An input ends: everything that has something to do does it now. */
  leave(): void {
    if (this.#depth > 1) {
      this.#depth -= 1;
      return;
    }
    for (let i = 0; i < this.#touched.length; i++) {
      const connection = this.#touched[i] as Connection;
      connection.touched = false;
      this.#settle(connection);
    }
    this.#touched.length = 0;
    this.#depth = 0;
  }

  #settle(connection: Connection): void {
    if (this.trace === undefined) {
      connection.settle();
      return;
    }
    const before = this.trace.cause;
    this.trace.cause = connection.cause;
    connection.settle();
    connection.traced?.variables();
    this.trace.cause = before;
  }

  /** Notes that a connection has something to do. */
  touch(connection: Connection): void {
    if (this.trace !== undefined) connection.cause = this.trace.cause;
    if (connection.touched) return;
    connection.touched = true;
    this.#touched.push(connection);
  }

  get cause(): number {
    return this.trace?.cause ?? 0;
  }

  scopeFor(connection: Connection): ChartScope {
    const watched = this.trace !== undefined || this.#options.strict === true;
    if (watched) connection.traced = new ConnectionTrace(connection, this.#options.strict === true);
    return { timers: this.timers, listener: connection.traced, onError: fail };
  }

  /** The number of the next chart started here. */
  nextInstance(): number {
    this.#instances += 1;
    return this.#instances;
  }

  /** Starts a chart, the user's own if there is one of that name. */
  startChart<T extends object>(chart: Chart<T>, host: T, scope: ChartScope): ChartInstance {
    const chosen = (this.#options.charts?.[chart.name] as Chart<T> | undefined) ?? chart;
    return this.engine.start(chosen, host, scope, this.nextInstance());
  }

  /** Payload of the largest segment that fits the MTU, or less if so configured (RFC 9293 section 3.7.1). */
  mssFor(addressLength: number): number {
    const room = this.config.mtu - (addressLength === 4 ? 40 : 60);
    return Math.max(this.config.mss > 0 ? Math.min(this.config.mss, room) : room, 1);
  }

  /** A chart as a snapshot left it. */
  restoreChart<T extends object>(
    chart: Chart<T>,
    host: T,
    scope: ChartScope,
    saved: NumberedChart,
  ): ChartInstance {
    const chosen = (this.#options.charts?.[chart.name] as Chart<T> | undefined) ?? chart;
    return this.engine.restore(chosen, host, scope, saved.instance, saved.chart);
  }

  /** Place of a listener among all, in the order in which they listened. */
  placeOf(listener: Listener): number | undefined {
    const place = this.#listening.indexOf(listener);
    return place < 0 ? undefined : place;
  }

  /** The host as plain data. Not to be asked for from within a handler: an input under way is no state. */
  snapshot(): HostSnapshot {
    if (this.#depth > 0) throw new Error('a host has no snapshot while it handles an input');
    const { packetsIn, packetsOut, outsideWindow, badTimestamp, discarded } = this.counters;
    return {
      now: this.now(),
      nextOrder: this.timers.nextOrder,
      instances: this.#instances,
      ids: this.#ids,
      random: this.#random.snapshot(),
      secret: this.#isn.secret,
      timestampOffset: this.timestampOffset,
      challengeSecond: this.#challengeSecond,
      challenges: this.#challenges,
      counters: { packetsIn, packetsOut, outsideWindow, badTimestamp, discarded: { ...discarded } },
      connections: this.connections.map((connection) => connection.snapshot()),
    };
  }

  /** Makes a new host, with the listeners it had, what another was: see `restoreHost`. */
  restore(snapshot: HostSnapshot): void {
    const { discarded, ...counters } = snapshot.counters;
    Object.assign(this.counters, counters);
    Object.assign(this.counters.discarded, discarded);
    this.#random.restore(snapshot.random);
    this.#isn = new IsnGenerator(snapshot.secret);
    this.timestampOffset = snapshot.timestampOffset;
    this.#challengeSecond = snapshot.challengeSecond;
    this.#challenges = snapshot.challenges;
    for (const saved of snapshot.connections) {
      const listener = saved.listener === undefined ? undefined : this.#listening[saved.listener];
      this.#place(new Connection(this, saved.id, saved.local, saved.remote, listener, saved));
    }
    this.#instances = snapshot.instances;
    this.#ids = snapshot.ids;
    this.timers.nextOrder = snapshot.nextOrder;
  }

  isn(local: Endpoint, remote: Endpoint): Seq {
    const given = this.#options.iss;
    if (given !== undefined) return seq(given(local, remote));
    return this.#isn.next(local.address, local.port, remote.address, remote.port, this.now());
  }

  /** RFC 5961 section 7: no more challenge ACKs than so many a second. */
  mayChallenge(): boolean {
    const second = Math.floor(this.now() / 1_000_000);
    if (second !== this.#challengeSecond) {
      this.#challengeSecond = second;
      this.#challenges = 0;
    }
    this.#challenges += 1;
    return this.#challenges <= this.config.challengeAckLimit;
  }

  /** Makes the packet of a connection's segment and sends it off. */
  send(c: Connection, segment: Segment, why: SendReason, cause: number): void {
    const { payloadLength } = segment;
    const packet = this.#packet;
    const payloadOffset = packetHeaderLength(c.template, segment);
    if (payloadLength > 0) c.sender.copy(segment.seq as Seq, packet, payloadOffset, payloadLength);
    segment.bytes = packet;
    segment.payloadOffset = payloadOffset;
    const length = writeTcpPacket(packet, c.template, segment);
    this.#output(packet.subarray(0, length), c.id, why, cause);
  }

  /** Sends a reset to where the segment at hand came from. */
  sendReply(segment: Segment, c: Connection | undefined): void {
    const template = new IpTemplate({
      source: this.#ip.destination(),
      destination: this.#ip.source(),
      ttl: this.config.ttl,
    });
    const length = writeTcpPacket(this.#packet, template, segment);
    this.#output(this.#packet.subarray(0, length), c?.id ?? 0, 'reset', this.cause);
  }

  #output(packet: Uint8Array, connection: number, why: SendReason, cause: number): void {
    this.counters.packetsOut += 1;
    let id = 0;
    if (this.trace !== undefined) {
      const bytes = packet.slice();
      const ip = new IpHeader();
      decodeIp(bytes, ip);
      const segment = summarizeSegment(this.outgoing, ip);
      id = this.trace.add(this.name, this.now(), { kind: 'send', connection, why, segment, bytes }, cause);
    }
    this.#options.output(packet, id);
  }
}

/** A chart of the user's own must answer to the same events as ours of that name. */
function checkOwn(name: string, chart: Chart, engine: Engine): void {
  const ours = (ownCharts as Readonly<Record<string, Chart | undefined>>)[name];
  if (ours === undefined) {
    throw new RangeError(
      `charts.${name}: no chart has that name; one of ${Object.keys(ownCharts).join(', ')}`,
    );
  }
  for (const [event, constant] of Object.entries(ours.events)) {
    if (chart.events[event] !== constant) {
      throw new RangeError(`charts.${name}: its event '${event}' must be the constant of our chart's events`);
    }
  }
  engine.check(chart);
}

function fail(error: unknown): never {
  throw error;
}

function portsKey(local: number, remote: number): number {
  return local * 65_536 + remote;
}

function sameBytes(address: Uint8Array, bytes: Uint8Array, offset: number, length: number): boolean {
  if (address.length !== length) return false;
  for (let i = 0; i < length; i++) if (address[i] !== bytes[offset + i]) return false;
  return true;
}

function checkPort(port: number, least: number): void {
  if (!Number.isInteger(port) || port < least || port > 65_535) {
    throw new RangeError(`port ${port}: must be a whole number from ${least} to 65535`);
  }
}
