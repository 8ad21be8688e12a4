/** A build of its own, as it lies in the package, in a folder where `statewire` can be imported: an old dist/ would test old code. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where it lies; call `remove` in the end. Types are checked elsewhere. */
export function buildPackage(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'statewire-built-'));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const out = join(folder, 'dist');
  const options = ['-p', join(root, 'tsconfig.build.json'), '--outDir', out, '--noCheck'];
  execFileSync(process.execPath, [tsc, ...options], { stdio: 'pipe' });
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

export { root };
