/**
 * Captures for Wireshark: writes pcapng blocks (draft-ietf-opsawg-pcapng), and a trace sink that fills them. Where the
 * bytes go is left to the caller.
 */
import type { LinkAction, TraceEvent, TraceSink } from './event.ts';

const SECTION_HEADER_BLOCK = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION_BLOCK = 1;
const ENHANCED_PACKET_BLOCK = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Packets begin with the IPv4 or IPv6 header. */
const LINKTYPE_RAW = 101;
/** if_tsresol: units of 10^-6 s. */
const MICROSECONDS = 6;

const OPTION_COMMENT = 1;
const OPTION_APPLICATION = 4;
const OPTION_INTERFACE_NAME = 2;
const OPTION_TIME_RESOLUTION = 9;
const OPTION_PACKET_FLAGS = 2;

/** The length of an option is 16 bits. */
const MAX_OPTION_LENGTH = 65_535;

export type PacketDirection = 'inbound' | 'outbound';

interface Option {
  readonly code: number;
  readonly value: Uint8Array;
}

function text(code: number, value: string): Option {
  return { code, value: new TextEncoder().encode(value).subarray(0, MAX_OPTION_LENGTH) };
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

/** Bytes of the options with their end mark; nothing at all for none. */
function optionsSize(options: readonly Option[]): number {
  let size = options.length === 0 ? 0 : 4;
  for (const { value } of options) size += 4 + padded(value.length);
  return size;
}

/** Writes one section, in little-endian order. Each call of `write` gets one whole block, fresh, to keep. */
export class PcapngWriter {
  readonly #write: (chunk: Uint8Array) => void;
  #interfaces = 0;

  constructor(write: (chunk: Uint8Array) => void, application = 'statewire') {
    this.#write = write;
    const { view, end } = this.#block(SECTION_HEADER_BLOCK, 16, [text(OPTION_APPLICATION, application)]);
    view.setUint32(8, BYTE_ORDER_MAGIC, true);
    view.setUint16(12, 1, true);
    view.setUint16(14, 0, true);
    // Section length: -1, not known yet.
    view.setBigInt64(16, -1n, true);
    end();
  }

  /** Describes an interface and returns its number; it may come any time before its first packet. */
  addInterface(name: string): number {
    const options = [
      text(OPTION_INTERFACE_NAME, name),
      { code: OPTION_TIME_RESOLUTION, value: Uint8Array.of(MICROSECONDS) },
    ];
    const { view, end } = this.#block(INTERFACE_DESCRIPTION_BLOCK, 8, options);
    view.setUint16(8, LINKTYPE_RAW, true);
    // Snap length: 0, packets are whole.
    view.setUint32(12, 0, true);
    end();
    this.#interfaces += 1;
    return this.#interfaces - 1;
  }

  /** Writes an IP packet seen at an interface at time `t` (us), with a comment unless that is empty. */
  packet(
    interfaceNumber: number,
    t: number,
    bytes: Uint8Array,
    direction: PacketDirection,
    comment = '',
  ): void {
    const flags = Uint8Array.of(direction === 'inbound' ? 1 : 2, 0, 0, 0);
    const options: Option[] = [{ code: OPTION_PACKET_FLAGS, value: flags }];
    if (comment !== '') options.push(text(OPTION_COMMENT, comment));
    const { view, chunk, end } = this.#block(ENHANCED_PACKET_BLOCK, 20 + padded(bytes.length), options);
    view.setUint32(8, interfaceNumber, true);
    view.setUint32(12, Math.floor(t / 0x100000000), true);
    view.setUint32(16, t % 0x100000000, true);
    view.setUint32(20, bytes.length, true);
    view.setUint32(24, bytes.length, true);
    chunk.set(bytes, 28);
    end();
  }

  /** A block with its frame and options in place and a body of so many bytes from place 8; `end` writes it. */
  #block(type: number, bodySize: number, options: readonly Option[]) {
    const size = 12 + bodySize + optionsSize(options);
    const chunk = new Uint8Array(size);
    const view = new DataView(chunk.buffer);
    view.setUint32(0, type, true);
    view.setUint32(4, size, true);
    view.setUint32(size - 4, size, true);
    let at = 8 + bodySize;
    for (const { code, value } of options) {
      view.setUint16(at, code, true);
      view.setUint16(at + 2, value.length, true);
      chunk.set(value, at + 4);
      at += 4 + padded(value.length);
    }
    return { view, chunk, end: () => this.#write(chunk) };
  }
}

/** A packet waiting to be written. */
interface Held {
  /** Its number in the trace. */
  readonly n: number;
  readonly interfaceNumber: number;
  readonly t: number;
  readonly bytes: Uint8Array;
  readonly direction: PacketDirection;
  /** What the link did to it so far. */
  readonly notes: string[];
  /** Has the link said anything of it? */
  noted: boolean;
  /** Copies still under way; 0 once all is known. */
  open: number;
}

/** A link that says more than this about one packet is not listened to further. */
const MAX_NOTES = 16;

export interface PcapngSinkOptions {
  /**
   * How many packets may wait for news of what the link did to them, the oldest being written without when there are
   * more. Default 4,096; 0 where no link reports and each packet should be written at once.
   */
  readonly hold?: number;
  /** How many bytes may wait. Default 16 MiB. */
  readonly holdBytes?: number;
  /**
   * Is it the trace of a network, whose packets were sent elsewhere? There a `receive` of packet 0 came in at a port, and
   * waits for news of the link; one with a number is that packet as it goes out at another port.
   */
  readonly network?: boolean;
}

/**
 * Captures a trace: a `send` or `icmp` event is an outbound packet at its end's interface, a `receive` event an inbound one, and
 * `link` events become the comment of the packet sent. As those come later, a packet sent waits, and all behind it, until
 * each of its copies is lost or delivered: so blocks are in order of time. Call `end` last, to write what still waits.
 */
export function pcapngSink(
  write: (chunk: Uint8Array) => void,
  options: PcapngSinkOptions = {},
): { readonly sink: TraceSink; end(): void } {
  const capture = new Capture(new PcapngWriter(write), options);
  return { sink: (event) => capture.add(event), end: () => capture.flush() };
}

class Capture {
  readonly #writer: PcapngWriter;
  readonly #maxPackets: number;
  readonly #maxBytes: number;
  readonly #network: boolean;
  readonly #interfaces = new Map<string, number>();
  /** All that wait, in order of time, from `#first` on. */
  #queue: Held[] = [];
  #first = 0;
  /** Those among them that the link may still say something about, by number of the packet. */
  readonly #open = new Map<number, Held>();
  #bytes = 0;

  constructor(writer: PcapngWriter, options: PcapngSinkOptions) {
    const { hold = 4096, holdBytes = 16_777_216, network = false } = options;
    this.#writer = writer;
    this.#maxPackets = hold;
    this.#maxBytes = holdBytes;
    this.#network = network;
  }

  add(event: TraceEvent): void {
    if (event.kind === 'send' || event.kind === 'icmp') this.#hold(event, 'outbound', 1);
    else if (event.kind === 'receive') this.#received(event);
    else if (event.kind === 'link') this.#note(event.packet, event);
    else if (event.kind === 'discard' && this.#network) this.#refused(event.cause, event.reason);
    else return;
    this.#writeKnown();
  }

  #received(event: TraceEvent & { kind: 'receive' }): void {
    const { packet, cause } = event;
    if (!this.#network || packet === 0) {
      this.#hold(event, 'inbound', this.#network ? 1 : 0);
      return;
    }
    this.#hold(event, 'outbound', 0);
    // One that went out at once, and that the link says nothing of, has not met the link: no news will come
    const held = cause === packet ? this.#open.get(packet) : undefined;
    if (held !== undefined && !held.noted) held.open = 0;
  }

  /** A network passes nothing on of this packet. */
  #refused(packet: number, reason: string): void {
    const held = this.#open.get(packet);
    if (held === undefined) return;
    held.notes.push(`not passed on (${reason})`);
    held.open = 0;
  }

  /** The bytes are copied: the trace only lends them. */
  #hold(event: TraceEvent & { bytes: Uint8Array }, direction: PacketDirection, open: number): void {
    const { n, end, t, bytes } = event;
    let interfaceNumber = this.#interfaces.get(end);
    if (interfaceNumber === undefined) {
      interfaceNumber = this.#writer.addInterface(end);
      this.#interfaces.set(end, interfaceNumber);
    }
    const held: Held = {
      n,
      interfaceNumber,
      t,
      bytes: new Uint8Array(bytes),
      direction,
      notes: [],
      noted: false,
      open,
    };
    this.#queue.push(held);
    if (open > 0) this.#open.set(n, held);
    this.#bytes += bytes.length;
  }

  #note(packet: number, action: LinkAction): void {
    const held = this.#open.get(packet);
    if (held === undefined) return;
    held.noted = true;
    if (action.what === 'duplicated') held.open += 1;
    else if (action.what === 'lost' || action.what === 'delivered') held.open -= 1;
    const note = linkNote(action);
    if (note !== '' && held.notes.length < MAX_NOTES) held.notes.push(note);
  }

  #writeKnown(): void {
    while (this.#first < this.#queue.length) {
      const full = this.#queue.length - this.#first > this.#maxPackets || this.#bytes > this.#maxBytes;
      if (this.#queue[this.#first]!.open > 0 && !full) break;
      this.#writeFirst();
    }
    // What is behind us goes when it is half: so each packet is moved once, on average.
    if (this.#first > 64 && this.#first * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#first);
      this.#first = 0;
    }
  }

  #writeFirst(): void {
    const held = this.#queue[this.#first]!;
    const comment = held.notes.length === 0 ? '' : `link: ${held.notes.join('; ')}`;
    this.#writer.packet(held.interfaceNumber, held.t, held.bytes, held.direction, comment);
    this.#open.delete(held.n);
    this.#bytes -= held.bytes.length;
    this.#first += 1;
  }

  flush(): void {
    while (this.#first < this.#queue.length) this.#writeFirst();
    this.#queue = [];
    this.#first = 0;
  }
}

/** What the link did, where it is worth a comment; empty for what happens to every packet. */
export function linkNote(action: LinkAction): string {
  switch (action.what) {
    case 'lost':
      return `dropped (${action.reason})`;
    case 'marked':
      return 'marked (CE)';
    case 'duplicated':
      return 'duplicated';
    case 'corrupted':
      return `corrupted (bit ${action.bit})`;
    case 'delayed':
      return action.by > 0 ? `delayed by ${action.by / 1000} ms` : '';
    case 'reordered':
      return `reordered (later by ${action.by / 1000} ms)`;
    default:
      return '';
  }
}
