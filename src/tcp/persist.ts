/** The host of the persist chart: when the peer's window keeps us from sending, and the probes that ask about it. */
import { type PersistHost, persist, persistEvents } from '../../machines/persist.ts';
import type { ProbeSnapshot } from './connectionSnapshot.ts';
import { OptionalChart } from './optionalChart.ts';

export class Persist extends OptionalChart implements PersistHost {
  /** A probe goes out when the input is handled. */
  probeOwed = false;
  /** Sent since the window closed. */
  probes = 0;
  /** When the oldest probe without an answer was sent, us; -1: none is. */
  #since = -1;

  protected get kind() {
    return persist;
  }

  protected get initial() {
    return 'idle';
  }

  /** Data waits, nothing is outstanding, and the window does not let it go: true. Tells the chart what changed. */
  update(closed: boolean): void {
    const probing = this.state === 'probing';
    if (closed && !probing) {
      this.probes = 0;
      this.#since = -1;
      this.tell(persistEvents.windowClosed);
    } else if (!closed && probing) this.mention(persistEvents.windowOpened);
  }

  /** An ACK has come: the peer is there, and may keep its window shut as long as it likes (MUST-37). */
  answered(): void {
    this.#since = -1;
  }

  userTimeoutPassed(): boolean {
    const { userTimeout, r2 } = this.c.config;
    return this.#since >= 0 && this.c.now() - this.#since >= (userTimeout > 0 ? userTimeout : r2);
  }

  backOff(): void {
    this.probes += 1;
  }

  sendProbe(): void {
    if (this.#since < 0) this.#since = this.c.now();
    this.probeOwed = true;
    this.c.touch();
  }

  persist(): number {
    return this.c.sender.rtt.backedOff(this.probes);
  }

  reportUserTimeout(): void {
    this.c.userTimeout();
  }

  /** Takes up the chart again where a snapshot left it. */
  restore({ probes, since }: ProbeSnapshot): void {
    this.probes = probes;
    this.#since = since;
    this.restoreChart();
  }

  snapshot(): ProbeSnapshot {
    return { probes: this.probes, since: this.#since };
  }

  toJSON(): object {
    return { probes: this.probes };
  }
}
