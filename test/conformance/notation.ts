/**
 * RFC 9293's way to write a segment, `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`, for what arrives and for what is expected.
 * `LEN` is the number of payload bytes. A value is a sum of numbers and of variables that the driver looks up.
 */
import { ACK, FIN, PSH, RST, SYN, URG } from '../../src/wire/tcp.ts';

/** What is written about a segment, its numbers worked out. */
export interface Written {
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  /** Payload bytes. */
  readonly length: number;
}

/** The value of a variable: `SND.NXT`, `SEG.ACK`, ... */
export type Variables = Readonly<Record<string, number>>;

const BITS: readonly (readonly [string, number])[] = [
  ['SYN', SYN],
  ['RST', RST],
  ['FIN', FIN],
  ['PSH', PSH],
  ['URG', URG],
  ['ACK', ACK],
];

/** Works out `SND.NXT+1` modulo 2^32. Throws an Error for a variable that is not there. */
export function evaluate(sum: string, variables: Variables): number {
  let total = 0;
  for (const [, sign, term] of sum.matchAll(/([+-]?)([A-Z.]+|\d+)/g)) {
    const value = /^\d/.test(term as string) ? Number(term) : variables[term as string];
    if (value === undefined) throw new Error(`'${sum}': there is no variable '${term}' here`);
    total += sign === '-' ? -value : value;
  }
  return total >>> 0;
}

/** Reads a segment. Throws an Error for what is no segment. */
export function read(text: string, variables: Variables): Written {
  const fields: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(/<(\w+)=([^>]*)>/g)) fields[name as string] = value as string;
  if (fields.SEQ === undefined || fields.CTL === undefined) throw new Error(`'${text}' is no segment`);
  return {
    seq: evaluate(fields.SEQ, variables),
    ack: evaluate(fields.ACK ?? '0', variables),
    flags: flagsOf(fields.CTL),
    length: Number(fields.LEN ?? 0),
  };
}

function flagsOf(names: string): number {
  let flags = 0;
  for (const name of names.split(',')) {
    const bit = BITS.find(([known]) => known === name)?.[1];
    if (bit === undefined) throw new Error(`there is no control bit '${name}'`);
    flags |= bit;
  }
  return flags;
}

/** Writes a segment, always in the same way, so that texts can be compared. */
export function write({ seq, ack, flags, length }: Written): string {
  const names = BITS.filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name);
  const acked = (flags & ACK) === 0 ? '' : `<ACK=${ack}>`;
  return `<SEQ=${seq}>${acked}<CTL=${names.join(',')}>${length > 0 ? `<LEN=${length}>` : ''}`;
}

/** SEG.LEN: SYN and FIN count. */
export function segmentLength({ flags, length }: Written): number {
  return length + ((flags & SYN) === 0 ? 0 : 1) + ((flags & FIN) === 0 ? 0 : 1);
}
