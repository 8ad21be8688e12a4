/** Random programs for one end, and what happens when one is played. */
import fc from 'fast-check';
import type { Engine } from '../../src/chart/index.ts';
import { compiledEngine } from '../../src/chart/index.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { Trace } from '../../src/trace/trace.ts';
import type { Played } from './duelPrograms.ts';
import { type Forged, Solo, type SoloProgram, type SoloStep } from './solo.ts';

const ACK = 16;
/** Mostly one that gets past the first checks; FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32. */
const flags = fc.oneof(
  { weight: 8, arbitrary: fc.constant(ACK) },
  { weight: 3, arbitrary: fc.constant(17) },
  { weight: 4, arbitrary: fc.constantFrom(24, 2, 18, 4, 20, 48, 1, 0) },
  { weight: 1, arbitrary: fc.nat(511) },
);
const near = fc.oneof(
  { weight: 8, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.constantFrom(1, -1, 2, -2, 5, 10, 100, -100) },
  { weight: 2, arbitrary: fc.integer({ min: -3000, max: 3000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }) },
);

/** Where segments begin, and how long they are. */
const segments = fc.constantFrom(100, 200, 1000, 2000);

const forged: fc.Arbitrary<Forged> = fc.record({
  flags,
  seq: fc.tuple(
    fc.oneof(
      { weight: 8, arbitrary: fc.constant('next' as const) },
      fc.constantFrom('edge' as const, 'irs' as const, 'zero' as const),
    ),
    near,
  ),
  ack: fc.tuple(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('nxt' as const, 'una' as const) },
      fc.constant('zero' as const),
    ),
    near,
  ),
  window: fc.oneof({ weight: 4, arbitrary: fc.constant(20_000) }, fc.constantFrom(0, 1, 100, 65_535)),
  bytes: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constantFrom(1, 5, 10, 100, 1000)),
  stamp: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.constantFrom(1, -1, 1000, -1000, 0x7fff_ffff)),
  sack: fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    fc.array(
      fc.tuple(
        fc.oneof(segments, fc.integer({ min: -10, max: 3000 })),
        fc.oneof(segments, fc.integer({ min: -1, max: 2000 })),
      ),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
  ),
  urgent: fc.constantFrom(0, 1, 65_535),
});

/** The same again and again, as duplicate ACKs come. */
const times = fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.constantFrom(2, 3, 4));

const plain: Forged = {
  flags: ACK,
  seq: ['next', 0],
  ack: ['nxt', 0],
  window: 20_000,
  bytes: 0,
  stamp: 0,
  sack: [],
  urgent: 0,
};
const close: SoloStep = { do: 'close' };
const ack: SoloStep = { do: 'segment', segment: plain, times: 1 };
const fin: SoloStep = { do: 'segment', segment: { ...plain, flags: ACK | 1 }, times: 1 };
const early: SoloStep = { do: 'segment', segment: { ...plain, flags: ACK | 1, ack: ['una', 0] }, times: 1 };

/** Ways to the states beyond ESTABLISHED. */
const ways: readonly (readonly SoloStep[])[] = [
  [],
  [close],
  [close, ack],
  [close, ack, fin],
  [close, early],
  [fin],
  [fin, close],
];

const steps: fc.Arbitrary<SoloStep> = fc.oneof(
  { weight: 14, arbitrary: fc.record({ do: fc.constant('segment' as const), segment: forged, times }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('send' as const), bytes: fc.constantFrom(1, 5, 1000, 3000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('read' as const), bytes: fc.constantFrom(1, 100, 100_000) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('close' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('timer' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 100, 1000, 61_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({ do: fc.constant('noise' as const), bytes: fc.array(fc.nat(255), { maxLength: 60 }) }),
      fc.record({ do: fc.constantFrom('abort' as const, 'detach' as const) }),
    ),
  },
);

const isn = fc.constantFrom(1000, 0, 0xffff_fff0, 0x7fff_fff0);

export const soloPrograms: fc.Arbitrary<SoloProgram> = fc
  .record({
    tcp: fc.record({
      mss: fc.constantFrom(1, 100, 1000),
      receiveBuffer: fc.constantFrom(1, 10, 300, 5000, 200_000),
      sendBuffer: fc.constantFrom(10, 5000, 100_000),
      sack: fc.boolean(),
      timestamps: fc.boolean(),
      windowScaling: fc.boolean(),
      nagle: fc.boolean(),
      delayedAck: fc.constantFrom(0, 40),
    }),
    passive: fc.boolean(),
    iss: isn,
    irs: isn,
    handshake: fc.oneof(
      { weight: 6, arbitrary: fc.constant(2 as const) },
      fc.constantFrom(0 as const, 1 as const),
    ),
    way: fc.constantFrom(...ways),
    rest: fc.array(steps, { maxLength: 40 }),
  })
  .map(({ way, rest, ...setting }) => ({
    ...setting,
    steps: setting.handshake === 2 ? [...way, ...rest] : rest,
  }));

export function playSolo(program: SoloProgram, engine: Engine = compiledEngine): Played {
  const events: TraceEvent[] = [];
  const trace = new Trace();
  trace.listen((event) => events.push(event));
  try {
    return { flaw: new Solo(program, engine, trace).play(), events };
  } catch (error) {
    return { flaw: (error as Error).message, events };
  }
}
