/**
 * Watches one end's packets, as a referee who trusts nobody: everything sent is taken apart again and held against
 * what that end was allowed to send by what had reached it. A breach throws, naming the packet.
 */
import { isDuplicateReport } from '../../src/tcp/rack.ts';
import { seq } from '../../src/tcp/seq.ts';
import { ACK, FIN, formatFlags, parseTcpPacket, RST, type Segment, SYN } from '../../src/wire/index.ts';

/** The byte at a place of the stream that flows from one end: what it is must not matter, only that it is right. */
export function byteAt(place: number, salt: number): number {
  return (place * 167 + (place >>> 8) * 13 + salt) & 0xff;
}

/** How far `value` is from `base`, unwrapped near `near`: sequence numbers as plain numbers from the ISS on. */
function unwrap(value: number, base: number, near: number): number {
  return near + ((value - base - near) | 0);
}

export interface WatchOptions {
  readonly name: string;
  /** Largest packet. */
  readonly mtu: number;
  /** Payload bytes that this end may ever put in a segment. */
  readonly mss: number;
  /** Of the stream that this end sends. */
  readonly salt: number;
  /** us */
  now(): number;
}

/** A sent segment, numbers counted from the ISS of the side they belong to. */
export interface Sent {
  readonly at: number;
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
  readonly window: number;
}

export class Watch {
  readonly sent: Sent[] = [];
  packets = 0;
  /** Payload bytes sent, first time or again. */
  payload = 0;
  iss: number | undefined;
  /** After the highest sequence number sent, from the ISS. */
  end = 0;
  keep = false;
  readonly #options: WatchOptions;
  #peer!: Watch;
  /** Window scale that this end offered; -1: none. */
  #offered = -1;
  #answered = false;
  /** The peer's MSS as it reached this end. */
  #peerMss = 536;
  /** Highest right edge that reached this end, counted from its own ISS. */
  #allowed = 0;
  /** Highest ACK and right edge that this end has sent, counted from the peer's ISS. */
  #acked = 0;
  #edge = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  set peer(peer: Watch) {
    this.#peer = peer;
  }

  /** Shift of this end's window fields: only if both SYNs carried the option. */
  get shift(): number {
    return this.#offered >= 0 && this.#peer.#offered >= 0 ? this.#offered : 0;
  }

  /** This end sends a packet. */
  sends(packet: Uint8Array): void {
    this.packets += 1;
    const { mtu } = this.#options;
    if (packet.length > mtu) this.#fail(`a packet of ${packet.length} bytes, MTU ${mtu}`);
    const parsed = parseTcpPacket(packet);
    // A bit flipped in IPv6's next header, which no checksum covers, is answered by an ICMP error
    if (parsed === 'notTcp') return;
    if (typeof parsed === 'string') this.#fail(parsed);
    const { segment } = parsed;
    if ((segment.flags & SYN) !== 0) this.#sendsSyn(segment);
    // A late duplicate may be answered by a reset, whose numbers are the duplicate's.
    if ((segment.flags & RST) !== 0) return;
    if (this.iss === undefined) this.#fail('a segment before any SYN', segment);
    const seq = unwrap(segment.seq, this.iss, this.end);
    this.#checkData(segment, seq);
    if ((segment.flags & ACK) !== 0) this.#checkAck(segment);
    this.end = Math.max(this.end, seq + segment.length);
    this.payload += segment.payloadLength;
    if (this.keep) this.#note(segment, seq);
  }

  #note(segment: Segment, seq: number): void {
    const { flags, payloadLength: length, window } = segment;
    const { iss } = this.#peer;
    const ack = iss === undefined ? 0 : unwrap(segment.ack, iss, this.#acked);
    this.sent.push({ at: this.#options.now(), flags, seq, ack, length, window });
  }

  #sendsSyn(segment: Segment): void {
    if (this.iss !== undefined && this.iss !== segment.seq) this.#fail('a SYN with another ISS', segment);
    this.iss = segment.seq;
    this.#offered = segment.windowScale;
  }

  #checkData(segment: Segment, seq: number): void {
    const { payloadLength: length, flags } = segment;
    const most = Math.min(this.#options.mss, this.#peerMss);
    if (length > most) this.#fail(`${length} bytes of data, MSS ${most}`, segment);
    for (let i = 0; i < length; i++) {
      const place = seq - 1 + i;
      if (segment.bytes[segment.payloadOffset + i] !== byteAt(place, this.#options.salt)) {
        this.#fail(`byte ${place} of the stream is wrong`, segment);
      }
    }
    const right = seq + length;
    if (length > 0 && right > this.#allowed) {
      this.#fail(`data up to ${right}, window up to ${this.#allowed}`, segment);
    }
    // A FIN may go to a window that is shut, as it asks for no room in the buffer.
    if ((flags & FIN) !== 0 && right > this.#allowed) this.#fail('FIN beyond the window', segment);
  }

  #checkAck(segment: Segment): void {
    const { iss, end } = this.#peer;
    if (iss === undefined) this.#fail('an ACK of nothing', segment);
    const ack = unwrap(segment.ack, iss, this.#acked);
    if (ack > end) this.#fail(`ACK ${ack}, but only ${end} was sent`, segment);
    if (ack < this.#acked) this.#fail(`ACK ${ack} after ACK ${this.#acked}`, segment);
    this.#acked = ack;
    this.#checkSack(segment, iss, ack, end);
    const shift = (segment.flags & SYN) !== 0 ? 0 : this.shift;
    const edge = ack + segment.window * (1 << shift);
    // SHLD-14; scaling rounds (RFC 7323 section 2.4), so that it may wobble by less than one unit, and a SYN has no
    // room for more than 65,535.
    const capped = (segment.flags & SYN) !== 0 && segment.window === 65_535;
    if (!capped && edge <= this.#edge - (1 << this.shift))
      this.#fail(`right edge from ${this.#edge} to ${edge}`, segment);
    this.#edge = Math.max(this.#edge, edge);
  }

  #checkSack(segment: Segment, iss: number, ack: number, end: number): void {
    // The first may report what has come twice (RFC 2883)
    const first = isDuplicateReport(segment.sackBlocks, segment.sackCount, seq(segment.ack)) ? 1 : 0;
    for (let i = first; i < segment.sackCount; i++) {
      const left = unwrap(segment.sackBlocks[2 * i]!, iss, ack);
      const right = unwrap(segment.sackBlocks[2 * i + 1]!, iss, ack);
      if (left >= right || left <= ack || right > end) {
        this.#fail(`SACK block ${left}-${right}, ACK ${ack}, sent ${end}`, segment);
      }
    }
  }

  /** A packet reaches this end, perhaps damaged. */
  hears(packet: Uint8Array): void {
    const parsed = parseTcpPacket(packet);
    if (typeof parsed === 'string') return;
    const { segment } = parsed;
    if ((segment.flags & SYN) !== 0) {
      this.#peerMss = segment.mss > 0 ? segment.mss : 536;
      if (!this.#answered) this.#allowed = Math.max(this.#allowed, 1 + segment.window);
    }
    if ((segment.flags & ACK) === 0 || this.iss === undefined) return;
    this.#answered = true;
    const shift = (segment.flags & SYN) !== 0 ? 0 : this.#peer.shift;
    const ack = unwrap(segment.ack, this.iss, this.end);
    this.#allowed = Math.max(this.#allowed, ack + segment.window * (1 << shift));
  }

  #fail(what: string, segment?: Segment): never {
    const text =
      segment === undefined
        ? ''
        : `: ${formatFlags(segment.flags)} seq ${(segment.seq - (this.iss ?? 0)) >>> 0} ack ${segment.ack} ` +
          `len ${segment.payloadLength} win ${segment.window}`;
    throw new Error(`${this.#options.name} at ${this.#options.now()} us: ${what}${text}`);
  }
}
