/** The labels of arrows: which of their forms is written where, so that none lies over another. */
import { END, TRAIT } from './arrows.ts';
import { foldBoxes } from './foldBoxes.ts';
import { labelForms, troubleText } from './labels.ts';
import { type Box, Room } from './room.ts';
import { type Columns, type Line, lineOf, type Scene } from './scene.ts';

/** A label in its place: the box from its corner, px. */
export interface Chip extends Box {
  readonly text: string;
  /** Place of the arrow */
  readonly at: number;
  readonly kind: 'segment' | 'trouble';
  /** px; after it is room for how many more there are. */
  readonly textWidth: number;
  /** So many more arrows would have had their label here. */
  more: number;
}

export const CHIP_HEIGHT = 15;
/** Room left and right of the text. */
export const CHIP_PAD = 4;
/** From a post to the nearest label, and from a label to a cross. */
const OFF = 14;
/** Letters for `+12` after a label of a busy stretch. */
const MORE = 4;

/** Where on its line a label may be, near the sender first. */
const SHARES = [0, 0.5, 1];
/** With more arrows than these a label is there or nowhere, and so far (px) from others that arrows are seen between. */
const BUSY = 60;
const BUSY_APART = 12;

/** A line that falls by less than this share of its width has its label beside it. */
const FLAT = 0.05;
const ON_LINE: readonly number[] = [0];
const NOTHING: ReadonlyMap<number, number> = new Map();

/** The longest form is only for wide ladders, px between posts. */
const WIDE = 620;

/**
 * Labels for arrows (places, in order). What a person looks for comes first; where there is no room for a label it is
 * counted at the one that is in its way. `letter` is the width of a letter, px; `words` are boxes that have their room
 * already; `hidden` says how many arrows lie under one and are not drawn.
 */
export function chipsFor(
  scene: Scene,
  columns: Columns,
  visible: readonly number[],
  top: number,
  letter: number,
  words: readonly Box[] = [],
  hidden: ReadonlyMap<number, number> = NOTHING,
): Chip[] {
  const room = new Room<Box>();
  for (const box of words) room.take(box);
  for (const box of foldBoxes(scene.time, columns, top)) room.take(box);
  const chips: Chip[] = [];
  const keep = (chip: Chip): void => {
    room.take(chip);
    chips.push(chip);
  };
  const matters = visible.filter((at) => isLookedFor(scene, at));
  const others = visible.filter((at) => !isLookedFor(scene, at));
  for (const at of matters) {
    const trouble = troubleChip(scene, columns, at, top, letter, room);
    if (trouble !== undefined) keep(trouble);
  }
  const busy = visible.length > BUSY;
  for (const at of [...matters, ...others]) {
    const under = hidden.get(at) ?? 0;
    const { chip, taken } = segmentChip(scene, columns, at, top, letter, room, busy, under);
    if (chip !== undefined) keep(chip);
    else if (taken !== undefined) taken.more += 1 + under;
  }
  return chips;
}

function isLookedFor({ arrows }: Scene, at: number): boolean {
  const looked = TRAIT.timer | TRAIT.fast | TRAIT.control | TRAIT.corrupted | TRAIT.probe;
  return (arrows.traits.at(at) & looked) !== 0 || arrows.end.at(at) !== END.arrived;
}

/** A box is the label of an arrow that goes the same way. */
function goesAlong({ arrows }: Scene, at: number, box: Box): box is Chip {
  if (!('at' in box)) return false;
  const chip = box as Chip;
  if (chip.kind !== 'segment') return false;
  return arrows.from.at(chip.at) === arrows.from.at(at) && arrows.to.at(chip.at) === arrows.to.at(at);
}

const line: Line = { x0: 0, y0: 0, x1: 0, y1: 0 };

/** The segment's label on its line; or the label of another that goes the same way and has taken its room. */
function segmentChip(
  scene: Scene,
  columns: Columns,
  at: number,
  top: number,
  letter: number,
  room: Room<Box>,
  busy: boolean,
  under: number,
): { readonly chip?: Chip; readonly taken?: Chip } {
  lineOf(scene, columns, at, top, line);
  const length = Math.abs(line.x1 - line.x0);
  const forms = labelForms(scene.model, scene.arrows, at);
  const apart = busy ? BUSY_APART : 0;
  // On a line that hardly falls a label would hide all of it: it stands above, or below
  const beside = CHIP_HEIGHT / 2 + 3;
  const rises = Math.abs(line.y1 - line.y0) < FLAT * length ? [beside, -beside] : ON_LINE;
  let taken: Chip | undefined;
  for (const text of length > WIDE ? forms : forms.slice(forms.length > 1 ? 1 : 0)) {
    const textWidth = text.length * letter + 2 * CHIP_PAD;
    const width = textWidth + (busy || under > 0 ? MORE * letter : 0);
    const slack = length - width - 2 * OFF;
    if (slack < 0) continue;
    const places = (busy ? SHARES.slice(0, 1) : SHARES).flatMap((share) =>
      rises.map((rise) => [share, rise] as const),
    );
    for (const [share, rise] of places) {
      const x = alongLine(OFF + share * slack, width);
      const y = middleY(x + textWidth / 2) - rise - CHIP_HEIGHT / 2;
      const over = room.over({ x, y: y - apart, width, height: CHIP_HEIGHT + 2 * apart });
      const place = { x, y, width, height: CHIP_HEIGHT };
      if (over === undefined)
        return { chip: { ...place, text, textWidth, at, kind: 'segment', more: under } };
      if (goesAlong(scene, at, over)) taken ??= over;
    }
  }
  return taken === undefined ? {} : { taken };
}

/** Left edge of a label that begins so many px from where the line begins. */
function alongLine(off: number, width: number): number {
  return line.x1 > line.x0 ? line.x0 + off : line.x0 - off - width;
}

/** Height of the line at a place. */
function middleY(x: number): number {
  return line.y0 + ((line.y1 - line.y0) * (x - line.x0)) / (line.x1 - line.x0 || 1);
}

/** Why it came to nothing, beyond the cross, or before the head of one that the receiver dropped. */
function troubleChip(
  scene: Scene,
  columns: Columns,
  at: number,
  top: number,
  letter: number,
  room: Room<Box>,
): Chip | undefined {
  const text = troubleText(scene.model, scene.arrows, at);
  if (text === '') return undefined;
  lineOf(scene, columns, at, top, line);
  const width = text.length * letter + 2 * CHIP_PAD;
  const rightwards = line.x1 > line.x0;
  const beyond = scene.arrows.end.at(at) === END.lost;
  const x = rightwards === beyond ? line.x1 + OFF - 2 : line.x1 - OFF + 2 - width;
  const y = (beyond ? line.y1 : middleY(x + width / 2)) - CHIP_HEIGHT / 2;
  const chip: Chip = {
    ...{ x, y, width, height: CHIP_HEIGHT, text, textWidth: width, at },
    kind: 'trouble',
    more: 0,
  };
  return room.over(chip) === undefined ? chip : undefined;
}
