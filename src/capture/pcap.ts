/**
 * Reads .pcap, the older of the two formats (draft-ietf-opsawg-pcap): a header, then record after record, in the byte
 * order of the machine that wrote it, with times in microseconds or nanoseconds.
 */
import { boundedTime, type FrameSink, type Warnings } from './frame.ts';

const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** No record is longer (libpcap's MAXIMUM_SNAPLEN), unless the file's snap length says so. */
const MAX_RECORD = 262_144;

interface PcapKind {
  readonly littleEndian: boolean;
  /** Parts of a second that times are counted in, for one us. */
  readonly perMicrosecond: number;
}

/** What the magic number at the start says; undefined when it is none of a .pcap. */
export function pcapKind(bytes: Uint8Array): PcapKind | undefined {
  if (bytes.length < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(0, littleEndian);
    if (magic === MICROSECONDS) return { littleEndian, perMicrosecond: 1 };
    if (magic === NANOSECONDS) return { littleEndian, perMicrosecond: 1000 };
  }
  return undefined;
}

/** Reads all records of a file for which `pcapKind` gave `kind`. Never throws. */
export function readPcap(bytes: Uint8Array, kind: PcapKind, sink: FrameSink, warnings: Warnings): void {
  if (bytes.length < FILE_HEADER) {
    warnings.add(bytes.length, `the file ends within its header (${bytes.length} of ${FILE_HEADER} bytes)`);
    return;
  }
  const { littleEndian, perMicrosecond } = kind;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const longest = Math.max(view.getUint32(16, littleEndian), MAX_RECORD);
  // The upper half tells of frame check sequences: what is behind the IP packet is not looked at
  const linkType = view.getUint32(20, littleEndian) & 0xffff;
  let at = FILE_HEADER;
  for (let number = 1; at < bytes.length; number++) {
    const left = bytes.length - at - RECORD_HEADER;
    if (left < 0) {
      warnings.add(at, `the file ends within the header of record ${number}`);
      return;
    }
    const length = view.getUint32(at + 8, littleEndian);
    if (length > longest) {
      warnings.add(at, `record ${number} claims ${length} bytes: the file is damaged from here on`);
      return;
    }
    if (length > left) {
      warnings.add(at, `the file ends within record ${number} (${left} of ${length} bytes)`);
      return;
    }
    const seconds = view.getUint32(at, littleEndian);
    const fraction = Math.floor(view.getUint32(at + 4, littleEndian) / perMicrosecond);
    const start = at + RECORD_HEADER;
    const wanted = sink({
      number,
      offset: at,
      t: boundedTime(seconds * 1_000_000 + fraction),
      interfaceNumber: 0,
      linkType,
      bytes: bytes.subarray(start, start + length),
      wireLength: Math.max(view.getUint32(at + 12, littleEndian), length),
      direction: undefined,
    });
    if (!wanted) return;
    at = start + length;
  }
}
