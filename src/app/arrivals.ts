/**
 * Hands a host the packets that come from a channel in real time. Those that come in one turn of the event loop came
 * together: each is taken at once, at its own time, but what they call for goes out when all that came are handled, so
 * that one ACK answers for many segments (RFC 9293 section 3.10.7.4, MUST-58; what a kernel's receive offload does).
 */
import type { Host } from '../tcp/host.ts';
import type { Alarm } from '../time/clock.ts';
import type { AlarmClock, Runner } from './runner.ts';

/** Answers wait for no more packets than these: a channel that never pauses must not put off its own ACKs. */
const TOGETHER = 32;

/** What takes packets for `host`, to be given to a channel; its owner has added it to `runner`. */
export class Arrivals {
  readonly #host: Host;
  readonly #runner: Runner;
  /** Packets taken whose answers wait. */
  #taken = 0;
  readonly #clock: AlarmClock;
  /** Rings when the event loop has handed over what came. */
  readonly #turn: Alarm;

  /** `clock`: the one that `runner` goes by. */
  constructor(host: Host, runner: Runner, clock: AlarmClock) {
    this.#host = host;
    this.#runner = runner;
    this.#clock = clock;
    this.#turn = clock.alarm(() => this.#answer());
  }

  /** `id`: its number in the trace, 0 if unknown. */
  take(packet: Uint8Array, id: number): void {
    if (this.#taken === 0) {
      this.#host.enter();
      this.#turn.set(this.#clock.now());
    }
    this.#taken += 1;
    this.#runner.perform(() => this.#host.receive(packet, this.#runner.now(), id));
    if (this.#taken >= TOGETHER) this.#answer();
  }

  #answer(): void {
    if (this.#taken === 0) return;
    this.#taken = 0;
    this.#runner.perform(() => this.#host.leave());
  }
}
