/** `statewire packetdrill`: scripts of packetdrill, played against the stack in virtual time. */
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setImmediate as breathe } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import {
  type Outcome,
  type PlayOptions,
  type Profile,
  playText,
  profiles,
  relaxations,
  type Verdict,
} from '../src/packetdrill/index.ts';
import { EXIT, Failure } from './failure.ts';
import { listFlag } from './flag.ts';
import type { Io } from './io.ts';
import { paintFor, type Role } from './paint.ts';

/** Some script failed. */
const FAILED = 1;
/** None failed, but some ask for what there is not. */
const UNSUPPORTED = 7;
/** Bytes; a larger file is refused. */
const LARGEST_FILE = 1 << 22;
/** So many scripts are played before others may have a turn, and before progress is told. */
const SLICE = 20;

const EXAMPLES = `
Examples:
  statewire packetdrill handshake.pkt
  statewire packetdrill tests/ --profile freebsd -D FreeBSD
  statewire packetdrill ours.pkt --profile rfc --strict
  echo '0 < . 1:1(0) ack 1 win 9
  +0 > R 1:1(0)' | statewire packetdrill -

What --strict switches off: ${relaxations.join(', ')}, and the tolerance of times. It also asserts
silence: the stack sends nothing that the script does not say.

Exit codes: 0 all pass, 1 some fail, 2 usage or a script that cannot be read, 7 some ask for what there is not.`;

interface Flags {
  readonly profile?: Profile;
  readonly define: readonly (readonly [string, string])[];
  readonly strict?: true;
  readonly verbose?: true;
  readonly json?: true;
}

/** Adds the command; `done` is told the exit code. */
export function addPacketdrill(program: Command, io: Io, done: (code: number) => void): void {
  program
    .command('packetdrill')
    .summary('scripts of packetdrill, played against the stack')
    .description(
      "Plays scripts in packetdrill's language, Google's dialect or nplab's, against the stack: in virtual time, " +
        'without root, without a network. Commands in a script are read for what they ask and never executed.',
    )
    .argument('<file...>', 'scripts; folders are searched for *.pkt, - is stdin')
    .addOption(
      new Option(
        '--profile <system>',
        'what the scripts assume of a system; default: as their commands suggest',
      ).choices(Object.keys(profiles)),
    )
    .addOption(
      listFlag(
        '-D, --define <name>',
        'NAME for #ifdef, or NAME=VALUE to stand for it; again for more',
        parseDefinition,
      ),
    )
    .option('--strict', 'to the letter and to the microsecond, and nothing else may be sent')
    .option('--verbose', 'every script, with its packets')
    .option('--json', 'JSON lines: each script, then the summary')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], flags: Flags) => {
      done(await packetdrill(files, flags, io));
    });
}

function parseDefinition(text: string): [string, string] {
  const [, name, value = ''] = /^([A-Za-z_]\w*)(?:=(.{0,1000}))?$/.exec(text) ?? [];
  if (name === undefined) throw new RangeError(`expected NAME or NAME=VALUE, not '${text}'`);
  return [name, value];
}

async function packetdrill(files: readonly string[], flags: Flags, io: Io): Promise<number> {
  const { profile, strict = false } = flags;
  const definitions = new Map(flags.define);
  const options: PlayOptions = { definitions, strict, ...(profile === undefined ? {} : { profile }) };
  const names = files.flatMap(scriptsIn);
  const count: Record<Outcome, number> = { passed: 0, failed: 0, unsupported: 0, unreadable: 0 };
  const progress = new Progress(names.length, io);
  for (let i = 0; i < names.length; i++) {
    if (i % SLICE === 0) {
      progress.tell(i);
      await breathe();
      if (io.stop.aborted) return io.stop.reason as number;
      if (io.unread) return EXIT.fine;
    }
    const name = names[i] as string;
    const verdict = playText(await readText(name, io), name === '-' ? 'stdin' : name, options);
    count[verdict.outcome] += 1;
    progress.clear();
    tell(verdict, flags, io);
  }
  progress.clear();
  summarize(count, names.length, flags, io);
  return codeOf(count);
}

function codeOf(count: Readonly<Record<Outcome, number>>): number {
  if (count.unreadable > 0) return EXIT.usage;
  if (count.failed > 0) return FAILED;
  return count.unsupported > 0 ? UNSUPPORTED : EXIT.fine;
}

/** A file itself; in a folder all scripts, however deep, in order. Links are not followed. */
function scriptsIn(path: string): string[] {
  if (path === '-') return [path];
  try {
    if (!statSync(path).isDirectory()) return [path];
    const found = readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.pkt'))
      .map((entry) => join(entry.parentPath, entry.name));
    if (found.length > 0) return found.sort();
  } catch (error) {
    throw new Failure(EXIT.usage, `cannot read ${path}: ${(error as Error).message}`);
  }
  throw new Failure(EXIT.usage, `no *.pkt in ${path}`);
}

/** No more of the file than is allowed, whatever kind of file it is. */
async function readText(name: string, io: Io): Promise<string> {
  const stream: Readable = name === '-' ? io.input : createReadStream(name, { end: LARGEST_FILE });
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk);
      chunks.push(bytes);
      size += bytes.length;
      if (size > LARGEST_FILE) break;
    }
  } catch (error) {
    throw new Failure(EXIT.usage, `cannot read ${name}: ${(error as Error).message}`);
  }
  if (size > LARGEST_FILE) throw new Failure(EXIT.usage, `${name}: larger than ${LARGEST_FILE} bytes`);
  return Buffer.concat(chunks).toString('utf8');
}

/** How far many scripts are, where somebody watches stderr. */
class Progress {
  readonly #total: number;
  readonly #io: Io;
  #shown = false;

  constructor(total: number, io: Io) {
    this.#total = total;
    this.#io = io;
  }

  tell(played: number): void {
    if (!this.#io.liveErr || this.#total <= SLICE) return;
    this.#io.err(`\r${played} of ${this.#total} scripts\u001b[K`);
    this.#shown = true;
  }

  /** Before something else is written. */
  clear(): void {
    if (this.#shown) this.#io.err('\r\u001b[K');
    this.#shown = false;
  }
}

/** A script is somebody else's text: nothing in it may speak to the terminal. */
function printable(text: string): string {
  return text.replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}

const WORDS: Readonly<Record<Outcome, readonly [string, Role]>> = {
  passed: ['passed', 'good'],
  failed: ['FAILED', 'bad'],
  unsupported: ['skipped', 'resent'],
  unreadable: ['ERROR', 'bad'],
};

function tell(verdict: Verdict, { json, verbose }: Flags, io: Io): void {
  if (json) {
    io.out(`${JSON.stringify({ statewire: 1, kind: 'script', ...verdict })}\n`);
    return;
  }
  const { name, outcome, profile, report, time = 0, packets = [], ignored = [] } = verdict;
  if (outcome === 'passed' && !verbose) return;
  const [word, role] = WORDS[outcome];
  const facts = `${name}: profile ${profile}, ${(time / 1_000_000).toFixed(6)} s`;
  const lines = [
    `${paintFor(io)(word, role)}  ${printable(report ?? facts)}`,
    ...packets.map(printable),
    ...ignored.map((text) => `  ignored: ${printable(text)}`),
  ];
  io.out(`${lines.join('\n')}\n`);
}

function summarize(count: Readonly<Record<Outcome, number>>, scripts: number, flags: Flags, io: Io): void {
  if (flags.json) {
    io.out(`${JSON.stringify({ statewire: 1, kind: 'summary', scripts, ...count })}\n`);
    return;
  }
  const parts = Object.entries(count).filter(([outcome, some]) => some > 0 || outcome === 'passed');
  const text = parts.map(([outcome, some]) => `${some} ${outcome}`).join(', ');
  io.out(`${scripts} ${scripts === 1 ? 'script' : 'scripts'}: ${text}\n`);
}
