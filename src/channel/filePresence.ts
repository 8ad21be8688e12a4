/**
 * Who is on the wire: each opener has a file `readers/ID` that says which process it is and how far it has read every
 * other log. It is written over, in one write, and ends with a checksum: who reads it meanwhile sees that it is not
 * whole, and takes it to have read nothing. (A new file under the old name would always be whole, but takes a file
 * system a hundred times as long.) Here is decided who is gone and who is not waited for; what follows for the logs is
 * left to fileLog.ts and fileCleaning.ts.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Id, isId, listIds, PASSING, READERS, removeFile } from './fileNames.ts';
import { OWN_PROCESS, type ProcessName, runs } from './fileProcess.ts';

/** How far a log has been read: all pieces before this one, and so many bytes of it. */
export interface Position {
  readonly piece: number;
  readonly offset: number;
}

/** By log. One that is not named has not been read at all. */
export type Positions = ReadonlyMap<Id, Position>;

/** Another opener, or what one left behind. */
export interface Presence {
  readonly id: Id;
  /** Its process is no more: nothing will be added to its log, and its file may be removed. */
  readonly gone: boolean;
  /** Pieces are kept until it has read them. */
  readonly awaited: boolean;
  readonly positions: Positions;
}

/** Who has not renewed its file for so long is not waited for, ms: it is stopped, or was a thread that ended. */
const STALE = 30_000;
/** After so long it is gone, where its process cannot be seen from here, ms. */
const LOST = 600_000;

/** A larger file is none of ours, bytes. */
const LARGEST = 65_536;
const TITLE = 'statewire file channel 1\n';
const CHECK = 'check: ';

/** What an opener's file says. */
interface Notice {
  /** When it was written, ms, by the clock of the file system. */
  readonly written: number;
  readonly owner: ProcessName | undefined;
  readonly positions: Positions;
}

/** A folder, or a file that may not be read: it is left alone, and so is the log of this name. */
const NOBODY: Notice = { written: Number.POSITIVE_INFINITY, owner: undefined, positions: new Map() };

/** The file of one opener, and the look at those of the others. */
export class PresenceBoard {
  readonly #folder: string;
  readonly #own: Id;
  #file: number | undefined;
  /** What was written last, bytes. */
  #length = 0;

  constructor(directory: string, own: Id) {
    this.#folder = join(directory, READERS);
    this.#own = own;
  }

  /** Says how far the other logs have been read. Throws what the file system says. */
  publish(positions: Positions): void {
    const { pid, start, place } = OWN_PROCESS;
    let text = `${TITLE}process: ${pid} ${start}\nplace: ${place}\n`;
    for (const [id, { piece, offset }] of positions) text += `read: ${id} ${piece} ${offset}\n`;
    const bytes = Buffer.from(`${text}${CHECK}${checksumOf(text)}\n`);
    // What is left of a longer one is not to be seen
    const padded = Buffer.alloc(Math.max(bytes.length, this.#length), '\n');
    bytes.copy(padded);
    if (this.#file === undefined || fstatSync(this.#file).nlink === 0) this.#create();
    writeSync(this.#file!, padded, 0, padded.length, 0);
    this.#length = bytes.length;
  }

  /** All openers but this one. Throws what the file system says. */
  others(): Presence[] {
    // Its own file tells the time: the file system may be another machine's.
    const now = this.#read(this.#own)?.written ?? Number.NEGATIVE_INFINITY;
    const presences: Presence[] = [];
    for (const id of listIds(this.#folder)) {
      if (id === this.#own) continue;
      const notice = this.#read(id);
      if (notice !== undefined) presences.push(judge(id, notice, now - notice.written));
    }
    return presences;
  }

  /** Takes an opener's file away. */
  remove(id: Id): void {
    removeFile(join(this.#folder, id));
  }

  /** Takes its own file away. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.remove(this.#own);
  }

  #create(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    const path = join(this.#folder, this.#own);
    try {
      this.#file = openSync(path, 'wx');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      mkdirSync(this.#folder);
      this.#file = openSync(path, 'wx');
    }
    this.#length = 0;
  }

  /** Undefined when there is no such file. */
  #read(name: string): Notice | undefined {
    let file: number;
    try {
      file = openSync(join(this.#folder, name), READ_PLAIN);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (PASSING.includes(code)) throw error;
      return code === 'ENOENT' ? undefined : NOBODY;
    }
    try {
      const { mtimeMs, size } = fstatSync(file);
      return parseNotice(size > LARGEST ? '' : readFileSync(file, 'utf8'), mtimeMs);
    } catch {
      return NOBODY;
    } finally {
      closeSync(file);
    }
  }
}

/** Opens for reading; refuses a symbolic link, does not wait for whoever writes to a pipe. */
export const READ_PLAIN: number =
  constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

function judge(id: Id, { owner, positions }: Notice, age: number): Presence {
  const running = owner === undefined ? undefined : runs(owner);
  const gone = running === false || (running === undefined && age > LOST);
  return { id, gone, awaited: !gone && owner !== undefined && age <= STALE, positions };
}

/** Lines that say nothing known are skipped: the writer may be a newer one. */
function parseNotice(text: string, written: number): Notice {
  const end = text.indexOf(CHECK);
  const body = text.slice(0, Math.max(end, 0));
  const numbers = /^process: ([0-9]{1,9}) ([0-9]{1,20}|-)$/m.exec(text);
  const place = /^place: (.*)$/m.exec(text);
  const positions = new Map<Id, Position>();
  if (!text.startsWith(TITLE) || numbers === null || place === null) {
    return { written, owner: undefined, positions };
  }
  const owner: ProcessName = { pid: Number(numbers[1]), start: numbers[2]!, place: place[1]! };
  if (!text.startsWith(`${CHECK}${checksumOf(body)}\n`, end)) return { written, owner, positions };
  for (const line of body.split('\n')) {
    const [word, id = '', piece, offset] = line.split(' ');
    if (word === 'read:' && isId(id)) positions.set(id, { piece: count(piece), offset: count(offset) });
  }
  return { written, owner, positions };
}

function checksumOf(text: string): string {
  return createHash('sha1').update(text).digest('hex').slice(0, 16);
}

/** 0, at which nothing is read yet, when it is no number. */
function count(text: string | undefined): number {
  return /^[0-9]{1,15}$/.test(text ?? '') ? Number(text) : 0;
}
