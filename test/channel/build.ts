/** The source as JavaScript in a folder of its own: threads and processes that tests start cannot read TypeScript. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export class Build {
  #folder = '';

  get dist(): string {
    return join(this.#folder, 'dist');
  }

  /** Types are checked elsewhere. */
  make(): void {
    this.#folder = mkdtempSync(join(tmpdir(), 'statewire-channel-'));
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = ['-p', join(root, 'tsconfig.build.json'), '--outDir', this.dist, '--noCheck'];
    execFileSync(process.execPath, [tsc, ...options], { stdio: 'pipe' });
    writeFileSync(join(this.#folder, 'package.json'), '{ "type": "module" }');
    symlinkSync(join(root, 'node_modules'), join(this.#folder, 'node_modules'), 'junction');
  }

  /** Puts a script beside it, whose imports begin with `./dist/`; returns its path. */
  script(name: string, text: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, text);
    return path;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
