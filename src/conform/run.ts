/** Runs words against the stack: each on a host of its own, on which no time passes. */
import type { Engine } from '../chart/chart.ts';
import { compiledEngine } from '../chart/compiled.ts';
import type { StackName } from '../tcp/config.ts';
import { Random } from '../time/random.ts';
import { Registers } from './registers.ts';
import { Sockets } from './sockets.ts';
import { agrees, type Input, type Output, type Word } from './word.ts';

export interface ConformOptions {
  /** `linux` unless given. */
  readonly stack?: StackName;
  /** The compiled one unless given. */
  readonly engine?: Engine;
  /** Of all numbers that are drawn; 1 unless given. */
  readonly seed?: number;
}

/** What came of a word. */
export interface WordResult {
  readonly word: Word;
  /** One output for each input. */
  readonly outputs: readonly Output[];
  /** Place of the first output that is another than expected, from 0; undefined when the word passes. */
  readonly failed: number | undefined;
}

/** Runs one word. */
export function runWord(word: Word, options: ConformOptions = {}): WordResult {
  const outputs = outputsOf(word.inputs, options);
  const at = outputs.findIndex((output, i) => !agrees(word.outputs[i] as Output, output));
  return { word, outputs, failed: at < 0 ? undefined : at };
}

/** What the stack answers to each of these inputs. */
export function outputsOf(inputs: readonly Input[], options: ConformOptions = {}): Output[] {
  const { stack = 'linux', engine = compiledEngine, seed = 1 } = options;
  const random = new Random(seed);
  const registers = new Registers(random.fork('tester'));
  const sockets = new Sockets(engine, stack, random.fork('stack'));
  return inputs.map(({ what }) => {
    if (typeof what === 'string') sockets.call(what);
    else sockets.receive(what, registers.make(what));
    const reply = sockets.take();
    if (reply !== undefined) return registers.read(reply);
    registers.timeout();
    return 'TIMEOUT';
  });
}
