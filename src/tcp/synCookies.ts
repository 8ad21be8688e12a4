/**
 * SYN cookies (RFC 4987 section 3.6): a SYN,ACK whose number says all that would else have to be kept of a SYN, so that
 * a flood of SYNs costs no memory.
 *
 * The number is a keyed hash of both sockets, plus the peer's ISN (so that numbers between the same sockets go on
 * growing), plus the minute in the upper 8 bits, plus, hidden by a second hash, the place of the MSS in a table. What an
 * MSS alone cannot say (window scale, SACK, ECN) goes into the low 6 bits of our timestamp, which the peer echoes; a
 * peer without timestamps does without. This module computes; when a cookie is sent is `passiveOpen.ts`.
 */
import { blake2s } from '@noble/hashes/blake2.js';
import { CWR, ECE, type Segment, SYN } from '../wire/tcp.ts';
import { add, type Seq, seq } from './seq.ts';
import type { Endpoint } from './tcb.ts';

/** What most peers offer; the largest that is not above the peer's counts. */
const SIZES: Readonly<Record<4 | 16, readonly number[]>> = {
  4: [1, 64, 536, 1220, 1440, 1460, 4312, 8960],
  16: [1, 64, 1220, 1280, 1420, 1440, 4312, 8940],
};

/** us */
const MINUTE = 60_000_000;
/** A cookie is good in the minute it was made in and the next: none is refused before 60 s. */
const LIFETIME = 2;
const COUNT_SHIFT = 24;
const LOW = (1 << COUNT_SHIFT) - 1;

/** Low bits of the timestamp, as Linux has them: window scale (15: none), SACK, ECN. */
const OPTION_BITS = 6;
const OPTION_MASK = (1 << OPTION_BITS) - 1;
const NO_SCALE = 15;
const SACK_BIT = 16;
const ECN_BIT = 32;

/** What a SYN offered, as far as a cookie keeps it. */
export interface Offer {
  readonly mss: number;
  /** -1: none */
  readonly windowScale: number;
  readonly sackPermitted: boolean;
  /** ECE and CWR (RFC 3168 section 6.1.1), or 0. */
  readonly ecnFlags: number;
}

/** What is left for a peer that does not echo a timestamp. */
const NO_OPTIONS = { windowScale: -1, sackPermitted: false, ecnFlags: 0 };

export class SynCookies {
  readonly #key: Uint8Array;

  /** `secret`: 32 random bytes that nobody outside learns. */
  constructor(secret: Uint8Array) {
    this.#key = blake2s(new TextEncoder().encode('SYN cookies'), { key: secret, dkLen: 32 });
  }

  /** The ISS that answers a SYN with this ISN and MSS at `now` (us), when nothing is to be kept of it. */
  iss(local: Endpoint, remote: Endpoint, peerIsn: number, mss: number, now: number): Seq {
    const minute = Math.floor(now / MINUTE);
    const data = (this.#hash(local, remote, minute, peerIsn) + sizeIndex(local.address.length, mss)) & LOW;
    const base = (this.#hash(local, remote, -1) + peerIsn) >>> 0;
    return seq(base + (((minute & 0xff) << COUNT_SHIFT) >>> 0) + data);
  }

  /**
   * The MSS that a cookie says, for the ACK of it at `now` (us): 0 when it is none of ours or too old.
   */
  mss(local: Endpoint, remote: Endpoint, ack: Segment, now: number): number {
    const minute = Math.floor(now / MINUTE);
    const peerIsn = add(seq(ack.seq), -1);
    const rest = (add(seq(ack.ack), -1) - this.#hash(local, remote, -1) - peerIsn) >>> 0;
    const age = (minute - (rest >>> COUNT_SHIFT)) & 0xff;
    if (age >= LIFETIME || age > minute) return 0;
    const index = (rest - this.#hash(local, remote, minute - age, peerIsn)) & LOW;
    return tableOf(local.address.length)[index] ?? 0;
  }

  /**
   * 32 bits of a keyed hash of the two sockets and, with a minute (-1: without), the peer's ISN: a segment further on
   * must not look like the first one with another MSS.
   */
  #hash(local: Endpoint, remote: Endpoint, minute: number, peerIsn = 0): number {
    const size = local.address.length;
    const input = new Uint8Array(2 * size + 12);
    input.set(local.address, 0);
    input.set(remote.address, size);
    const view = new DataView(input.buffer);
    view.setUint16(2 * size, local.port);
    view.setUint16(2 * size + 2, remote.port);
    view.setInt32(2 * size + 4, minute);
    view.setUint32(2 * size + 8, peerIsn);
    const hash = blake2s(input, { key: this.#key, dkLen: 4 });
    return new DataView(hash.buffer, hash.byteOffset).getUint32(0);
  }
}

function tableOf(addressLength: number): readonly number[] {
  return SIZES[addressLength === 4 ? 4 : 16];
}

/** Place in the table of the largest size that is not above what the peer takes; the first if all are. */
function sizeIndex(addressLength: number, mss: number): number {
  const sizes = tableOf(addressLength);
  let index = 0;
  for (let i = 1; i < sizes.length; i++) if ((sizes[i] as number) <= mss) index = i;
  return index;
}

/** Our timestamp of a SYN,ACK, with the options of the SYN in its low bits; never ahead of the clock. */
export function stampOptions(timestamp: number, offer: Omit<Offer, 'mss'>): number {
  const scale = offer.windowScale < 0 ? NO_SCALE : Math.min(offer.windowScale, 14);
  const bits = scale | (offer.sackPermitted ? SACK_BIT : 0) | (offer.ecnFlags === 0 ? 0 : ECN_BIT);
  const stamped = ((timestamp & ~OPTION_MASK) | bits) >>> 0;
  return stamped > timestamp ? (stamped - (1 << OPTION_BITS)) >>> 0 : stamped;
}

/** The same, read from the echo; without timestamps nothing was agreed on. */
export function optionsOf(ack: Segment): Omit<Offer, 'mss'> {
  if (!ack.hasTimestamps) return NO_OPTIONS;
  const bits = ack.tsEcr & OPTION_MASK;
  const scale = bits & NO_SCALE;
  return {
    windowScale: scale === NO_SCALE ? -1 : scale,
    sackPermitted: (bits & SACK_BIT) !== 0,
    ecnFlags: (bits & ECN_BIT) === 0 ? 0 : ECE | CWR,
  };
}

/** The SYN that an ACK with a good cookie answers for, as far as it can be told. */
export function rebuildSyn(syn: Segment, ack: Segment, mss: number): void {
  const { windowScale, sackPermitted, ecnFlags } = optionsOf(ack);
  syn.clear();
  syn.sourcePort = ack.sourcePort;
  syn.destinationPort = ack.destinationPort;
  syn.seq = add(seq(ack.seq), -1);
  syn.flags = SYN | ecnFlags;
  syn.window = ack.window;
  syn.mss = mss;
  syn.windowScale = windowScale;
  syn.sackPermitted = sackPermitted;
  syn.hasTimestamps = ack.hasTimestamps;
  syn.tsVal = ack.tsVal;
}
