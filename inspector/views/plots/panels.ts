/** The plots: which lines each has, in which units, and what is drawn of them in a stretch of time. No DOM. */
import { tickStep } from '../../draw/ticks.ts';
import type { ConnectionRef } from '../../model/conversations.ts';
import { timeText } from '../../model/label.ts';
import type { Series } from '../../model/series.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';
import { changesUpTo, type Lines, largest, stepLines } from './lines.ts';
import { rateLines } from './rates.ts';
import { firstFrom, type RttSample, samplesOf, visibleSamples } from './rttSamples.ts';

export type PanelId = 'windows' | 'times' | 'rates';

/** A line or dots. `colour` is a name of the style sheet's. */
export interface PlotLine {
  readonly label: string;
  readonly colour: string;
  /** `box`: the area under it is filled. */
  readonly shape: 'line' | 'dashes' | 'dots' | 'disc' | 'ring' | 'box';
  readonly dash: readonly number[];
  readonly width: number;
}

export interface PanelAbout {
  readonly id: PanelId;
  readonly title: string;
  readonly lines: readonly PlotLine[];
}

const solid = { shape: 'line', dash: [], width: 1.8 } as const;
const dashed = { shape: 'dashes', dash: [6, 4], width: 1.5 } as const;
const dotted = { shape: 'dots', dash: [2, 3], width: 1.5 } as const;

export const PANELS: readonly PanelAbout[] = [
  {
    id: 'windows',
    title: 'Windows',
    lines: [
      { label: 'cwnd', colour: 'data', ...solid },
      { label: 'ssthresh', colour: 'lost', ...dashed },
      { label: 'flight', colour: 'ack', ...solid, shape: 'box', width: 1 },
      { label: "peer's window", colour: 'window', ...dotted },
    ],
  },
  {
    id: 'times',
    title: 'Round-trip times',
    lines: [
      { label: 'SRTT', colour: 'data', ...solid },
      { label: 'RTO', colour: 'resent', ...dashed },
      { label: 'sample', colour: 'ack', shape: 'disc', dash: [], width: 0 },
      { label: "refused (Karn's rule)", colour: 'lost', shape: 'ring', dash: [], width: 0 },
    ],
  },
  {
    id: 'rates',
    title: 'Rates',
    lines: [
      { label: 'sent', colour: 'resent', ...dashed },
      { label: 'acknowledged', colour: 'ack', ...solid },
      { label: 'pacing rate', colour: 'data', ...dotted },
      { label: 'delivery rate', colour: 'sack', ...solid, width: 1.2 },
    ],
  },
];

/** The panels of a connection: of one whose segments do not leave at a rate there are no such lines. */
export function panelsOf({ series, words }: TraceModel, ref: ConnectionRef): readonly PanelAbout[] {
  const paced = series.find(ref.endId, ref.connection, words.find('pacingRate') ?? NONE);
  if (paced !== undefined) return PANELS;
  return PANELS.map((about) =>
    about.id === 'rates' ? { ...about, lines: about.lines.slice(0, OWN_RATES) } : about,
  );
}

/** Rates that every connection has. */
const OWN_RATES = 2;

/** Variables of the panels' lines, those that are variables. */
const VARIABLES: Readonly<Record<PanelId, readonly string[]>> = {
  windows: ['cwnd', 'ssthresh', 'flight', 'snd.wnd'],
  times: ['srtt', 'rto'],
  rates: [],
};

/** No slow start threshold yet: it is not drawn. */
const UNLIMITED = 2 ** 31 - 1;

export interface PanelData {
  readonly lines: Lines;
  /** Ends of the value axis. */
  readonly range: readonly [number, number];
  /** The value axis is logarithmic. */
  readonly log: boolean;
  /** Samples that are drawn, of the panel that has them. */
  readonly samples: readonly RttSample[];
  /** Length of the intervals of rates, us. */
  readonly interval: number;
}

export interface PanelQuestion {
  readonly model: TraceModel;
  readonly ref: ConnectionRef;
  readonly span: readonly [number, number];
  /** px */
  readonly columns: number;
  /** Bytes in a unit of windows: 1, or the segment size. */
  readonly unit: number;
}

/** What a panel draws. */
export function panelData(id: PanelId, question: PanelQuestion): PanelData {
  if (id === 'rates') return ratesData(question);
  return id === 'times' ? timesData(question) : windowsData(question);
}

/** Series of a panel's variables. */
export function seriesOf(
  { series, words }: TraceModel,
  ref: ConnectionRef,
  id: PanelId,
): (Series | undefined)[] {
  return VARIABLES[id].map((name) => series.find(ref.endId, ref.connection, words.find(name) ?? NONE));
}

function windowsData({ model, ref, span, columns, unit }: PanelQuestion): PanelData {
  const all = seriesOf(model, ref, 'windows');
  const lines = stepLines(model.events, all, span, columns, (value) =>
    value >= UNLIMITED ? null : value / unit,
  );
  const [cwnd, ssthresh, flight, peer] = lines.values;
  // What is far above cwnd and flight would press them to the ground: it leaves the plot at the top.
  const own = Math.max(largest([cwnd!, flight!]), 1);
  const most = Math.max(own, ...[largest([ssthresh!]), largest([peer!])].filter((value) => value <= 2 * own));
  return { lines, range: [0, most * 1.08], log: false, samples: [], interval: 0 };
}

function timesData({ model, ref, span, columns }: PanelQuestion): PanelData {
  const all = seriesOf(model, ref, 'times');
  const variables = stepLines(model.events, all, span, columns, (value) => (value === 0 ? null : value));
  const samples = visibleSamples(samplesOf(model, ref), span, columns);
  const lines = withSamples(variables, samples);
  const values = lines.values.flat().filter((value) => value !== null && value > 0) as number[];
  const most = values.reduce((one, other) => Math.max(one, other), 1);
  const least = values.reduce((one, other) => Math.min(one, other), most);
  const log = most > 8 * least;
  return { lines, range: log ? [least * 0.7, most * 1.4] : [0, most * 1.08], log, samples, interval: 0 };
}

/** The times of the samples among the others; between changes a variable keeps its value. */
function withSamples({ times, values }: Lines, samples: readonly RttSample[]): Lines {
  const all: number[] = [];
  const out: (number | null)[][] = [...values.map(() => []), [], []];
  let [i, j] = [0, 0];
  while (i < times.length || j < samples.length) {
    const sample = samples[j];
    const t = Math.min(times[i] ?? Number.POSITIVE_INFINITY, sample?.t ?? Number.POSITIVE_INFINITY);
    if (times[i] === t) i += 1;
    const taken = sample !== undefined && sample.t === t;
    if (taken) j += 1;
    all.push(t);
    values.forEach((line, k) => {
      out[k]!.push(i === 0 ? null : line[i - 1]!);
    });
    out[values.length]!.push(taken && !sample.refused ? sample.rtt : null);
    out[values.length + 1]!.push(taken && sample.refused ? sample.rtt : null);
  }
  return { times: all, values: out };
}

/** px of one interval. */
const INTERVAL = 8;

function ratesData({ model, ref, span, columns }: PanelQuestion): PanelData {
  const [from, to] = span;
  const interval = Math.max(1000, tickStep(to - from, columns / INTERVAL));
  const lines = rateLines(model, ref, span, interval);
  const [sent, acked, pacing = [], delivery = []] = lines.values;
  const own = Math.max(1, largest([sent!, acked!, delivery]));
  // A rate that nothing comes near, as before the first round trip is known, leaves the plot at the top
  const most = largest([pacing.map((value) => (value !== null && value <= 2 * own ? value : null)), [own]]);
  return { lines, range: [0, most * 1.08], log: false, samples: [], interval };
}

/** A panel's values at a time, as its legend says them; undefined for what there is not. */
export function valuesAt(
  about: PanelAbout,
  { model, ref, unit }: PanelQuestion,
  data: PanelData,
  t: number,
): (string | undefined)[] {
  if (about.id === 'rates') {
    const place = data.lines.times.findLastIndex((each) => each <= t);
    return data.lines.values.map((line) => (place < 0 ? undefined : valueText(about.id, line[place]!, unit)));
  }
  const variables = seriesOf(model, ref, about.id).map((series) => {
    const count = series === undefined ? 0 : changesUpTo(model.events, series, t);
    return count === 0 ? undefined : valueText(about.id, series!.values.at(count - 1), unit);
  });
  if (about.id === 'windows') return variables;
  const samples = samplesOf(model, ref);
  const last = samples[firstFrom(samples, t + 1) - 1];
  const text = last === undefined ? undefined : timeText(last.rtt);
  return [
    ...variables,
    last?.refused === false ? text : undefined,
    last?.refused === true ? text : undefined,
  ];
}

/** A value with its unit: bytes or segments, times, bits per second. */
export function valueText(id: PanelId, value: number | null, unit: number): string {
  if (value === null) return '–';
  if (id === 'times') return timeText(value < 1000 ? value : Math.round(value / 100) * 100);
  if (id === 'rates') return `${scaled(value)}bit/s`;
  if (value >= UNLIMITED) return '∞';
  return unit === 1 ? `${scaled(value)}B` : `${+(value / unit).toFixed(1)} seg`;
}

/** Three digits or so, and `k`, `M` or `G`: the unit follows. */
export function scaled(value: number): string {
  if (value >= 1e9) return `${+(value / 1e9).toFixed(2)} G`;
  if (value >= 1e6) return `${+(value / 1e6).toFixed(2)} M`;
  if (value >= 1e4) return `${+(value / 1e3).toFixed(1)} k`;
  if (value >= 1e3) return `${+(value / 1e3).toFixed(2)} k`;
  return `${+value.toFixed(1)} `;
}

/** A value on the axis: `unit` has been taken off already. */
export function axisText(id: PanelId, value: number, unit: number): string {
  if (id === 'windows' && unit !== 1) return `${+value.toFixed(2)} seg`;
  return valueText(id, value, 1);
}
