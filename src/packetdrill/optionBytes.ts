/** TCP options between the script's form and bytes, in the order in which they stand: src/wire keeps no order. */
import {
  OPTION_END,
  OPTION_MSS,
  OPTION_NOP,
  OPTION_SACK,
  OPTION_SACK_PERMITTED,
  OPTION_TIMESTAMPS,
  OPTION_WINDOW_SCALE,
  readUint32,
} from '../wire/options.ts';
import type { ScriptOption } from './script.ts';

/** The bytes of options whose numbers are those of the wire already; those that cannot be played are left out. */
export function encodeOptions(options: readonly ScriptOption[]): Uint8Array {
  return Uint8Array.from(options.flatMap(encodeOption));
}

function encodeOption(option: ScriptOption): number[] {
  switch (option.kind) {
    case 'nop':
      return [OPTION_NOP];
    case 'eol':
      return [OPTION_END];
    case 'mss':
      return [OPTION_MSS, 4, option.value >>> 8, option.value & 0xff];
    case 'wscale':
      return [OPTION_WINDOW_SCALE, 3, option.value];
    case 'sackOK':
      return [OPTION_SACK_PERMITTED, 2];
    case 'sack':
      return [OPTION_SACK, 2 + 8 * option.blocks.length, ...option.blocks.flat().flatMap(bytesOf)];
    case 'TS':
      return [OPTION_TIMESTAMPS, 10, ...bytesOf(option.val ?? 0), ...bytesOf(option.ecr)];
    case 'raw':
      return [option.number, 2 + option.bytes.length, ...option.bytes];
    case 'unsupported':
      return [];
  }
}

function bytesOf(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

/** The options between two places of a packet, in order; what cannot be read ends them. */
export function decodeOptionList(bytes: Uint8Array, start: number, end: number): ScriptOption[] {
  const options: ScriptOption[] = [];
  let at = start;
  while (at < end) {
    const kind = bytes[at] as number;
    if (kind === OPTION_END || kind === OPTION_NOP) {
      options.push({ kind: kind === OPTION_NOP ? 'nop' : 'eol' });
      at += 1;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    if (length < 2 || at + length > end) break;
    options.push(decodeOne(bytes, at, kind, length));
    at += length;
  }
  return options;
}

function decodeOne(bytes: Uint8Array, at: number, kind: number, length: number): ScriptOption {
  const value = bytes.slice(at + 2, at + length);
  if (kind === OPTION_MSS && length === 4) return { kind: 'mss', value: value[0]! * 256 + value[1]! };
  if (kind === OPTION_WINDOW_SCALE && length === 3) return { kind: 'wscale', value: value[0]! };
  if (kind === OPTION_SACK_PERMITTED && length === 2) return { kind: 'sackOK' };
  if (kind === OPTION_TIMESTAMPS && length === 10) {
    return { kind: 'TS', val: readUint32(value, 0), ecr: readUint32(value, 4), ecrAbsolute: false };
  }
  if (kind === OPTION_SACK && length % 8 === 2) {
    const blocks: [number, number][] = [];
    for (let i = 0; i < value.length; i += 8) blocks.push([readUint32(value, i), readUint32(value, i + 4)]);
    return { kind: 'sack', blocks };
  }
  return { kind: 'raw', name: `option-${kind}`, number: kind, bytes: value };
}

/** As a script writes them. */
export function formatOptions(options: readonly ScriptOption[]): string {
  return options.map(formatOption).join(',');
}

function formatOption(option: ScriptOption): string {
  switch (option.kind) {
    case 'mss':
    case 'wscale':
      return `${option.kind} ${option.value}`;
    case 'sack':
      return `sack ${option.blocks.map(([left, right]) => `${left}:${right}`).join(' ')}`;
    case 'TS':
      return `TS val ${option.val ?? '...'} ecr ${option.ecr}`;
    case 'raw':
      return `${option.name} ${Array.from(option.bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
    case 'unsupported':
      return option.name;
    default:
      return option.kind;
  }
}
