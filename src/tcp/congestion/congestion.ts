/**
 * What a congestion control is to a connection: it is told what each ACK brought and when something was lost, and says
 * how much may be in flight, and how fast it may leave.
 *
 * When a window grows, and which phase an algorithm is in, is decided by a chart of its own; the classes beside this
 * file compute. Which recovery is under way is the `recovery` chart's.
 */
import type { Chart } from '../../../machines/event.ts';
import type { ChartInstance } from '../../chart/chart.ts';
import { noRateSample, type RateSample } from '../rate.ts';
import type { SegmentRecord } from '../record.ts';

/** The algorithms there are. */
export const congestionNames = ['cubic', 'newreno', 'bbr', 'bbr3'] as const;

export type CongestionName = (typeof congestionNames)[number];

/** Why the rate is cut. */
export type Reduction = 'recovery' | 'ecn' | 'timeout';

/** Slow start threshold before any loss: arbitrarily high (RFC 5681 section 3.1). */
export const NO_SSTHRESH = 0x7fffffff;

/** What an ACK brought: bytes and us. One object is filled in anew for each. */
export interface AckSample {
  /** us */
  now: number;
  /** Sequence numbers that SND.UNA advanced by. */
  acked: number;
  /** Newly reported received by SACK. */
  sacked: number;
  /** Newly received by the peer, either way (RFC 6937's DeliveredData). */
  delivered: number;
  /** Newly given up for lost. */
  lost: number;
  /** In flight (RFC 6675's pipe) before the ACK, and now. */
  priorInFlight: number;
  inFlight: number;
  /** The RTT it measured; -1: it measured none. */
  rtt: number;
  /** The smallest RTT so far, and the smoothed one; 0 before any. */
  minRtt: number;
  srtt: number;
  /** What was sent when the last round trip began is acknowledged: the next begins. */
  roundStart: boolean;
  /** The window, and nothing else, kept data from being sent (RFC 7661 section 4.1). */
  cwndLimited: boolean;
  /** Something had to wait for the window (Linux's is_cwnd_limited). */
  atWindow: boolean;
  /** How fast the network delivers. */
  readonly rate: RateSample;
  /** Delivered over the connection's life. */
  deliveredTotal: number;
  /** It acknowledges one segment that nothing followed: the peer may have waited with it. */
  ackDelayed: boolean;
  /** Time until pacing lets the next segment go; 0: it may. */
  wait: number;
  /** The state of the `recovery` chart. */
  recovery: string;
  /** What was outstanding at a timeout is still being sent again, or this ACK covers the last of it. */
  afterTimeout: boolean;
  /** The peer echoed congestion marks (RFC 3168). */
  ece: boolean;
}

/** A sample of an ACK that has brought nothing. */
export function noSample(): AckSample {
  return {
    now: 0,
    acked: 0,
    sacked: 0,
    delivered: 0,
    lost: 0,
    priorInFlight: 0,
    inFlight: 0,
    rtt: -1,
    minRtt: 0,
    srtt: 0,
    roundStart: false,
    cwndLimited: true,
    atWindow: false,
    rate: noRateSample(),
    deliveredTotal: 0,
    ackDelayed: false,
    wait: 0,
    recovery: 'open',
    afterTimeout: false,
    ece: false,
  };
}

/** What an algorithm asks of its connection. */
export interface CongestionOwner {
  /** Starts its chart, or takes it up where a snapshot left it. */
  startChart<Host extends object>(chart: Chart<Host>, host: Host): ChartInstance;
  /** us */
  now(): number;
  /** A whole number from 0 to below `below`, from the host's seed. */
  random(below: number): number;
  /** What is in flight is no measure of the path: the sender does not send what it could. */
  markAppLimited(): void;
  readonly appLimited: boolean;
  /** The peer reports by SACK what it has. */
  readonly sackOk: boolean;
}

/** What an algorithm begins with. */
export interface CongestionStart {
  readonly owner: CongestionOwner;
  readonly smss: number;
  /** Segments. */
  readonly initialWindow: number;
  /** RFC 3465's L: segments that an ACK may open the window by in slow start. */
  readonly abcLimit: number;
  /** RFC 9406, for those that can. */
  readonly hystart: boolean;
}

export interface CongestionControl {
  readonly name: CongestionName;
  /** Decides its phases. */
  readonly chart: ChartInstance;
  /** Congestion window, bytes. */
  cwnd: number;
  /** Slow start threshold, bytes. */
  ssthresh: number;
  /** Sender maximum segment size, bytes. */
  smss: number;
  /** Bytes a second that may leave; 0: as many as the window allows. */
  readonly pacingRate: number;
  /** It sets the window in recovery itself. */
  readonly ownsRecovery: boolean;
  /** The handshake has settled the segment size: the initial window in its units (RFC 6928). */
  start(smss: number, initialWindow: number): void;
  /** An ACK outside of recovery; every ACK for one that owns its recovery. */
  acked(sample: AckSample): void;
  /** A segment is given up for lost: bytes lost and delivered over the connection's life, with it. */
  lost?(record: SegmentRecord, lostTotal: number, deliveredTotal: number): void;
  /** Something was lost, or marked: ssthresh from the FlightSize. */
  reduce(why: Reduction, flight: number): void;
  /** The loss window (RFC 5681 section 3.1); `first`: not again for the same data. */
  timedOut(first: boolean): void;
  /** Recovery is over. */
  recovered(flight: number): void;
  /** Keeps what a reduction will change, for `undo`. */
  save(): void;
  /** The reduction was not called for (RFC 4015): as it was. */
  undo(): void;
  /** Nothing was outstanding, and nothing sent, for `idle` us; data is to be sent now. */
  afterIdle(idle: number, rto: number): void;
  /** For a whole RTO the window was not filled: `used` bytes of it at most. */
  unused(used: number): void;
  /** Plain data. */
  snapshot(): Record<string, unknown>;
  restore(snapshot: Readonly<Record<string, unknown>>): void;
}
