/**
 * The dictionary and the four commands on it: what each one means and what is answered.
 *
 *     PUT,key,value   Success!                      also when the key was there: its value is replaced, its place kept
 *     GET,key         the value, or Not exist!      the value quoted only where CSV needs it
 *     DELETE,key      Success!, or Not exist!
 *     LIST            [key,value], [key,value]      in the order in which keys were first put; empty when there are none
 *     anything else   command error.
 *
 * A change that could not be kept (a disk that is full) is answered `store error.`, a dictionary at its limit
 * `command error.`; nothing is changed then.
 *
 * Commands are upper case, as in the project this grew from. Keys and values are any text, the empty one included;
 * fields are quoted as in CSV (`csv.ts`). Lines and connections are `lines.ts` and `keyValueServer.ts`; a dictionary
 * that survives the program is `diskStore.ts`.
 */
import { formatField, formatRecord, parseRecord } from './csv.ts';

const SUCCESS = 'Success!';
const NOT_EXIST = 'Not exist!';
export const COMMAND_ERROR = 'command error.';
const STORE_ERROR = 'store error.';

/** What a dictionary may hold unless told otherwise. */
const STORE_LIMIT = 1 << 24;

/** Charged for each entry besides its text, so that many small entries count too. */
const ENTRY_COST = 64;

/** A change could not be kept: nothing was changed. */
export class StoreError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
  }
}

/** An ordered dictionary of texts. What `put` and `delete` have done is kept when they return. */
export interface KeyValueStore {
  /** Number of entries. */
  readonly size: number;
  /**
   * Gives a key a value; a new key comes last.
   * @returns false, and nothing changed, when the store's limit does not allow it
   * @throws {StoreError} when it cannot be kept
   */
  put(key: string, value: string): boolean;
  get(key: string): string | undefined;
  /**
   * Takes a key out.
   * @returns false when there is no such key
   * @throws {StoreError} when that cannot be kept
   */
  delete(key: string): boolean;
  /** Keys and values in the order in which the keys were first put. */
  entries(): IterableIterator<[string, string]>;
}

/** One that lasts as long as the program, with a limit on its size. */
export class MemoryStore implements KeyValueStore {
  readonly #entries = new Map<string, string>();
  readonly #limit: number;
  #size = 0;

  /** `limit`: UTF-16 units of all keys and values, and 64 an entry. */
  constructor(limit: number = STORE_LIMIT) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Does the limit allow it? */
  fits(key: string, value: string): boolean {
    const grown = this.#grownBy(key, value);
    return grown <= 0 || this.#size + grown <= this.#limit;
  }

  put(key: string, value: string): boolean {
    if (!this.fits(key, value)) return false;
    this.load(key, value);
    return true;
  }

  /** Takes up what was kept elsewhere, whatever the limit. */
  load(key: string, value: string): void {
    this.#size += this.#grownBy(key, value);
    this.#entries.set(key, value);
  }

  get(key: string): string | undefined {
    return this.#entries.get(key);
  }

  delete(key: string): boolean {
    const old = this.#entries.get(key);
    if (old === undefined) return false;
    this.#size -= key.length + old.length + ENTRY_COST;
    return this.#entries.delete(key);
  }

  entries(): IterableIterator<[string, string]> {
    return this.#entries.entries();
  }

  #grownBy(key: string, value: string): number {
    const old = this.#entries.get(key);
    return value.length - (old === undefined ? -(key.length + ENTRY_COST) : old.length);
  }
}

/**
 * Carries out one command line (without its line end) and returns the answer (without one either). `onError` is told
 * why a change could not be kept.
 */
export function execute(
  store: KeyValueStore,
  line: string,
  onError: (error: StoreError) => void = () => {},
): string {
  const fields = parseRecord(line);
  if (fields === undefined) return COMMAND_ERROR;
  try {
    return carryOut(store, fields);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    onError(error);
    return STORE_ERROR;
  }
}

function carryOut(store: KeyValueStore, fields: readonly string[]): string {
  const [name, key, value] = fields;
  switch (`${name} ${fields.length - 1}`) {
    case 'PUT 2':
      return store.put(key!, value!) ? SUCCESS : COMMAND_ERROR;
    case 'GET 1':
      return formatValue(store.get(key!));
    case 'DELETE 1':
      return store.delete(key!) ? SUCCESS : NOT_EXIST;
    case 'LIST 0':
      return list(store);
    default:
      return COMMAND_ERROR;
  }
}

function formatValue(value: string | undefined): string {
  return value === undefined ? NOT_EXIST : formatField(value);
}

function list(store: KeyValueStore): string {
  return Array.from(store.entries(), (entry) => `[${formatRecord(entry)}]`).join(', ');
}
