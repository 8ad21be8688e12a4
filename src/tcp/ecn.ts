/**
 * Explicit congestion notification (RFC 3168): which flags of a SYN agree on it, which packets may be marked, and what
 * ECE and CWR say. It is the host of the `ecn` chart, which is there once somebody asks for it.
 *
 * Each way has its own half: as a receiver we echo marks until CWR comes, which the chart decides; as a sender we take
 * ECE for a loss, once for a window of data, which the `recovery` chart decides, and answer with CWR.
 */
import { type EcnHost, ecn, ecnEvents } from '../../machines/ecn.ts';
import { ACK, CWR, ECE, RST, type Segment, SYN } from '../wire/tcp.ts';
import type { ResolvedConfig } from './config.ts';
import { OptionalChart } from './optionalChart.ts';
import { gt, type Seq, seq } from './seq.ts';

/** The ECN field of the IP header (RFC 3168 section 5). */
export const NOT_ECT = 0;
export const ECT_0 = 2;
export const CE = 3;

/** Section 6.1.1: an ECN-setup SYN has both; what else is set, as AccECN's AE (RFC 9768), is not looked at. */
export function offersEcn(syn: Segment): boolean {
  return (syn.flags & (ECE | CWR)) === (ECE | CWR);
}

/** Is an offer taken? Only congestion control can answer a mark, so a fixed window takes none. */
export function acceptsEcn(config: ResolvedConfig): boolean {
  return config.ecn !== 'off' && config.arq === 'tcp';
}

/** As in a snapshot. */
export interface EcnSnapshot {
  readonly seen: boolean;
  readonly withdrawn: boolean;
  readonly cwrOwed: boolean;
  /** SND.NXT when the rate was last cut, until something beyond it is acknowledged. */
  readonly cutAt: number | undefined;
}

export class Ecn extends OptionalChart implements EcnHost {
  /** The peer has sent packets that may be marked, or are. */
  seen = false;
  /** We have sent a SYN without the offer: no packet of ours may be marked (section 6.1.1). */
  #withdrawn = false;
  /** The next new data says that the rate is cut. */
  #cwrOwed = false;
  /** SND.NXT when the rate was last cut: until more is acknowledged, ECE tells of what it was cut for. */
  #cutAt: Seq | undefined;

  protected get kind() {
    return ecn;
  }

  protected get initial() {
    return 'off';
  }

  /** Both ends have agreed. */
  get agreed(): boolean {
    const { state } = this;
    return state === 'quiet' || state === 'echoing';
  }

  // The handshake (section 6.1.1)

  /** Our SYN is to be sent. */
  opens(): void {
    const { config } = this.c;
    if (config.ecn === 'on' && acceptsEcn(config)) this.tell(ecnEvents.offered);
  }

  /** Our SYN, or SYN,ACK, goes out again. */
  synAgain(): void {
    if (this.state === 'offering') this.tell(ecnEvents.synLost);
  }

  withdraw(): void {
    this.#withdrawn = true;
  }

  /** The peer's SYN, or SYN,ACK, has come. */
  heardSyn(syn: Segment): void {
    const answer = (syn.flags & ACK) !== 0;
    if (this.state === 'offering') {
      // A SYN,ACK with both sends our own flags back, as some peers do that know nothing of them
      const agrees = answer ? (syn.flags & (ECE | CWR)) === ECE : offersEcn(syn);
      this.tell(agrees ? ecnEvents.agreed : ecnEvents.declined);
    } else if (this.c.passive && !answer && acceptsEcn(this.c.config) && offersEcn(syn)) {
      this.tell(ecnEvents.agreed);
    }
  }

  /** In SYN_RECEIVED the SYN, or when both ends have sent one its SYN,ACK, comes: without the offer it takes it back. */
  heardSynAgain(syn: Segment): void {
    if (this.state !== 'quiet') return;
    const offers = (syn.flags & ACK) === 0 ? offersEcn(syn) : (syn.flags & ECE) !== 0;
    if (!offers) this.tell(ecnEvents.declined);
  }

  // What goes out

  /** ECE and CWR of a segment with these other flags; `fresh`: it has data that has not been sent before. */
  flags(flags: number, fresh: boolean): number {
    const { state } = this;
    if (state === 'off' || (flags & RST) !== 0) return 0;
    if ((flags & SYN) !== 0) return this.#synFlags((flags & ACK) !== 0);
    const echo = state === 'echoing' ? ECE : 0;
    if (!fresh || !this.#cwrOwed) return echo;
    this.#cwrOwed = false;
    return echo | CWR;
  }

  #synFlags(answer: boolean): number {
    if (answer) return this.agreed ? ECE : 0;
    return this.state === 'offering' && !this.#withdrawn ? ECE | CWR : 0;
  }

  /** The ECN field of a packet: data may be marked when it is sent for the first time (sections 6.1.4 to 6.1.6). */
  field(fresh: boolean): number {
    return fresh && this.agreed && !this.#withdrawn ? ECT_0 : NOT_ECT;
  }

  // What comes in

  /** Text in the window: its mark, and whether the sender has heard of those before (section 6.1.3). */
  textArrives(segment: Segment): void {
    if (!this.agreed) return;
    if ((segment.flags & CWR) !== 0) this.tell(ecnEvents.cwrArrived);
    if (segment.ecn !== NOT_ECT) this.seen = true;
    if (segment.ecn === CE) this.tell(ecnEvents.markArrived);
  }

  /** Does an ACK tell of marks? */
  echoed(segment: Segment): boolean {
    return (segment.flags & ECE) !== 0 && this.agreed;
  }

  /** Section 6.1.2: are the marks that an ACK tells of younger than the last cut? Asked for every ACK. */
  callsForCut(ece: boolean): boolean {
    if (this.#cutAt !== undefined && gt(this.c.snd.una, this.#cutAt)) this.#cutAt = undefined;
    return ece && this.#cutAt === undefined;
  }

  /** The rate is cut, for whatever reason: the peer hears of it by the next new data (section 6.1.2). */
  rateCut(): void {
    if (!this.agreed) return;
    this.#cutAt = this.c.snd.nxt;
    this.#cwrOwed = !this.#withdrawn;
  }

  /** It was not called for. */
  cutUndone(): void {
    this.#cutAt = undefined;
    this.#cwrOwed = false;
  }

  acknowledge(): void {
    this.c.acknowledge();
  }

  snapshot(): EcnSnapshot {
    return { seen: this.seen, withdrawn: this.#withdrawn, cwrOwed: this.#cwrOwed, cutAt: this.#cutAt };
  }

  restore({ seen, withdrawn, cwrOwed, cutAt }: EcnSnapshot): void {
    this.seen = seen;
    this.#withdrawn = withdrawn;
    this.#cwrOwed = cwrOwed;
    this.#cutAt = cutAt === undefined ? undefined : seq(cutAt);
    this.restoreChart();
  }

  toJSON(): object {
    return { seen: this.seen, cwrOwed: this.#cwrOwed };
  }
}
