/** Reports the packets that pass one end of a channel, unchanged. What is done with them (a pcap file), the caller decides. */
import type { ChannelEnd, PacketHandler } from './channel.ts';

/** Told of each packet before it goes on. The bytes are only lent: copy what is to be kept. */
export type PacketReport = (direction: 'out' | 'in', packet: Uint8Array, id: number) => void;

/** The same end, watched. */
export function capture(inner: ChannelEnd, report: PacketReport): ChannelEnd {
  return {
    send(packet: Uint8Array, id: number): void {
      report('out', packet, id);
      inner.send(packet, id);
    },
    onPacket(handler: PacketHandler): void {
      inner.onPacket((packet, id) => {
        report('in', packet, id);
        handler(packet, id);
      });
    },
    close(): void {
      inner.close();
    },
  };
}
