/** Arbitrary trace events of every kind, for property tests. Sequences of them need make no sense. */
import fc from 'fast-check';
import type { TraceEvent, TraceHeader } from '../../src/trace/event.ts';

const count = fc.oneof(fc.nat(5), fc.nat());
const seq = fc.integer({ min: 0, max: 0xffffffff });
const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 12 }));
const bytes = fc.uint8Array({ maxLength: 40 });
/** A record whose `optional` fields are there or not (never undefined). */
function some<T extends object, O extends object>(
  required: { [K in keyof T]: fc.Arbitrary<T[K]> },
  optional: { [K in keyof O]: fc.Arbitrary<O[K]> },
) {
  return fc
    .tuple(fc.record(required), fc.record(optional, { requiredKeys: [] }))
    .map(([a, b]) => ({ ...a, ...b }) as T & Partial<O>);
}

const options = some(
  {},
  {
    mss: fc.nat(65_535),
    windowScale: fc.nat(14),
    sackPermitted: fc.constant(true as const),
    sack: fc.array(fc.tuple(seq, seq), { maxLength: 4 }),
    timestamps: fc.tuple(seq, seq),
  },
);

const segment = some(
  {
    source: fc.constantFrom('10.0.0.1:50000', '10.0.0.2:80', '[::1]:7'),
    destination: fc.constantFrom('10.0.0.1:50000', '10.0.0.2:80', '[::1]:7'),
    flags: fc.constantFrom('S', 'S.', '.', 'P.', 'F.', 'R', '-', 'FSRPUEWA.'),
    seq,
    ack: seq,
    window: fc.nat(65_535),
    length: fc.nat(50),
  },
  { options },
);

const chart = { connection: count, chart: fc.constantFrom('connection', 'segment'), instance: count };

const link = fc.oneof(
  fc.record({ what: fc.constant('enqueued'), queue: count }),
  fc.record({
    what: fc.constant('lost'),
    reason: fc.constantFrom('loss', 'queue', 'mtu', 'outage', 'fault'),
  }),
  fc.record({ what: fc.constant('marked') }),
  fc.record({ what: fc.constant('duplicated'), copy: count }),
  fc.record({ what: fc.constant('corrupted'), bit: count }),
  fc.record({ what: fc.constantFrom('delayed', 'reordered'), by: count }),
  some({ what: fc.constant('delivered') }, { late: fc.constant(true as const) }),
);

const kind = <K extends string>(name: K) => ({ kind: fc.constant(name) });

const body = fc.oneof(
  some({ ...kind('call'), connection: count, call: text }, { detail: text }),
  some(
    { ...kind('report'), connection: count, report: fc.constantFrom('closed', 'ended') },
    { detail: text },
  ),
  fc.record({ ...kind('fact'), ...chart, event: text }),
  some({ ...kind('transition'), ...chart, from: text, event: text, to: text }, { guard: text }),
  fc.record({ ...kind('action'), ...chart, action: text }),
  fc.record({
    ...kind('timer'),
    ...chart,
    delay: text,
    change: fc.constantFrom('armed', 'cancelled'),
    deadline: count,
  }),
  fc.record({
    ...kind('send'),
    connection: count,
    why: fc.constantFrom(
      'open',
      'data',
      'ack',
      'fin',
      'timer',
      'fast',
      'probe',
      'keepAlive',
      'challenge',
      'reset',
    ),
    segment,
    bytes,
  }),
  fc
    .tuple(fc.record({ ...kind('link'), packet: count, direction: text }), link)
    .map(([common, action]) => ({ ...common, ...action })),
  some({ ...kind('receive'), packet: count, bytes }, { segment }),
  fc.record({ ...kind('discard'), packet: count, reason: text }),
  fc.record({ ...kind('variables'), connection: count, values: fc.dictionary(text, fc.double()) }),
  fc.record({ ...kind('app'), what: text, text }),
);

export const traceEvent: fc.Arbitrary<TraceEvent> = fc
  .tuple(
    fc.record({
      n: count,
      t: fc.oneof(fc.nat(3), fc.maxSafeNat()),
      end: fc.constantFrom('client', 'server', 'link', '다른'),
      cause: count,
    }),
    body,
  )
  .map(([common, rest]) => ({ ...common, ...rest }) as TraceEvent);

export const traceHeader: fc.Arbitrary<TraceHeader> = fc.record({
  statewire: fc.constant(1 as const),
  version: text,
  engine: text,
  seed: fc.integer(),
  configuration: fc.dictionary(text, fc.jsonValue({ maxDepth: 2 })),
  inputs: fc.array(text, { maxLength: 4 }),
});
