/** Makes a folder and those above it. Node's own way of doing that never ends where a file system lets none be made. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** @throws {Error} with the system's code, when one of them cannot be made */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.push(at);
  for (const folder of missing.reverse()) makeOne(folder);
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process was quicker
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
