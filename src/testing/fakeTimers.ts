/**
 * Fake timers of a test runner, in step with the network's time: those of vitest (and all that come from
 * @sinonjs/fake-timers), and those of node:test. Theirs is whole milliseconds.
 */

/** `vi`, or `mock.timers` of node:test. */
export interface FakeTimers {
  /** vitest */
  advanceTimersByTime?(ms: number): unknown;
  /** node:test */
  tick?(ms: number): unknown;
}

/** What is known of a fake clock of @sinonjs/fake-timers, which its fake functions carry. */
interface SinonClock {
  readonly now: number;
  readonly timers?: Readonly<Record<string, { readonly callAt: number }>>;
  tick(ms: number): unknown;
}

/** Taken when this is loaded, before a test fakes them. */
const { setTimeout: realSetTimeout } = globalThis;

export interface TestTimers {
  /** ms until the next one is due; Infinity when there is none. */
  next(): number;
  advance(ms: number): void;
}

/** The fake timers there are now: those given, or those that have been put in place of the global ones. */
export function testTimers(given: FakeTimers | undefined): TestTimers | undefined {
  const clock = (globalThis.setTimeout as unknown as { clock?: SinonClock }).clock;
  if (clock !== undefined) return { next: () => nextOf(clock), advance: (ms) => void clock.tick(ms) };
  // Where nothing is faked there is nothing to keep in step
  if (given === undefined || globalThis.setTimeout === realSetTimeout) return undefined;
  const advance = given.advanceTimersByTime ?? given.tick;
  if (advance === undefined) throw new TypeError('timers: neither advanceTimersByTime nor tick is there');
  // When its next timer is due it does not say: every millisecond may be
  return { next: () => 1, advance: (ms) => void advance.call(given, ms) };
}

function nextOf({ now, timers }: SinonClock): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { callAt } of Object.values(timers ?? {})) next = Math.min(next, callAt);
  return Math.max(next - now, 0);
}
