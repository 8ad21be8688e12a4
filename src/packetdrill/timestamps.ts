/**
 * Timestamps of RFC 7323 between the script's numbers and the stack's: the stack's clock starts at a random offset, so
 * the first one sent is taken for what the script says of it.
 */
import { Mismatch } from './errors.ts';
import { wrap } from './flow.ts';

/** The stack's timestamp clock ticks in ms. */
const STACK_TICK = 1000;

export class Timestamps {
  /** us of one tick of the script's clock; 0: values sent are not compared. */
  readonly tick: number;
  #first: { readonly script: number; readonly live: number } | undefined;
  /** Values the script gave to timestamps that were sent. */
  readonly #sent = new Map<number, number>();

  constructor(tick: number) {
    this.tick = tick;
  }

  /** A timestamp was sent that the script calls `script`; true if it agrees with those before, `slack` us allowed. */
  sent(script: number, live: number, slack: number): boolean {
    this.#sent.set(script, live);
    this.#first ??= { script, live };
    if (this.tick === 0) return true;
    const expected = ((script - this.#first.script) | 0) * this.tick;
    const actual = ((live - this.#first.live) | 0) * STACK_TICK;
    return Math.abs(expected - actual) <= Math.max(slack, this.tick > STACK_TICK ? this.tick - 1 : 0);
  }

  /** What the script would call a timestamp of the stack's. */
  toScript(live: number): number {
    if (this.#first === undefined) return live;
    const tick = this.tick === 0 ? STACK_TICK : this.tick;
    return wrap(this.#first.script + Math.floor((((live - this.#first.live) | 0) * STACK_TICK) / tick));
  }

  /** The stack's timestamp that the script echoes. */
  toLive(script: number): number {
    const known = this.#sent.get(script);
    if (known !== undefined || script === 0) return known ?? 0;
    if (this.#first === undefined) throw new Mismatch(`ecr ${script} echoes a timestamp that was never sent`);
    const tick = this.tick === 0 ? STACK_TICK : this.tick;
    return wrap(this.#first.live + Math.floor((((script - this.#first.script) | 0) * tick) / STACK_TICK));
  }
}
