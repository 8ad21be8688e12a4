/**
 * A channel in text files: the directory is a wire that everybody who opens it is on. Each opener appends to a log of
 * its own (fileLog.ts) and follows those of all others (fileFollower.ts), so no two ever write to the same file, and
 * says how far it has read (filePresence.ts), so that what all have read can be removed. Here is decided when an end
 * writes, looks and tidies up. docs/file-channel.md has the layout of the directory and the record.
 *
 * A wire does not remember: what is sent reaches those who are on it then. Nothing that is sent after `openFileChannel`
 * resolved is missed.
 */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ChannelCounters,
  countDropped,
  LARGEST_PACKET,
  type LiveEnd,
  newCounters,
  type PacketHandler,
} from './channel.ts';
import { cleanUp, livingAmong } from './fileCleaning.ts';
import { makeFolder } from './fileFolder.ts';
import { Followers } from './fileFollowers.ts';
import { FileLog } from './fileLog.ts';
import { type Id, listPieces, PASSING, READERS } from './fileNames.ts';
import { checkOptions, type FileChannelOptions, type Settings } from './fileOptions.ts';
import { type Presence, PresenceBoard } from './filePresence.ts';
import { RecordCodec } from './fileRecord.ts';
import { DirectoryWatch } from './fileWatch.ts';

export type { FileChannelOptions } from './fileOptions.ts';

/** Packets are delivered for so long before the event loop has its turn, ms, and the time is looked at this often. */
const SLICE = 2;
const RECORDS_PER_LOOK = 16;

/** Others are told how far this end is after so many bytes, or a quarter of what may be unread. */
const TELL = 1_048_576;

/** Each end says that it is there, and finds out who is gone, this often, ms. */
const HOUSEKEEPING = 1000;

/**
 * Opens the wire, and creates the directory when it is missing.
 * @throws {RangeError} when an option makes no sense
 * @throws {Error} naming the directory, when it cannot be created, read or written to
 */
export async function openFileChannel(directory: string, options: FileChannelOptions = {}): Promise<LiveEnd> {
  const settings = checkOptions(options);
  try {
    makeFolder(join(directory, READERS));
    return openEnd(directory, settings);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'cannot be made' : problem(error as NodeJS.ErrnoException);
    throw new Error(`${directory}: ${why}`, { cause: error });
  }
}

/** Is there for the others to see before it looks who is there: nothing is removed meanwhile that it has not read. */
function openEnd(directory: string, settings: Settings): LiveEnd {
  const id: Id = `${process.pid}-${randomBytes(4).toString('hex')}`;
  const board = new PresenceBoard(directory, id);
  const counters = newCounters();
  board.publish(new Map());
  let end: FileEnd;
  try {
    const codec = new RecordCodec();
    const log = new FileLog({ directory, id, board, counters, codec, ...settings });
    end = new FileEnd({ directory, id, board, counters, codec, log, ...settings });
  } catch (error) {
    board.close();
    throw error;
  }
  end.join();
  return end;
}

function problem(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return 'not a directory';
    case 'EACCES':
    case 'EPERM':
      return 'no permission to read and write there';
    case 'ENOENT':
      return 'the directory is gone';
    case 'ENOSPC':
      return 'the disk is full';
    default:
      return error.message;
  }
}

/** What an end is made of. */
interface Parts extends Settings {
  readonly directory: string;
  readonly id: Id;
  readonly board: PresenceBoard;
  readonly counters: ChannelCounters;
  readonly codec: RecordCodec;
  readonly log: FileLog;
}

class FileEnd implements LiveEnd {
  readonly name: string;
  readonly counters: ChannelCounters;
  readonly #directory: string;
  /** Another directory of the same name is another wire. */
  readonly #inode: number;
  readonly #id: Id;
  readonly #board: PresenceBoard;
  readonly #log: FileLog;
  readonly #followers: Followers;
  readonly #watch: DirectoryWatch;
  readonly #codec: RecordCodec;
  #handler: PacketHandler | undefined;
  #onError: ((error: Error) => void) | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #closed = false;
  /** What was read since the others were told: so many bytes; and before that, pieces. */
  #untold = 0;
  #toldPassed = 0;
  readonly #tellAfter: number;
  #tidiedAt = 0;
  /** When the event loop has its turn again, ms. */
  #sliceEnd = 0;
  #records = 0;
  /** At the last look around. */
  #recordsBefore = 0;
  readonly #work = (): void => this.#turn();
  readonly #take = (bytes: Buffer, start: number, end: number): boolean => this.#receive(bytes, start, end);
  readonly #isOver = (): boolean => this.#closed || performance.now() >= this.#sliceEnd;

  constructor(parts: Parts) {
    const { directory, id, counters } = parts;
    this.name = `file:${directory}`;
    this.counters = counters;
    this.#directory = directory;
    this.#inode = statSync(directory).ino;
    this.#id = id;
    this.#board = parts.board;
    this.#codec = parts.codec;
    this.#log = parts.log;
    this.#tellAfter = Math.min(TELL, parts.unreadBytes / 4);
    this.#followers = new Followers(directory, id, counters);
    this.#watch = new DirectoryWatch(directory, parts.pollInterval, !parts.watch, {
      changed: (name) => this.#changed(name),
      look: () => this.#lookAround(),
    });
  }

  /** Begins with what is sent from now on. Throws what the file system says, and is closed then. */
  join(): void {
    try {
      this.#followers.join(() => livingAmong(this.#board.others()));
      this.#tidy();
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  send(packet: Uint8Array, _id: number): void {
    if (this.#closed) countDropped(this.counters, 'closed');
    else if (packet.length > LARGEST_PACKET) countDropped(this.counters, 'tooLarge');
    else {
      try {
        this.#log.append(packet);
      } catch (error) {
        this.#stumble(error as NodeJS.ErrnoException);
      }
      this.#schedule();
    }
  }

  onPacket(handler: PacketHandler): void {
    this.#handler = handler;
    this.#schedule();
  }

  onError(handler: (error: Error) => void): void {
    this.#onError = handler;
  }

  unref(): void {
    this.#watch.unref();
  }

  /** What was sent is in the log then; what a full disk did not take is counted as `full`. */
  close(): Promise<void> {
    if (!this.#closed) {
      try {
        this.#log.flush();
      } catch {
        // The channel was of no more use: nobody waits for this.
      }
      this.#leave();
    }
    return Promise.resolve();
  }

  #schedule(): void {
    if (!this.#closed) this.#immediate ??= setImmediate(this.#work);
  }

  /** One turn of the event loop: what was sent goes out, what is there comes in, and the answers to that go out. */
  #turn(): void {
    this.#immediate = undefined;
    this.#flush();
    if (this.#followers.unsure) this.#guard(() => this.#followers.list());
    if (this.#handler === undefined || this.#closed) return;
    this.#sliceEnd = performance.now() + SLICE;
    try {
      this.#followers.deliver(this.#take, this.#isOver);
    } finally {
      this.#flush();
      if (this.#untold >= this.#tellAfter || this.#followers.passed > this.#toldPassed) {
        this.#guard(() => this.#publish());
      }
      // A handler that threw has its error reported, and the next packet its turn.
      if (this.#followers.due) this.#schedule();
    }
  }

  #flush(): void {
    if (this.#closed || !this.#log.pending) return;
    this.#guard(() => this.#log.flush());
    this.#watch.expectAnswer();
  }

  /** False when it is enough for now. */
  #receive(bytes: Buffer, start: number, end: number): boolean {
    this.#records += 1;
    this.#untold += end - start;
    const reason = this.#codec.read(bytes, start, end);
    if (reason !== 'ok') countDropped(this.counters, reason);
    else {
      const { packet } = this.#codec;
      this.counters.packetsIn += 1;
      this.counters.bytesIn += packet.length;
      this.#handler?.(packet, 0);
    }
    return !this.#closed && (this.#records % RECORDS_PER_LOOK !== 0 || performance.now() < this.#sliceEnd);
  }

  #changed(name: string | undefined): void {
    if (name === undefined) this.#followers.unsure = true;
    else this.#followers.changed(name);
    if (this.#followers.due || this.#followers.unsure) this.#schedule();
  }

  /** What no change was told of is found here; true when there was something since the last time. */
  #lookAround(): boolean {
    const before = this.#recordsBefore;
    this.#guard(() => {
      if (!this.#isThere()) throw new Error('the directory was removed');
      this.#followers.list();
      if (performance.now() - this.#tidiedAt >= HOUSEKEEPING) this.#tidy();
    });
    if (this.#closed) return false;
    this.#turn();
    if (this.#untold > 0) this.#guard(() => this.#publish());
    this.#recordsBefore = this.#records;
    return this.#records > before;
  }

  #isThere(): boolean {
    return statSync(this.#directory, { throwIfNoEntry: false })?.ino === this.#inode;
  }

  /** Tells the others how far this end is. Throws what the file system says. */
  #publish(): void {
    this.#board.publish(this.#followers.positions);
    this.#untold = 0;
    this.#toldPassed = this.#followers.passed;
  }

  /** Removes what nobody wants any more, of this end and of those that are gone. Throws what the file system says. */
  #tidy(): void {
    this.#tidiedAt = performance.now();
    const presences = this.#cleanUp();
    this.#followers.abandonAllBut(livingAmong(presences));
    this.#publish();
    this.#log.settle();
    this.#log.mend();
  }

  #cleanUp(): readonly Presence[] {
    const logs = listPieces(this.#directory);
    logs.delete(this.#id);
    // After the logs: whoever has a log had said before that it is there.
    const presences = this.#board.others();
    const { positions } = this.#followers;
    const own = (id: Id): number =>
      this.#closed ? Number.POSITIVE_INFINITY : (positions.get(id)?.piece ?? 0);
    cleanUp(this.#directory, this.#board, logs, presences, own);
    return presences;
  }

  /** Does what may fail. */
  #guard(work: () => void): void {
    if (this.#closed) return;
    try {
      work();
    } catch (error) {
      this.#stumble(error as NodeJS.ErrnoException);
    }
  }

  /** What may pass is left for the next time, anything else is the end of the channel. */
  #stumble(error: NodeJS.ErrnoException): void {
    const { code = '' } = error;
    if (PASSING.includes(code) || (code === 'ENOENT' && this.#isThere())) return;
    this.#leave();
    const told = new Error(`${this.#directory}: ${problem(error)}`, { cause: error });
    setImmediate(() => this.#onError?.(told));
  }

  /** Lets go of everything. What is in the log stays there for the others, if there are any. */
  #leave(): void {
    this.#closed = true;
    clearImmediate(this.#immediate);
    this.#watch.close();
    this.#followers.close();
    this.#log.close();
    try {
      this.#cleanUp();
    } catch {
      // The directory is gone, or the next opener does it.
    }
    this.#board.close();
  }
}
