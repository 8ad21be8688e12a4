/**
 * A dictionary that survives the program: what `put` and `delete` have done is on the disk when they return.
 *
 * It decides how entries are laid out in an LMDB environment (a folder) and who may open one; pages, transactions and
 * flushing are LMDB's, what is in memory is `MemoryStore`'s. Whether a folder is sound is `diskCheck.ts`.
 *
 *     0         {"format":"statewire dictionary","version":1,"count":2}      count: of the entries
 *     1, 2, ... 8 bytes of the SHA-256 of what follows, then [key, value] as JSON in UTF-8
 *
 * An entry's number is its place in the order in which keys were first put. LMDB's keys are short and ours are not,
 * so the numbers are the keys, and the texts are found in memory. That memory is why only one program at a time may
 * have the folder open: another one's entries would not be seen, and its numbers used twice. Programs that have an
 * LMDB environment open are in its table of readers, from which LMDB drops those that died.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RootDatabase } from 'lmdb';
import { makeFolder } from '../channel/fileFolder.ts';
import { checkLmdb } from './diskCheck.ts';
import { type KeyValueStore, MemoryStore, StoreError } from './keyValue.ts';

const FORMAT = 'statewire dictionary';
const VERSION = 1;
/** Number of the record that says what this is. */
const HEADING = 0;
const DIGEST = 8;
/** LMDB's names. */
const DATA_FILE = 'data.mdb';
const LOCK_FILE = 'lock.mdb';

type Records = RootDatabase<Uint8Array, number>;

/** Folders that this program has open: its own number in the table of readers does not tell. */
const open = new Set<string>();

/** A dictionary in a folder. */
export class DiskStore implements KeyValueStore {
  readonly #memory: MemoryStore;
  /** The number of each key's entry. */
  readonly #numbers = new Map<string, number>();
  readonly #records: Records;
  readonly #folder: string;
  #next = HEADING + 1;

  /**
   * Opens the dictionary in a folder, which is made if it is not there. `limit`: as `MemoryStore` counts; entries that
   * are there already are all taken.
   * @throws {StoreError} when LMDB is not installed, the folder is in use, holds something else, or is damaged; what
   * it holds is then as it was
   */
  static async open(path: string, limit?: number): Promise<DiskStore> {
    const lmdb = await loadLmdb();
    const folder = prepareFolder(path);
    if (open.has(folder)) throw new StoreError(`${path} is in use by this program`);
    open.add(folder);
    try {
      if (hasData(folder)) await checkLmdb(folder, path);
      const options = { path: folder, encoding: 'binary', noSubdir: false, overlappingSync: false } as const;
      return new DiskStore(lmdb.open<Uint8Array, number>(options), folder, path, limit);
    } catch (error) {
      open.delete(folder);
      if (error instanceof StoreError) throw error;
      throw new StoreError(`cannot open ${path}: ${(error as Error).message}`, { cause: error });
    }
  }

  private constructor(records: Records, folder: string, path: string, limit: number | undefined) {
    this.#memory = new MemoryStore(limit);
    this.#records = records;
    this.#folder = folder;
    try {
      // One program at a time is here: the second finds the first in the table of readers
      records.transactionSync(() => this.#claim(path));
      this.#load(path);
    } catch (error) {
      void records.close();
      throw error;
    }
  }

  get size(): number {
    return this.#memory.size;
  }

  put(key: string, value: string): boolean {
    if (!this.#memory.fits(key, value)) return false;
    const known = this.#numbers.get(key);
    const number = known ?? this.#next;
    this.#commit(() => {
      this.#records.putSync(number, packEntry(key, value));
      if (known === undefined) this.#putHeading(this.size + 1);
    });
    this.#memory.load(key, value);
    if (known === undefined) this.#remember(key, number);
    return true;
  }

  get(key: string): string | undefined {
    return this.#memory.get(key);
  }

  delete(key: string): boolean {
    const number = this.#numbers.get(key);
    if (number === undefined) return false;
    this.#commit(() => {
      this.#records.removeSync(number);
      this.#putHeading(this.size - 1);
    });
    this.#numbers.delete(key);
    return this.#memory.delete(key);
  }

  entries(): IterableIterator<[string, string]> {
    return this.#memory.entries();
  }

  /** Lets go of the folder. */
  async close(): Promise<void> {
    await this.#records.close();
    open.delete(this.#folder);
  }

  /** Does `changes` in one transaction, which is on the disk when this returns. */
  #commit(changes: () => void): void {
    try {
      this.#records.transactionSync(changes);
    } catch (error) {
      throw new StoreError(`the dictionary cannot be written: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Within a write transaction: enters this program in the table of readers, unless another one is there. */
  #claim(path: string): void {
    this.#records.readerCheck();
    const others = readersIn(this.#records.readerList()).filter((pid) => pid !== process.pid);
    if (others.length > 0) throw new StoreError(`${path} is in use by process ${others.join(', ')}`);
    this.#records.useReadTransaction().done();
    if (this.#records.getKeysCount({ limit: 1 }) === 0) this.#putHeading(0);
  }

  #load(path: string): void {
    const count = readHeading(this.#records.get(HEADING), path);
    for (const { key: number, value } of this.#records.getRange({ start: HEADING, exclusiveStart: true })) {
      const entry = Number.isSafeInteger(number) ? unpackEntry(value) : undefined;
      if (entry === undefined || this.#numbers.has(entry[0])) throw damaged(path, `entry ${number}`);
      this.#memory.load(...entry);
      this.#remember(entry[0], number);
    }
    if (this.size !== count) throw damaged(path, `${this.size} entries of ${count}`);
  }

  #remember(key: string, number: number): void {
    this.#numbers.set(key, number);
    this.#next = number + 1;
  }

  #putHeading(count: number): void {
    this.#records.putSync(HEADING, bytesOf({ format: FORMAT, version: VERSION, count }));
  }
}

/** Only a program that wants a dictionary on disk needs it. */
async function loadLmdb(): Promise<typeof import('lmdb')> {
  try {
    return await import('lmdb');
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND' ? 'is not installed' : 'does not load';
    throw new StoreError(`a dictionary on disk needs the package lmdb, which ${why} (npm install lmdb)`, {
      cause: error,
    });
  }
}

/** The folder's real path; a new folder where there is nothing. */
function prepareFolder(path: string): string {
  try {
    makeFolder(path);
    const others = readdirSync(path).filter((name) => name !== DATA_FILE && name !== LOCK_FILE);
    if (others.length > 0 && !existsSync(join(path, DATA_FILE))) {
      throw new StoreError(`${path} holds other things (${others[0]}) and no dictionary`);
    }
    return realpathSync(path);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const noFolder = code === 'EEXIST' || code === 'ENOTDIR';
    throw new StoreError(noFolder ? `${path} is not a folder` : `cannot open ${path}: ${message}`, {
      cause: error,
    });
  }
}

/** A program that died before its first transaction leaves an empty file. */
function hasData(folder: string): boolean {
  return (statSync(join(folder, DATA_FILE), { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** Process ids in LMDB's table of readers: a heading, then a line each that begins with one. */
function readersIn(table: string): number[] {
  return Array.from(table.matchAll(/^ *(\d+) /gm), ([, pid]) => Number(pid));
}

function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, DIGEST);
}

function packEntry(key: string, value: string): Uint8Array {
  const bytes = bytesOf([key, value]);
  return Buffer.concat([digestOf(bytes), bytes]);
}

/** Undefined when it is damaged. */
function unpackEntry(record: Uint8Array): [string, string] | undefined {
  const bytes = record.subarray(DIGEST);
  if (!digestOf(bytes).equals(record.subarray(0, DIGEST))) return undefined;
  return JSON.parse(new TextDecoder().decode(bytes)) as [string, string];
}

/** The number of entries that there should be. */
function readHeading(record: Uint8Array | undefined, path: string): number {
  const heading = record === undefined ? {} : parseHeading(record);
  if (heading.format !== FORMAT) throw new StoreError(`${path} holds something else than a dictionary`);
  if (heading.version !== VERSION || !Number.isSafeInteger(heading.count)) {
    throw new StoreError(`${path} is a dictionary of version ${heading.version}, not ${VERSION}`);
  }
  return heading.count as number;
}

function parseHeading(record: Uint8Array): { format?: unknown; version?: unknown; count?: unknown } {
  try {
    return Object(JSON.parse(new TextDecoder().decode(record)));
  } catch {
    return {};
  }
}

function damaged(path: string, where: string): StoreError {
  return new StoreError(`${path} is damaged (${where}); it was left as it is`);
}
