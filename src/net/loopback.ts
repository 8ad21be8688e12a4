/** The loopback of a host: packets for its own addresses come back to it, through a link if that is to impair them. */

import type { ChannelEnd, PacketHandler } from '../channel/channel.ts';
import { Link } from '../channel/link.ts';
import type { LinkConfig } from '../channel/profiles.ts';
import { sameBytes } from '../tcp/addresses.ts';
import type { Random } from '../time/random.ts';
import type { Trace } from '../trace/trace.ts';
import { parseAddress } from '../wire/address.ts';
import { decodeIp, IpHeader } from '../wire/ip.ts';
import type { Driver } from './loop.ts';
import { canonical } from './stack.ts';

const CLEAN: LinkConfig = { forward: { queue: 100_000 }, backward: { queue: 100_000 } };

/** As every host has them. */
const LOOPBACKS = ['127.0.0.1', '::1'];

/** The addresses in the one way they are written, with those of the loopback. */
export function ownAddresses(addresses: readonly string[]): readonly string[] {
  return [...new Set([...addresses.map(canonical), ...LOOPBACKS])];
}

export class Loopback implements ChannelEnd {
  readonly #own: readonly Uint8Array[];
  readonly #link: Link;
  readonly #header = new IpHeader();

  constructor(
    driver: Driver,
    config: LinkConfig | undefined,
    random: Random,
    addresses: readonly string[],
    trace?: Trace,
  ) {
    this.#own = addresses.map(parseAddress);
    this.#link = new Link({
      config: config ?? CLEAN,
      seed: random.integer(0x1_0000_0000),
      clock: driver,
      names: ['host', 'host'],
      trace,
    });
    driver.add(this.#link);
  }

  /** Is it for this host? */
  takes(packet: Uint8Array): boolean {
    if (decodeIp(packet, this.#header) !== 'ok') return false;
    const { destinationOffset, addressLength } = this.#header;
    for (const own of this.#own) if (sameBytes(own, packet, destinationOffset, addressLength)) return true;
    return false;
  }

  send(packet: Uint8Array, id: number): void {
    this.#link.a.send(packet, id);
  }

  onPacket(handler: PacketHandler): void {
    this.#link.b.onPacket(handler);
  }

  close(): void {
    this.#link.a.close();
  }
}
