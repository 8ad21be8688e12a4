/** What the tests of the link share: a link in virtual time, packets sent at given times, and what came of them. */
import fc from 'fast-check';
import { type DirectionConfig, Link, type LinkConfig, type LinkOptions } from '../../src/channel/index.ts';
import { VirtualClock } from '../../src/time/clock.ts';
import { ACK, buildTcpPacket, FIN, RST, SYN } from '../../src/wire/index.ts';

export { ACK, FIN, RST, SYN };

/** A packet that came out: when, at which end, and what. */
export interface Arrival {
  readonly at: number;
  readonly end: 'a' | 'b';
  readonly id: number;
  readonly hex: string;
}

/** A packet to send: from which end, when (us), and what. */
export interface Sending {
  readonly at: number;
  readonly end: 'a' | 'b';
  readonly bytes: Uint8Array;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** A link with its clock, and what has arrived so far. */
export class Bench {
  readonly clock = new VirtualClock();
  readonly link: Link;
  readonly arrivals: Arrival[] = [];

  constructor(config: LinkConfig, options: Partial<LinkOptions> = {}) {
    this.link = new Link({ seed: 1, clock: this.clock, ...options, config });
    this.link.a.onPacket((packet, id) => this.arrived('a', packet, id));
    this.link.b.onPacket((packet, id) => this.arrived('b', packet, id));
  }

  private arrived(end: 'a' | 'b', packet: Uint8Array, id: number): void {
    this.arrivals.push({ at: this.clock.now(), end, id, hex: hex(packet) });
  }

  /** From deadline to deadline up to `until`. */
  run(until = Number.POSITIVE_INFINITY): void {
    for (;;) {
      const next = this.link.nextTimeout;
      if (next > until || next === Number.POSITIVE_INFINITY) break;
      this.clock.advanceTo(next);
      this.link.poll(this.clock.now());
    }
    if (Number.isFinite(until)) {
      this.clock.advanceTo(until);
      this.link.poll(until);
    }
  }

  /** Sends what there is, in order of time, then runs until nothing is under way. Packets have ids 1, 2, 3, ... */
  play(sendings: readonly Sending[]): readonly Arrival[] {
    const order = sendings.map((sending, i) => ({ ...sending, id: i + 1 }));
    order.sort((x, y) => x.at - y.at || x.id - y.id);
    for (const { at, end, bytes, id } of order) {
      this.run(at);
      this.link[end].send(bytes, id);
    }
    this.run();
    return this.arrivals;
  }
}

/** `count` packets of `size` bytes from `a`, `gap` us apart. */
export function train(count: number, size: number, gap: number, end: 'a' | 'b' = 'a'): Sending[] {
  return Array.from({ length: count }, (_, i) => ({ at: i * gap, end, bytes: new Uint8Array(size).fill(i) }));
}

/** A TCP packet from 10.0.0.1 to 10.0.0.2. */
export function tcp(flags: number, payload = '', seq = 1): Uint8Array {
  return buildTcpPacket({
    source: Uint8Array.of(10, 0, 0, 1),
    destination: Uint8Array.of(10, 0, 0, 2),
    sourcePort: 1000,
    destinationPort: 80,
    seq,
    flags,
    payload: new TextEncoder().encode(payload),
  });
}

const share = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }));
const us = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300_000 }));

const gilbertElliott = fc.record({
  goodSojourn: fc.integer({ min: 100, max: 1_000_000 }),
  badSojourn: fc.integer({ min: 100, max: 1_000_000 }),
  lossInGood: share,
  lossInBad: share,
});

const distribution = fc.constantFrom('uniform' as const, 'normal' as const);

/** Any configuration of one direction, each impairment now and then absent. */
export const anyDirection: fc.Arbitrary<DirectionConfig> = fc
  .record(
    {
      rate: fc.integer({ min: 1000, max: 1_000_000_000 }),
      queue: fc.integer({ min: 1, max: 20 }),
      loss: share,
      gilbertElliott,
      duplicate: share,
      corrupt: share,
      delay: us,
      jitter: us,
      distribution,
      reorder: fc.record({ probability: share, by: us }),
      slot: fc.record({
        interval: fc.integer({ min: 1, max: 100_000 }),
        packets: fc.integer({ min: 1, max: 5 }),
      }),
      mtu: fc.integer({ min: 20, max: 200 }),
      outages: fc
        .uniqueArray(fc.integer({ min: 0, max: 2_000_000 }), { minLength: 2, maxLength: 8 })
        .map((times) => {
          const sorted = times.sort((x, y) => x - y);
          const outages = [];
          for (let i = 0; i + 1 < sorted.length; i += 2) {
            outages.push({ start: sorted[i]!, end: sorted[i + 1]! });
          }
          return outages;
        }),
    },
    { requiredKeys: [] },
  )
  .map((config) => config as DirectionConfig);

export const anyConfig: fc.Arbitrary<LinkConfig> = fc.record({
  forward: anyDirection,
  backward: anyDirection,
});

/** Up to 60 packets within 2 s, both ways, of up to 200 bytes. */
export const anySendings: fc.Arbitrary<Sending[]> = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 2_000_000 }),
    end: fc.constantFrom('a' as const, 'b' as const),
    bytes: fc.uint8Array({ minLength: 0, maxLength: 200 }),
  }),
  { maxLength: 60 },
);
