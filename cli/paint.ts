/** Colours for a terminal, and how wide it is taken to be. */
import { styleText } from 'node:util';
import type { LadderRole } from '../src/trace/ladder.ts';
import type { Io } from './io.ts';

/** Columns where stdout is no terminal. */
const WIDTH = 100;
/** Wider than this a ladder's arrows only get longer. */
const WIDEST = 120;

type Format = Parameters<typeof styleText>[0];

/** What a piece of text is: the ladder's roles, and those of tables. */
export type Role = LadderRole | 'heading' | 'good' | 'bad' | 'faint';

const FORMATS: Readonly<Record<Role, Format | undefined>> = {
  time: 'gray',
  frame: 'gray',
  state: ['bold', 'cyan'],
  segment: undefined,
  resent: 'yellow',
  trouble: 'red',
  late: 'magenta',
  payload: 'green',
  app: 'bold',
  heading: 'bold',
  good: 'green',
  bad: ['bold', 'red'],
  faint: 'gray',
};

export type Paint = (text: string, role: Role) => string;

/** How to colour text for this stdout; not at all when it takes no colour. */
export function paintFor(io: Io): Paint {
  if (!io.color) return (text) => text;
  return (text, role) => {
    const format = FORMATS[role];
    return format === undefined || text === '' ? text : styleText(format, text, { validateStream: false });
  };
}

/** Columns to draw in. */
export function widthOf(io: Io): number {
  return Math.min(io.columns ?? WIDTH, WIDEST);
}
