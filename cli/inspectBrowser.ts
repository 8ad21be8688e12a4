/** Opens the user's browser, as the machine does it. */
import { spawn } from 'node:child_process';
import type { Io } from './io.ts';

function commandFor(url: string): readonly [string, ...string[]] {
  switch (process.platform) {
    case 'darwin':
      return ['open', url];
    case 'win32':
      return ['rundll32', 'url.dll,FileProtocolHandler', url];
    default:
      return ['xdg-open', url];
  }
}

/** Where there is none, that is said and no error. */
export function openBrowser(url: string, io: Io): void {
  const [command, ...argv] = commandFor(url);
  const child = spawn(command, argv, { stdio: 'ignore', detached: true });
  child.on('error', () => io.err(`statewire: --open: there is no ${command} here; open ${url}\n`));
  child.unref();
}
