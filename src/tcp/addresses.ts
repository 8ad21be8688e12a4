/** A host's own addresses: which packets are for it, and which of them a connection uses. */
import { formatAddress, parseAddress } from '../wire/address.ts';

/** Are `length` bytes at `offset` this address? */
export function sameBytes(address: Uint8Array, bytes: Uint8Array, offset: number, length: number): boolean {
  if (address.length !== length) return false;
  for (let i = 0; i < length; i++) if (address[i] !== bytes[offset + i]) return false;
  return true;
}

/** Are the two the same address? */
export function sameAddress(a: Uint8Array, b: Uint8Array): boolean {
  return sameBytes(a, b, 0, b.length);
}

export class Addresses {
  readonly #name: string;
  readonly #own: readonly Uint8Array[];

  /** @throws RangeError if there is none, or one that is no address */
  constructor(name: string, addresses: readonly string[]) {
    if (addresses.length === 0) throw new RangeError(`host '${name}' has no address`);
    this.#name = name;
    this.#own = addresses.map(parseAddress);
  }

  /** Is the address at this place of a packet one of ours? */
  include(packet: Uint8Array, offset: number, length: number): boolean {
    for (const address of this.#own) if (sameBytes(address, packet, offset, length)) return true;
    return false;
  }

  /** One of ours, given as text. */
  own(text: string): Uint8Array {
    const address = parseAddress(text);
    const own = this.#own.find((candidate) => sameAddress(candidate, address));
    if (own === undefined) throw new RangeError(`${text} is not an address of host '${this.#name}'`);
    return own;
  }

  /** MUST-44: the local address towards a remote one; the first of the same family if none is given. */
  towards(remote: Uint8Array, given: string | undefined): Uint8Array {
    if (given !== undefined) return this.own(given);
    const address = this.#own.find((own) => own.length === remote.length);
    if (address === undefined) {
      throw new RangeError(`host '${this.#name}' has no address to reach ${formatAddress(remote)} from`);
    }
    return address;
  }
}
