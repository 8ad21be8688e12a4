/** Learned models of TCP stacks: read files of words, and run them against this one. */
export { type ConformOptions, outputsOf, runWord, type WordResult } from './run.ts';
export {
  type Call,
  formatOutput,
  type Input,
  type Output,
  parseWords,
  type Reply,
  type Role,
  type Word,
  WordError,
} from './word.ts';
