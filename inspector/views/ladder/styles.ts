/** How arrows look: colour and dash by what they are, never one without the other. */
import { type Arrows, END, TRAIT } from './arrows.ts';

export interface LineStyle {
  /** Of the theme */
  readonly colour: 'data' | 'ack' | 'resent';
  /** px */
  readonly width: number;
  readonly dash: readonly number[];
}

function both(width: number, dash: readonly number[]): LineStyle[] {
  return (['data', 'ack'] as const).map((colour) => ({ colour, width, dash }));
}

/** In the order in which they are drawn; two and two, to the right and to the left. */
export const STYLES: readonly LineStyle[] = [
  ...both(1, [1, 3]),
  ...both(1, []),
  ...both(1, [4, 3]),
  ...both(1.7, []),
  ...both(1.4, [2, 3]),
  { colour: 'resent', width: 1.9, dash: [7, 3] },
  { colour: 'resent', width: 1.9, dash: [7, 3] },
];

const ORDER = { untold: 0, plain: 2, duplicateAck: 4, data: 6, copy: 8, resent: 10 } as const;

/** Place of an arrow's style in `STYLES`. */
export function styleOf(arrows: Arrows, at: number): number {
  const traits = arrows.traits.at(at);
  const end = arrows.end.at(at);
  const left = arrows.to.at(at) < arrows.from.at(at) ? 1 : 0;
  if ((traits & (TRAIT.timer | TRAIT.fast)) !== 0) return ORDER.resent + left;
  if (end === END.untold || (traits & TRAIT.unsent) !== 0) return ORDER.untold + left;
  if ((traits & TRAIT.copy) !== 0) return ORDER.copy + left;
  if ((traits & TRAIT.duplicateAck) !== 0) return ORDER.duplicateAck + left;
  return ((traits & (TRAIT.data | TRAIT.control)) !== 0 ? ORDER.data : ORDER.plain) + left;
}
