/**
 * A connection as plain data, and taken up from it again: what each part of it keeps, and the parts that are only
 * numbers and flags. Charts are taken up by who starts them.
 */
import type { ChartInstance, ChartSnapshot } from '../chart/chart.ts';
import type { TcpConfig } from './config.ts';
import type { Connection } from './connection.ts';
import type { EcnSnapshot } from './ecn.ts';
import type { PathMtuSnapshot } from './pathMtu.ts';
import type { SentSample } from './rate.ts';
import type { TuningSnapshot } from './receiveTuning.ts';
import type { ConnectionCounters, ReceiveVariables, SendVariables } from './tcb.ts';

/** A chart with its number. */
export interface NumberedChart {
  readonly instance: number;
  readonly chart: ChartSnapshot;
}

export interface RecordSnapshot extends NumberedChart {
  readonly seq: number;
  readonly start: number;
  readonly end: number;
  readonly syn: boolean;
  readonly fin: boolean;
  readonly mark: 0 | 1 | 2 | 3;
  readonly transmissions: number;
  readonly backoff: number;
  readonly firstSent: number;
  readonly lastSent: number;
  readonly order: number;
  readonly rate: Readonly<SentSample>;
}

export interface QueueSnapshot {
  readonly records: readonly RecordSnapshot[];
  /** Index of the oldest record, or of the next if there is none. */
  readonly base: number;
  /** Transmissions so far. */
  readonly transmissions: number;
  /** Sequence numbers ever sacked, delivered, lost. */
  readonly totals: readonly [number, number, number];
  readonly sacked: readonly number[];
  readonly lossEdge: number;
  readonly sackedAbove: number;
  readonly rescueEdge: number;
  /** Places (from the oldest) of the records in line to be sent again. */
  readonly lost: readonly number[];
}

type Numbers = Readonly<Record<string, number>>;

export interface RecoverySnapshot {
  readonly point: number;
  readonly dupAcks: number;
  readonly forced: boolean;
  readonly rack: Numbers;
  readonly prr: Numbers;
  readonly undo: Numbers;
  /** TLP.end_seq and TLP.is_retrans */
  readonly probe: readonly [end: number, again: boolean];
}

export interface SenderSnapshot {
  readonly recovery: RecoverySnapshot;
  readonly queue: QueueSnapshot;
  readonly rtt: Readonly<Record<string, number>>;
  readonly congestion: Readonly<Record<string, unknown>>;
  readonly usage: readonly number[];
  readonly rate: readonly number[];
  readonly pacing: number;
  /** The current round trip is over when this is acknowledged. */
  readonly roundEnd: number;
  readonly backoff: number;
  readonly rtoDeadline: number;
  readonly shutAt: number;
  readonly blocked: boolean;
  readonly retransmitted: number;
  readonly written: number;
  /** Sequence number of the first byte of `bytes`. */
  readonly headSeq: number;
  readonly bytes: Uint8Array;
}

export interface ReceiverSnapshot {
  readonly available: number;
  readonly finAt: number | undefined;
  readonly finished: boolean;
  readonly largest: number;
  readonly duplicate: readonly [left: number, right: number] | undefined;
  readonly urgent: boolean;
  readonly ranges: readonly { readonly left: number; readonly right: number; readonly stamp: number }[];
  readonly head: number;
  /** In order first, then what lies beyond gaps, gaps included. */
  readonly bytes: Uint8Array;
  readonly tuning: TuningSnapshot;
}

export interface ProbeSnapshot {
  readonly probes: number;
  readonly since: number;
  readonly idle?: number;
}

export interface ConnectionSnapshot {
  readonly id: number;
  readonly local: { readonly address: Uint8Array; readonly port: number };
  readonly remote: { readonly address: Uint8Array; readonly port: number };
  readonly passive: boolean;
  /** What is set for this connection alone, in ms. */
  readonly options: Partial<TcpConfig>;
  /** Place of its listener in the host's list; undefined if it has none, or none any more. */
  readonly listener: number | undefined;
  readonly opening: boolean;
  readonly snd: Readonly<SendVariables>;
  readonly rcv: Readonly<ReceiveVariables>;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly counters: Readonly<ConnectionCounters>;
  /** By the chart's name. */
  readonly charts: Readonly<Record<string, NumberedChart>>;
  readonly sender: SenderSnapshot;
  readonly receiver: ReceiverSnapshot;
  readonly persist: ProbeSnapshot;
  readonly keepAlive: ProbeSnapshot;
  readonly pathMtu: PathMtuSnapshot;
  readonly ecn: EcnSnapshot;
}

/** What a snapshot takes over as it is. */
const PLAIN = [
  'sackOk',
  'timestampsOk',
  'scalingOk',
  'timestampOffset',
  'tsRecent',
  'tsRecentAt',
  'finQueued',
  'closeDeferred',
  'detached',
  'ackNow',
  'challenged',
  'strayAnsweredAt',
  'reason',
  'softError',
] as const;

/** The charts that a connection has one each of, by name; those not started yet undefined. */
export function chartsOf(c: Connection): Readonly<Record<string, ChartInstance | undefined>> {
  const { sender, receiver } = c;
  const congestion = sender.congestion.chart;
  return {
    connection: c.chart,
    recovery: sender.recovery.chart,
    lossProbe: sender.recovery.probe.chart,
    reordering: sender.recovery.reorderingChart,
    spuriousTimeout: sender.recovery.timeout.chart,
    [congestion.chart.name]: congestion,
    delayedAck: receiver.chart,
    ecn: c.ecn.chart,
    persist: c.persist.chart,
    pacing: c.sender.pacing.chart,
    keepAlive: c.keepAlive.chart,
    pathMtu: c.pathMtu.chart,
  };
}

/** `opening`: it still takes a place in its listener's backlog. */
export function saveConnection(c: Connection, opening: boolean): ConnectionSnapshot {
  const { id, local, remote, passive, listener, sender, receiver, persist, keepAlive } = c;
  const charts: Record<string, NumberedChart> = {};
  for (const [name, chart] of Object.entries(chartsOf(c))) {
    if (chart !== undefined) charts[name] = { instance: chart.instance, chart: chart.snapshot() };
  }
  return {
    ...{ id, local, remote, passive, opening, charts },
    options: { ...c.ownSettings },
    listener: listener && c.host.placeOf(listener),
    snd: { ...c.snd },
    rcv: { ...c.rcv },
    fields: Object.fromEntries(PLAIN.map((name) => [name, c[name]])),
    counters: { ...c.counters },
    sender: sender.snapshot(),
    receiver: receiver.snapshot(),
    persist: persist.snapshot(),
    keepAlive: keepAlive.snapshot(),
    pathMtu: c.pathMtu.snapshot(),
    ecn: c.ecn.snapshot(),
  };
}

/** The highest number of a chart that the snapshot holds. */
export function lastInstance({ charts, sender }: ConnectionSnapshot): number {
  const numbered = [...Object.values(charts), ...sender.queue.records];
  return Math.max(0, ...numbered.map(({ instance }) => instance));
}

/** Makes a new connection, whose charts have been taken up, what the snapshot says. */
export function loadConnection(c: Connection, saved: ConnectionSnapshot): void {
  Object.assign(c.snd, saved.snd);
  Object.assign(c.rcv, saved.rcv);
  Object.assign(c, saved.fields);
  Object.assign(c.counters, saved.counters);
  c.sender.restore(saved.sender);
  c.receiver.restore(saved.receiver);
  c.persist.restore(saved.persist);
  c.keepAlive.restore(saved.keepAlive);
  c.pathMtu.restore(saved.pathMtu);
  c.ecn.restore(saved.ecn);
  c.traced?.resume();
}
