/**
 * Is somebody else on the channel with the same address? On a wire that many share, each would get the other's packets,
 * know nothing of their connections, and reset them.
 */
import { classify } from '../src/app/networkAddresses.ts';
import { parseAddress } from '../src/wire/address.ts';

/** Where the source stands in IPv4's and IPv6's headers. */
const IPV4_SOURCE = 12;
const IPV6_SOURCE = 8;

/** Looks at what arrives until it has found one. */
export class Namesake {
  readonly #address: Uint8Array;
  readonly #at: number;
  #found = false;

  constructor(address: string) {
    this.#address = parseAddress(address);
    this.#at = this.#address.length === 4 ? IPV4_SOURCE : IPV6_SOURCE;
  }

  /** Does this packet tell of one? It says so once. */
  tells(packet: Uint8Array): boolean {
    if (this.#found || packet[0]! >>> 4 !== (this.#at === IPV4_SOURCE ? 4 : 6)) return false;
    for (let i = 0; i < this.#address.length; i += 1) {
      if (packet[this.#at + i] !== this.#address[i]) return false;
    }
    // The link may have made it so
    this.#found = classify(packet) === 'good';
    return this.#found;
  }
}
