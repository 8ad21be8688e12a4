/**
 * What the readers of the two file formats hand on, and how they say what is wrong with a file. What is in a frame is
 * left to the link layer.
 */

/** Which way a packet went at the interface where it was captured, where the capture says so. */
export type CaptureDirection = 'inbound' | 'outbound';

/** One captured frame, as the file has it. */
export interface Frame {
  /** 1, 2, 3, ... as Wireshark counts */
  readonly number: number;
  /** Where it begins in the file */
  readonly offset: number;
  /** us since 1970, the rest cut off */
  readonly t: number;
  /** Number of the interface, counted through all sections of the file. */
  readonly interfaceNumber: number;
  /** LINKTYPE_ value */
  readonly linkType: number;
  /** As many bytes as were captured: a view of the file. */
  readonly bytes: Uint8Array;
  /** Bytes that the frame had on the wire. */
  readonly wireLength: number;
  readonly direction: CaptureDirection | undefined;
}

/** Takes a frame; false when it wants no more. */
export type FrameSink = (frame: Frame) => boolean;

/** What could not be read, and where. */
export interface CaptureWarning {
  /** Bytes from the start of the file */
  readonly offset: number;
  readonly reason: string;
}

/** More are counted, not kept. */
const KEPT = 50;

/** Collects the warnings of one file, of which a hostile one could bring millions. */
export class Warnings {
  readonly #kept: CaptureWarning[] = [];
  #more = 0;

  add(offset: number, reason: string): void {
    if (this.#kept.length < KEPT) this.#kept.push({ offset, reason });
    else this.#more += 1;
  }

  list(): CaptureWarning[] {
    const last = this.#kept.at(-1);
    if (this.#more === 0 || last === undefined) return this.#kept;
    return [...this.#kept, { offset: last.offset, reason: `${this.#more} more warnings after this place` }];
  }
}

/** Times beyond are taken as this: so that differences stay exact. us, some 142 years from 1970 either way. */
const MAX_TIME = 4_503_599_627_370_496;

/** A time that a trace can hold. */
export function boundedTime(us: number): number {
  return Math.min(Math.max(us, -MAX_TIME), MAX_TIME);
}
