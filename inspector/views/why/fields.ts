/** A packet's headers field by field, with the bytes that each takes. Damaged packets too: nothing here throws. */
import { formatFlags } from '../../../src/wire/tcp.ts';
import { flagNames } from '../../model/flags.ts';

/** Bytes `from` to before `to`. */
export interface Field {
  readonly layer: 'IPv4' | 'IPv6' | 'TCP' | 'options' | 'data' | 'unreadable';
  readonly name: string;
  readonly value: string;
  readonly from: number;
  readonly to: number;
}

/** Fields in the order of their bytes. */
export function fieldsOf(bytes: Uint8Array): Field[] {
  const reader = new FieldReader(bytes);
  const version = (bytes[0] ?? 0) >>> 4;
  const end = version === 6 ? reader.ipv6() : version === 4 ? reader.ipv4() : -1;
  if (end >= 0) reader.tcp(end);
  reader.rest(end < 0 ? 'unreadable' : 'data');
  return reader.fields;
}

const TCP = 6;
const TCP_LEAST = 20;

class FieldReader {
  readonly fields: Field[] = [];
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Reads the IPv4 header; where the TCP header begins, -1 when there is none. */
  ipv4(): number {
    const bytes = this.#bytes;
    if (bytes.length < 20) return -1;
    const length = (bytes[0]! & 15) * 4;
    const u16 = (at: number): number => this.#view.getUint16(at);
    this.#field('IPv4', 'Version, header length', `4, ${length} bytes`, 1);
    this.#field('IPv4', 'DSCP, ECN', `${bytes[1]! >>> 2}, ${bytes[1]! & 3}`, 1);
    this.#field('IPv4', 'Total length', `${u16(2)} bytes`, 2);
    this.#field('IPv4', 'Identification', String(u16(4)), 2);
    const [flags, offset] = [u16(6) >>> 13, u16(6) & 0x1fff];
    this.#field('IPv4', 'Flags, fragment offset', `${(flags & 2) !== 0 ? 'DF' : flags}, ${offset}`, 2);
    this.#field('IPv4', 'Time to live', String(bytes[8]), 1);
    this.#field('IPv4', 'Protocol', bytes[9] === TCP ? '6 (TCP)' : String(bytes[9]), 1);
    this.#field('IPv4', 'Header checksum', hexNumber(u16(10), 4), 2);
    this.#field('IPv4', 'Source address', [...bytes.subarray(12, 16)].join('.'), 4);
    this.#field('IPv4', 'Destination address', [...bytes.subarray(16, 20)].join('.'), 4);
    if (length > 20 && length <= bytes.length) this.#field('IPv4', 'Options', '', length - 20);
    return length >= 20 && bytes[9] === TCP ? length : -1;
  }

  ipv6(): number {
    const bytes = this.#bytes;
    if (bytes.length < 40) return -1;
    const first = this.#view.getUint32(0);
    this.#field('IPv6', 'Version, class, flow label', `6, ${(first >>> 20) & 255}, ${first & 0xfffff}`, 4);
    this.#field('IPv6', 'Payload length', `${this.#view.getUint16(4)} bytes`, 2);
    this.#field('IPv6', 'Next header', bytes[6] === TCP ? '6 (TCP)' : String(bytes[6]), 1);
    this.#field('IPv6', 'Hop limit', String(bytes[7]), 1);
    this.#field('IPv6', 'Source address', ipv6Text(this.#view, 8), 16);
    this.#field('IPv6', 'Destination address', ipv6Text(this.#view, 24), 16);
    return bytes[6] === TCP ? 40 : -1;
  }

  tcp(from: number): void {
    const bytes = this.#bytes;
    if (bytes.length < from + TCP_LEAST) return;
    const view = this.#view;
    const length = (bytes[from + 12]! >>> 4) * 4;
    const flags = ((bytes[from + 12]! & 1) << 8) | bytes[from + 13]!;
    this.#field('TCP', 'Source port', String(view.getUint16(from)), 2);
    this.#field('TCP', 'Destination port', String(view.getUint16(from + 2)), 2);
    this.#field('TCP', 'Sequence number', String(view.getUint32(from + 4)), 4);
    this.#field('TCP', 'Acknowledgment number', String(view.getUint32(from + 8)), 4);
    this.#field('TCP', 'Data offset, reserved', `${length} bytes`, 1);
    this.#field('TCP', 'Control bits', `${flagNames(formatFlags(flags))} (${hexNumber(flags, 2)})`, 1);
    this.#field('TCP', 'Window', String(view.getUint16(from + 14)), 2);
    this.#field('TCP', 'Checksum', hexNumber(view.getUint16(from + 16), 4), 2);
    this.#field('TCP', 'Urgent pointer', String(view.getUint16(from + 18)), 2);
    const end = Math.min(from + length, bytes.length);
    while (this.#at < end) this.#option(end);
  }

  /** What is left. */
  rest(layer: 'data' | 'unreadable'): void {
    const rest = this.#bytes.subarray(this.#at);
    if (rest.length === 0) return;
    const name = layer === 'data' ? `Data, ${rest.length} bytes` : `${rest.length} bytes`;
    this.#field(layer, name, layer === 'data' ? textOf(rest) : '', rest.length);
  }

  #option(end: number): void {
    const bytes = this.#bytes;
    const at = this.#at;
    const kind = bytes[at]!;
    if (kind === 0) {
      this.#field('options', 'End of options', '', end - at);
      return;
    }
    if (kind === 1) {
      let to = at + 1;
      while (to < end && bytes[to] === 1) to += 1;
      this.#field('options', 'No-operation', to - at > 1 ? `${to - at} times` : '', to - at);
      return;
    }
    const length = bytes[at + 1] ?? 0;
    if (length < 2 || at + length > end) {
      this.#field('options', `Option ${kind}`, 'its length is wrong', end - at);
      return;
    }
    const [name, value] = this.#optionText(kind, at, length);
    this.#field('options', name, value, length);
  }

  #optionText(kind: number, at: number, length: number): [string, string] {
    const view = this.#view;
    if (kind === 2 && length === 4) return ['Maximum segment size', `${view.getUint16(at + 2)} bytes`];
    if (kind === 3 && length === 3) return ['Window scale', `${view.getUint8(at + 2)} bits`];
    if (kind === 4 && length === 2) return ['SACK permitted', ''];
    if (kind === 8 && length === 10)
      return ['Timestamps', `TSval ${view.getUint32(at + 2)}, TSecr ${view.getUint32(at + 6)}`];
    if (kind === 5 && (length - 2) % 8 === 0) {
      const blocks = Array.from(
        { length: (length - 2) / 8 },
        (_, i) => `${view.getUint32(at + 2 + 8 * i)}–${view.getUint32(at + 6 + 8 * i)}`,
      );
      return ['SACK', blocks.join(', ')];
    }
    return [`Option ${kind}`, `${length} bytes`];
  }

  #field(layer: Field['layer'], name: string, value: string, length: number): void {
    const from = this.#at;
    this.#at += length;
    this.fields.push({ layer, name, value, from, to: this.#at });
  }
}

function hexNumber(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

function ipv6Text(view: DataView, at: number): string {
  return Array.from({ length: 8 }, (_, i) => view.getUint16(at + 2 * i).toString(16))
    .join(':')
    .replace(/\b0(:0)+\b/, ':')
    .replace(/:{3,}/, '::');
}

/** Bytes of text that are shown. */
const TEXT = 200;

/** Bytes as text, what is not printable as a dot. */
export function textOf(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, TEXT)).replace(/[\p{C}\uFFFD]/gu, '·');
  return bytes.length > TEXT ? `${text}…` : text;
}
