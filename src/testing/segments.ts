/** What passed between the hosts last, for whoever has to find out why a test failed. */

import type { TraceEvent } from '../trace/event.ts';
import { Ladder } from '../trace/ladder.ts';
import { Trace } from '../trace/trace.ts';

/** Events kept for each pair of hosts. */
const KEPT = 400;

type Kept = TraceEvent[];

export class Segments {
  readonly trace = new Trace();
  readonly #pairs = new Map<string, Kept>();
  /** Which pair a packet belongs to. */
  readonly #packets = new Map<number, string>();
  readonly #nameOf: (address: string) => string | undefined;

  constructor(nameOf: (address: string) => string | undefined) {
    this.#nameOf = nameOf;
    this.trace.listen((event) => this.#keep(event));
  }

  /** The last rows of the ladder of each pair that spoke, newest pair first. */
  ladder(rows: number): string {
    const pairs = [...this.#pairs].sort(([, a], [, b]) => (b.at(-1)?.n ?? 0) - (a.at(-1)?.n ?? 0));
    return pairs
      .map(([pair, events]) => draw(pair.split(' ') as [string, string], events, rows))
      .join('\n\n');
  }

  #keep(event: TraceEvent): void {
    const pair = this.#pairOf(event);
    if (pair === undefined) return;
    const kept = this.#pairs.get(pair) ?? [];
    this.#pairs.set(pair, kept);
    kept.push(event);
    if (kept.length > 2 * KEPT) kept.splice(0, kept.length - KEPT);
  }

  #pairOf(event: TraceEvent): string | undefined {
    if (event.kind === 'send') {
      const to = this.#nameOf(addressOf(event.segment.destination));
      if (to === undefined) return undefined;
      const pair = pairName(event.end, to);
      this.#packets.set(event.n, pair);
      if (this.#packets.size > 4 * KEPT) this.#packets.delete(this.#packets.keys().next().value!);
      return pair;
    }
    if (event.kind === 'link' || event.kind === 'receive') return this.#packets.get(event.packet);
    return undefined;
  }
}

function pairName(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

/** `10.0.0.1` of `10.0.0.1:80` or `[::1]:80` */
function addressOf(endpoint: string): string {
  return endpoint.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

function draw(ends: readonly [string, string], events: Kept, rows: number): string {
  const lines: string[] = [];
  const ladder = new Ladder({ ends, width: 100, write: (line) => lines.push(line) });
  for (const event of events) ladder.sink(event);
  ladder.flush();
  const [heading, ...rest] = lines;
  return [heading, ...rest.slice(-rows)].join('\n');
}
