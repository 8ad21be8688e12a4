/** Other people's programs that some tests compare us with. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'vitest';

/** Where a program is, or undefined. */
export function findTool(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/**
 * The path of a program that a test cannot do without: `requireTool('tshark', context)`. Where it is missing the test
 * is skipped, saying so; but in CI, which must have it, the test fails.
 */
export function requireTool(name: string, context: TestContext): string {
  const path = findTool(name);
  if (path !== undefined) return path;
  const reason = `${name} is not installed`;
  if (process.env.CI) throw new Error(`${reason}: CI must have it (Debian: apt-get install ${name})`);
  console.warn(`skipped: ${context.task.name}: ${reason}`);
  return context.skip(reason);
}
