/**
 * A connection: where charts and data meet. It holds the TCB's variables, starts the charts, passes facts on and
 * remembers what is owed until the input at hand is done.
 *
 * What a segment means is `arrives.ts`, what goes out is `transmit.ts`, the two halves are `sender.ts` and
 * `receiver.ts`; what the connection chart asks for is `lifecycle.ts`.
 */
import { connection as connectionChart, connectionEvents } from '../../machines/connection.ts';
import type { Chart } from '../../machines/event.ts';
import type { ChartInstance, ChartScope } from '../chart/chart.ts';
import { IpTemplate } from '../wire/ip.ts';
import type { ResolvedConfig, TcpConfig } from './config.ts';
import {
  type ConnectionSnapshot,
  loadConnection,
  type NumberedChart,
  saveConnection,
} from './connectionSnapshot.ts';
import type { ConnectionTrace } from './connectionTrace.ts';
import { Ecn } from './ecn.ts';
import type { Host } from './host.ts';
import { type IcmpError, icmpErrorArrives } from './icmpError.ts';
import { type TcpInfo, tcpInfo } from './info.ts';
import { KeepAlive } from './keepAlive.ts';
import { Lifecycle } from './lifecycle.ts';
import type { Listener } from './listener.ts';
import { PathMtu } from './pathMtu.ts';
import { Persist } from './persist.ts';
import { Receiver } from './receiver.ts';
import { Sender } from './sender.ts';
import { add, distance, type Seq } from './seq.ts';
import { type Settings, type SocketOptions, withLaterOptions } from './socketOptions.ts';
import {
  type ConnectionCounters,
  type Endpoint,
  noCounters,
  noReceiveVariables,
  noSendVariables,
  type ReceiveVariables,
  type SendVariables,
} from './tcb.ts';
import { transmit } from './transmit.ts';
import {
  type CloseReason,
  ConnectionError,
  type ConnectionHandler,
  type SendOptions,
  type UserConnection,
} from './user.ts';

/** What the user is told, in this order when several are due at once: the end comes after what can still be read. */
const NOTICES = ['established', 'urgent', 'readable', 'writable', 'trouble', 'ended', 'unreachable'] as const;

type Notice = (typeof NOTICES)[number];

/** The bit of each: 1 for the first. */
const BITS: Readonly<Record<Notice, number>> = {
  established: 1,
  urgent: 2,
  readable: 4,
  writable: 8,
  trouble: 16,
  ended: 32,
  unreachable: 64,
};

export class Connection implements UserConnection {
  readonly id: number;
  readonly host: Host;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Who made it, if it was opened passively. */
  readonly listener: Listener | undefined;
  /** It was opened by a listener (MUST-11). */
  readonly passive: boolean;
  readonly snd: SendVariables;
  readonly rcv: ReceiveVariables;
  readonly scope: ChartScope;
  readonly chart: ChartInstance;
  readonly sender: Sender;
  readonly receiver: Receiver;
  readonly persist: Persist;
  readonly keepAlive: KeepAlive;
  readonly pathMtu: PathMtu;
  readonly ecn: Ecn;
  template: IpTemplate;
  handler: ConnectionHandler = {};
  readonly counters: ConnectionCounters = noCounters();

  /** It comes from a SYN cookie: our SYN,ACK had this number, and has gone out. */
  cookie: Seq | undefined;
  /** Both ends said SACK-permitted (RFC 2018). */
  sackOk = false;
  /** Both ends sent timestamps (RFC 7323). */
  timestampsOk = false;
  /** Both ends sent a window scale (RFC 7323). */
  scalingOk = false;
  /** RFC 7323 section 5.4: what our timestamps start from. */
  timestampOffset: number;
  /** RFC 7323 TS.Recent */
  tsRecent = 0;
  /** When it was taken, us. */
  tsRecentAt = 0;
  /** A SYN, or a SYN,ACK, is to be sent. */
  synOwed = false;
  /** The user has closed: a FIN goes out after the data. */
  finQueued = false;
  /** CLOSE waits for ESTABLISHED (RFC 9293 section 3.10.4, SYN_RECEIVED). */
  closeDeferred = false;
  /** The user has closed both ways. */
  detached = false;
  /** An ACK goes out when this input is done. */
  ackNow = false;
  /** It goes out for RFC 5961. */
  challenged = false;
  /** When an ACK last answered a segment that is none of this connection, us. */
  strayAnsweredAt: number | undefined;
  /** The trace event that made the ACK due. */
  ackCause = 0;
  /** The trace event that last gave this connection something to do. */
  cause = 0;
  /** It waits in the host's list of connections with something to do. */
  touched = false;
  /** Told once, when it is over. */
  reason: CloseReason | undefined;
  /** The last ICMP error about it but "packet too big" (RFC 9293 section 3.9.2.2, SHLD-25). */
  softError: IcmpError | undefined;
  /** What tells the trace of it, if there is one. */
  traced: ConnectionTrace | undefined;
  #told = false;
  #opening = true;
  /** Those due, a bit each. */
  #due = 0;
  /** The charts to take up again instead of starting them anew. */
  readonly #saved: ConnectionSnapshot['charts'] | undefined;
  #settings: Settings;

  constructor(
    host: Host,
    id: number,
    local: Endpoint,
    remote: Endpoint,
    settings: Settings,
    listener?: Listener,
    saved?: ConnectionSnapshot,
  ) {
    this.#saved = saved?.charts;
    this.host = host;
    this.id = id;
    this.#settings = settings;
    this.local = local;
    this.remote = remote;
    this.listener = listener;
    this.timestampOffset = host.timestampOffset;
    this.passive = listener !== undefined || saved?.passive === true;
    if (listener !== undefined) listener.opening += 1;
    if (listener !== undefined) host.limits.opening += 1;
    const mss = host.mssFor(remote.address.length, this.config);
    this.snd = noSendVariables(mss);
    this.rcv = noReceiveVariables(mss);
    this.scope = host.scopeFor(this);
    this.template = this.#makeTemplate();
    this.chart = this.startChart(connectionChart, new Lifecycle(this));
    this.sender = new Sender(this);
    this.receiver = new Receiver(this);
    this.persist = new Persist(this);
    this.keepAlive = new KeepAlive(this);
    this.pathMtu = new PathMtu(this);
    this.ecn = new Ecn(this);
    if (saved === undefined) return;
    loadConnection(this, saved);
    this.#told = this.reason !== undefined;
    if (!saved.opening) this.#opened();
  }

  /** Starts a chart of this connection; a user's own of the same name takes its place. */
  startChart<Host extends object>(chart: Chart<Host>, host: Host): ChartInstance {
    const saved = this.#saved?.[chart.name];
    if (saved !== undefined) return this.restoreChart(chart, host, saved);
    return this.host.startChart(chart, host, this.scope);
  }

  /** A chart as a snapshot left it. */
  restoreChart<Host extends object>(chart: Chart<Host>, host: Host, saved: NumberedChart): ChartInstance {
    return this.host.restoreChart(chart, host, this.scope, saved);
  }

  /** Was a chart of this name running when the snapshot was made? */
  restores(name: string): boolean {
    return this.#saved?.[name] !== undefined;
  }

  /** The connection as plain data. */
  snapshot(): ConnectionSnapshot {
    return saveConnection(this, this.#opening);
  }

  /** What is set, by default and for this connection. */
  get config(): ResolvedConfig {
    return this.#settings.config;
  }

  /** What is set for this connection alone, in ms. */
  get ownSettings(): Partial<TcpConfig> {
    return this.#settings.own;
  }

  #makeTemplate(): IpTemplate {
    const { ttl, dscp } = this.config;
    return new IpTemplate({ source: this.local.address, destination: this.remote.address, ttl, dscp });
  }

  /**
   * Sets options of this connection while it is open. They count from now on: a timer that runs keeps its time.
   * @throws RangeError naming the option and what is wrong with it, or that it must be given when opening
   */
  setOptions(options: SocketOptions): void {
    this.#checkExists();
    const before = this.config;
    this.#settings = withLaterOptions(this.#settings, options);
    this.host.enter();
    const { ttl, dscp, keepAlive, keepAliveIdle } = this.config;
    if (ttl !== before.ttl || dscp !== before.dscp) this.template = this.#makeTemplate();
    const watched = keepAlive !== before.keepAlive || keepAliveIdle !== before.keepAliveIdle;
    if (watched && keepAlive) this.keepAlive.enable(keepAliveIdle / 1000);
    else if (watched && before.keepAlive) this.keepAlive.disable();
    this.sender.limitChanged();
    this.receiver.limitChanged();
    this.touch();
    this.host.leave();
  }

  get state(): string {
    return this.chart.state;
  }

  now(): number {
    return this.host.now();
  }

  /** Chooses the ISS (RFC 9293 section 3.4.1). */
  chooseIss(): void {
    const { snd } = this;
    snd.iss = this.cookie ?? this.host.isn(this.local, this.remote);
    snd.una = snd.iss;
    snd.nxt = snd.iss;
    snd.up = snd.iss;
    this.sender.startAt(snd.iss);
  }

  /** Our SYN is acknowledged. */
  get synAcked(): boolean {
    return this.snd.una !== this.snd.iss;
  }

  /** Our FIN is sent and acknowledged. */
  get finAcked(): boolean {
    return this.finQueued && this.snd.una === add(this.sender.dataEnd, 1);
  }

  // The user's calls (RFC 9293 section 3.10.1 to 3.10.5)

  /**
   * OPEN; a host's `connect` and `listen` do it. From LISTEN it is an active one.
   * @throws ConnectionError EISCONN when it is open already, ENOTCONN when it is over
   */
  open(): void {
    this.#checkExists();
    const { state } = this;
    if (state !== 'CLOSED' && state !== 'LISTEN') {
      throw new ConnectionError('EISCONN', 'connection already exists');
    }
    this.#call('OPEN', undefined, () => this.chart.send(connectionEvents['user.open']));
  }

  send(data: Uint8Array, options: SendOptions = {}): number {
    // RFC 9293 section 3.10.2
    this.#checkExists();
    if (this.finQueued || this.closeDeferred) throw new ConnectionError('EPIPE', 'connection closing');
    let taken = 0;
    this.#call('SEND', `${data.length} bytes`, () => {
      taken = this.sender.write(data);
      if (options.urgent === true && taken > 0) this.snd.up = this.sender.dataEnd;
    });
    return taken;
  }

  /** Bytes from the next one to be read to the end of the urgent data (MUST-33); 0 when there is none. */
  get urgentRemaining(): number {
    const { rcv } = this;
    return Math.max(distance(rcv.up, add(rcv.nxt, -this.receiver.available)), 0);
  }

  receive(limit: number = Number.POSITIVE_INFINITY): Uint8Array {
    const data = this.receiver.take(limit);
    if (data.length === 0) return data;
    const { cause, trace } = this.host;
    this.host.enter();
    this.traced?.call('RECEIVE', `${data.length} bytes`);
    if (this.receiving && this.receiver.updateDue()) this.acknowledge();
    if (trace !== undefined) trace.cause = cause;
    this.host.leave();
    return data;
  }

  get available(): number {
    return this.receiver.available;
  }

  close(): void {
    this.#call('CLOSE', undefined, () => this.chart.send(connectionEvents['user.close']));
  }

  /** STATUS: the connection's variables now. */
  status(): TcpInfo {
    return tcpInfo(this);
  }

  /**
   * Probe the peer when nothing has come from it for `idle` ms (RFC 9293 section 3.8.4; MUST-24, MUST-27), or do not.
   * @throws RangeError for an idle time of under 1 ms or over 7 days
   */
  setKeepAlive(on: boolean, idle?: number): void {
    this.#checkExists();
    this.host.enter();
    if (on) this.keepAlive.enable(idle);
    else this.keepAlive.disable();
    this.host.leave();
  }

  /** CLOSE both ways, as close(2): what is unread, or still comes, is answered with a reset (SHLD-3). */
  detach(): void {
    this.#call('CLOSE', undefined, () => {
      const kept = !this.detached && this.state !== 'TIME_WAIT' && this.state !== 'CLOSED';
      this.detached = true;
      if (this.config.linger === 0 || (kept && !this.host.limits.adopt(this))) {
        this.chart.send(connectionEvents['user.abort']);
        return;
      }
      const refused = this.finQueued && this.receiving && this.receiver.available > 0;
      if (refused) this.chart.send(connectionEvents.textRefused);
      else this.chart.send(connectionEvents['user.close']);
      this.chart.send(connectionEvents['user.detach']);
    });
  }

  abort(): void {
    this.#call('ABORT', undefined, () => this.chart.send(connectionEvents['user.abort']));
  }

  /** RFC 9293 section 3.10: what most calls answer in CLOSED. */
  #checkExists(): void {
    if (this.reason === undefined || this.state !== 'CLOSED') return;
    throw new ConnectionError('ENOTCONN', 'connection does not exist');
  }

  #call(call: string, detail: string | undefined, act: () => void): void {
    this.host.enter();
    const { trace } = this.host;
    const before = this.host.cause;
    this.traced?.call(call, detail);
    act();
    this.touch();
    if (trace !== undefined) trace.cause = before;
    this.host.leave();
  }

  /** May the peer still send us data? */
  get receiving(): boolean {
    const { state } = this;
    return state === 'ESTABLISHED' || state === 'FIN_WAIT_1' || state === 'FIN_WAIT_2';
  }

  /** May we send data, new or again? */
  get sending(): boolean {
    const { state } = this;
    return (
      state === 'ESTABLISHED' ||
      state === 'CLOSE_WAIT' ||
      state === 'FIN_WAIT_1' ||
      state === 'CLOSING' ||
      state === 'LAST_ACK'
    );
  }

  /** There is something to do when the input is handled. */
  touch(): void {
    this.host.touch(this);
  }

  /** An ACK is owed. */
  acknowledge(): void {
    this.ackNow = true;
    this.ackCause = this.host.cause;
    this.touch();
  }

  /** RFC 5961 section 7: a challenge ACK, within the connection's limit and the host's. */
  challenge(): void {
    if (this.#answersStray() && this.host.mayChallenge()) {
      this.challenged = true;
      this.acknowledge();
    }
  }

  /**
   * The ACK that answers an empty segment outside the window. Two ends that each find the other's ACKs so would answer
   * one another without end, as fast as the path is.
   */
  acknowledgeStray(): void {
    if (this.#answersStray()) this.acknowledge();
  }

  #answersStray(): boolean {
    const { invalidRateLimit } = this.config;
    if (invalidRateLimit === 0) return true;
    const now = this.now();
    if (this.strayAnsweredAt !== undefined && now - this.strayAnsweredAt < invalidRateLimit) {
      this.host.counters.acksSkipped += 1;
      return false;
    }
    this.strayAnsweredAt = now;
    return true;
  }

  /** To be told to the user when the input is handled. */
  notice(what: Notice): void {
    this.#due |= BITS[what];
    this.touch();
  }

  /** It is over, for this reason; the first one counts. */
  end(reason: CloseReason): void {
    this.reason ??= reason;
    this.touch();
  }

  /** An ICMP error quotes a segment of this connection; returns why it is ignored, undefined when it is not. */
  icmpError(error: IcmpError): string | undefined {
    return icmpErrorArrives(this, error);
  }

  userTimeout(): void {
    this.chart.send(connectionEvents.userTimeout);
  }

  r2Reached(): void {
    this.chart.send(connectionEvents.r2Reached);
  }

  /** A whole number from 0 to below `below`, from the host's seed. */
  random(below: number): number {
    return this.host.random(below);
  }

  markAppLimited(): void {
    this.sender.queue.rate.markAppLimited(this.sender.pipe);
  }

  get appLimited(): boolean {
    return this.sender.queue.rate.appLimited;
  }

  /** RFC 7323 section 5.4: our timestamp clock ticks in ms. */
  timestamp(): number {
    return this.timestampOf(this.now());
  }

  /** What it showed then, us. */
  timestampOf(time: number): number {
    return (Math.floor(time / 1000) + this.timestampOffset) >>> 0;
  }

  /** How long ago (us) we sent this timestamp. */
  sinceTimestamp(echoed: number): number {
    return Math.max((this.timestamp() - echoed) | 0, 0) * 1000;
  }

  /** The input is handled: tell the user, then send what is due. */
  settle(): void {
    if (this.#opening && this.synAcked) this.#stands();
    while (this.#due !== 0) {
      const first = 31 - Math.clz32(this.#due & -this.#due);
      this.#due &= this.#due - 1;
      // What was still to be told of a connection that is reset or given up is flushed with its queues.
      if (this.reason === undefined || this.reason === 'closed') this.#tell(NOTICES[first] as Notice);
    }
    transmit(this);
    if (this.reason !== undefined && !this.#told) {
      this.#told = true;
      this.traced?.report('closed', this.reason);
      this.handler.closed?.(this.reason);
    }
  }

  #tell(notice: Notice): void {
    if (notice === 'readable' && this.receiver.available === 0) return;
    this.traced?.report(notice);
    if (notice === 'established') {
      this.listener?.onConnection(this);
      this.handler.established?.();
    } else if (notice === 'unreachable') this.handler.unreachable?.(this.softError as IcmpError);
    else this.handler[notice]?.();
  }

  /** The peer has answered our SYN: in ESTABLISHED, or beyond it when the user has closed meanwhile. */
  #stands(): void {
    this.#opened();
    if (this.config.keepAlive && this.reason === undefined) this.keepAlive.enable();
  }

  /** It no longer takes a place in its listener's backlog. */
  #opened(): void {
    if (this.#opening && this.listener !== undefined) {
      this.listener.opening -= 1;
      this.host.limits.opening -= 1;
    }
    this.#opening = false;
  }

  /** RFC 9293: flush all queues, delete the TCB. */
  deleteTcb(): void {
    this.#opened();
    this.sender.close();
    this.receiver.close();
    this.persist.close();
    this.keepAlive.close();
    this.pathMtu.close();
    this.ecn.close();
    this.ackNow = false;
    this.synOwed = false;
    this.host.remove(this);
  }

  /** Leaves TIME_WAIT before its time, to make room for another. */
  evict(): void {
    this.chart.send(connectionEvents['user.abort']);
  }

  toJSON(): object {
    return { id: this.id, una: this.snd.una, nxt: this.snd.nxt, rcvNxt: this.rcv.nxt };
  }
}
