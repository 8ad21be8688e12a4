/**
 * TCP options: end, no-operation and MSS (RFC 9293 section 3.2), window scale and timestamps (RFC 7323), SACK-permitted
 * and SACK (RFC 2018). Reading reports what is there, on any segment; what an option means, and that some count only on
 * a SYN, is left to the connection. Writing puts each only where it may stand.
 */

/** Option kinds (IANA). */
export const OPTION_END = 0;
export const OPTION_NOP = 1;
export const OPTION_MSS = 2;
export const OPTION_WINDOW_SCALE = 3;
export const OPTION_SACK_PERMITTED = 4;
export const OPTION_SACK = 5;
export const OPTION_TIMESTAMPS = 8;

/** Bytes of timestamps with the padding before it. */
const TIMESTAMPS_SPACE = 12;
/** The data offset's four bits count 15 words, 5 of them the fixed header. */
export const MAX_OPTIONS_LENGTH = 40;
/** As many SACK blocks as 40 bytes hold. */
export const MAX_SACK_BLOCKS = 4;
/** Window scales above are taken as this (RFC 7323 section 2.3). */
const MAX_WINDOW_SCALE = 14;

/** The options of a segment. */
export interface OptionFields {
  /** 0: absent. */
  mss: number;
  /** 0 to 14; -1: absent. */
  windowScale: number;
  sackPermitted: boolean;
  /** Number of SACK blocks, up to 4. */
  sackCount: number;
  /** Left and right edge of each block. */
  readonly sackBlocks: Uint32Array;
  hasTimestamps: boolean;
  tsVal: number;
  tsEcr: number;
}

/** Sets all options to absent. */
export function clearOptions(fields: OptionFields): void {
  fields.mss = 0;
  fields.windowScale = -1;
  fields.sackPermitted = false;
  fields.sackCount = 0;
  fields.hasTimestamps = false;
  fields.tsVal = 0;
  fields.tsEcr = 0;
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/**
 * Reads the options between two places, at any alignment (MUST-64). Unknown ones, and known ones of a wrong length, are
 * skipped (MUST-6); a length that cannot be (0, 1, past the end) ends the reading, and what came before counts (MUST-7).
 */
export function decodeOptions(bytes: Uint8Array, start: number, end: number, fields: OptionFields): void {
  clearOptions(fields);
  let at = start;
  while (at < end) {
    const kind = bytes[at]!;
    if (kind === OPTION_END) return;
    if (kind === OPTION_NOP) {
      at += 1;
      continue;
    }
    if (at + 1 >= end) return;
    const length = bytes[at + 1]!;
    if (length < 2 || at + length > end) return;
    decodeOption(bytes, at, kind, length, fields);
    at += length;
  }
}

function decodeOption(
  bytes: Uint8Array,
  at: number,
  kind: number,
  length: number,
  fields: OptionFields,
): void {
  if (kind === OPTION_TIMESTAMPS && length === 10) {
    fields.hasTimestamps = true;
    fields.tsVal = readUint32(bytes, at + 2);
    fields.tsEcr = readUint32(bytes, at + 6);
  } else if (kind === OPTION_SACK) {
    decodeSack(bytes, at, length, fields);
  } else if (kind === OPTION_MSS && length === 4) {
    fields.mss = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  } else if (kind === OPTION_WINDOW_SCALE && length === 3) {
    fields.windowScale = Math.min(bytes[at + 2]!, MAX_WINDOW_SCALE);
  } else if (kind === OPTION_SACK_PERMITTED && length === 2) {
    fields.sackPermitted = true;
  }
}

function decodeSack(bytes: Uint8Array, at: number, length: number, fields: OptionFields): void {
  const edges = (length - 2) >>> 2;
  if (((length - 2) & 7) !== 0 || edges > 2 * MAX_SACK_BLOCKS) return;
  for (let i = 0; i < edges; i++) fields.sackBlocks[i] = readUint32(bytes, at + 2 + 4 * i);
  fields.sackCount = edges >>> 1;
}

/** How many SACK blocks fit on a segment (RFC 2018 section 3): 3 beside timestamps, else 4. */
export function sackBlocksThatFit(hasTimestamps: boolean): number {
  return hasTimestamps ? 3 : MAX_SACK_BLOCKS;
}

/** Bytes that `writeOptions` will write, a multiple of 4. */
export function optionsLength(fields: OptionFields, syn: boolean): number {
  let length = fields.hasTimestamps ? TIMESTAMPS_SPACE : 0;
  if (!syn) {
    if (fields.sackCount === 0) return length;
    return length + 4 + 8 * Math.min(fields.sackCount, sackBlocksThatFit(fields.hasTimestamps));
  }
  if (fields.mss > 0) length += 4;
  if (fields.sackPermitted && !fields.hasTimestamps) length += 4;
  if (fields.windowScale >= 0) length += 4;
  return length;
}

/**
 * Writes the options at `offset` and returns their length. On a SYN: MSS, SACK-permitted, timestamps, window scale, and
 * no other segment has MSS, SACK-permitted or window scale (MUST-65, RFC 2018 section 2, RFC 7323 section 2.2); on others
 * timestamps, then as many SACK blocks as fit. Each is padded to whole words by no-operations before it, so there is never
 * an end-of-list, nor anything after one (MUST-69).
 */
export function writeOptions(buffer: Uint8Array, offset: number, fields: OptionFields, syn: boolean): number {
  let at = offset;
  if (syn && fields.mss > 0) {
    buffer[at] = OPTION_MSS;
    buffer[at + 1] = 4;
    buffer[at + 2] = fields.mss >>> 8;
    buffer[at + 3] = fields.mss;
    at += 4;
  }
  const sackPermitted = syn && fields.sackPermitted;
  if (sackPermitted || fields.hasTimestamps) at = writeAlignedPair(buffer, at, fields, sackPermitted);
  if (syn && fields.windowScale >= 0) {
    buffer[at] = OPTION_NOP;
    buffer[at + 1] = OPTION_WINDOW_SCALE;
    buffer[at + 2] = 3;
    buffer[at + 3] = Math.min(fields.windowScale, MAX_WINDOW_SCALE);
    at += 4;
  }
  if (!syn && fields.sackCount > 0) at = writeSack(buffer, at, fields);
  return at - offset;
}

/** SACK-permitted is as long as the padding that timestamps need: it takes its place where both are wanted. */
function writeAlignedPair(
  buffer: Uint8Array,
  offset: number,
  fields: OptionFields,
  sackPermitted: boolean,
): number {
  let at = offset;
  if (!sackPermitted || !fields.hasTimestamps) {
    buffer[at] = OPTION_NOP;
    buffer[at + 1] = OPTION_NOP;
    at += 2;
  }
  if (sackPermitted) {
    buffer[at] = OPTION_SACK_PERMITTED;
    buffer[at + 1] = 2;
    at += 2;
  }
  if (!fields.hasTimestamps) return at;
  buffer[at] = OPTION_TIMESTAMPS;
  buffer[at + 1] = 10;
  writeUint32(buffer, at + 2, fields.tsVal);
  writeUint32(buffer, at + 6, fields.tsEcr);
  return at + 10;
}

function writeSack(buffer: Uint8Array, at: number, fields: OptionFields): number {
  const blocks = Math.min(fields.sackCount, sackBlocksThatFit(fields.hasTimestamps));
  buffer[at] = OPTION_NOP;
  buffer[at + 1] = OPTION_NOP;
  buffer[at + 2] = OPTION_SACK;
  buffer[at + 3] = 2 + 8 * blocks;
  for (let i = 0; i < 2 * blocks; i++) writeUint32(buffer, at + 4 + 4 * i, fields.sackBlocks[i]!);
  return at + 4 + 8 * blocks;
}
