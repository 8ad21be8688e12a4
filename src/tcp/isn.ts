/** Initial sequence numbers: RFC 9293 section 3.4.1 (formerly RFC 6528). ISN = M + F(addresses, ports, secret). */
import { blake2s } from '@noble/hashes/blake2.js';
import { type Seq, seq } from './seq.ts';

/** Gives each pair of sockets its own number space; `secret` is 32 random bytes that nobody outside learns. */
export class IsnGenerator {
  readonly #secret: Uint8Array;

  /** For snapshots. */
  get secret(): Uint8Array {
    return this.#secret.slice();
  }

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  /** The ISN of a connection opened at `now` (us): M is a clock of 4 us ticks (MUST-8), F a keyed hash (SHLD-1). */
  next(
    localAddress: Uint8Array,
    localPort: number,
    remoteAddress: Uint8Array,
    remotePort: number,
    now: number,
  ): Seq {
    const size = localAddress.length;
    const input = new Uint8Array(2 * size + 4);
    input.set(localAddress, 0);
    input.set(remoteAddress, size);
    const view = new DataView(input.buffer);
    view.setUint16(2 * size, localPort);
    view.setUint16(2 * size + 2, remotePort);
    const hash = blake2s(input, { key: this.#secret, dkLen: 4 });
    const f = new DataView(hash.buffer, hash.byteOffset).getUint32(0);
    return seq(Math.floor(now / 4) + f);
  }
}
