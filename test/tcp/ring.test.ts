/** The ring of bytes against a plain array. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ring } from '../../src/tcp/ring.ts';

type Step = { write: number; at: number } | { release: number };

const LIMIT = 5000;
const steps = fc.array(
  fc.oneof(
    // Where to write, as a share of what is kept: behind it, ahead of it with a gap, or over it.
    fc.record({
      write: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 3000 })),
      at: fc.double({ min: 0, max: 1.2, noNaN: true }),
    }),
    fc.record({ release: fc.double({ min: 0, max: 1, noNaN: true }) }),
  ),
  { maxLength: 60 },
) as fc.Arbitrary<Step[]>;

describe('the ring', () => {
  it('holds what an array would, however it grows and wraps', () => {
    let salt = 0;
    fc.assert(
      fc.property(steps, fc.constantFrom(0, 2 ** 31 - 100, 2 ** 32 - 100, 2 ** 40), (list, start) => {
        const ring = new Ring(LIMIT);
        ring.release(start);
        let model: (number | undefined)[] = [];
        for (const step of list) {
          if ('release' in step) {
            const gone = Math.floor(step.release * model.length);
            ring.release(ring.head + gone);
            model = model.slice(gone);
            continue;
          }
          const offset = Math.min(Math.floor(step.at * model.length), LIMIT);
          const length = Math.min(step.write, LIMIT - offset);
          const bytes = Uint8Array.from({ length: length + 7 }, () => (salt = (salt * 5 + 3) & 0xff));
          ring.write(ring.head + offset, bytes, 3, length);
          for (let i = 0; i < length; i++) model[offset + i] = bytes[3 + i];
        }
        const target = new Uint8Array(model.length + 2);
        ring.read(ring.head, target, 1, model.length);
        for (let i = 0; i < model.length; i++) {
          if (model[i] !== undefined && model[i] !== target[i + 1]) throw new Error(`byte ${i}`);
        }
        expect(ring.allocated).toBeLessThanOrEqual(8192);
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it('grows only as it is filled, and lets go of everything', () => {
    const ring = new Ring(1 << 20);
    expect(ring.allocated).toBe(0);
    ring.write(0, new Uint8Array(300), 0, 300);
    expect(ring.allocated).toBe(512);
    ring.release(300);
    ring.write(300, new Uint8Array(300), 0, 300);
    expect(ring.allocated).toBe(512);
    ring.free();
    expect(ring.allocated).toBe(0);
  });

  it('refuses to hold more than its limit', () => {
    const ring = new Ring(1000);
    ring.write(0, new Uint8Array(1000), 0, 1000);
    expect(() => ring.write(1000, new Uint8Array(25), 0, 25)).toThrow(RangeError);
  });
});
