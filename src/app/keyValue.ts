/**
 * The dictionary and the four commands on it: what each one means and what is answered.
 *
 *     PUT,key,value   Success!                      also when the key was there: its value is replaced, its place kept
 *     GET,key         the value, or Not exist!      the value quoted only where CSV needs it
 *     DELETE,key      Success!, or Not exist!
 *     LIST            [key,value], [key,value]      in the order in which keys were first put; empty when there are none
 *     anything else   command error.
 *
 * Commands are upper case, as in the project this grew from. Keys and values are any text, the empty one included;
 * fields are quoted as in CSV (`csv.ts`). Lines and connections are `lines.ts` and `keyValueServer.ts`.
 */
import { formatField, formatRecord, parseRecord } from './csv.ts';

const SUCCESS = 'Success!';
const NOT_EXIST = 'Not exist!';
export const COMMAND_ERROR = 'command error.';

/** What a dictionary may hold unless told otherwise. */
const STORE_LIMIT = 1 << 24;

/** Charged for each entry besides its text, so that many small entries count too. */
const ENTRY_COST = 64;

/** An ordered dictionary of texts with a limit on its size. */
export class KeyValueStore {
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

  /** False, and nothing changed, when the limit does not allow it. */
  put(key: string, value: string): boolean {
    const old = this.#entries.get(key);
    const grown = value.length - (old === undefined ? -(key.length + ENTRY_COST) : old.length);
    if (grown > 0 && this.#size + grown > this.#limit) return false;
    this.#entries.set(key, value);
    this.#size += grown;
    return true;
  }

  get(key: string): string | undefined {
    return this.#entries.get(key);
  }

  /** False when there is no such key. */
  delete(key: string): boolean {
    const old = this.#entries.get(key);
    if (old === undefined) return false;
    this.#size -= key.length + old.length + ENTRY_COST;
    return this.#entries.delete(key);
  }

  /** Keys and values in the order in which the keys were first put. */
  entries(): IterableIterator<[string, string]> {
    return this.#entries.entries();
  }
}

/** Carries out one command line (without its line end) and returns the answer (without one either). */
export function execute(store: KeyValueStore, line: string): string {
  const fields = parseRecord(line);
  if (fields === undefined) return COMMAND_ERROR;
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
