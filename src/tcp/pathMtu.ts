/**
 * The path MTU of a connection: which of a router's "packet too big" is believed (RFC 1191, RFC 8201, RFC 5927 section
 * 7.2), and how packets of other sizes are tried (RFC 4821). It is the host of the `pathMtu` chart, which decides when;
 * the chart exists once there is something to decide.
 *
 * A probe is a segment of the stream that is larger than the others. If it is lost it goes out again in pieces, and the
 * congestion window stays as it is: it was too large, nothing else is known.
 */
import { type PathMtuHost, pathMtu, pathMtuEvents } from '../../machines/pathMtu.ts';
import type { Connection } from './connection.ts';
import { effectiveMss } from './handshake.ts';
import type { IcmpError } from './icmpError.ts';
import { OptionalChart } from './optionalChart.ts';
import { Mark, type SegmentRecord } from './record.ts';
import { unsent } from './sendLimits.ts';
import { add, distance, gt, leq, lt, type Seq, seq } from './seq.ts';

/** No link is smaller: RFC 791, RFC 8200 section 5. */
const LEAST: Readonly<Record<4 | 16, number>> = { 4: 68, 16: 1280 };
/** RFC 4821 section 7.2: where a search begins; it goes through nearly everywhere. */
const BASE: Readonly<Record<4 | 16, number>> = { 4: 1024, 16: 1280 };
/** Sizes nearer to each other are not worth a probe, bytes (as on Linux). */
const CLOSE = 8;
/** RFC 1191 section 7.1: for routers that say "too big" and not how big. */
const PLATEAUS = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68];

export interface PathMtuSnapshot {
  readonly mtu: number;
  readonly offered: number;
  readonly low: number;
  readonly high: number;
  readonly largestAcked: number;
  readonly told: number;
  readonly doubted: { readonly mtu: number; readonly seq: number } | undefined;
  readonly probe: { readonly start: number; readonly end: number; readonly mtu: number } | undefined;
}

export class PathMtu extends OptionalChart implements PathMtuHost {
  /** Bytes of the largest packet sent, but for probes. */
  mtu: number;
  /** What the peer's SYN said that it takes in a segment. */
  offered = 0;
  /** Of the search: the largest that arrives, the smallest that is known not to, less one. */
  #low: number;
  #high: number;
  /** Payload of the largest segment that has arrived. */
  #largestAcked = 0;
  /** What the router at hand says. */
  #told = 0;
  /** A word that larger packets which arrived speak against: it counts if the segment it quotes does not arrive. */
  #doubted: { readonly mtu: number; readonly seq: Seq } | undefined;
  #probe: { readonly start: Seq; readonly end: Seq; readonly mtu: number } | undefined;

  constructor(connection: Connection) {
    super(connection);
    this.mtu = connection.host.config.mtu;
    this.#low = this.mtu;
    this.#high = this.mtu;
  }

  protected get kind() {
    return pathMtu;
  }

  protected get initial() {
    return 'whole';
  }

  get #family(): 4 | 16 {
    return this.c.remote.address.length === 4 ? 4 : 16;
  }

  /** Bytes of a packet beside the payload. */
  get #headers(): number {
    return (this.#family === 4 ? 40 : 60) + (this.c.timestampsOk ? 12 : 0);
  }

  /** A router says that a segment which is outstanding was larger than the next hop's MTU. */
  tooBig({ mtu, quotedSeq, quotedLength }: IcmpError): void {
    const told = mtu > 0 ? mtu : (PLATEAUS.find((plateau) => plateau < quotedLength) ?? 0);
    // RFC 8201 section 4, RFC 5927 section 7.2: what cannot be, or says nothing new
    const probe = this.#probe?.start === quotedSeq;
    if (told < LEAST[this.#family] || told >= quotedLength || (told >= this.mtu && !probe)) return;
    if (told < this.#largestAcked + this.#headers) {
      this.#doubted = { mtu: told, seq: quotedSeq as Seq };
      return;
    }
    this.#believe(told);
  }

  #believe(told: number): void {
    this.#doubted = undefined;
    this.#told = told;
    this.tell(pathMtuEvents.tooBig);
  }

  /** An ACK has come; `largest`: payload of the largest segment that it covers whole. */
  acknowledged(largest: number): void {
    const { una } = this.c.snd;
    if (largest > this.#largestAcked) this.#largestAcked = largest;
    if (this.#doubted !== undefined && gt(una, this.#doubted.seq)) this.#doubted = undefined;
    if (this.#probe !== undefined && leq(this.#probe.end, una)) this.tell(pathMtuEvents.probeAcked);
  }

  /** The retransmission timer of the oldest segment ran out. */
  timedOut(record: SegmentRecord): void {
    const doubted = this.#doubted;
    if (doubted !== undefined && leq(record.start, doubted.seq) && lt(doubted.seq, record.end)) {
      this.#believe(doubted.mtu);
    } else if (this.#probe !== undefined) this.tell(pathMtuEvents.probeLost);
    else if (this.#vanishes(record)) this.tell(pathMtuEvents.blackHoleSuspected);
  }

  /** RFC 4821 section 7.7: a large segment that does not arrive however often it is sent. */
  #vanishes(record: SegmentRecord): boolean {
    const { mtuProbing, r1 } = this.c.config;
    const large = record.length + this.#headers > BASE[this.#family] || this.state !== 'whole';
    const small = this.mtu <= LEAST[this.#family];
    return mtuProbing !== 'off' && !record.syn && record.transmissions >= r1 && large && !small;
  }

  /** Payload of the probe that is due now; 0: none. Called when new data may be sent, and nothing is lost. */
  probeLength(): number {
    if (this.state !== 'searching') return 0;
    if (this.#high - this.#low < CLOSE) {
      this.tell(pathMtuEvents.nothingLeft);
      return 0;
    }
    const length = this.#nextSize - this.#headers;
    const { sender, snd } = this.c;
    // Enough behind it to tell soon that it is lost
    const waits = unsent(this.c) >= length + 3 * snd.mss;
    const fits = length <= sender.allowance && length <= distance(add(snd.una, snd.wnd), snd.nxt);
    return waits && fits && sender.recovery.state === 'open' ? length : 0;
  }

  get #nextSize(): number {
    return Math.ceil((this.#low + this.#high) / 2);
  }

  /** The probe is on its way. */
  probeSent({ start, end }: SegmentRecord): void {
    this.#probe = { start, end, mtu: this.#nextSize };
    this.tell(pathMtuEvents.probeSent);
  }

  /** Something is lost: true if it is the probe alone, which has nothing to do with congestion (RFC 4821 section 7.6). */
  probeLost(): boolean {
    const { queue } = this.c.sender;
    const { oldest } = queue;
    if (this.#probe === undefined || oldest === undefined || oldest.start !== this.#probe.start) return false;
    if (queue.marked[Mark.lost] > (oldest.mark === Mark.lost ? oldest.length : 0)) return false;
    this.tell(pathMtuEvents.probeLost);
    return true;
  }

  /** The largest packet that interface, peer and user let us send. */
  get #most(): number {
    const { host, config, remote } = this.c;
    const mss = Math.min(this.offered, host.mssFor(remote.address.length, config));
    return mss + (this.#family === 4 ? 40 : 60);
  }

  // What the chart asks for

  mayProbe(): boolean {
    return this.c.config.mtuProbing !== 'off';
  }

  reduce(): void {
    this.#probe = undefined;
    this.#low = this.#told;
    this.#high = this.#told;
    this.#use(this.#told);
  }

  fallBack(): void {
    const family = this.#family;
    this.#probe = undefined;
    this.#high = Math.min(this.mtu, this.#most) - 1;
    const half = Math.floor(this.mtu / 2);
    const next = this.mtu > BASE[family] ? BASE[family] : Math.max(half, LEAST[family]);
    this.#low = next;
    this.#largestAcked = 0;
    this.#use(next);
  }

  raise(): void {
    this.#use(this.c.host.config.mtu);
  }

  widen(): void {
    this.#low = this.mtu;
    this.#high = this.#most;
    this.c.touch();
  }

  takeLarger(): void {
    this.#low = this.#probe?.mtu ?? this.#low;
    this.#probe = undefined;
    this.#use(this.#low);
  }

  takeSmaller(): void {
    this.#high = (this.#probe?.mtu ?? this.#high + 1) - 1;
    this.#probe = undefined;
    this.#cut();
  }

  raiseTimer(): number {
    return this.c.config.mtuRaise;
  }

  /** Packets of this size from now on; what is outstanding and larger goes out again. */
  #use(mtu: number): void {
    this.mtu = mtu;
    this.c.snd.mss = effectiveMss(this.c);
    this.c.sender.congestion.smss = this.c.snd.mss;
    this.#cut();
  }

  #cut(): void {
    this.c.sender.resegment(this.c.snd.mss);
    this.c.touch();
  }

  /** Takes up the chart again where a snapshot left it. */
  restore(saved: PathMtuSnapshot): void {
    this.mtu = saved.mtu;
    this.offered = saved.offered;
    this.#low = saved.low;
    this.#high = saved.high;
    this.#largestAcked = saved.largestAcked;
    this.#told = saved.told;
    const { doubted, probe } = saved;
    this.#doubted = doubted && { mtu: doubted.mtu, seq: seq(doubted.seq) };
    this.#probe = probe && { start: seq(probe.start), end: seq(probe.end), mtu: probe.mtu };
    this.restoreChart();
  }

  snapshot(): PathMtuSnapshot {
    return {
      ...{ mtu: this.mtu, offered: this.offered, low: this.#low, high: this.#high, told: this.#told },
      ...{ largestAcked: this.#largestAcked, doubted: this.#doubted, probe: this.#probe },
    };
  }

  toJSON(): object {
    return { mtu: this.mtu, low: this.#low, high: this.#high };
  }
}
