/** Counters, commands and answers as words in a program's log. */
import type { HostCounters } from '../src/tcp/counters.ts';
import { clip, printable } from '../src/trace/text.ts';

/** Columns of a command or an answer. */
const WIDEST = 100;

/** `1 answer`, `2 answers`. */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** What came, what went, and what was of no use and why. */
export function packets({ packetsIn, packetsOut, discards, discarded }: HostCounters): string {
  const why = Object.entries(discarded).map(([reason, number]) => `${reason} ${number}`);
  const dropped = discards === 0 ? 'none dropped' : `${discards} dropped (${why.join(', ')})`;
  return `${count(packetsIn, 'packet')} in, ${packetsOut} out, ${dropped}`;
}

/** A command or an answer on one line, without what a terminal would take for an instruction. */
export function shown(text: string): string {
  return clip(printable(text), WIDEST);
}

/** us, in what people say: `870 us`, `12.3 ms`, `1.20 s`. */
export function duration(us: number): string {
  if (us < 1000) return `${us} us`;
  return us < 1_000_000 ? `${(us / 1000).toFixed(1)} ms` : `${(us / 1_000_000).toFixed(2)} s`;
}
