/**
 * Follows the log of another opener, byte for byte, from piece to piece: cuts it into records and hands them over.
 * Whatever stands there is read: what is no record is counted, and reading goes on behind the next END. Where to begin
 * and when to look is left to file.ts; what a record is, to fileRecord.ts.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type ChannelCounters, countDropped } from './channel.ts';
import { type Id, listPieces, PASSING, pieceName } from './fileNames.ts';
import { type Position, READ_PLAIN } from './filePresence.ts';
import { END, LARGEST_RECORD } from './fileRecord.ts';

/** What is read at a time, bytes; more only where no record ends in it. */
const CHUNK = 262_144;

/** Where all followers of a channel read to, one after the other, bytes. */
export const FOLLOWER_BUFFER: number = CHUNK + LARGEST_RECORD;

/** END without the line feed before it: an empty record. */
const EMPTY = END.subarray(1);

/** Takes the record from `start` to `end` of `bytes`; false: no more for now. */
export type RecordHandler = (bytes: Buffer, start: number, end: number) => boolean;

export class Follower {
  /** There is no piece with a higher number. */
  newest: number;
  /** Nobody will add to what is there: when that is read, it is done. */
  abandoned = false;
  readonly #directory: string;
  readonly #id: Id;
  readonly #counters: ChannelCounters;
  #piece: number;
  #offset = 0;
  #file: number | undefined;
  /** The piece is no file that can be read. */
  #bad = false;
  /** Within something that is too long for a record. */
  #skipping = false;

  /** Begins with the first byte of a piece. */
  constructor(directory: string, id: Id, piece: number, newest: number, counters: ChannelCounters) {
    this.#directory = directory;
    this.#id = id;
    this.#piece = piece;
    this.newest = newest;
    this.#counters = counters;
  }

  get piece(): number {
    return this.#piece;
  }

  /** How far the log has been read. */
  get position(): Position {
    return { piece: this.#piece, offset: this.#offset };
  }

  /** Nothing is left to read, and nothing will come unless it is a newer piece. */
  get done(): boolean {
    return this.#piece > this.newest;
  }

  /** Goes behind all that is there: to the last end of a record, as one may be being written. */
  skip(buffer: Buffer): void {
    if (this.abandoned) this.#finish();
    else if (this.#open()) {
      const { size } = fstatSync(this.#file!);
      const start = Math.max(0, size - buffer.length);
      const count = readSync(this.#file!, buffer, 0, buffer.length, start);
      const end = buffer.subarray(0, count).lastIndexOf(END);
      this.#offset = end < 0 ? start : start + end + END.length;
      this.#skipping = end < 0 && start > 0;
    }
  }

  /** Hands over what is there, at most a buffer full; true when there may be more. Throws only what `take` does. */
  look(buffer: Buffer, take: RecordHandler): boolean {
    if (this.done) return false;
    // Known before reading: so what is read then is all that the piece will ever have.
    const last = this.newest > this.#piece || this.abandoned;
    if (this.#open()) {
      const count = this.#read(buffer);
      const bytes = buffer.subarray(0, count);
      const end = this.#offset + count;
      if (!this.#cut(bytes, take) || count >= CHUNK) return true;
      if (last && this.#offset < end && !this.#skipping) countDropped(this.#counters, 'badRecord');
    } else if (!this.#bad) return false;
    return last && this.#goOn();
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** False when it cannot be: `#bad` when it never will. */
  #open(): boolean {
    if (this.#file !== undefined) return true;
    if (this.#bad) return false;
    const path = join(this.#directory, pieceName({ id: this.#id, number: this.#piece }));
    try {
      this.#file = openSync(path, READ_PLAIN);
      if (fstatSync(this.#file).isFile()) return true;
      this.close();
      this.#spoil();
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') this.#bad = true;
      else if (!PASSING.includes(code)) this.#spoil();
    }
    return false;
  }

  /** A folder, a link, a device; or the disk is broken. */
  #spoil(): void {
    this.#bad = true;
    countDropped(this.#counters, 'badFile');
  }

  /** Less than CHUNK is all that there is. */
  #read(buffer: Buffer): number {
    try {
      const count = readSync(this.#file!, buffer, 0, CHUNK, this.#offset);
      if (count < CHUNK || this.#skipping || buffer.subarray(0, count).includes(END)) return count;
      return count + readSync(this.#file!, buffer, count, LARGEST_RECORD, this.#offset + count);
    } catch {
      this.close();
      this.#spoil();
      return 0;
    }
  }

  /** Hands over the records; false when `take` had enough. What is left at the end is the beginning of one. */
  #cut(bytes: Buffer, take: RecordHandler): boolean {
    const base = this.#offset;
    let at = 0;
    for (let end = bytes.indexOf(END); end >= 0; end = bytes.indexOf(END, at)) {
      const start = at;
      at = end + END.length;
      if (
        bytes[start] === EMPTY[0] &&
        bytes.compare(EMPTY, 0, EMPTY.length, start, start + EMPTY.length) === 0
      ) {
        at = start + EMPTY.length;
        end = start;
      }
      // Before it is handed over, as that may throw
      this.#offset = base + at;
      if (this.#skipping) this.#skipping = false;
      else if (!take(bytes, start, end)) return false;
    }
    const left = bytes.length - at;
    if (this.#skipping || left >= LARGEST_RECORD) this.#skipMost(left);
    return true;
  }

  /** No record is as long as this: all but what may be the beginning of END. */
  #skipMost(length: number): void {
    if (!this.#skipping) countDropped(this.#counters, 'tooLarge');
    this.#skipping = true;
    this.#offset += Math.max(0, length - END.length + 1);
  }

  /** To the next piece; false when there is none. */
  #goOn(): boolean {
    let next: number | undefined;
    if (this.newest > this.#piece) {
      try {
        next = listPieces(this.#directory)
          .get(this.#id)
          ?.find((number) => number > this.#piece);
      } catch {
        return false; // and again at the next look
      }
    }
    if (next === undefined) {
      this.#finish();
      return false;
    }
    // Removed unread: this reader was not waited for.
    if (next > this.#piece + 1) countDropped(this.#counters, 'missed');
    this.#begin(next);
    return true;
  }

  #finish(): void {
    this.#begin(this.newest + 1);
  }

  #begin(piece: number): void {
    this.close();
    this.#piece = piece;
    this.#offset = 0;
    this.#bad = false;
    this.#skipping = false;
  }
}
