/** The host of the loss probe chart: the variables of TLP (RFC 8985 section 7), and what an answer to a probe says. */
import { type LossProbeHost, lossProbe, lossProbeEvents } from '../../machines/lossProbe.ts';
import { OptionalChart } from './optionalChart.ts';
import { Mark } from './record.ts';
import { geq, gt, type Seq, seq } from './seq.ts';

/** TLP.max_ack_delay: how long a peer may delay its ACK of a single segment, us (Linux's least RTO). */
const ACK_DELAY = 200_000;
/** Added otherwise: two ticks of a kernel's clock, us. */
const SLACK = 2_000;
/** PTO before the RTT is known (section 7.2), us. */
const NO_RTT = 1_000_000;

export class LossProbe extends OptionalChart implements LossProbeHost {
  /** A probe goes out when the input is handled. */
  owed = false;
  /** TLP.end_seq: SND.NXT when the probe had been sent. */
  #end: Seq = seq(0);
  /** TLP.is_retrans */
  #again = false;
  /** Something was sent or acknowledged at this input. */
  #moved = false;

  protected get kind() {
    return lossProbe;
  }

  protected get initial() {
    return 'idle';
  }

  /** New data has been sent, or an ACK has brought something. */
  moved(): void {
    this.#moved = true;
  }

  /** The input is handled: section 7.2, schedule the probe anew. */
  update(): void {
    if (!this.#moved) return;
    this.#moved = false;
    if (this.chart !== undefined || this.mayProbe()) this.tell(lossProbeEvents.flightChanged);
  }

  mayProbe(): boolean {
    const { config, sackOk, sender, sending } = this.c;
    if (!config.tlp || !sackOk || !sending || config.arq !== 'tcp') return false;
    const { queue, recovery } = sender;
    if (recovery.state !== 'open' && recovery.state !== 'cwr') return false;
    return queue.size > 0 && queue.counts[Mark.sacked] === 0;
  }

  /** Section 7.2, but just before the retransmission timer would run out: the probe goes in its place. */
  pto(): number {
    const { sender } = this.c;
    const { srtt } = sender.rtt;
    const delay = sender.queue.size === 1 ? ACK_DELAY : SLACK;
    const pto = srtt === 0 ? NO_RTT : 2 * srtt + delay;
    return Math.max(Math.min(pto, sender.rtoDeadline - this.c.now() - 1), 0);
  }

  sendProbe(): void {
    this.owed = true;
    this.c.touch();
  }

  /** It has gone out; `again`: the last segment was sent once more. */
  sent(again: boolean): void {
    this.owed = false;
    this.#end = this.c.snd.nxt;
    this.#again = again;
    this.c.counters.lossProbes += 1;
  }

  /**
   * Section 7.4.2, TLP_process_ack. `reported`: the end of what a D-SACK reports; `bare`: the ACK repeats the one
   * before and says nothing new.
   */
  heard(reported: Seq | undefined, bare: boolean): void {
    if (this.state !== 'probing') return;
    const { una } = this.c.snd;
    if (!geq(una, this.#end)) return;
    if (!this.#again || reported === this.#end) this.mention(lossProbeEvents.answered);
    else if (gt(una, this.#end)) this.mention(lossProbeEvents.repaired);
    else if (bare) this.mention(lossProbeEvents.answered);
  }

  /** Did a D-SACK report what the probe had sent again? That is no reordering (section 7.4.2). */
  repeats(reported: Seq): boolean {
    return this.state === 'probing' && this.#again && reported === this.#end;
  }

  reportRepair(): void {
    this.c.sender.recovery.probeRepaired();
  }

  recoveryBegan(): void {
    if (this.state !== 'idle') this.mention(lossProbeEvents.recoveryBegan);
    this.owed = false;
  }

  snapshot(): readonly [end: number, again: boolean] {
    return [this.#end, this.#again];
  }

  restore([end, again]: readonly [end: number, again: boolean]): void {
    this.#end = seq(end);
    this.#again = again;
    this.restoreChart();
  }

  override close(): void {
    super.close();
    this.owed = false;
  }

  toJSON(): object {
    return { end: this.#end, again: this.#again };
  }
}
