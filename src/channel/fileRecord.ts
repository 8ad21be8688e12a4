/**
 * The record: one packet as lines of text that a person can read, ended by a line `%%EOP`. The line `packet: HEX` is
 * what counts; the readable lines before it are a function of the packet, and one that does not agree spoils the
 * record. Where records lie in a file is left to fileLog.ts and fileFollower.ts.
 */
import { LARGEST_PACKET } from './channel.ts';
import { PacketFields } from './fileFields.ts';
import { LONGEST_ESCAPE, writeText } from './fileText.ts';

/** What ends a record: the last line's end, and a line of its own. A payload cannot hold it, its line feeds are escaped. */
export const END = Buffer.from('\n%%EOP\n');

const PAYLOAD = Buffer.from('data: ');
const PACKET = Buffer.from('packet: ');
/** More than all lines but `data` and `packet` ever take, bytes. */
const FIELDS_SPACE = 2048;
/** The text of a payload, bytes. */
const TEXT_SPACE = LARGEST_PACKET * LONGEST_ESCAPE;

/** No record is longer, bytes. */
export const LARGEST_RECORD: number = FIELDS_SPACE + TEXT_SPACE + 2 * LARGEST_PACKET;

/** Why a record holds no packet, `ok` when it does. */
export type RecordReason =
  | 'ok'
  /** No `packet` line at its end, or one that is no hexadecimal number of whole bytes. */
  | 'badRecord'
  /** A packet of more than 65,535 bytes, or more text than any packet makes. */
  | 'tooLarge'
  /** The readable lines are not those of the packet. */
  | 'disagrees';

const LINE_FEED = 0x0a;

/** Writes records and reads them, one at a time. */
export class RecordCodec {
  /** The packet read last: used again for the next. */
  packet: Uint8Array = new Uint8Array(0);
  readonly #fields = new PacketFields();
  readonly #buffer = Buffer.allocUnsafeSlow(LARGEST_PACKET);
  readonly #line = Buffer.allocUnsafeSlow(PAYLOAD.length + TEXT_SPACE + 1);

  /** Writes the record of a packet (at most LARGEST_PACKET bytes), which needs LARGEST_RECORD bytes; returns its end. */
  write(packet: Uint8Array, out: Buffer, at: number): number {
    this.#fields.read(packet);
    let to = at + out.write(this.#fields.text, at, 'latin1');
    if (this.#fields.hasPayload) to = this.#writePayload(packet, out, to);
    to += PACKET.copy(out, to);
    const bytes = Buffer.from(packet.buffer, packet.byteOffset, packet.length);
    to += out.write(bytes.toString('hex'), to, 'latin1');
    return to + END.copy(out, to);
  }

  /** Reads the record from `start` to `end`, where its END begins, into `packet`. Any bytes may be there. */
  read(bytes: Buffer, start: number, end: number): RecordReason {
    if (end - start > LARGEST_RECORD) return 'tooLarge';
    const line = Math.max(start, bytes.lastIndexOf(LINE_FEED, end - 1) + 1);
    const digits = line + PACKET.length;
    if (digits > end || PACKET.compare(bytes, line, digits) !== 0) return 'badRecord';
    const length = (end - digits) / 2;
    if (length > LARGEST_PACKET) return 'tooLarge';
    if (!Number.isInteger(length)) return 'badRecord';
    // Stops at the first character that is no digit
    if (this.#buffer.write(bytes.toString('latin1', digits, end), 0, length, 'hex') !== length)
      return 'badRecord';
    this.packet = this.#buffer.subarray(0, length);
    return this.#agrees(bytes, start, line) ? 'ok' : 'disagrees';
  }

  #agrees(bytes: Buffer, start: number, end: number): boolean {
    const fields = this.#fields;
    fields.read(this.packet);
    const payload = start + fields.text.length;
    if (payload > end || bytes.toString('latin1', start, payload) !== fields.text) return false;
    if (!fields.hasPayload) return payload === end;
    const length = this.#writePayload(this.packet, this.#line, 0);
    return length === end - payload && bytes.compare(this.#line, 0, length, payload, end) === 0;
  }

  #writePayload(packet: Uint8Array, out: Buffer, at: number): number {
    const { payloadStart, payloadEnd } = this.#fields;
    const start = at + PAYLOAD.copy(out, at);
    const end = writeText(packet, payloadStart, payloadEnd, out, start);
    out[end] = LINE_FEED;
    return end + 1;
  }
}
