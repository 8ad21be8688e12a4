/**
 * Whole transfers as properties: over any link, with any settings, from any ISS, every byte arrives once, in order and
 * unaltered, both ends end CLOSED, and every packet on the way was one its sender was allowed to send (`watch.ts`).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bothWays, type DirectionConfig } from '../../src/channel/config.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import { type PairOptions, type Plan, transfer } from './pair.ts';

const RUNS = Number(process.env.TRANSFERS ?? 300);
/** Segments that one way may take, about. */
const SIZE = Number(process.env.TRANSFER_SIZE ?? 100);
/** Fixed, so that CI runs the same runs each time; `TRANSFER_SEED=random` looks for new ones. */
const SEED = process.env.TRANSFER_SEED === 'random' ? undefined : Number(process.env.TRANSFER_SEED ?? 1);

const share = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.3, noNaN: true }));
const us = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 100_000 }));

const direction: fc.Arbitrary<DirectionConfig> = fc
  .record(
    {
      loss: share,
      corrupt: share,
      duplicate: share,
      delay: us,
      jitter: us,
      reorder: fc.record({ probability: share, by: us }),
      rate: fc.integer({ min: 100_000, max: 100_000_000 }),
      queue: fc.integer({ min: 3, max: 100 }),
    },
    { requiredKeys: [] },
  )
  .map((config) => config as DirectionConfig);

const mss = fc.oneof(
  fc.integer({ min: 1, max: 60 }),
  fc.constantFrom(0, 536, 1460, 65_495),
  fc.integer({ min: 1, max: 65_495 }),
);
const buffer = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  fc.integer({ min: 1, max: 10_000 }),
  fc.constantFrom(65_535, 65_536, 1 << 20),
);

const tcp: fc.Arbitrary<Partial<TcpConfig>> = fc.record({
  mtu: fc.constantFrom(1500, 65_535),
  mss,
  receiveBuffer: buffer,
  sendBuffer: buffer,
  arq: fc.constantFrom('tcp' as const, 'tcp' as const, 'selective-repeat' as const, 'go-back-n' as const),
  window: fc.integer({ min: 1, max: 20 }),
  sack: fc.boolean(),
  timestamps: fc.boolean(),
  windowScaling: fc.boolean(),
  nagle: fc.boolean(),
  delayedAck: fc.constantFrom(0, 40),
  initialWindow: fc.integer({ min: 1, max: 10 }),
  minimumRto: fc.constantFrom(0, 10, 200),
  initialRto: fc.integer({ min: 10, max: 1000 }),
  // Nothing may give up before luck turns, and TIME_WAIT must outlast the peer's longest wait.
  maximumRto: fc.constant(8000),
  r2: fc.constant(36_000_000),
  synR2: fc.constant(36_000_000),
  msl: fc.constant(120_000),
});

const iss = fc.oneof(
  fc.integer({ min: 0xffff_ff00, max: 0xffff_ffff }),
  fc.constantFrom(0, 0x7fff_ffff, 0x7fff_ff80),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);

const plan: fc.Arbitrary<Plan & { share: number }> = fc
  .record(
    {
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      piece: fc.constantFrom(0, 1, 100, 5000),
      slow: fc.record({
        bytes: fc.constantFrom(1, 7, 1000, 1_000_000),
        pause: fc.integer({ min: 1, max: 300_000 }),
      }),
      waits: fc.constant(true),
    },
    { requiredKeys: ['share'] },
  )
  .map((made) => made as Plan & { share: number });

/** What fits in a segment at the most: the amounts to send are counted in these. */
function unit(sender: Partial<TcpConfig>, receiver: Partial<TcpConfig>): number {
  const least = (config: Partial<TcpConfig>) => Math.min(config.mss || 65_495, (config.mtu ?? 1500) - 40);
  return Math.min(least(sender), least(receiver), receiver.receiveBuffer ?? 1, sender.sendBuffer ?? 1);
}

/** As many bytes as make up to so many segments, or readings, or pieces. */
function amount(given: Plan & { share: number }, size: number, reader: Plan): Plan {
  const { share: part, ...rest } = given;
  const size1 = Math.min(size, rest.piece || size, reader.slow?.bytes ?? size);
  return { ...rest, send: Math.min(Math.floor(part * part * SIZE * size1), 1500 * SIZE) };
}

const anyTransfer: fc.Arbitrary<PairOptions> = fc
  .record({
    seed: fc.integer({ min: 0, max: 1_000_000 }),
    link: fc.oneof(direction.map(bothWays), fc.record({ forward: direction, backward: direction })),
    client: tcp,
    server: tcp,
    iss: fc.tuple(iss, iss),
    ipv6: fc.constantFrom(false, false, true),
    plans: fc.tuple(plan, plan),
  })
  .map(({ plans: [near, far], client, server, ...rest }) => ({
    ...rest,
    client: client.mss ? client : { ...client, mtu: 1500 },
    server: server.mss ? server : { ...server, mtu: 1500 },
    plans: [
      amount(near, unit(client, server), far),
      // Two that both wait for the other to close never do.
      amount(near.waits ? { ...far, waits: false } : far, unit(server, client), near),
    ] as const,
  }));

describe('a transfer over any link with any settings', () => {
  it('delivers every byte once, in order and unaltered, and ends CLOSED', { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(anyTransfer, (options) => {
        transfer(options);
      }),
      { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: SEED }) },
    );
  });
});

/** As small and as hasty as it gets, as fast-check leaves it when it has shrunk a run. */
const least: Partial<TcpConfig> = {
  mss: 1,
  sack: false,
  timestamps: false,
  windowScaling: false,
  nagle: false,
  minimumRto: 0,
  initialRto: 10,
  maximumRto: 8000,
  r2: 36_000_000,
  msl: 120_000,
};

/** Runs that once failed. */
const regressions: Readonly<Record<string, PairOptions>> = {
  'a full last segment with the FIN was never sent again after a timeout': {
    seed: 2,
    iss: [0xffff_ff00, 0xffff_ff00],
    link: bothWays({ delay: 1000, loss: 0.2 }),
    tcp: {
      ...least,
      initialWindow: 1,
      delayedAck: 0,
      initialRto: 1000,
      minimumRto: 200,
      nagle: true,
      sack: true,
    },
    plans: [{ send: 9 }, { send: 9 }],
  },
  'the right edge moved with an ACK on a segment sent again, and data went beyond it': {
    seed: 0,
    iss: [0, 0],
    link: { forward: { loss: 0.000_444_371_253_252_029_5 }, backward: {} },
    tcp: { ...least, sendBuffer: 1, initialWindow: 1 },
    client: { receiveBuffer: 3 },
    server: { receiveBuffer: 65_535, minimumRto: 10 },
    plans: [
      { slow: { bytes: 1, pause: 111_769 }, send: 51 },
      { slow: { bytes: 1_000_000, pause: 295_307 }, send: 29 },
    ],
  },
};

describe('transfers that once failed', () => {
  for (const [name, options] of Object.entries(regressions)) {
    it(name, () => {
      expect(() => transfer(options)).not.toThrow();
    });
  }
});
