/** `--inspect` of the programs that run. */
import type { Option } from 'commander';
import { flag, wholeNumber } from './flag.ts';

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
