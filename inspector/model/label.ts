/** Any event in one line, for histories, tooltips and the search. */
import { KINDS } from './draft.ts';
import { packetText } from './flags.ts';
import type { TraceModel } from './traceModel.ts';

/** us as a person reads them: `1.250 ms`, `3.04 s`. */
export function timeText(us: number): string {
  const size = Math.abs(us);
  if (size >= 1_000_000) return `${trimmed(us / 1_000_000, 6)} s`;
  if (size >= 1000) return `${trimmed(us / 1000, 3)} ms`;
  return `${Math.round(us)} µs`;
}

function trimmed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/\.?0+$/, '');
}

/** A transition without its states: `after.rto [r1Reached]`. */
export function triggerText(model: TraceModel, row: number): string {
  const { b, c } = model.events;
  const guard = model.words.text(c[row]!);
  return guard === '' ? model.words.text(b[row]!) : `${model.words.text(b[row]!)} [${guard}]`;
}

/** Variables that are lengths of time, us. */
const TIMES: ReadonlySet<string> = new Set(['srtt', 'rttvar', 'rto']);

/** No slow start threshold yet. */
const UNLIMITED = 2 ** 31 - 1;

function valueText(name: string, value: number): string {
  if (TIMES.has(name)) return timeText(value);
  return name === 'ssthresh' && value >= UNLIMITED ? '∞' : String(value);
}

/** What happened in an event, without its time and place. */
export function labelOf(model: TraceModel, row: number): string {
  const { kind, a, b, c, d, x, chart } = model.events;
  const word = (id: number): string => model.words.text(id);
  const text = model.textAt.bind(model, row);
  switch (KINDS[kind[row]!]) {
    case 'call':
    case 'report':
      return [word(b[row]!), text()].filter(Boolean).join(' ');
    case 'app':
      return `${word(b[row]!)}: ${text() ?? ''}`;
    case 'fact':
      return `${word(chart[row]!)}: ${word(b[row]!)}`;
    case 'transition':
      return `${word(chart[row]!)}: ${word(a[row]!)} → ${word(d[row]!)} on ${triggerText(model, row)}`;
    case 'action':
      return `${word(chart[row]!)}: does ${word(b[row]!)}`;
    case 'timer':
      return `${word(chart[row]!)}: timer ${word(b[row]!)} ${word(a[row]!)} for ${timeText(x[row]!)}`;
    case 'send':
      return `sends ${packetText(model, a[row]! - 1)} (${word(b[row]!)})`;
    case 'icmp':
      return `sends ICMP ${word(b[row]!)}`;
    case 'receive':
      return `receives ${packetText(model, a[row]! - 1)}`;
    case 'discard':
      return `drops ${packetText(model, a[row]! - 1)}: ${word(b[row]!)}`;
    case 'link':
      return `${packetText(model, a[row]! - 1)} ${linkText(word(b[row]!), word(c[row]!), x[row]!)}`;
    default:
      return model
        .changesAt(row)
        .map(([name, value]) => `${name} ${valueText(name, value)}`)
        .join(', ');
  }
}

function linkText(what: string, reason: string, value: number): string {
  if (what === 'lost') return `lost: ${reason}`;
  if (what === 'delayed' || what === 'reordered') return `${what} by ${timeText(value)}`;
  if (what === 'enqueued') return `queued, ${value} in the queue`;
  if (what === 'corrupted') return `corrupted: bit ${value} flipped`;
  return what;
}

/** A length of time to three digits or so. */
export function waitText(us: number): string {
  return timeText(us >= 1e6 ? Math.round(us / 1e4) * 1e4 : us >= 1e3 ? Math.round(us / 10) * 10 : us);
}
