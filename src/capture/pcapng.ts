/**
 * Reads .pcapng (draft-ietf-opsawg-pcapng): sections, each in its own byte order with its own interfaces, and the three
 * kinds of block that hold a packet. Every other kind of block is skipped.
 */
import { boundedTime, type CaptureDirection, type FrameSink, type Warnings } from './frame.ts';

const SECTION_HEADER_BLOCK = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION_BLOCK = 1;
const PACKET_BLOCK = 2;
const SIMPLE_PACKET_BLOCK = 3;
const ENHANCED_PACKET_BLOCK = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

const OPTION_PACKET_FLAGS = 2;
const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;

/** Type, length, and the length again. */
const FRAME = 12;
const MICROSECONDS = 1_000_000n;

interface Interface {
  /** Through all sections */
  readonly number: number;
  readonly linkType: number;
  /** 0: none */
  readonly snapLength: number;
  /** Units of time in a second */
  readonly resolution: bigint;
  /** us that are added to every time */
  readonly offset: bigint;
}

/** Does a file begin with a section header? */
export function isPcapng(bytes: Uint8Array): boolean {
  if (bytes.length < 12) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(0) === SECTION_HEADER_BLOCK && byteOrder(view, 0) !== undefined;
}

/** Is the section that begins here little-endian? Undefined when it does not say. */
function byteOrder(view: DataView, at: number): boolean | undefined {
  if (view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC) return true;
  return view.getUint32(at + 8, false) === BYTE_ORDER_MAGIC ? false : undefined;
}

/** Reads all packets of a file for which `isPcapng` is true. Never throws. */
export function readPcapng(bytes: Uint8Array, sink: FrameSink, warnings: Warnings): void {
  new Reader(bytes, sink, warnings).read();
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #sink: FrameSink;
  readonly #warnings: Warnings;
  #littleEndian = true;
  /** Of this section */
  #interfaces: Interface[] = [];
  #interfaceCount = 0;
  #frames = 0;
  /** Of the last packet that had a time, us */
  #lastTime = 0;
  #warnedOfSimple = false;

  constructor(bytes: Uint8Array, sink: FrameSink, warnings: Warnings) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#sink = sink;
    this.#warnings = warnings;
  }

  read(): void {
    let at = 0;
    while (at < this.#bytes.length) {
      const length = this.#blockLength(at);
      if (length === 0 || !this.#block(at, at + length - 4)) return;
      at += length;
    }
  }

  /** Bytes of the block at a place, 0 when there is none that can be. */
  #blockLength(at: number): number {
    const left = this.#bytes.length - at;
    if (left < FRAME) return this.#stop(at, `the file ends within the header of a block`);
    if (this.#view.getUint32(at) === SECTION_HEADER_BLOCK) {
      const order = byteOrder(this.#view, at);
      if (order === undefined) return this.#stop(at, 'a section whose byte order is neither of the two');
      this.#littleEndian = order;
    }
    const length = this.#uint32(at + 4);
    if (length < FRAME || length % 4 !== 0) {
      return this.#stop(at, `a block of ${length} bytes cannot be: the file is damaged from here on`);
    }
    if (length > left) return this.#stop(at, `the file ends within a block (${left} of ${length} bytes)`);
    if (this.#uint32(at + length - 4) !== length) {
      this.#warnings.add(at, 'the block gives another length at its end than at its start');
    }
    return length;
  }

  #stop(at: number, reason: string): 0 {
    this.#warnings.add(at, reason);
    return 0;
  }

  /** Takes in the block at `at`, whose body goes up to `end`; false when no more is wanted. */
  #block(at: number, end: number): boolean {
    switch (this.#uint32(at)) {
      case SECTION_HEADER_BLOCK:
        this.#interfaces = [];
        return true;
      case INTERFACE_DESCRIPTION_BLOCK:
        this.#interface(at, end);
        return true;
      case ENHANCED_PACKET_BLOCK:
        return this.#packet(at, end, this.#has(at, end, 20) ? this.#uint32(at + 8) : 0);
      case PACKET_BLOCK:
        return this.#packet(at, end, this.#has(at, end, 20) ? this.#uint16(at + 8) : 0);
      case SIMPLE_PACKET_BLOCK:
        return this.#simple(at, end);
      default:
        return true;
    }
  }

  /** Has the block room for a fixed part of so many bytes? */
  #has(at: number, end: number, bytes: number): boolean {
    return at + 8 + bytes <= end;
  }

  #interface(at: number, end: number): void {
    let resolution = MICROSECONDS;
    let offset = 0n;
    if (!this.#has(at, end, 8)) {
      this.#warnings.add(at, 'an interface without link type: its packets are taken as raw IP');
    } else {
      const power = this.#option(at + 16, end, OPTION_TIME_RESOLUTION, 1);
      if (power >= 0) resolution = unitsPerSecond(this.#bytes[power]!);
      const seconds = this.#option(at + 16, end, OPTION_TIME_OFFSET, 8);
      if (seconds >= 0) offset = this.#view.getBigInt64(seconds, this.#littleEndian) * MICROSECONDS;
    }
    const whole = this.#has(at, end, 8);
    this.#interfaces.push({
      number: this.#interfaceCount,
      linkType: whole ? this.#uint16(at + 8) : 101,
      snapLength: whole ? this.#uint32(at + 12) : 0,
      resolution,
      offset,
    });
    this.#interfaceCount += 1;
  }

  /** An enhanced packet block or one of the older kind, which differ in how wide the interface's number is. */
  #packet(at: number, end: number, id: number): boolean {
    this.#frames += 1;
    const length = this.#has(at, end, 20) ? this.#uint32(at + 20) : 0;
    if (!this.#has(at, end, 20 + length)) return this.#bad(at, 'is longer than its block');
    const origin = this.#interfaces[id];
    if (origin === undefined) return this.#bad(at, `is of interface ${id}, which is not described`);
    this.#lastTime = this.#time(at + 12, origin);
    const dataEnd = at + 28 + length;
    const flags = this.#option((dataEnd + 3) & ~3, end, OPTION_PACKET_FLAGS, 4);
    return this.#sink({
      number: this.#frames,
      offset: at,
      t: this.#lastTime,
      interfaceNumber: origin.number,
      linkType: origin.linkType,
      bytes: this.#bytes.subarray(at + 28, dataEnd),
      wireLength: Math.max(this.#uint32(at + 24), length),
      direction: flags < 0 ? undefined : directionOf(this.#uint32(flags)),
    });
  }

  #simple(at: number, end: number): boolean {
    this.#frames += 1;
    const origin = this.#interfaces[0];
    if (origin === undefined) return this.#bad(at, 'is of interface 0, which is not described');
    if (!this.#has(at, end, 4)) return this.#bad(at, 'is longer than its block');
    if (!this.#warnedOfSimple)
      this.#warnings.add(at, 'packets without a time: given that of the packet before');
    this.#warnedOfSimple = true;
    const wireLength = this.#uint32(at + 8);
    const length = Math.min(wireLength, origin.snapLength || wireLength, end - at - 12);
    return this.#sink({
      number: this.#frames,
      offset: at,
      t: this.#lastTime,
      interfaceNumber: origin.number,
      linkType: origin.linkType,
      bytes: this.#bytes.subarray(at + 12, at + 12 + length),
      wireLength,
      direction: undefined,
    });
  }

  #bad(at: number, what: string): true {
    this.#warnings.add(at, `packet ${this.#frames} ${what}`);
    return true;
  }

  #time(at: number, { resolution, offset }: Interface): number {
    const high = this.#uint32(at);
    const low = this.#uint32(at + 4);
    if (resolution === MICROSECONDS && offset === 0n) return boundedTime(high * 0x100000000 + low);
    const units = (BigInt(high) << 32n) | BigInt(low);
    return boundedTime(Number((units * MICROSECONDS) / resolution + offset));
  }

  /** Where the value of an option is that has at least `size` bytes; -1 when it is not among those from `start` on. */
  #option(start: number, end: number, wanted: number, size: number): number {
    for (let at = start; at + 4 <= end; ) {
      const code = this.#uint16(at);
      const length = this.#uint16(at + 2);
      if (code === 0 || at + 4 + length > end) return -1;
      if (code === wanted && length >= size) return at + 4;
      at += 4 + ((length + 3) & ~3);
    }
    return -1;
  }

  #uint16(at: number): number {
    return this.#view.getUint16(at, this.#littleEndian);
  }

  #uint32(at: number): number {
    return this.#view.getUint32(at, this.#littleEndian);
  }
}

/** if_tsresol: a negative power of 10, or of 2 when the highest bit is set. */
function unitsPerSecond(resolution: number): bigint {
  if ((resolution & 0x80) !== 0) return 1n << BigInt(resolution & 0x7f);
  let units = 1n;
  for (let i = 0; i < resolution; i++) units *= 10n;
  return units;
}

/** epb_flags: the lowest two bits. */
function directionOf(flags: number): CaptureDirection | undefined {
  if ((flags & 3) === 1) return 'inbound';
  return (flags & 3) === 2 ? 'outbound' : undefined;
}
