/**
 * A trace as JSON lines (docs/trace.md): a header, then one event a line.
 *
 * It decides the text of each line to the byte (order of keys, bytes as hex), so that two runs can be compared with
 * `cmp`. Reading them back is `jsonParse.ts`; files and streams are the caller's.
 */
import type { SegmentOptions, SegmentSummary, SendReason, TraceEvent, TraceHeader } from './event.ts';

/** What a field holds. */
type FieldType = 'count' | 'text' | 'true' | 'bytes' | 'segment' | 'values';

/** A field of an event: `?` marks one that may be missing; `words` are all that a text may be. */
export type Field = readonly [name: string, type: FieldType | `${FieldType}?`, words?: readonly string[]];

const REASONS = Object.keys({
  open: 0,
  data: 0,
  ack: 0,
  fin: 0,
  timer: 0,
  fast: 0,
  probe: 0,
  lossProbe: 0,
  keepAlive: 0,
  challenge: 0,
  reset: 0,
} satisfies Record<SendReason, 0>);

const CHART: readonly Field[] = [
  ['connection', 'count'],
  ['chart', 'text'],
  ['instance', 'count'],
];

/** The fields of each kind in the order in which they are written. */
export const FIELDS: Readonly<Record<TraceEvent['kind'], readonly Field[]>> = {
  call: [
    ['connection', 'count'],
    ['call', 'text'],
    ['detail', 'text?'],
  ],
  report: [
    ['connection', 'count'],
    ['report', 'text'],
    ['detail', 'text?'],
  ],
  fact: [...CHART, ['event', 'text']],
  transition: [...CHART, ['from', 'text'], ['event', 'text'], ['guard', 'text?'], ['to', 'text']],
  action: [...CHART, ['action', 'text']],
  timer: [...CHART, ['delay', 'text'], ['change', 'text', ['armed', 'cancelled']], ['deadline', 'count']],
  send: [
    ['connection', 'count'],
    ['why', 'text', REASONS],
    ['segment', 'segment'],
    ['bytes', 'bytes'],
  ],
  icmp: [
    ['what', 'text'],
    ['bytes', 'bytes'],
  ],
  link: [
    ['packet', 'count'],
    ['direction', 'text'],
    [
      'what',
      'text',
      ['enqueued', 'lost', 'marked', 'duplicated', 'corrupted', 'delayed', 'reordered', 'delivered'],
    ],
    ['queue', 'count?'],
    ['reason', 'text?', ['loss', 'queue', 'mtu', 'outage', 'fault']],
    ['copy', 'count?'],
    ['bit', 'count?'],
    ['by', 'count?'],
    ['late', 'true?'],
  ],
  receive: [
    ['packet', 'count'],
    ['segment', 'segment?'],
    ['bytes', 'bytes'],
  ],
  discard: [
    ['packet', 'count'],
    ['reason', 'text'],
  ],
  variables: [
    ['connection', 'count'],
    ['values', 'values'],
  ],
  app: [
    ['what', 'text'],
    ['text', 'text'],
  ],
};

/** The header as one line of JSON, without a line end. Keys of the configuration are sorted. */
export function headerLine(header: TraceHeader): string {
  const { statewire, version, engine, seed, start, configuration, inputs } = header;
  return JSON.stringify({
    statewire,
    version,
    engine,
    seed,
    ...(start !== undefined && { start }),
    configuration: sortKeys(configuration),
    inputs,
  });
}

/** An event as one line of JSON, without a line end. Equal events give equal lines. */
export function eventLine(event: TraceEvent): string {
  const { n, t, end, cause, kind } = event;
  const line: Record<string, unknown> = { n, t, end, cause, kind };
  const source = event as unknown as Readonly<Record<string, unknown>>;
  for (const [name, type] of FIELDS[kind]) {
    const value = source[name];
    if (value !== undefined) line[name] = encode(type, value);
  }
  return JSON.stringify(line);
}

function encode(type: Field[1], value: unknown): unknown {
  switch (type) {
    case 'bytes':
    case 'bytes?':
      return toHex(value as Uint8Array);
    case 'segment':
    case 'segment?':
      return orderedSegment(value as SegmentSummary);
    case 'values':
      return encodeValues(value as Readonly<Record<string, number>>);
    default:
      return value;
  }
}

/** `JSON.stringify` leaves out what is undefined. */
function orderedSegment(s: SegmentSummary): SegmentSummary {
  const { source, destination, flags, seq, ack, window, length } = s;
  const o = s.options;
  return {
    source,
    destination,
    flags,
    seq,
    ack,
    window,
    length,
    ...(o && {
      options: {
        mss: o.mss,
        windowScale: o.windowScale,
        sackPermitted: o.sackPermitted,
        sack: o.sack,
        timestamps: o.timestamps,
      } as SegmentOptions,
    }),
  };
}

/** JSON has no word for a number that is not finite (an ssthresh without limit): it is written as text. */
function encodeValues(values: Readonly<Record<string, number>>): object {
  return Object.fromEntries(
    Object.entries(values)
      .sort(byKey)
      .map(([name, value]) => [name, Number.isFinite(value) ? value : String(value)]),
  );
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(byKey)
      .map(([name, inner]) => [name, sortKeys(inner)]),
  );
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}
