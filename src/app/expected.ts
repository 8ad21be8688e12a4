/** The right answers to commands of the user's: from the dictionary itself, without any network. */
import { execute, MemoryStore } from './keyValue.ts';
import type { Expectation } from './seven.ts';

/** What an empty dictionary answers to commands given one after the other. */
export function expected(commands: readonly string[]): readonly Expectation[] {
  const store = new MemoryStore();
  return commands.map((command) => ({ command, answer: execute(store, command) }));
}
