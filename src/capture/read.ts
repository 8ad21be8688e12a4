/**
 * Captures of other programs: reads .pcap and .pcapng files, whole in memory, into the TCP segments that are in them.
 * What the segments mean is left to `connections.ts` and `trace.ts`.
 */
import type { SegmentSummary } from '../trace/event.ts';
import { summarizeSegment } from '../trace/summary.ts';
import { type CaptureDirection, type CaptureWarning, type Frame, Warnings } from './frame.ts';
import { type ChecksumState, type NotShown, PacketView } from './ipLayer.ts';
import { isKnownLinkType, linkPayload } from './linkLayer.ts';
import { pcapKind, readPcap } from './pcap.ts';
import { isPcapng, readPcapng } from './pcapng.ts';

/** A TCP segment as it was captured. */
export interface CapturedSegment {
  /** Number of its frame in the file: 1, 2, 3, ... */
  readonly frame: number;
  /** us since 1970 */
  readonly t: number;
  /** Where it was captured: one number for each interface. */
  readonly point: number;
  readonly direction: CaptureDirection | undefined;
  readonly segment: SegmentSummary;
  /** IPv4's identification, 0 in IPv6 */
  readonly identification: number;
  /** The IP packet as far as it was captured: a view of the file. */
  readonly bytes: Uint8Array;
  readonly checksum: ChecksumState;
  /** Some of the TCP options were not captured. */
  readonly optionsCut: boolean;
}

export interface CaptureResult {
  /** `none`: it is no capture, which a warning says. */
  readonly format: 'pcap' | 'pcapng' | 'none';
  /** Frames in the file, those counted that are not shown. */
  readonly frames: number;
  /** In the order of the file. */
  readonly packets: readonly CapturedSegment[];
  /** How many frames hold nothing that can be shown, by reason. */
  readonly notShown: Readonly<Partial<Record<NotShown, number>>>;
  readonly warnings: readonly CaptureWarning[];
}

export interface CaptureOptions {
  /** TCP segments that are read at most. Default 200,000. */
  readonly limit?: number;
}

const DEFAULT_LIMIT = 200_000;

/** Does a file look like a capture, and not like a trace of ours? The first 12 bytes are enough. */
export function isCapture(bytes: Uint8Array): boolean {
  return pcapKind(bytes) !== undefined || isPcapng(bytes);
}

/**
 * Reads a capture of tcpdump or Wireshark: .pcap or .pcapng of either byte order; Ethernet with VLAN tags, raw IP, Linux
 * cooked, loopback; IPv4 and IPv6. Of a file that is damaged or cut off, what comes before the damage. Never throws; what
 * it could not read is in `warnings`. The result keeps the file's bytes.
 */
export function readCapture(file: Uint8Array, options: CaptureOptions = {}): CaptureResult {
  // Views of a subclass would be of that class too, and traces hold plain bytes
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const warnings = new Warnings();
  const intake = new Intake(options.limit ?? DEFAULT_LIMIT, warnings);
  const kind = pcapKind(bytes);
  let format: CaptureResult['format'] = 'none';
  if (kind !== undefined) {
    format = 'pcap';
    readPcap(bytes, kind, (frame) => intake.take(frame), warnings);
  } else if (isPcapng(bytes)) {
    format = 'pcapng';
    readPcapng(bytes, (frame) => intake.take(frame), warnings);
  } else warnings.add(0, whyNone(bytes));
  const { frames, packets, notShown } = intake;
  return { format, frames, packets, notShown, warnings: warnings.list() };
}

function whyNone(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'the file is empty';
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'the file is compressed (gzip): unpack it first';
  return 'neither .pcap nor .pcapng: the file begins with no magic number of theirs';
}

class Intake {
  frames = 0;
  readonly packets: CapturedSegment[] = [];
  readonly notShown: Partial<Record<NotShown, number>> = {};
  readonly #limit: number;
  readonly #warnings: Warnings;
  readonly #view = new PacketView();
  readonly #points = new Map<number, number>();
  readonly #unknownLinks = new Set<number>();

  constructor(limit: number, warnings: Warnings) {
    this.#limit = limit;
    this.#warnings = warnings;
  }

  /** False once there are enough. */
  take(frame: Frame): boolean {
    if (this.packets.length >= this.#limit) {
      this.#warnings.add(
        frame.offset,
        `only the first ${this.#limit} TCP segments are read, up to frame ${frame.number - 1}`,
      );
      return false;
    }
    this.frames += 1;
    const reason = this.#read(frame);
    if (reason !== undefined) this.notShown[reason] = (this.notShown[reason] ?? 0) + 1;
    return true;
  }

  #read(frame: Frame): NotShown | undefined {
    const { number, t, interfaceNumber, linkType, bytes, wireLength, direction } = frame;
    const link = linkPayload(linkType, bytes);
    if (link === undefined) return this.#unread(frame);
    const view = this.#view;
    const reason = view.read(bytes.subarray(link.offset), wireLength - link.offset);
    if (reason !== undefined) return reason;
    this.packets.push({
      frame: number,
      t,
      point: this.#point(interfaceNumber, link.device ?? 0),
      direction: direction ?? link.direction,
      segment: summarizeSegment(view.segment, view.ip),
      identification: view.ip.identification,
      bytes: view.bytes,
      checksum: view.checksum(),
      optionsCut: view.optionsCut,
    });
    return undefined;
  }

  #unread({ linkType, offset }: Frame): NotShown {
    if (isKnownLinkType(linkType)) return 'notIp';
    if (!this.#unknownLinks.has(linkType)) {
      this.#unknownLinks.add(linkType);
      this.#warnings.add(offset, `link type ${linkType} is not known here: its frames are not shown`);
    }
    return 'unknownLink';
  }

  #point(interfaceNumber: number, device: number): number {
    const key = interfaceNumber * 0x100000000 + device;
    let point = this.#points.get(key);
    if (point === undefined) {
      point = this.#points.size;
      this.#points.set(key, point);
    }
    return point;
  }
}
