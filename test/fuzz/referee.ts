/**
 * What a segment must bring about in a synchronized state, written down from RFC 9293 section 3.10.7.4, RFC 5961 and
 * RFC 7323 once more and for all states at once: a second opinion on `arrives.ts`, which shares none of its code.
 */
import type { Variables } from '../../src/check/properties.ts';
import { ACK, FIN, RST, type Segment, SYN } from '../../src/wire/index.ts';

/** What there is to know of a connection. */
export interface Standing extends Variables {
  readonly state: string;
  readonly finQueued: boolean;
  readonly detached: boolean;
  readonly passive: boolean;
  readonly over: boolean;
  readonly timestampsOk: boolean;
  readonly tsRecent: number;
  /** Ticks by which a timestamp may be older. */
  readonly pawsTolerance: number;
  readonly sackOk: boolean;
  /** What is outstanding: its edges, whether the peer is known to have it, and how often it was sent. */
  readonly records: readonly Outstanding[];
  /** What has been measured of the round trip. */
  readonly rtt: string;
  readonly recovery: string;
  readonly dupAcks: number;
  readonly recoveryPoint: number;
  readonly cwnd: number;
  /** In flight but for the oldest segment. */
  readonly others: number;
  /** After the last byte that the user has written. */
  readonly dataEnd: number;
  /** Something has come that does not follow on. */
  readonly gaps: boolean;
  /** The peer has said where its FIN stands: what it says beyond that is nonsense. */
  readonly finKnown: boolean;
}

export interface Outstanding {
  readonly start: number;
  readonly end: number;
  readonly sacked: boolean;
  readonly transmissions: number;
}

const SYNCHRONIZED = ['ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT', 'CLOSING LAST_ACK TIME_WAIT'].flatMap(
  (line) => line.split(' '),
);
const RECEIVING = ['ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2'];

/** `a - b` in the circle of sequence numbers. */
const minus = (a: number, b: number): number => (a - b) | 0;

/** What is wrong with how it went from `before` to `now` when the segment came, and with what was sent then. */
export function expectation(
  before: Standing,
  segment: Segment,
  now: Standing,
  sent: readonly Segment[],
): string | undefined {
  if (!SYNCHRONIZED.includes(before.state)) return undefined;
  // Somebody listens, and may open a new connection in the place of the old one (section 3.6.1, MAY-2)
  const opens = (segment.flags & (SYN | ACK | RST)) === SYN;
  if (before.state === 'TIME_WAIT' && before.passive && opens) return undefined;
  if (minus(now.tsRecent, before.tsRecent) < 0) return 'TS.Recent has moved back (RFC 7323 section 4.3)';
  const reason = refusal(before, segment);
  if (reason === undefined) return taken(before, segment, now, sent);
  const [why, answered] = reason;
  if (now.state !== before.state) return `${why}, and yet it went from ${before.state} to ${now.state}`;
  if (now.snd.una !== before.snd.una) return `${why}, and yet SND.UNA moved`;
  if (now.rcv.nxt !== before.rcv.nxt) return `${why}, and yet RCV.NXT moved`;
  if (answered && !sent.some(({ flags }) => (flags & ACK) !== 0)) return `${why}, and was not answered`;
  if (!answered && sent.length > 0) return `${why}, and was answered`;
  return undefined;
}

/** Why a segment must not be taken, and whether it is answered by an ACK; undefined when it is to be taken. */
function refusal(c: Standing, segment: Segment): readonly [why: string, answered: boolean] | undefined {
  const { flags, seq, ack } = segment;
  const reset = (flags & RST) !== 0;
  const age = minus(c.tsRecent, segment.tsVal);
  if (c.timestampsOk && segment.hasTimestamps && !reset && age > c.pawsTolerance) {
    return ['its timestamp is old (RFC 7323 R1)', true];
  }
  if (!inWindow(c, segment)) return ['it lies outside the window', !reset];
  if (reset) {
    if (seq !== c.rcv.nxt) return ['the reset is not exact (RFC 5961 section 3.2)', true];
    return c.state === 'TIME_WAIT' ? ['TIME_WAIT takes no reset (RFC 1337)', false] : undefined;
  }
  if ((flags & SYN) !== 0) return ['a SYN proves nothing (RFC 5961 section 4.2)', true];
  if ((flags & ACK) === 0) return ['it has no ACK', false];
  if (minus(ack, c.snd.nxt) > 0) return ['it acknowledges what was not sent', true];
  if (minus(ack, c.snd.una) < -c.snd.maxWnd) return ['its ACK is too old (RFC 5961 section 5.2)', true];
  return undefined;
}

/** RFC 9293 section 3.4: some of it, or its only number, lies in the window. */
function inWindow({ rcv }: Standing, { seq, length }: Segment): boolean {
  const window = Math.max(minus(rcv.edge, rcv.nxt), 0);
  const first = minus(seq, rcv.nxt);
  if (window === 0) return first === 0;
  const last = first + Math.max(length, 1) - 1;
  return (first >= 0 && first < window) || (last >= 0 && last < window);
}

/** What an acceptable segment brings. */
function taken(
  before: Standing,
  segment: Segment,
  now: Standing,
  sent: readonly Segment[],
): string | undefined {
  const { flags, ack } = segment;
  if ((flags & RST) !== 0) return now.state === 'CLOSED' ? undefined : 'an exact reset did not end it';
  // Nobody is left to read: data is answered by a reset (section 3.6.1)
  if (before.detached && segment.payloadLength > 0) return undefined;
  const una = minus(ack, before.snd.una) > 0 ? ack : before.snd.una;
  if (now.snd.una !== una) return `SND.UNA is ${now.snd.una}, must be ${una}`;
  const sending = now.state === 'CLOSED' ? undefined : senderFlaw(before, segment, now, sent);
  if (sending !== undefined) return sending;
  if (!RECEIVING.includes(before.state)) return stateFlaw(before, now, una, false);
  const end = reached(before, segment);
  if (end === undefined) return undefined;
  if (now.rcv.nxt !== end.nxt) return `RCV.NXT is ${now.rcv.nxt}, must be ${end.nxt}`;
  const still = end.nxt === before.rcv.nxt && segment.payloadLength > 0 && !before.finKnown;
  if (still && !sent.some(({ flags }) => (flags & ACK) !== 0)) {
    return 'what came out of order was not acknowledged at once';
  }
  return stateFlaw(before, now, una, end.fin);
}

/** What the ACK, the window and the SACK blocks must bring, and must not. */
function senderFlaw(
  before: Standing,
  segment: Segment,
  now: Standing,
  sent: readonly Segment[],
): string | undefined {
  const { una } = now.snd;
  const resent = before.records.some(({ end, transmissions }) => transmissions > 1 && minus(una, end) >= 0);
  // RFC 6298 section 3
  if (resent && !before.timestampsOk && now.rtt !== before.rtt)
    return 'what was sent twice was measured (Karn)';
  const missed = now.records.find((record) => !record.sacked && reported(before, segment, record));
  if (before.sackOk && missed !== undefined)
    return `${missed.start} was reported received, and it was not noted`;
  if (thirdDuplicate(before, segment) && !sent.some(({ seq, length }) => seq === una && length > 0)) {
    return 'the third duplicate ACK brought no retransmission (RFC 5681 section 3.2)';
  }
  return windowFlaw(before, segment, now);
}

/** Is the record within a block that can be (RFC 2018)? */
function reported(
  { snd }: Standing,
  { sackCount, sackBlocks }: Segment,
  { start, end }: Outstanding,
): boolean {
  for (let i = 0; i < sackCount; i++) {
    const [left, right] = [sackBlocks[2 * i]!, sackBlocks[2 * i + 1]!];
    if (minus(left, snd.una) < 0 || minus(snd.nxt, right) < 0) continue;
    if (minus(right, left) > 0 && minus(start, left) >= 0 && minus(right, end) >= 0) return true;
  }
  return false;
}

/** RFC 5681 section 2, of a peer without SACK; not for what an earlier recovery covered (RFC 6582 section 3.2). */
function thirdDuplicate(c: Standing, { ack, length, window }: Segment): boolean {
  const same = ack === c.snd.una && length === 0 && window * (1 << c.snd.scale) === c.snd.wnd;
  const first = c.dupAcks === 2 && c.recovery === 'open' && c.snd.una !== c.recoveryPoint;
  return same && first && !c.sackOk && c.records.length > 0;
}

/** RFC 9293 section 3.10.7.4, fifth: SND.WND comes from what is newer, and only from that. */
function windowFlaw(before: Standing, { seq, ack, window }: Segment, now: Standing): string | undefined {
  const { snd } = before;
  if (minus(ack, snd.una) < 0) return undefined;
  const newer = minus(seq, snd.wl1) > 0 || (seq === snd.wl1 && minus(ack, snd.wl2) >= 0);
  const wanted = window * (1 << snd.scale);
  if (newer && now.snd.wnd !== wanted) return `SND.WND is ${now.snd.wnd}, must be ${wanted}`;
  // One that acknowledges more is newer too, whatever its number
  const old = minus(seq, snd.wl1) < 0 && minus(ack, snd.wl2) <= 0;
  return old && now.snd.wnd !== snd.wnd ? 'the window was taken from an old segment' : undefined;
}

/** Where RCV.NXT must be then, and whether the FIN is reached; undefined where that depends on what came before. */
function reached({ rcv, gaps }: Standing, segment: Segment): { nxt: number; fin: boolean } | undefined {
  const { seq, payloadLength, flags } = segment;
  const window = Math.max(minus(rcv.edge, rcv.nxt), 0);
  const first = minus(seq, rcv.nxt);
  const end = first + payloadLength;
  if (first > 0) return { nxt: rcv.nxt, fin: false };
  if (gaps || (window === 0 && segment.length > 0)) return undefined;
  const to = Math.max(Math.min(end, window), 0);
  // The FIN counts when all before it is there, also at the edge of the window
  const fin = (flags & FIN) !== 0 && end >= 0 && end <= window;
  return { nxt: (rcv.nxt + to + Number(fin)) >>> 0, fin };
}

/** The state that follows from our FIN being acknowledged or not, and the peer's being reached or not. */
function stateFlaw(before: Standing, now: Standing, una: number, fin: boolean): string | undefined {
  const acked = before.finQueued && una === (before.dataEnd + 1) >>> 0;
  const wanted = successor(before.state, acked, fin);
  return now.state === wanted ? undefined : `it went from ${before.state} to ${now.state}, must be ${wanted}`;
}

function successor(state: string, acked: boolean, fin: boolean): string {
  switch (state) {
    case 'ESTABLISHED':
      return fin ? 'CLOSE_WAIT' : state;
    case 'FIN_WAIT_1':
      if (fin) return acked ? 'TIME_WAIT' : 'CLOSING';
      return acked ? 'FIN_WAIT_2' : state;
    case 'FIN_WAIT_2':
      return fin ? 'TIME_WAIT' : state;
    case 'CLOSING':
      return acked ? 'TIME_WAIT' : state;
    case 'LAST_ACK':
      return acked ? 'CLOSED' : state;
    default:
      return state;
  }
}
