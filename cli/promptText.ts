/** What the client's prompt shows and how it completes, as functions of texts; the terminal is `prompt.ts`. */
import { formatField, parseRecord } from '../src/app/csv.ts';
import type { TcpInfo } from '../src/tcp/info.ts';
import { duration } from './words.ts';

/** Said by HELP, which never reaches the server. */
export const HELP = [
  'PUT,key,value    keep a value; Success!',
  'GET,key          the value, or Not exist!',
  'DELETE,key       forget it; Success!, or Not exist!',
  'LIST             all of them, in the order in which they came',
  'HELP, QUIT       this; the end (or Ctrl-D)',
  'Fields with a comma, a quote or a line end stand in quotes: PUT,"a,b","say ""hi"""',
];

const COMMANDS = ['DELETE,', 'GET,', 'LIST', 'PUT,'];
const LOCAL = ['HELP', 'QUIT'];
/** Keys remembered for completion. */
const MOST_KEYS = 10_000;

/** What a line is to the prompt itself, whatever its case; undefined when it is for the server. */
export function localCommand(line: string): 'HELP' | 'QUIT' | undefined {
  const word = line.trim().toUpperCase();
  return word === 'HELP' || word === 'QUIT' ? word : undefined;
}

/** What the status line tells of. */
export interface Status {
  /** RFC state. */
  readonly state: string;
  readonly info: TcpInfo;
  /** Segments, where the window is fixed. */
  readonly window?: number;
  /** Commands without an answer. */
  readonly pending: number;
}

/** The status line: `ESTABLISHED   cwnd 10   RTT 12.3 ms   sent again 0`. */
export function statusText({ state, info, window, pending }: Status): string {
  const parts = [
    state,
    window === undefined ? `cwnd ${info.tcpi_snd_cwnd}` : `window ${window}`,
    `RTT ${info.tcpi_rtt === 0 ? '?' : duration(info.tcpi_rtt)}`,
    `sent again ${info.tcpi_total_retrans}`,
  ];
  if (info.tcpi_unacked > 0) parts.push(`in flight ${info.tcpi_unacked}`);
  if (pending > 0) parts.push(pending === 1 ? 'waits for the answer' : `waits for ${pending} answers`);
  return parts.join('   ');
}

/** Keys that were spoken of. */
export class KnownKeys {
  readonly #keys = new Set<string>();

  /** Learns from a command that was answered: its key, or all that LIST named. */
  learn(command: string, answer: string): void {
    const [name, key] = parseRecord(command) ?? [];
    if (name === 'LIST') for (const listed of listedKeys(answer)) this.#add(listed);
    else if (key === undefined || answer === 'command error.') return;
    else if (name === 'DELETE' || answer === 'Not exist!') this.#keys.delete(key);
    else if (name === 'PUT' || name === 'GET') this.#add(key);
  }

  /** For readline: what the line may go on as, and what of it that replaces. */
  complete(line: string): [string[], string] {
    const comma = line.indexOf(',');
    if (comma < 0) {
      const word = line.toUpperCase();
      return [[...COMMANDS, ...LOCAL].filter((command) => command.startsWith(word)), line];
    }
    const typed = line.slice(comma + 1);
    if (!['PUT', 'GET', 'DELETE'].includes(line.slice(0, comma))) return [[], typed];
    const end = line.startsWith('PUT') ? ',' : '';
    const keys = Array.from(this.#keys, formatField).filter((key) => key.startsWith(typed));
    return [keys.sort().map((key) => key + end), typed];
  }

  /** Those of one line: others cannot be completed on one. */
  #add(key: string): void {
    if (this.#keys.size < MOST_KEYS && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(key)) this.#keys.add(key);
  }
}

/** A pair as LIST writes it; a field without quotes has no comma. */
const PAIR = /\[("(?:[^"]|"")*"|[^,"]*),(?:"(?:[^"]|"")*"|[^,"]*)\](?:, |$)/y;

function* listedKeys(answer: string): Generator<string> {
  PAIR.lastIndex = 0;
  for (let match = PAIR.exec(answer); match !== null; match = PAIR.exec(answer)) {
    yield parseRecord(match[1]!)?.[0] ?? '';
  }
}
