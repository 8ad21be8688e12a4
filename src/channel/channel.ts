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

/** The largest packet that any channel takes, bytes: IP's own limit. */
export const LARGEST_PACKET = 65_535;

/** What passed one end, and what did not. Packets and bytes. */
export interface ChannelCounters {
  packetsOut: number;
  bytesOut: number;
  packetsIn: number;
  bytesIn: number;
  /** Packets or records that could not be passed on, by reason (`full`, `tooLarge`, `closed`, `badRecord`, ...). */
  readonly dropped: Record<string, number>;
}

/**
 * An end that reaches out of the thread or process. Packets arrive on their own: handlers are called from the event
 * loop, never from within `send`. `send` neither waits nor throws: what cannot be passed on is counted and dropped,
 * and what is queued is bounded. A handler is lent the packet: its bytes may be reused when it returns.
 */
export interface LiveEnd extends ChannelEnd {
  /** As the user names it: `file:DIR`, `udp:127.0.0.1:9000,127.0.0.1:9001`. */
  readonly name: string;
  readonly counters: Readonly<ChannelCounters>;
  /** Told once when the channel is of no more use (its folder is gone, its socket broke). */
  onError(handler: (error: Error) => void): void;
  /** It does not keep the process alive any more, where a channel does. */
  unref?(): void;
  /** Resolves when all that was sent before is on its way. Nothing is delivered after the call; again is harmless. */
  close(): Promise<void>;
}

/** Counts all at zero. */
export function newCounters(): ChannelCounters {
  return { packetsOut: 0, bytesOut: 0, packetsIn: 0, bytesIn: 0, dropped: {} };
}

/** Counts one that could not be passed on. */
export function countDropped(counters: ChannelCounters, reason: string): void {
  counters.dropped[reason] = (counters.dropped[reason] ?? 0) + 1;
}
