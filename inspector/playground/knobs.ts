/**
 * The link's values as sliders show them: units people think in, what a slider spans, and what the profile has where
 * nothing is set. It decides texts and steps; what values mean is `src/app/linkSettings.ts`. No DOM.
 */
import type { Pair } from '../../src/app/linkSettings.ts';
import type { PlaygroundSettings } from '../../src/app/playgroundSettings.ts';
import { type DirectionConfig, profileNamed } from '../../src/channel/profiles.ts';

export type KnobName =
  | 'loss'
  | 'corrupt'
  | 'duplicate'
  | 'reorder'
  | 'delay'
  | 'jitter'
  | 'rate'
  | 'queue'
  | 'ecnThreshold';

export interface Knob {
  readonly name: KnobName;
  readonly label: string;
  readonly unit: string;
  /** Values on the slider, from left to right, in the core's unit. */
  readonly stops: readonly number[];
  /** The core's value as a number of the unit, and back. */
  readonly scale: number;
  /** Whole numbers only, in the core's unit. */
  readonly whole: boolean;
  /** What a profile's direction has; undefined for no limit. */
  readonly own: (direction: DirectionConfig) => number | undefined;
}

const SHARES = [
  0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1,
];
const TIMES = [0, 0.1, 0.5, 1, 2, 5, 10, 20, 30, 50, 80, 100, 150, 200, 300, 500, 1000, 2000].map(
  (ms) => ms * 1000,
);
const RATES = [1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 2e7, 5e7, 1e8, 1e9];
const QUEUES = [1, 2, 3, 5, 8, 10, 15, 20, 30, 50, 100, 200, 500, 1000];

function share(name: KnobName, label: string, own: Knob['own']): Knob {
  return { name, label, unit: '%', stops: SHARES, scale: 0.01, whole: false, own };
}

function time(name: KnobName, label: string, own: Knob['own']): Knob {
  return { name, label, unit: 'ms', stops: TIMES, scale: 1000, whole: true, own };
}

export const KNOBS: readonly Knob[] = [
  share('loss', 'Loss', ({ loss }) => loss ?? 0),
  share('corrupt', 'Corruption', ({ corrupt }) => corrupt ?? 0),
  share('duplicate', 'Duplication', ({ duplicate }) => duplicate ?? 0),
  share('reorder', 'Reordering', ({ reorder }) => reorder?.probability ?? 0),
  time('delay', 'Delay', ({ delay }) => delay ?? 0),
  time('jitter', 'Jitter', ({ jitter }) => (typeof jitter === 'number' ? jitter : 0)),
  {
    name: 'rate',
    label: 'Rate',
    unit: 'Mbit/s',
    stops: RATES,
    scale: 1_000_000,
    whole: true,
    own: ({ rate }) => rate,
  },
  {
    name: 'queue',
    label: 'Queue',
    unit: 'packets',
    stops: QUEUES,
    scale: 1,
    whole: true,
    own: ({ queue }) => queue,
  },
  {
    name: 'ecnThreshold',
    label: 'ECN above',
    unit: 'packets',
    stops: [0, ...QUEUES],
    scale: 1,
    whole: true,
    own: ({ ecnThreshold }) => ecnThreshold,
  },
];

/** What holds, client to server and back; undefined for no limit. */
export function valuesOf(
  knob: Knob,
  settings: PlaygroundSettings,
): readonly [number | undefined, number | undefined] {
  const { forward, backward } = profileNamed(settings.profile).link;
  return settings[knob.name] ?? [knob.own(forward), knob.own(backward)];
}

/** A value as a text for its box. */
export function textOf(knob: Knob, value: number | undefined): string {
  return value === undefined ? '' : String(+(value / knob.scale).toPrecision(12));
}

/** A text of its box as a value in the core's unit; undefined for what is no number. */
export function valueIn(knob: Knob, text: string): number | undefined {
  if (text.trim() === '') return undefined;
  const value = +(Number(text) * knob.scale).toPrecision(12);
  if (!Number.isFinite(value)) return undefined;
  return knob.whole ? Math.round(value) : value;
}

/** The place on the slider that is nearest to a value; the last for no limit. */
export function placeOf({ stops }: Knob, value: number | undefined): number {
  if (value === undefined) return stops.length - 1;
  let nearest = 0;
  for (const [i, stop] of stops.entries())
    if (Math.abs(stop - value) < Math.abs(stops[nearest]! - value)) nearest = i;
  return nearest;
}

/** A pair in which one way, or both, have another value. The way that has no limit gets the value as well. */
export function changedPair(
  [there, back]: readonly [number | undefined, number | undefined],
  way: 0 | 1 | 'both',
  value: number,
): Pair {
  if (way === 'both') return [value, value];
  return way === 0 ? [value, back ?? value] : [there ?? value, value];
}
