/** Captures as other programs write them, built byte by byte, and runs of the demo captured by our own writer. */
import { Demo } from '../../src/app/demo.ts';
import { seven } from '../../src/app/seven.ts';
import { bothWays, type DirectionConfig } from '../../src/channel/config.ts';
import { compiledEngine } from '../../src/chart/compiled.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { pcapngSink } from '../../src/trace/pcapng.ts';
import { Trace } from '../../src/trace/trace.ts';
import { recorder } from '../trace/captures.ts';

export const ETHERNET = 1;
export const RAW_IP = 101;
export const SLL = 113;
export const SLL2 = 276;

/** Values of so many bytes in one byte order, one after another. */
class Bytes {
  readonly #parts: Buffer[] = [];
  readonly little: boolean;

  constructor(little: boolean) {
    this.little = little;
  }

  number(size: 1 | 2 | 4, ...values: number[]): this {
    for (const value of values) {
      const part = Buffer.alloc(size);
      if (this.little) part.writeUIntLE(value, 0, size);
      else part.writeUIntBE(value, 0, size);
      this.#parts.push(part);
    }
    return this;
  }

  bytes(bytes: Uint8Array, align = 1): this {
    this.#parts.push(Buffer.from(bytes), Buffer.alloc((align - (bytes.length % align)) % align));
    return this;
  }

  done(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

export interface FileFrame {
  /** ns since 1970 */
  readonly ns: bigint;
  readonly bytes: Uint8Array;
  /** Bytes on the wire; default: all */
  readonly wire?: number;
}

export interface PcapFormat {
  readonly little: boolean;
  readonly nanoseconds: boolean;
  readonly linkType: number;
}

export function pcapFile(
  { little, nanoseconds, linkType }: PcapFormat,
  frames: readonly FileFrame[],
): Buffer {
  const magic = nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4;
  const file = new Bytes(little).number(4, magic).number(2, 2, 4).number(4, 0, 0, 65535, linkType);
  for (const { ns, bytes, wire = bytes.length } of frames) {
    const fraction = Number(ns % 1_000_000_000n);
    const part = nanoseconds ? fraction : Math.floor(fraction / 1000);
    file.number(4, Number(ns / 1_000_000_000n), part, bytes.length, wire).bytes(bytes);
  }
  return file.done();
}

/** A block of a pcapng file around a body. */
export function block(little: boolean, type: number, body: Buffer): Buffer {
  const size = 12 + Math.ceil(body.length / 4) * 4;
  return new Bytes(little).number(4, type, size).bytes(body, 4).number(4, size).done();
}

export function section(little: boolean): Buffer {
  const body = new Bytes(little).number(4, 0x1a2b3c4d).number(2, 1, 0).number(4, 0xffffffff, 0xffffffff);
  return block(little, 0x0a0d0d0a, body.done());
}

export function option(little: boolean, code: number, value: Uint8Array): Buffer {
  return new Bytes(little).number(2, code, value.length).bytes(value, 4).done();
}

/** An interface with its options' bytes. */
export function description(
  little: boolean,
  linkType: number,
  snapLength: number,
  ...options: Buffer[]
): Buffer {
  const body = new Bytes(little).number(2, linkType, 0).number(4, snapLength);
  for (const each of options) body.bytes(each);
  return block(little, 1, body.number(4, 0).done());
}

/** An enhanced packet block; `units` is the time as the interface counts it. */
export function enhanced(
  little: boolean,
  id: number,
  units: bigint,
  bytes: Uint8Array,
  ...options: Buffer[]
) {
  const body = new Bytes(little)
    .number(4, id, Number(units >> 32n), Number(units & 0xffffffffn), bytes.length, bytes.length)
    .bytes(bytes, 4);
  for (const each of options) body.bytes(each);
  return block(little, 6, body.done());
}

/** The obsolete packet block. */
export function obsolete(little: boolean, id: number, units: bigint, bytes: Uint8Array): Buffer {
  const body = new Bytes(little).number(2, id, 0xffff);
  body.number(4, Number(units >> 32n), Number(units & 0xffffffffn), bytes.length, bytes.length);
  return block(little, 2, body.bytes(bytes, 4).done());
}

/** The simple packet block, cut at a snap length. */
export function simple(little: boolean, bytes: Uint8Array, snapLength = bytes.length): Buffer {
  const body = new Bytes(little).number(4, bytes.length).bytes(bytes.subarray(0, snapLength), 4);
  return block(little, 3, body.done());
}

/** An IP packet's Ethernet type. */
function typeOf(packet: Uint8Array): number {
  return packet[0]! >>> 4 === 6 ? 0x86dd : 0x0800;
}

/** VLAN tags before a type, the outermost first. */
function tagged(tags: readonly number[], type: number): Buffer {
  const file = new Bytes(false);
  for (const [i, tag] of tags.entries()) file.number(2, tag, 100 + i);
  return file.number(2, type).done();
}

export function ethernet(packet: Uint8Array, tags: readonly number[] = [], padding = 0): Buffer {
  const addresses = Buffer.from('020000000001020000000002', 'hex');
  return Buffer.concat([addresses, tagged(tags, typeOf(packet)), packet, Buffer.alloc(padding, 0xee)]);
}

/** Linux cooked, version 1; `type` 0: to this machine, 4: sent by it. */
export function cooked(packet: Uint8Array, type = 0, tags: readonly number[] = []): Buffer {
  const header = new Bytes(false).number(2, type, 1, 6).bytes(Buffer.from('0200000000010000', 'hex'));
  return Buffer.concat([header.done(), tagged(tags, typeOf(packet)), packet]);
}

export function cooked2(packet: Uint8Array, type = 0, device = 1): Buffer {
  const header = new Bytes(false).number(2, typeOf(packet), 0).number(4, device).number(2, 1);
  return Buffer.concat([
    header.number(1, type, 6).bytes(Buffer.from('0200000000010000', 'hex')).done(),
    packet,
  ]);
}

/** The address family before the packet, in either byte order. */
export function loopback(packet: Uint8Array, little: boolean): Buffer {
  const family = packet[0]! >>> 4 === 6 ? 30 : 2;
  return Buffer.concat([new Bytes(little).number(4, family).done(), packet]);
}

export interface Run {
  readonly events: readonly TraceEvent[];
  /** As our own writer has it, with an interface for each end. */
  readonly file: Buffer;
}

/** A run of the demo, its trace and its capture. */
export function demoRun(seed: number, link: DirectionConfig, tcp: Partial<TcpConfig> = {}): Run {
  const events: TraceEvent[] = [];
  const file = recorder();
  const { sink, end } = pcapngSink(file.write);
  const trace = new Trace();
  trace.listen((event) => events.push(event));
  trace.listen(sink);
  new Demo({ seed, engine: compiledEngine, link: bothWays(link), tcp, commands: seven, trace }).run();
  end();
  return { events, file: file.bytes() };
}

/** What was sent and what came at one end, as a capture without directions: what tcpdump would have seen there. */
export function seenAt(end: string, { events }: Run): Buffer {
  const frames: FileFrame[] = [];
  for (const event of events) {
    if (event.end !== end || (event.kind !== 'send' && event.kind !== 'receive')) continue;
    // Some time after 1970
    frames.push({ ns: BigInt(event.t + 1_700_000_000_000_000) * 1000n, bytes: event.bytes });
  }
  return pcapFile({ little: true, nanoseconds: false, linkType: RAW_IP }, frames);
}
