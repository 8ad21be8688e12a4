/** Initial sequence numbers (RFC 9293 section 3.4.1). */
import { describe, expect, it } from 'vitest';
import { IsnGenerator } from '../../src/tcp/isn.ts';

const A = Uint8Array.of(10, 0, 0, 1);
const B = Uint8Array.of(10, 0, 0, 2);
const secret = (n: number) => new Uint8Array(32).fill(n);

describe('initial sequence numbers', () => {
  it('[MUST-8] the same pair of sockets moves with a clock of 4 us ticks', () => {
    const isn = new IsnGenerator(secret(1));
    const first = isn.next(A, 1, B, 2, 0);
    expect((isn.next(A, 1, B, 2, 3) - first) >>> 0).toBe(0);
    expect((isn.next(A, 1, B, 2, 4) - first) >>> 0).toBe(1);
    expect((isn.next(A, 1, B, 2, 4_000_000) - first) >>> 0).toBe(1_000_000);
    // 4.77 hours go round once
    expect((isn.next(A, 1, B, 2, 4 * 2 ** 32) - first) >>> 0).toBe(0);
  });

  it('[MUST-9, SHLD-1, RFC 6528 3] every part of the pair counts, and the secret does', () => {
    const isn = new IsnGenerator(secret(1));
    const all = [
      isn.next(A, 1, B, 2, 0),
      isn.next(A, 2, B, 2, 0),
      isn.next(A, 1, B, 3, 0),
      isn.next(A, 2, B, 1, 0),
      isn.next(B, 1, A, 2, 0),
      isn.next(Uint8Array.of(10, 0, 0, 3), 1, B, 2, 0),
      new IsnGenerator(secret(2)).next(A, 1, B, 2, 0),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('numbers of neighbouring ports are spread over the whole space', () => {
    const isn = new IsnGenerator(secret(9));
    const quarters = new Set<number>();
    for (let port = 1; port <= 64; port++) quarters.add(isn.next(A, port, B, 80, 0) >>> 30);
    expect(quarters.size).toBe(4);
  });

  it('IPv6 addresses count in full', () => {
    const isn = new IsnGenerator(secret(1));
    const address = (last: number) => Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? last : 0));
    expect(isn.next(address(1), 1, address(2), 2, 0)).not.toBe(isn.next(address(1), 1, address(3), 2, 0));
  });
});
