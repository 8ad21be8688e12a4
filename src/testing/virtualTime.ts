/**
 * Virtual time that waits for Node: before it moves on, everything that a program does in answer to what has happened
 * is done: `process.nextTick`, promises, `setImmediate`, files, lookups. Of zlib and crypto in the thread pool Node tells
 * nothing: `hold` is for those.
 */
import type { Party } from '../app/simulation.ts';
import type { Driver, Later } from '../net/loop.ts';
import { type FakeTimers, type TestTimers, testTimers } from './fakeTimers.ts';

/** Taken when this is loaded, before a test fakes them. */
const { setImmediate: immediately, setTimeout: delayed } = globalThis;

/** Turns of the event loop in which nothing happens, after which nothing more will. */
const QUIET_TURNS = 2;
/** Steps at one instant; more is a mistake, such as a packet that goes round for ever. */
const STEPS = 1_000_000;
/** Turns for which a program's own `setImmediate`s are waited for; one that asks for them for ever must not stop time. */
const IMMEDIATE_TURNS = 2_000;
/** What the thread pool does for a program and Node tells of: files (`CloseReq` is a FileHandle being closed), names. */
const POOL_WORK = /^(FSReq|CloseReq|GetAddrInfo|GetNameInfo)/;
/** Turns for which the pool is waited for without a pause: most files take fewer. */
const POOL_TURNS = 200;
/** ms of the machine's time for which it is waited for after that: a busy machine gives its threads their turn late. */
const POOL_PATIENCE = 10_000;

export class VirtualTime implements Driver {
  readonly #parties: Party[] = [];
  readonly #timers: FakeTimers | undefined;
  #now = 0;
  #busy = false;
  /** Counts what happens. */
  #activity = 0;
  /** Events that have not had their turn. */
  #waiting = 0;
  /** Promises for which time stands still. */
  #held = 0;
  /** Requests in the thread pool that were waited for in vain, as the reading of a pipe nobody writes to. */
  #stuck = 0;

  constructor(timers: FakeTimers | undefined) {
    this.#timers = timers;
  }

  now(): number {
    return this.#now;
  }

  add(party: Party): void {
    this.#parties.push(party);
  }

  remove(party: Party): void {
    const at = this.#parties.indexOf(party);
    if (at >= 0) this.#parties.splice(at, 1);
  }

  perform(work: () => void): void {
    this.#activity += 1;
    if (this.#busy) {
      work();
      return;
    }
    this.#busy = true;
    try {
      for (const party of this.#parties) party.poll(this.#now);
      work();
      this.#doDue();
    } finally {
      this.#busy = false;
    }
  }

  /** An event for a program: in a turn of its own, which time waits for. */
  readonly later: Later = (work) => {
    this.#waiting += 1;
    immediately(() => {
      this.#waiting -= 1;
      this.#activity += 1;
      work();
    });
  };

  /** us; Infinity when nothing will ever happen again. */
  get nextTimeout(): number {
    const next = Math.min(...this.#parties.map((party) => party.nextTimeout));
    const fake = this.#fake()?.next() ?? Number.POSITIVE_INFINITY;
    return Math.min(next, (Math.floor(this.#now / 1000) + fake) * 1000);
  }

  /** Moves to `to` (us) and does what is due there; nothing must be due before. */
  moveTo(to: number): void {
    const before = Math.floor(this.#now / 1000);
    this.#now = Math.max(this.#now, to);
    const ms = Math.floor(this.#now / 1000) - before;
    this.perform(() => {});
    const fake = this.#fake();
    if (fake !== undefined && (ms > 0 || fake.next() === 0)) fake.advance(ms);
  }

  /** Time stands still until the promise is settled: for work that Node does not tell of. */
  async hold<T>(work: Promise<T>): Promise<T> {
    this.#held += 1;
    try {
      return await work;
    } finally {
      this.#held -= 1;
      this.#activity += 1;
    }
  }

  /** Resolves when the program has nothing more to do at this time. */
  async settle(): Promise<void> {
    let immediates = 0;
    let waits = 0;
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      const before = this.#activity;
      await turn();
      const resources = process.getActiveResourcesInfo();
      const pool = resources.filter((name) => POOL_WORK.test(name)).length;
      this.#stuck = Math.min(this.#stuck, pool);
      const works = this.#held > 0 || pool > this.#stuck;
      if (works && ++waits > POOL_TURNS) await pause();
      if (this.#held === 0 && waits > POOL_TURNS + POOL_PATIENCE) this.#stuck = pool;
      const turns = resources.includes('Immediate') && ++immediates < IMMEDIATE_TURNS;
      quiet = this.#activity === before && this.#waiting === 0 && !works && !turns ? quiet + 1 : 0;
    }
  }

  /** Waits for something from outside for up to `ms` of the machine's time; true if it came. */
  async outside(ms: number, over: () => boolean): Promise<boolean> {
    const before = this.#activity;
    for (let waited = 0; waited < ms; waited += 1) {
      if (this.#activity !== before || over()) return true;
      await pause();
    }
    return false;
  }

  #fake(): TestTimers | undefined {
    return testTimers(this.#timers);
  }

  #doDue(): void {
    for (let steps = 0; steps < STEPS; steps += 1) {
      const due = this.#parties.filter((party) => party.nextTimeout <= this.#now);
      if (due.length === 0) return;
      for (const party of due) party.poll(this.#now);
    }
    throw new Error(
      `more than ${STEPS} things happen at ${this.#now / 1000} ms: something goes round for ever`,
    );
  }
}

/** A turn of Node's own event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => immediately(resolve as () => void));
}

/** A millisecond of the machine's time. */
function pause(): Promise<void> {
  return new Promise((resolve) => delayed(resolve, 1));
}
