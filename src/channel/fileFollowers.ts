/**
 * All logs that an end of a file channel follows: which there are, where to begin with each, and which of them may have
 * something to read. How one is read is left to fileFollower.ts.
 */
import type { ChannelCounters } from './channel.ts';
import { FOLLOWER_BUFFER, Follower, type RecordHandler } from './fileFollower.ts';
import { type Id, listPieces, parsePiece } from './fileNames.ts';
import type { Position } from './filePresence.ts';

/** So many are followed: each costs an open file. */
const MOST = 256;

export class Followers {
  /** A log may be there that is not followed yet, or one may not be there any more: `list` finds out. */
  unsure = false;
  /** Pieces that have been read to their end. */
  passed = 0;
  readonly #directory: string;
  readonly #own: Id;
  readonly #counters: ChannelCounters;
  readonly #buffer = Buffer.allocUnsafeSlow(FOLLOWER_BUFFER);
  readonly #followers = new Map<Id, Follower>();
  /** Those that may have something to read. */
  readonly #due = new Set<Follower>();

  constructor(directory: string, own: Id, counters: ChannelCounters) {
    this.#directory = directory;
    this.#own = own;
    this.#counters = counters;
  }

  /** Whether something may be there to read. */
  get due(): boolean {
    return this.#due.size > 0;
  }

  get positions(): Map<Id, Position> {
    const positions = new Map<Id, Position>();
    for (const [id, follower] of this.#followers) positions.set(id, follower.position);
    return positions;
  }

  /** Begins behind all that is there now. `findLiving`: whose logs may still grow. Throws what the file system says. */
  join(findLiving: () => ReadonlySet<Id>): void {
    const logs = this.#others();
    // After the logs: whoever has a log had said before that it is there.
    const living = findLiving();
    for (const [id, numbers] of logs) {
      const newest = numbers.at(-1)!;
      const follower = this.#follow(id, newest, newest);
      if (follower === undefined) continue;
      follower.abandoned = !living.has(id);
      follower.skip(this.#buffer);
    }
  }

  /**
   * Finds new logs and new pieces, and forgets logs that are not there any more; everything may have something to
   * read. Throws what the file system says.
   */
  list(): void {
    this.unsure = false;
    const logs = this.#others();
    for (const [id, numbers] of logs) {
      const newest = numbers.at(-1)!;
      const follower = this.#followers.get(id) ?? this.#follow(id, numbers[0]!, newest);
      if (follower !== undefined) follower.newest = Math.max(follower.newest, newest);
    }
    for (const [id, follower] of this.#followers) {
      if (!logs.has(id)) this.#leave(id, follower);
      this.#due.add(follower);
    }
  }

  /** The file of this name was added, written to or removed. */
  changed(name: string): void {
    const piece = parsePiece(name);
    if (piece === undefined || piece.id === this.#own) return;
    const follower = this.#followers.get(piece.id);
    if (follower === undefined) this.unsure = true;
    else {
      follower.newest = Math.max(follower.newest, piece.number);
      this.#due.add(follower);
    }
  }

  /** Nobody adds to the logs of others than these. */
  abandonAllBut(living: ReadonlySet<Id>): void {
    for (const [id, follower] of this.#followers) {
      follower.abandoned = !living.has(id);
      if (follower.abandoned) this.#due.add(follower);
    }
  }

  /** Hands over what is there, in turns, until all is or `isOver`. Throws only what `take` does. */
  deliver(take: RecordHandler, isOver: () => boolean): void {
    while (this.#due.size > 0) {
      for (const follower of this.#due) {
        const { piece } = follower;
        try {
          if (!follower.look(this.#buffer, take)) this.#due.delete(follower);
        } finally {
          this.passed += follower.piece - piece;
        }
        if (isOver()) return;
      }
    }
  }

  close(): void {
    for (const follower of this.#followers.values()) follower.close();
    this.#due.clear();
  }

  #others(): Map<Id, number[]> {
    const logs = listPieces(this.#directory);
    logs.delete(this.#own);
    return logs;
  }

  #follow(id: Id, piece: number, newest: number): Follower | undefined {
    if (this.#followers.size >= MOST) return undefined;
    const follower = new Follower(this.#directory, id, piece, newest, this.#counters);
    this.#followers.set(id, follower);
    return follower;
  }

  /** The file that is open may still hold something. */
  #leave(id: Id, follower: Follower): void {
    follower.abandoned = true;
    if (!follower.done) return;
    follower.close();
    this.#followers.delete(id);
    this.#due.delete(follower);
  }
}
