/** Puts a link in front of any channel's end. What the link does is link.ts, what the channel is does not matter. */
import type { ChannelEnd, PacketHandler } from './channel.ts';
import type { Link } from './link.ts';

/**
 * What is sent at the end returned goes through the link's forward direction and then out of `inner`; what comes in
 * from `inner` passes the backward direction. The owner of the clock polls the link.
 */
export function impair(inner: ChannelEnd, link: Link): ChannelEnd {
  link.b.onPacket((packet, id) => inner.send(packet, id));
  inner.onPacket((packet, id) => link.b.send(packet, id));
  return {
    send: (packet: Uint8Array, id: number) => link.a.send(packet, id),
    onPacket: (handler: PacketHandler) => link.a.onPacket(handler),
    close(): void {
      link.a.close();
      inner.close();
    },
  };
}
