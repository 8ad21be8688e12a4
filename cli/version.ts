/** The product's version, from package.json: beside cli/ in the sources, one folder higher in dist/. */
import { readFileSync } from 'node:fs';

function read(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
      if (name === 'statewire') return version;
    } catch {
      // Not there: the other place.
    }
  }
  return 'unknown';
}

export const version: string = read();
