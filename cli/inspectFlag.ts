/** `--inspect` of the programs that run. */
import type { Option } from 'commander';
import { flag, wholeNumber } from './flag.ts';
import type { LiveInspector } from './inspectLive.ts';
import type { Io } from './io.ts';

/** 0: any port that is free. */
export function parseInspectPort(text: string): number {
  return wholeNumber(text, 0, 65_535, 'a port');
}

export function inspectFlag(): Option {
  return flag(
    '--inspect [port]',
    'show it in the browser while it runs (default: a port that is free)',
    parseInspectPort,
  ).preset('0');
}

/** The inspector of `--inspect`; none without it, and its server is not even loaded. See `LiveInspector.open`. */
export async function openLive(port: number | undefined, io: Io): Promise<LiveInspector | undefined> {
  if (port === undefined) return undefined;
  return (await import('./inspectLive.ts')).LiveInspector.open(port, io);
}
