/**
 * The chance in a link: which bit flips, how long a packet is held up, how long a good or bad time lasts. Each takes
 * its generator from the caller and does its arithmetic with comparisons, sums and products only, which are the same
 * on every engine.
 */
import type { Random } from '../time/random.ts';
import type { DelayTable, DirectionConfig } from './config.ts';

/**
 * Flips one random bit and returns its number, counted from the first bit of the packet; -1 when there is none to flip.
 * A checksum is certain to see it: left out are bits that none covers (RFC 8200 has none for traffic class, flow label
 * and hop limit), those that say how far a checksum reaches (version, IHL, IPv6 payload length), and what lies behind
 * the IP packet's end. All else is under the IPv4 header checksum or the TCP checksum with its pseudo-header.
 */
export function flipBit(packet: Uint8Array, random: Random): number {
  const version = (packet[0] ?? 0) >> 4;
  let bit: number;
  if (version === 4 && packet.length >= 20) {
    const end = Math.min(packet.length, Math.max(20, packet[2]! * 256 + packet[3]!));
    bit = 8 + random.integer((end - 1) * 8);
  } else if (version === 6 && packet.length >= 40) {
    const end = Math.min(packet.length, 40 + packet[4]! * 256 + packet[5]!);
    const place = random.integer((end - 7) * 8);
    // The next header's byte, and all from the source address on.
    bit = place < 8 ? 48 + place : 56 + place;
  } else {
    if (packet.length === 0) return -1;
    bit = random.integer(packet.length * 8);
  }
  const index = bit >>> 3;
  packet[index] = packet[index]! ^ (0x80 >>> (bit & 7));
  return bit;
}

/** The delay and jitter of one packet, us, at least 0. */
export function drawDelay(config: DirectionConfig, random: Random): number {
  const delay = config.delay ?? 0;
  const jitter = config.jitter ?? 0;
  const distribution = config.distribution ?? 'uniform';
  if (typeof distribution !== 'string') return delay + drawFromTable(distribution, random);
  if (jitter === 0) return delay;
  const extra = distribution === 'normal' ? normal(jitter, random) : random.integer(2 * jitter + 1) - jitter;
  return Math.max(0, delay + extra);
}

function drawFromTable(table: DelayTable, random: Random): number {
  const u = random.uniform();
  let sum = 0;
  for (let i = 0; i < table.length - 1; i += 1) {
    const entry = table[i]!;
    sum += entry[1];
    if (u < sum) return entry[0];
  }
  return table[table.length - 1]![0];
}

/** Normal with mean 0: twelve uniform numbers have variance 1 together. It ends at six deviations. */
function normal(deviation: number, random: Random): number {
  let sum = -6;
  for (let i = 0; i < 12; i += 1) sum += random.uniform();
  return Math.round(sum * deviation);
}

/** Failures in a row (each of chance 1/e) after which the generator must be broken: better a number than no end. */
const LONGEST_RUN = 1000;

/**
 * Exponentially distributed with this mean (us), at least 1. By von Neumann's method (1951), which needs no logarithm:
 * in a run of falling numbers the first is kept when the run's length is odd; each failure adds one mean.
 */
export function drawExponential(mean: number, random: Random): number {
  for (let whole = 0; whole < LONGEST_RUN; whole += 1) {
    const first = random.uniform();
    let last = first;
    let length = 1;
    for (let next = random.uniform(); next < last; next = random.uniform()) {
      last = next;
      length += 1;
    }
    if (length % 2 === 1) return Math.max(1, Math.round((whole + first) * mean));
  }
  return LONGEST_RUN * mean;
}
