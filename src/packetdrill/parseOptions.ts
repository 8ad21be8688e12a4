/** Reads the options of a packet, between `<` and `>`. */
import type { Scanner } from './scanner.ts';
import type { ScriptOption } from './script.ts';

/** IANA's numbers of those that are sent as plain bytes. */
const OPTION_MD5 = 19;
const OPTION_FAST_OPEN = 34;
const OPTION_EXPERIMENT = 254;
/** RFC 7413 section 4.1.1, the experimental kind's identifier. */
const FAST_OPEN_EXPERIMENT = [0xf9, 0x89];
const MD5_LENGTH = 16;

/** What follows `<`, its `>` included; undefined for `<...>`. */
export function parseOptions(scanner: Scanner): ScriptOption[] | undefined {
  if (scanner.take('...')) {
    scanner.expect('>', "after '...'");
    return undefined;
  }
  const options: ScriptOption[] = [];
  if (scanner.take('>')) return options;
  do options.push(parseOption(scanner));
  while (scanner.take(','));
  scanner.expect('>', 'or a comma after an option');
  return options;
}

function parseOption(scanner: Scanner): ScriptOption {
  const start = scanner.at;
  const name = scanner.match(/[A-Za-z][A-Za-z0-9-]*/y);
  if (name === 'nop' || name === 'eol') return { kind: name };
  if (name === 'sackOK') return { kind: 'sackOK' };
  if (name === 'mss') return { kind: 'mss', value: scanner.expectInteger('a segment size', 0, 65_535) };
  if (name === 'wscale') return { kind: 'wscale', value: scanner.expectInteger('a shift', 0, 255) };
  if (name === 'sack') return { kind: 'sack', blocks: parseBlocks(scanner) };
  if (name === 'TS') return parseTimestamps(scanner);
  if (name === 'md5' || name === 'FO' || name === 'FOEXP') return parseBytes(scanner, name);
  if (name === undefined) scanner.fail(`expected a TCP option, found ${scanner.next}`, start);
  // AccECN's, Multipath TCP's, experimental ones: whatever they are, they end where the next one begins.
  scanner.match(/[^,<>\n]*/y);
  return { kind: 'unsupported', name };
}

function raw(name: string, number: number, bytes: Uint8Array): ScriptOption {
  return { kind: 'raw', name, number, bytes };
}

function parseBlocks(scanner: Scanner): [number, number][] {
  const blocks: [number, number][] = [];
  for (let left = scanner.integer(); left !== undefined; left = scanner.integer()) {
    scanner.expect(':', 'between the edges of a SACK block');
    blocks.push([left, scanner.expectInteger('the right edge of a SACK block')]);
  }
  if (blocks.length === 0) scanner.fail(`expected a SACK block, found ${scanner.next}`);
  if (blocks.length > 4) scanner.fail('more than four SACK blocks');
  return blocks;
}

function parseTimestamps(scanner: Scanner): ScriptOption {
  if (!scanner.keyword('val')) scanner.fail(`expected 'val' after TS, found ${scanner.next}`);
  const val = scanner.take('...') ? undefined : scanner.expectInteger('a timestamp');
  if (!scanner.keyword('ecr')) scanner.fail(`expected 'ecr' after TS val, found ${scanner.next}`);
  const ecr = scanner.expectInteger('an echoed timestamp');
  return { kind: 'TS', val, ecr, ecrAbsolute: scanner.take('!') };
}

/** Options whose bytes are given, or a name for them that -D has not defined. */
function parseBytes(scanner: Scanner, name: 'md5' | 'FO' | 'FOEXP'): ScriptOption {
  const given = parseHex(scanner);
  const named = scanner.match(/[^,<>\s]+/y);
  if (named !== undefined) return { kind: 'unsupported', name: `${name} ${named}` };
  if (name === 'FO') return raw(name, OPTION_FAST_OPEN, given);
  if (name === 'FOEXP') {
    return raw(name, OPTION_EXPERIMENT, Uint8Array.of(...FAST_OPEN_EXPERIMENT, ...given));
  }
  const bytes = new Uint8Array(MD5_LENGTH);
  bytes.set(given.subarray(0, MD5_LENGTH));
  return raw(name, OPTION_MD5, bytes);
}

function parseHex(scanner: Scanner): Uint8Array {
  const text = scanner.match(/(?:0x)?(?:[0-9a-fA-F]{2})+/y)?.replace(/^0x/, '') ?? '';
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
