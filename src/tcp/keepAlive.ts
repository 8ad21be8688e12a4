/** The host of the keep-alive chart: what counts as idle, and the probes. The chart exists once keep-alive is wanted. */
import { connectionEvents } from '../../machines/connection.ts';
import { type KeepAliveHost, keepAlive, keepAliveEvents } from '../../machines/keepAlive.ts';
import type { Connection } from './connection.ts';
import type { ProbeSnapshot } from './connectionSnapshot.ts';
import { OptionalChart } from './optionalChart.ts';

const LONGEST = 7 * 86_400_000;

export class KeepAlive extends OptionalChart implements KeepAliveHost {
  /** A probe goes out when the input is handled. */
  probeOwed = false;
  /** When the peer was last heard of, us. */
  #heard = 0;
  /** Sent without an answer. */
  probes = 0;
  /** us */
  #idle: number;

  constructor(connection: Connection) {
    super(connection);
    this.#idle = connection.config.keepAliveIdle;
  }

  protected get kind() {
    return keepAlive;
  }

  protected get initial() {
    return 'off';
  }

  /** `idle` in ms; as configured when not given. */
  enable(idle?: number): void {
    if (idle !== undefined) {
      if (!(idle >= 1 && idle <= LONGEST)) {
        throw new RangeError(`keep-alive idle time is ${idle}: must be from 1 to ${LONGEST} ms`);
      }
      this.#idle = Math.round(idle * 1000);
    }
    this.#heard = this.c.now();
    this.tell(keepAliveEvents.enabled);
  }

  disable(): void {
    this.mention(keepAliveEvents.disabled);
  }

  /** Any segment of the peer says that it is there. */
  heard(): void {
    this.#heard = this.c.now();
    this.probes = 0;
    if (this.state === 'probing') this.tell(keepAliveEvents.answered);
  }

  idle(): boolean {
    return !this.busy() && this.c.now() - this.#heard >= this.#idle;
  }

  /** MUST-26: only with nothing outstanding, and in a state in which a silent peer matters. */
  busy(): boolean {
    const { state } = this.c;
    const waiting = state === 'ESTABLISHED' || state === 'CLOSE_WAIT' || state === 'FIN_WAIT_2';
    return !waiting || this.c.sender.queue.size > 0 || this.c.persist.state !== 'idle';
  }

  probesExhausted(): boolean {
    return this.probes >= this.c.config.keepAliveProbes;
  }

  startProbing(): void {
    this.probes = 0;
  }

  sendProbe(): void {
    this.probes += 1;
    this.probeOwed = true;
    this.c.touch();
  }

  giveUp(): void {
    this.c.chart.send(connectionEvents.keepAliveFailed);
  }

  keepAliveIdle(): number {
    const left = this.#heard + this.#idle - this.c.now();
    // Idle long enough but with data outstanding: look again after another idle time.
    return left > 0 ? left : this.#idle;
  }

  keepAliveInterval(): number {
    return this.c.config.keepAliveInterval;
  }

  /** Takes up the chart again where a snapshot left it. */
  restore({ probes, since, idle }: ProbeSnapshot): void {
    this.probes = probes;
    this.#heard = since;
    this.#idle = idle ?? this.#idle;
    this.restoreChart();
  }

  snapshot(): ProbeSnapshot {
    return { probes: this.probes, since: this.#heard, idle: this.#idle };
  }

  toJSON(): object {
    return { probes: this.probes, heard: this.#heard };
  }
}
