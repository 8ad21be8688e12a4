/**
 * A host: addresses, ports, listeners, and the connections behind them. Packets and the time come in, packets and the
 * next deadline go out; nothing here knows a socket or a clock.
 *
 * It decides which connection a packet belongs to, and when an input is done; what a segment means is `arrives.ts`.
 */
import { connectionEvents } from '../../machines/connection.ts';
import type { Chart } from '../../machines/event.ts';
import { charts as ownCharts } from '../../machines/index.ts';
import type { ChartInstance, ChartScope, Engine } from '../chart/chart.ts';
import type { Random } from '../time/random.ts';
import { TimerQueue } from '../time/timerQueue.ts';
import type { SendReason } from '../trace/event.ts';
import type { Trace } from '../trace/trace.ts';
import {
  formatAddress,
  formatEndpoint,
  isBroadcast,
  isMulticast,
  isUnspecified,
  parseAddress,
} from '../wire/address.ts';
import { ACK, RST, type Segment, SYN } from '../wire/tcp.ts';
import { Addresses } from './addresses.ts';
import { segmentArrives } from './arrives.ts';
import { ChallengeLimit } from './challenge.ts';
import { type ResolvedConfig, resolveConfig, type StackName, type TcpConfig } from './config.ts';
import { Connection } from './connection.ts';
import { type ConnectionSnapshot, lastInstance, type NumberedChart } from './connectionSnapshot.ts';
import { ConnectionTrace } from './connectionTrace.ts';
import { HostCounters } from './counters.ts';
import { checkPort, Demux } from './demux.ts';
import { Intake } from './intake.ts';
import { IsnGenerator } from './isn.ts';
import { Limits } from './limits.ts';
import type { Listener, ListenOptions } from './listener.ts';
import { OtherProtocols } from './otherProtocols.ts';
import { Outlet, type Output } from './outlet.ts';
import { PassiveOpen } from './passiveOpen.ts';
import { add, gt, type Seq, seq } from './seq.ts';
import type { HostSnapshot } from './snapshot.ts';
import { type Settings, type SocketOptions, withOptions } from './socketOptions.ts';
import type { Endpoint } from './tcb.ts';
import { replyWithReset } from './transmit.ts';
import type { ConnectionHandler } from './user.ts';

/** How far beyond the old connection's numbers those of one that reopens it begin: more than an unscaled window. */
const REOPEN_GAP = 65_537;

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
  readonly options?: SocketOptions;
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
  readonly outlet: Outlet;
  /** RFC 7323 section 5.4: what our timestamps start from. */
  timestampOffset: number;
  readonly #options: HostOptions;
  readonly #addresses: Addresses;
  readonly #intake: Intake;
  readonly #demux = new Demux();
  readonly #random: Random;
  readonly #challenges: ChallengeLimit;
  readonly #others: OtherProtocols;
  /** Connections with something to do when the input is done. */
  readonly #touched: Connection[] = [];
  /** How many connections are kept that no user looks after. */
  readonly limits: Limits = new Limits(this);
  #isn: IsnGenerator;
  #passive: PassiveOpen;
  readonly #settings: Settings;
  /** Last number of the connection that the SYN at hand reopens. */
  #beyond: Seq | undefined;
  #instances = 0;
  #ids = 0;
  #depth = 0;

  constructor(options: HostOptions) {
    this.#options = options;
    this.name = options.name;
    this.config = resolveConfig(options.tcp, options.stack);
    this.#addresses = new Addresses(options.name, options.addresses);
    this.timers = new TimerQueue(options.now ?? 0);
    this.trace = options.trace;
    this.engine = options.engine;
    this.outlet = new Outlet(this, options.output);
    this.#intake = new Intake(this.#addresses);
    this.#random = options.random;
    const seed = () => this.#random;
    this.#challenges = new ChallengeLimit(this.config.challengeAckLimit, seed, 'challenge');
    this.#others = new OtherProtocols(this, seed, (quote) => this.#demux.findQuoted(quote));
    const secret = options.random.bytes(32);
    this.#isn = new IsnGenerator(secret);
    this.#passive = new PassiveOpen(this, secret);
    this.#settings = { config: this.config, own: {} };
    this.timestampOffset = options.random.integer(0x1_0000_0000);
    for (const chart of Object.values(ownCharts)) options.engine.check(chart);
    for (const [name, chart] of Object.entries(options.charts ?? {})) checkOwn(name, chart, options.engine);
  }

  /** Its addresses, as they were given. */
  get addresses(): readonly string[] {
    return this.#options.addresses;
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
    // Packet after packet at the same time: nothing is due.
    if (now <= this.timers.now() && this.timers.nextTimeout > now) return;
    while (this.timers.nextTimeout <= now) {
      this.enter();
      try {
        this.timers.advanceTo(Math.max(this.timers.nextTimeout, this.timers.now()));
      } finally {
        this.leave();
      }
    }
    this.timers.advanceTo(now);
  }

  // Packets

  /**
   * Takes a packet that arrived at `now` (us). What was due before is done first. Whatever the bytes are, this does not
   * throw (but what a handler throws comes through): what cannot be used is counted and dropped. `id` is the packet's
   * number in the trace, 0 if unknown.
   */
  receive(packet: Uint8Array, now: number = this.now(), id = 0): void {
    this.poll(now);
    this.enter();
    this.counters.packetsIn += 1;
    try {
      if (this.trace === undefined) this.#take(packet, id);
      else this.#takeTraced(this.trace, packet, id);
    } finally {
      this.leave();
    }
  }

  /**
   * Takes packets that arrived together, at `now` (us): what they call for is sent when all are handled, so that one
   * ACK answers for many segments (RFC 9293 section 3.10.7.4, MUST-58, MUST-59).
   */
  receiveAll(packets: Iterable<Uint8Array>, now: number = this.now()): void {
    this.poll(now);
    this.enter();
    try {
      for (const packet of packets) this.receive(packet, now);
    } finally {
      this.leave();
    }
  }

  #takeTraced(trace: Trace, packet: Uint8Array, id: number): void {
    const before = trace.cause;
    const summary = this.#intake.summary(packet);
    const segment = summary === undefined ? {} : { segment: summary };
    // Not `slice`: a Buffer's would be a view of memory that is only lent
    const bytes = new Uint8Array(packet);
    trace.cause = trace.add(this.name, this.now(), { kind: 'receive', packet: id, ...segment, bytes });
    this.#take(packet, id);
    trace.cause = before;
  }

  #take(packet: Uint8Array, id: number): void {
    const flaw = this.#intake.read(packet);
    if (flaw === undefined) {
      this.#dispatch(this.#intake.segment, id);
      return;
    }
    const dropped = flaw === 'notTcp' ? this.#others.arrives(packet, this.#intake.ip) : flaw;
    if (dropped !== undefined) this.discard(dropped, id);
  }

  /** Counts a packet that nothing is done with, and why. */
  discard(reason: string, id: number): void {
    this.counters.discard(reason);
    this.trace?.add(this.name, this.now(), { kind: 'discard', packet: id, reason });
  }

  /** To the connection, the listener, or nobody (RFC 9293 section 3.10.7.1). */
  #dispatch(segment: Segment, id: number): void {
    const connection = this.#demux.find(this.#intake.ip, segment);
    if (connection !== undefined) {
      if (connection.state !== 'TIME_WAIT' || !this.#reopens(connection, segment)) {
        segmentArrives(connection, segment);
        return;
      }
      // RFC 9293 section 3.6.1, MAY-2: the old one is over, the SYN opens a new one, with numbers beyond the old.
      connection.chart.send(connectionEvents['user.abort']);
      this.#beyond = connection.snd.nxt;
    }
    const listener = this.#demux.listenerFor(this.#intake.ip, segment);
    if (listener !== undefined) {
      this.#passive.arrives(listener, segment, this.#intake.ip, id);
      this.#beyond = undefined;
    } else {
      this.discard('noListener', id);
      if ((segment.flags & RST) === 0) replyWithReset(this, segment);
    }
  }

  /** MAY-2: a SYN beyond the old connection by its timestamp (RFC 6191, SHLD-4) or number, and somebody listens. */
  #reopens(old: Connection, segment: Segment): boolean {
    if ((segment.flags & (SYN | ACK | RST)) !== SYN) return false;
    const listener = this.#demux.listenerFor(this.#intake.ip, segment);
    const stamped = old.timestampsOk && segment.hasTimestamps;
    const newer = stamped && ((segment.tsVal - old.tsRecent) | 0) > 0;
    // A cookie's number could not lie beyond the old ones.
    if (listener === undefined || this.#passive.keepsNothing(listener)) return false;
    return newer || gt(seq(segment.seq), old.rcv.nxt);
  }

  /** Makes a connection, of a listener or with settings of its own. */
  add(local: Endpoint, remote: Endpoint, listener?: Listener, settings?: Settings): Connection {
    this.#ids += 1;
    const chosen = settings ?? listener?.settings ?? this.#settings;
    const connection = new Connection(this, this.#ids, local, remote, chosen, listener);
    this.#demux.add(connection);
    return connection;
  }

  // Users

  /**
   * Passive OPEN (RFC 9293 section 3.10.1).
   * @throws RangeError if the port is taken or the address is not the host's
   */
  listen(options: ListenOptions): Listener {
    checkPort(options.port);
    const address = options.address === undefined ? undefined : this.#addresses.own(options.address);
    return this.#demux.listen(options, address, withOptions(this.#settings, options.options));
  }

  /**
   * Active OPEN (RFC 9293 section 3.10.1): the SYN is on its way when this returns.
   * @throws RangeError for an address or port that cannot be, or when none is free
   */
  connect(options: ConnectOptions): Connection {
    checkPort(options.port);
    const remote = { address: parseAddress(options.address), port: options.port };
    // MUST-46
    if (isMulticast(remote.address) || isBroadcast(remote.address) || isUnspecified(remote.address)) {
      throw new RangeError(`cannot connect to ${options.address}`);
    }
    const address = this.#addresses.towards(remote.address, options.localAddress);
    const port = options.localPort ?? this.#demux.ephemeral(this.#random, address, remote);
    checkPort(port);
    if (this.#demux.taken(address, port, remote)) {
      throw new RangeError(`${formatEndpoint(address, port)} is connected to ${options.address} already`);
    }
    const settings = withOptions(this.#settings, options.options);
    this.enter();
    const connection = this.add({ address, port }, remote, undefined, settings);
    if (options.handler !== undefined) connection.handler = options.handler;
    connection.open();
    this.leave();
    return connection;
  }

  /** All connections, in the order in which they were made. */
  get connections(): Connection[] {
    return this.#demux.connections;
  }

  /** All listeners, in the order in which they listened. */
  get listeners(): readonly Listener[] {
    return this.#demux.listeners;
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
    try {
      this.#settleAll();
    } finally {
      this.#depth = 0;
    }
  }

  #settleAll(): void {
    for (let i = 0; i < this.#touched.length; i++) {
      const connection = this.#touched[i] as Connection;
      connection.touched = false;
      if (this.trace === undefined) connection.settle();
      else this.#settleTraced(this.trace, connection);
    }
    this.#touched.length = 0;
  }

  #settleTraced(trace: Trace, connection: Connection): void {
    const before = trace.cause;
    trace.cause = connection.cause;
    connection.settle();
    connection.traced?.variables();
    trace.cause = before;
  }

  /** Notes that a connection has something to do. */
  touch(connection: Connection): void {
    if (this.trace !== undefined) connection.cause = this.trace.cause;
    if (connection.touched) return;
    connection.touched = true;
    this.#touched.push(connection);
  }

  /** Forgets a connection: its ports are free again. */
  remove(connection: Connection): void {
    this.#demux.remove(connection);
    this.limits.forget(connection);
  }

  /** The trace event that what happens now follows from. */
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
    return this.engine.start(this.#chosen(chart), host, scope, this.nextInstance());
  }

  /** A chart as a snapshot left it. */
  restoreChart<T extends object>(
    chart: Chart<T>,
    host: T,
    scope: ChartScope,
    saved: NumberedChart,
  ): ChartInstance {
    return this.engine.restore(this.#chosen(chart), host, scope, saved.instance, saved.chart);
  }

  #chosen<T extends object>(chart: Chart<T>): Chart<T> {
    return (this.#options.charts?.[chart.name] as Chart<T> | undefined) ?? chart;
  }

  /** Payload of the largest segment that fits the MTU, or less if so configured (RFC 9293 section 3.7.1). */
  mssFor(addressLength: number, { mss } = this.config, mtu = this.config.mtu): number {
    const room = mtu - (addressLength === 4 ? 40 : 60);
    return Math.max(mss > 0 ? Math.min(mss, room) : room, 1);
  }

  /** The initial sequence number of a connection opened now (RFC 9293 section 3.4.1). */
  isn(local: Endpoint, remote: Endpoint): Seq {
    const given = this.#options.iss;
    if (given !== undefined) return seq(given(local, remote));
    if (this.#beyond !== undefined) return add(this.#beyond, REOPEN_GAP);
    return this.#isn.next(local.address, local.port, remote.address, remote.port, this.now());
  }

  /** A whole number from 0 to below `below`. */
  random(below: number): number {
    return this.#random.integer(below);
  }

  /** RFC 5961 section 7 */
  mayChallenge(): boolean {
    return this.#challenges.allows(this.now());
  }

  /** RFC 7323 section 5.4: our timestamp clock ticks in ms. */
  timestamp(): number {
    return (Math.floor(this.now() / 1000) + this.timestampOffset) >>> 0;
  }

  /** Half-open connections of all listeners. */
  get opening(): number {
    return this.limits.opening;
  }

  /** Sends the outlet's segment, a reset unless told, to where the segment at hand came from. */
  reply(connection: Connection | undefined, why: SendReason = 'reset'): void {
    this.outlet.reply(this.#intake.ip, connection?.id ?? 0, why);
  }

  // As plain data

  /** Place of a listener among all, in the order in which they listened. */
  placeOf(listener: Listener): number | undefined {
    return this.#demux.placeOf(listener);
  }

  /** The host as plain data. Not to be asked for from within a handler: an input under way is no state. */
  snapshot(): HostSnapshot {
    if (this.#depth > 0) throw new Error('a host has no snapshot while it handles an input');
    return {
      now: this.now(),
      nextOrder: this.timers.nextOrder,
      instances: this.#instances,
      ids: this.#ids,
      random: this.#random.snapshot(),
      secret: this.#isn.secret,
      timestampOffset: this.timestampOffset,
      challenges: this.#challenges.snapshot(),
      icmpLimits: this.#others.snapshot(),
      counters: this.counters.snapshot(),
      limits: this.limits.snapshot(),
      cookiesSent: this.#demux.listeners.map(({ cookieSentAt }) => Math.max(cookieSentAt, -1)),
      connections: this.connections.map((connection) => connection.snapshot()),
    };
  }

  /**
   * Takes up one connection of another host that had this one's address: exactly, if both have the same time and
   * settings. Its timers keep their deadlines; its listener, if it had one, is not told of it.
   * @throws RangeError if its sockets are taken here, or its local address is not this host's
   */
  restoreConnection(saved: ConnectionSnapshot, handler: ConnectionHandler = {}): Connection {
    const { id, local, remote } = saved;
    const address = this.#addresses.own(formatAddress(local.address));
    if (this.#demux.taken(address, local.port, remote)) {
      throw new RangeError(`${formatEndpoint(address, local.port)} is connected to that peer already`);
    }
    const connection = this.#restored(saved);
    connection.handler = handler;
    this.limits.take(connection);
    this.#ids = Math.max(this.#ids, id);
    this.#instances = Math.max(this.#instances, lastInstance(saved));
    return connection;
  }

  #restored(saved: ConnectionSnapshot, listener?: Listener): Connection {
    const { id, local, remote, options } = saved;
    const connection = new Connection(
      this,
      id,
      local,
      remote,
      withOptions(this.#settings, options),
      listener,
      saved,
    );
    this.#demux.add(connection);
    return connection;
  }

  /** Makes a new host, with the listeners it had, what another was: see `restoreHost`. */
  restore(snapshot: HostSnapshot): void {
    this.counters.restore(snapshot.counters);
    this.#random.restore(snapshot.random);
    this.#isn = new IsnGenerator(snapshot.secret);
    this.#passive = new PassiveOpen(this, snapshot.secret);
    snapshot.cookiesSent.forEach((at, place) => {
      const listener = this.#demux.listenerAt(place);
      if (listener !== undefined && at >= 0) listener.cookieSentAt = at;
    });
    this.timestampOffset = snapshot.timestampOffset;
    this.#challenges.restore(snapshot.challenges);
    this.#others.restore(snapshot.icmpLimits);
    for (const saved of snapshot.connections) {
      const listener = saved.listener === undefined ? undefined : this.#demux.listenerAt(saved.listener);
      this.#restored(saved, listener);
    }
    this.limits.restore(snapshot.limits, this.connections);
    this.#instances = snapshot.instances;
    this.#ids = snapshot.ids;
    this.timers.nextOrder = snapshot.nextOrder;
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
