/**
 * Faults on request, for teaching: what is to happen to which packet, said in a few words such as
 * `drop client>server data 3`. Here the words are read and packets are counted; the link does what they say.
 */
import { ACK, DATA, FIN, packetKinds, RST, SYN, SYN_ACK } from './packetKind.ts';
import { parseMilliseconds } from './units.ts';

export type FaultAction = 'drop' | 'corrupt' | 'duplicate' | 'delay';

/** Kinds of TCP segment; `ack` is one that carries nothing but its ACK. */
export type FaultKind = 'syn' | 'synack' | 'ack' | 'data' | 'fin' | 'rst' | 'any';

/** One rule. Packets of the kind are counted from 1 as the sender gives them to the link, repetitions included. */
export interface Fault {
  readonly action: FaultAction;
  /** us, for the action `delay`; else 0 */
  readonly delay: number;
  readonly direction: 'client>server' | 'server>client';
  readonly kind: FaultKind;
  /** The packets from the `first` to the `last` of them, or each n-th. */
  readonly which: { readonly first: number; readonly last: number } | { readonly every: number };
}

const ACTIONS: readonly string[] = ['drop', 'corrupt', 'duplicate', 'delay'];
const DIRECTIONS: readonly string[] = ['client>server', 'server>client'];
const KINDS: Readonly<Record<FaultKind, number>> = {
  syn: SYN,
  synack: SYN_ACK,
  ack: ACK,
  data: DATA,
  fin: FIN,
  rst: RST,
  any: 0,
};
const EXAMPLES = "3, 3-5, 'every 4' or all";

function refuse(text: string, complaint: string): never {
  throw new RangeError(`fault '${text}': ${complaint}`);
}

/** One word of a closed list. */
function oneOf(text: string, what: string, word: string | undefined, allowed: readonly string[]): string {
  if (word === undefined) refuse(text, `${what} is missing (${allowed.join(', ')})`);
  if (!allowed.includes(word)) refuse(text, `'${word}' is no ${what} (${allowed.join(', ')})`);
  return word;
}

function count(text: string, word: string): number {
  const value = /^\d{1,9}$/.test(word) ? Number(word) : 0;
  if (value < 1) refuse(text, `'${word}' does not say which packets: ${EXAMPLES}, counted from 1`);
  return value;
}

/** Takes the words that say which packets off the list. */
function parseWhich(text: string, words: string[]): Fault['which'] {
  const word = words.shift();
  if (word === undefined) refuse(text, `which packets is missing: ${EXAMPLES}`);
  if (word === 'all') return { every: 1 };
  if (word === 'every') return { every: count(text, words.shift() ?? '') };
  const dash = word.indexOf('-');
  if (dash < 0) return { first: count(text, word), last: count(text, word) };
  const first = count(text, word.slice(0, dash));
  const last = count(text, word.slice(dash + 1));
  if (last < first) refuse(text, `'${word}' runs backwards`);
  return { first, last };
}

function parseDelay(text: string, word: string | undefined): number {
  try {
    return parseMilliseconds(word ?? '');
  } catch (error) {
    refuse(text, (error as RangeError).message);
  }
}

/**
 * Reads `ACTION DIRECTION KIND WHICH`: drop, corrupt, duplicate or `delay MS`; client>server or server>client;
 * syn, synack, ack, data, fin, rst or any; `3`, `3-5`, `every 4` or `all`. Throws a RangeError that quotes the
 * offending word.
 */
export function parseFault(text: string): Fault {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const action = oneOf(text, 'action', words.shift(), ACTIONS) as FaultAction;
  const delay = action === 'delay' ? parseDelay(text, words.shift()) : 0;
  const direction = oneOf(text, 'direction', words.shift(), DIRECTIONS) as Fault['direction'];
  const kind = oneOf(text, 'kind of segment', words.shift(), Object.keys(KINDS)) as FaultKind;
  const which = parseWhich(text, words);
  if (words.length > 0) refuse(text, `'${words.join(' ')}' is one word too many`);
  return { action, delay, direction, kind, which };
}

function applies(fault: Fault, n: number): boolean {
  const which = fault.which;
  return 'every' in which ? n % which.every === 0 : n >= which.first && n <= which.last;
}

/** The rules of one direction, and how far each has counted. After `match` the fields say what to do. */
export class FaultCounter {
  drop = false;
  corrupt = false;
  duplicate = false;
  /** us */
  delay = 0;
  readonly #faults: readonly Fault[];
  readonly #seen: number[];

  constructor(faults: readonly Fault[], direction: Fault['direction']) {
    this.#faults = faults.filter((fault) => fault.direction === direction);
    this.#seen = this.#faults.map(() => 0);
  }

  /** Without rules nobody need look at packets. */
  get any(): boolean {
    return this.#faults.length > 0;
  }

  /** Counts a packet, and sets what is to happen to it. */
  match(packet: Uint8Array): void {
    this.drop = this.corrupt = this.duplicate = false;
    this.delay = 0;
    const kinds = packetKinds(packet);
    for (let i = 0; i < this.#faults.length; i += 1) {
      const fault = this.#faults[i]!;
      if (fault.kind !== 'any' && (kinds & KINDS[fault.kind]) === 0) continue;
      this.#seen[i] = this.#seen[i]! + 1;
      if (applies(fault, this.#seen[i]!)) this.#apply(fault);
    }
  }

  #apply(fault: Fault): void {
    if (fault.action === 'drop') this.drop = true;
    else if (fault.action === 'corrupt') this.corrupt = true;
    else if (fault.action === 'duplicate') this.duplicate = true;
    else this.delay += fault.delay;
  }

  /** How many packets each rule has counted. */
  snapshot(): readonly number[] {
    return [...this.#seen];
  }

  restore(seen: readonly number[]): void {
    for (let i = 0; i < this.#seen.length; i += 1) this.#seen[i] = seen[i] ?? 0;
  }
}
