/**
 * The log of one opener, which only it writes: numbered pieces, each of whole records, appended in as few writes as
 * may be. Here is decided when a piece is full, when the oldest may go, and when there is too much that nobody has
 * read yet. When to write is left to file.ts.
 */
import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type ChannelCounters, countDropped } from './channel.ts';
import { type Id, PASSING, pieceName, removeFile } from './fileNames.ts';
import type { Position, PresenceBoard } from './filePresence.ts';
import { LARGEST_RECORD, type RecordCodec } from './fileRecord.ts';

/** What is gathered before it is written without waiting for more, bytes. */
const GATHER = 262_144;
/** While too much is unread, the readers are asked again after so long, ms. */
const ASK_AGAIN = 5;

/** More names than this are not passed over. */
const MOST_TAKEN = 16;

/** A piece that is full. */
interface FullPiece {
  readonly number: number;
  /** Bytes of the log before and up to its end. */
  readonly start: number;
  readonly end: number;
}

export interface LogParts {
  readonly directory: string;
  readonly id: Id;
  readonly board: PresenceBoard;
  readonly counters: ChannelCounters;
  readonly codec: RecordCodec;
  /** A piece is full when it has so many bytes. */
  readonly pieceBytes: number;
  /** What may be unread, bytes. */
  readonly unreadBytes: number;
}

/** Creates the first piece. Throws what the file system says. */
export class FileLog {
  readonly #parts: LogParts;
  #file: number;
  #number = 1;
  /** Where the piece begins, and what has been written, bytes of the log. */
  #start = 0;
  #written = 0;
  readonly #full: FullPiece[] = [];
  /** What all readers had read when last asked, bytes of the log. */
  #read = 0;
  /** When they were last asked in vain, ms. */
  #refused = Number.NEGATIVE_INFINITY;
  /** Records to be written: from #done to #used. #done is above 0 when a write took only a part. */
  readonly #gathered = Buffer.allocUnsafeSlow(GATHER + LARGEST_RECORD);
  #done = 0;
  #used = 0;
  #packets = 0;
  #packetBytes = 0;

  constructor(parts: LogParts) {
    this.#parts = parts;
    this.#file = this.#create(this.#number);
  }

  /** Whether something waits to be written. */
  get pending(): boolean {
    return this.#used > 0;
  }

  /** Gathers a packet; counted as `full` when there is no room, or too much is unread. Throws as `flush`. */
  append(packet: Uint8Array): void {
    if (this.#used >= GATHER) this.flush();
    if (this.#used >= GATHER || this.#tooMuchUnread()) {
      countDropped(this.#parts.counters, 'full');
      return;
    }
    this.#used = this.#parts.codec.write(packet, this.#gathered, this.#used);
    this.#packets += 1;
    this.#packetBytes += packet.length;
  }

  /** Writes what is gathered. What a full disk does not take is kept. Throws what else the file system says. */
  flush(): void {
    try {
      if (this.#done === 0 && this.#written - this.#start >= this.#parts.pieceBytes) this.#nextPiece();
      while (this.#done < this.#used) {
        const count = writeSync(this.#file, this.#gathered, this.#done, this.#used - this.#done);
        this.#done += count;
        this.#written += count;
      }
    } catch (error) {
      if (PASSING.includes((error as NodeJS.ErrnoException).code ?? '')) return;
      throw error;
    }
    this.#parts.counters.packetsOut += this.#packets;
    this.#parts.counters.bytesOut += this.#packetBytes;
    this.#packets = 0;
    this.#packetBytes = 0;
    this.#done = 0;
    this.#used = 0;
  }

  /** Asks the readers how far they are, and removes what all have passed. What cannot be done now is done later. */
  settle(): void {
    try {
      // It never goes back: who joins begins at the end, and whose notice cannot be read now is asked again.
      this.#read = Math.max(this.#read, this.#readByAll());
      this.#removeRead();
    } catch {
      // No more files may be open, or the folder is gone: who opened the channel looks after that.
    }
  }

  #removeRead(): void {
    for (
      let oldest = this.#full[0];
      oldest !== undefined && oldest.end <= this.#read;
      oldest = this.#full[0]
    ) {
      this.#remove(oldest.number);
      this.#full.shift();
    }
  }

  /** Goes on in a new piece when somebody has removed the one at hand. Throws what the file system says. */
  mend(): void {
    if (fstatSync(this.#file).nlink === 0 && this.#done === 0) this.#nextPiece();
  }

  /** What could not be written is counted as `full`. The pieces go when nobody is left to read them. */
  close(): void {
    closeSync(this.#file);
    for (; this.#packets > 0; this.#packets -= 1) countDropped(this.#parts.counters, 'full');
    this.settle();
    if (this.#full.length === 0 && this.#read === this.#written) this.#remove(this.#number);
  }

  #create(number: number): number {
    return openSync(join(this.#parts.directory, pieceName({ id: this.#parts.id, number })), 'ax');
  }

  /** Passes over a few that somebody else has put there. */
  #createNext(): { file: number; number: number } {
    for (let number = this.#number + 1; ; number += 1) {
      try {
        return { file: this.#create(number), number };
      } catch (error) {
        const taken = (error as NodeJS.ErrnoException).code === 'EEXIST';
        if (!taken || number - this.#number > MOST_TAKEN) throw error;
      }
    }
  }

  #remove(number: number): void {
    removeFile(join(this.#parts.directory, pieceName({ id: this.#parts.id, number })));
  }

  /** A reader goes on to the next piece as soon as it is there: nothing is added to this one after that. */
  #nextPiece(): void {
    const { file, number } = this.#createNext();
    closeSync(this.#file);
    this.#full.push({ number: this.#number, start: this.#start, end: this.#written });
    this.#file = file;
    this.#number = number;
    this.#start = this.#written;
    this.settle();
  }

  #tooMuchUnread(): boolean {
    if (!this.#exceeds()) return false;
    if (performance.now() - this.#refused < ASK_AGAIN) return true;
    this.flush();
    this.settle();
    if (!this.#exceeds()) return false;
    this.#refused = performance.now();
    return true;
  }

  #exceeds(): boolean {
    return this.#written + this.#used - this.#done - this.#read >= this.#parts.unreadBytes;
  }

  /** Bytes of the log that every reader has behind it; all of them when there is none. */
  #readByAll(): number {
    let least = this.#written;
    for (const { awaited, positions } of this.#parts.board.others()) {
      if (!awaited) continue;
      const position = positions.get(this.#parts.id);
      least = Math.min(least, position === undefined ? 0 : this.#bytesBefore(position));
    }
    return least;
  }

  /** What a reader has behind it, bytes of the log. */
  #bytesBefore({ piece, offset }: Position): number {
    if (piece > this.#number) return this.#written;
    if (piece === this.#number) return this.#start + offset;
    const kept = this.#full.find(({ number }) => number >= piece);
    if (kept === undefined) return this.#start;
    // It may be at the end of one that was removed
    return kept.number === piece ? Math.min(kept.start + offset, kept.end) : kept.start;
  }
}
