/** `statewire conform`: the words of a learned model, run against the stack. */
import { createReadStream } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import {
  formatOutput,
  parseWords,
  type Role,
  runWord,
  type Word,
  type WordResult,
} from '../src/conform/index.ts';
import { type StackName, stacks } from '../src/tcp/config.ts';
import { EXIT, Failure } from './failure.ts';
import type { Io } from './io.ts';

/** Some word failed. */
const FAILED = 1;
/** Bytes; a larger file is refused. */
const LARGEST_FILE = 1 << 24;
/** So many words are run before others may have a turn. */
const SLICE = 50;

const EXAMPLES = `
Examples:
  statewire conform client.tsv --role client
  statewire conform server.tsv --role server --stack freebsd
  statewire conform client.tsv --role client --json | jq 'select(.passed == false)'

A line of the file is a word: what happens, and after a tab the first segment that each input must bring:
  CONNECT SYN+ACK(V,V,0) CLOSE	SYN(FRESH,ZERO,0) ACK(NEXT,NEXT,0) ACK+FIN(NEXT,CURRENT,0)

Exit codes: 0 every word passes, 1 some do not, 2 usage, or a file that cannot be read.`;

interface Flags {
  readonly role: Role;
  readonly stack: StackName;
  readonly json?: true;
}

/** Adds the command; `done` is told the exit code. */
export function addConform(program: Command, io: Io, done: (code: number) => void): void {
  program
    .command('conform')
    .summary('the words of a learned model of TCP, run against the stack')
    .description(
      'Runs a file of words, as model learners make them from real TCP stacks, against this one, and tells which ' +
        'words it answers otherwise. Each word has a host of its own, on which no time passes.',
    )
    .argument('<file>', 'words and their outputs, one a line')
    .addOption(
      new Option('--role <role>', 'whose model it is').choices(['client', 'server']).makeOptionMandatory(),
    )
    .addOption(
      new Option('--stack <stack>', 'what the stack assumes').choices(Object.keys(stacks)).default('linux'),
    )
    .option('--json', 'JSON lines: each word, then the summary')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, flags: Flags) => {
      done(await conform(file, flags, io));
    });
}

async function conform(file: string, flags: Flags, io: Io): Promise<number> {
  const words = wordsOf(await readText(file), flags.role, file);
  let passed = 0;
  for (let i = 0; i < words.length; i++) {
    if (i % SLICE === 0) {
      await breathe();
      if (io.stop.aborted) return io.stop.reason as number;
      if (io.unread) return EXIT.fine;
    }
    const result = runWord(words[i] as Word, { stack: flags.stack });
    if (result.failed === undefined) passed += 1;
    tell(result, flags, io);
  }
  summarize(passed, words.length, flags, io);
  return passed === words.length ? EXIT.fine : FAILED;
}

function wordsOf(text: string, role: Role, file: string): Word[] {
  try {
    return parseWords(text, role);
  } catch (error) {
    throw new Failure(EXIT.usage, `${file}: ${(error as Error).message}`);
  }
}

/** No more of the file than is allowed, whatever kind of file it is. */
async function readText(file: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of createReadStream(file, { end: LARGEST_FILE })) {
      chunks.push(chunk);
      size += chunk.length;
    }
  } catch (error) {
    throw new Failure(EXIT.usage, `cannot read ${file}: ${(error as Error).message}`);
  }
  if (size > LARGEST_FILE) throw new Failure(EXIT.usage, `${file}: larger than ${LARGEST_FILE} bytes`);
  return Buffer.concat(chunks).toString('utf8');
}

function tell({ word, outputs, failed }: WordResult, { json }: Flags, io: Io): void {
  const inputs = word.inputs.map(({ text }) => text);
  if (json) {
    const record = {
      statewire: 1,
      kind: 'word',
      line: word.line,
      inputs,
      outputs: outputs.map(formatOutput),
    };
    const wanted = word.outputs.map(formatOutput);
    const verdict =
      failed === undefined ? { passed: true } : { passed: false, step: failed + 1, expected: wanted };
    io.out(`${JSON.stringify({ ...record, ...verdict })}\n`);
  } else if (failed !== undefined) {
    const [expected, got] = [word.outputs, outputs].map((list) => formatOutput(list[failed]!));
    const step = `step ${failed + 1}, ${inputs[failed]}`;
    io.out(`line ${word.line}: ${inputs.join(' ')}: ${step}: expected ${expected}, got ${got}\n`);
  }
}

function summarize(passed: number, total: number, { role, stack, json }: Flags, io: Io): void {
  if (json) {
    const record = {
      statewire: 1,
      kind: 'summary',
      role,
      stack,
      words: total,
      passed,
      failed: total - passed,
    };
    io.out(`${JSON.stringify(record)}\n`);
  } else {
    io.out(`${passed} of ${total} words pass (${role}, stack ${stack})\n`);
  }
}
