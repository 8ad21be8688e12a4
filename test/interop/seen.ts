/** Checks that a host acknowledges only what has reached it: from the packets alone, whatever its TCP thinks. */
import { ACK, formatEndpoint, RST, SYN, type TcpPacket } from '../../src/wire/index.ts';

/** One direction of a connection: what has come, in pieces, counted from the SYN. */
interface Stream {
  readonly start: number;
  /** All before it has come. */
  edge: number;
  /** Beyond the edge: begin and end of each piece. */
  pieces: [number, number][];
}

export class Seen {
  /** What was acknowledged and had not come. */
  readonly unseen: string[] = [];
  /** All flags that came, and that left, on segments without SYN. */
  flagsIn = 0;
  flagsOut = 0;
  readonly #streams = new Map<string, Stream>();

  /** A packet reaches the host, undamaged. */
  arrives({ ip, segment }: TcpPacket): void {
    const key = `${formatEndpoint(ip.source(), segment.sourcePort)} ${formatEndpoint(ip.destination(), segment.destinationPort)}`;
    if ((segment.flags & RST) !== 0) return;
    if ((segment.flags & SYN) === 0) this.flagsIn |= segment.flags;
    const known = this.#streams.get(key);
    const opens = (segment.flags & SYN) !== 0 && known?.start !== segment.seq;
    const stream = opens || known === undefined ? { start: segment.seq, edge: 0, pieces: [] } : known;
    this.#streams.set(key, stream);
    const from = place(stream, segment.seq);
    stream.pieces.push([from, from + segment.length]);
    stream.pieces.sort((a, b) => a[0] - b[0]);
    for (const [begin, end] of stream.pieces)
      if (begin <= stream.edge) stream.edge = Math.max(stream.edge, end);
    stream.pieces = stream.pieces.filter(([, end]) => end > stream.edge);
  }

  /** The host sends a packet. */
  leaves({ ip, segment }: TcpPacket): void {
    if ((segment.flags & SYN) === 0) this.flagsOut |= segment.flags;
    const key = `${formatEndpoint(ip.destination(), segment.destinationPort)} ${formatEndpoint(ip.source(), segment.sourcePort)}`;
    const stream = this.#streams.get(key);
    if ((segment.flags & ACK) === 0 || stream === undefined) return;
    const ack = place(stream, segment.ack);
    if (ack > stream.edge) this.unseen.push(`${key}: ACK ${ack}, and only ${stream.edge} had come`);
  }
}

/** A sequence number counted from the stream's first, near what has come. */
function place({ start, edge }: Stream, seq: number): number {
  return edge + ((seq - start - edge) | 0);
}
