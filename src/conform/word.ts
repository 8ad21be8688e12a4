/**
 * Files of learned models: a line for each word, its inputs, and the outputs that are expected of them. Reads them and
 * says what is wrong where; what the symbols mean on the wire is `registers.ts` and `sockets.ts`.
 */
import { ACK, FIN, PSH, RST, SYN, URG } from '../wire/tcp.ts';

/** Whose model a file holds: it says which calls there are. */
export type Role = 'client' | 'server';

const CLIENT_CALLS = ['CONNECT', 'RCV', 'CLOSE'] as const;
const SERVER_CALLS = ['LISTEN', 'ACCEPT', 'CLOSECONNECTION'] as const;

/** A call of the socket's user. */
export type Call = (typeof CLIENT_CALLS)[number] | (typeof SERVER_CALLS)[number];

/** The calls of each role. */
export const calls: Readonly<Record<Role, readonly Call[]>> = {
  client: CLIENT_CALLS,
  server: [...CLIENT_CALLS, ...SERVER_CALLS],
};

/** What an output says of a number: how it stands to the numbers known before. */
export type NumberClass = 'NEXT' | 'CURRENT' | 'ZERO' | 'FRESH';

/** A segment that arrives, with valid numbers: `ACK+PSH(V,V,1)`. */
export interface SegmentInput {
  /** Bits of the header. */
  readonly flags: number;
  /** Payload bytes. */
  readonly length: number;
}

export interface Input {
  /** As it is written. */
  readonly text: string;
  readonly what: Call | SegmentInput;
}

/** The first segment sent after an input. */
export interface Reply {
  /** Bits of the header. */
  readonly flags: number;
  readonly seq: NumberClass;
  readonly ack: NumberClass;
  /** Payload bytes. */
  readonly length: number;
}

/** A segment, or nothing. */
export type Output = Reply | 'TIMEOUT';

/** A word: what happens, one thing after the other, and what each brings. */
export interface Word {
  /** Of the file, from 1. */
  readonly line: number;
  readonly inputs: readonly Input[];
  readonly outputs: readonly Output[];
}

/** A file that is no list of words. */
export class WordError extends Error {
  /** From 1; 0 when it is the file as a whole. */
  readonly line: number;

  constructor(line: number, reason: string) {
    super(line === 0 ? reason : `line ${line}: ${reason}`);
    this.name = 'WordError';
    this.line = line;
  }
}

const HEADING = 'word\toutputs';
const LONGEST_WORD = 1000;
/** What fits an Ethernet frame. */
const LONGEST_PAYLOAD = 1460;
const FLAGS: Readonly<Record<string, number>> = { ACK, FIN, PSH, RST, SYN, URG };
const CLASSES: readonly string[] = ['NEXT', 'CURRENT', 'ZERO', 'FRESH'] satisfies readonly NumberClass[];

/**
 * Reads a file: a line for each word, inputs and outputs separated by blanks, the two lists by a tab. Empty lines, those
 * that begin with `#`, and the heading `word<TAB>outputs` are passed over.
 * @throws {WordError} naming the line and what is wrong with it
 */
export function parseWords(text: string, role: Role): Word[] {
  const words: Word[] = [];
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === '' || line.startsWith('#') || line === HEADING) return;
    words.push(parseWord(line, i + 1, role));
  });
  if (words.length === 0) throw new WordError(0, 'there is no word in it');
  return words;
}

function parseWord(text: string, line: number, role: Role): Word {
  const lists = text.split('\t');
  if (lists.length !== 2) throw new WordError(line, 'a word is its inputs, one tab, and its outputs');
  const [inputs, outputs] = lists.map((list) => list.split(' ').filter((symbol) => symbol !== '')) as [
    string[],
    string[],
  ];
  if (inputs.length === 0) throw new WordError(line, 'a word without inputs');
  if (inputs.length > LONGEST_WORD) throw new WordError(line, `more than ${LONGEST_WORD} inputs`);
  if (inputs.length !== outputs.length) {
    throw new WordError(line, `${inputs.length} inputs, but ${outputs.length} outputs`);
  }
  return {
    line,
    inputs: inputs.map((symbol) => parseInput(symbol, line, role)),
    outputs: outputs.map((symbol) => parseOutput(symbol, line)),
  };
}

function parseInput(text: string, line: number, role: Role): Input {
  const call = calls[role].find((name) => name === text);
  if (call !== undefined) return { text, what: call };
  const [, names, length] = /^([A-Z+]+)\(V,V,(\d{1,4})\)$/.exec(text) ?? [];
  if (names === undefined || length === undefined) {
    const known = calls[role].join(', ');
    throw new WordError(line, `'${shown(text)}' is no input of a ${role}: ${known}, or as ACK+PSH(V,V,1)`);
  }
  return { text, what: { flags: parseFlags(names, line), length: parseLength(length, line) } };
}

function parseOutput(text: string, line: number): Output {
  if (text === 'TIMEOUT') return text;
  const [, names, seq, ack, length] = /^([A-Z+]+)\(([A-Z]+),([A-Z]+),(\d{1,4})\)$/.exec(text) ?? [];
  if (names === undefined || !CLASSES.includes(seq as string) || !CLASSES.includes(ack as string)) {
    const known = `TIMEOUT, or as ACK(NEXT,CURRENT,0) with ${CLASSES.join(', ')}`;
    throw new WordError(line, `'${shown(text)}' is no output: ${known}`);
  }
  return {
    flags: parseFlags(names, line),
    seq: seq as NumberClass,
    ack: ack as NumberClass,
    length: parseLength(length as string, line),
  };
}

function parseFlags(text: string, line: number): number {
  let flags = 0;
  for (const name of text.split('+')) {
    const bit = Object.hasOwn(FLAGS, name) ? (FLAGS[name] as number) : 0;
    if (bit === 0)
      throw new WordError(line, `there is no flag '${shown(name)}': ${Object.keys(FLAGS).join(', ')}`);
    if ((flags & bit) !== 0) throw new WordError(line, `flag ${name} twice in '${shown(text)}'`);
    flags |= bit;
  }
  return flags;
}

function parseLength(text: string, line: number): number {
  const length = Number(text);
  if (length > LONGEST_PAYLOAD)
    throw new WordError(line, `${length} bytes of payload: at most ${LONGEST_PAYLOAD}`);
  return length;
}

/** What a message quotes of a file. */
function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

/** An output as files write it, its flags in the order of the alphabet. */
export function formatOutput(output: Output): string {
  if (output === 'TIMEOUT') return output;
  const { flags, seq, ack, length } = output;
  const names = Object.keys(FLAGS).filter((name) => (flags & (FLAGS[name] as number)) !== 0);
  return `${names.join('+')}(${seq},${ack},${length})`;
}

/** Is `got` what a model expects? Of a RST without ACK only the sequence number counts. */
export function agrees(expected: Output, got: Output): boolean {
  if (expected === 'TIMEOUT' || got === 'TIMEOUT') return expected === got;
  if (expected.flags !== got.flags || expected.seq !== got.seq) return false;
  if ((expected.flags & RST) !== 0 && (expected.flags & ACK) === 0) return true;
  return expected.ack === got.ack && expected.length === got.length;
}
