/**
 * A channel carries IP packets (IPv4 or IPv6 with real checksums) between endpoints, and that is all it knows.
 * Impairments and captures are wrappers around any channel, never part of one.
 */

/** Takes a packet that arrived. `id` is the packet's number in the trace, 0 where it is not known. */
export type PacketHandler = (packet: Uint8Array, id: number) => void;

/** One end of a channel. */
export interface ChannelEnd {
  /** Sends one packet; its bytes may be reused by the caller as soon as this returns. */
  send(packet: Uint8Array, id: number): void;
  /** Who takes what arrives at this end. Packets that arrive before that are kept, within the channel's limit. */
  onPacket(handler: PacketHandler): void;
  close(): void;
}

/** A channel in virtual time: what it holds back moves when the owner of the clock says what time it is. */
export interface TimedChannel {
  /** The next time (us) at which something will happen, Infinity when nothing is under way. */
  readonly nextTimeout: number;
  /** Does all that is due up to `now` (us), in order. Spurious calls are harmless. */
  poll(now: number): void;
}
