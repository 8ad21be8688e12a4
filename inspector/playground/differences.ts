/** Two runs beside each other in figures, and where they part. It reads the models only; no DOM. */
import { eventLine } from '../../src/trace/json.ts';
import { kindId } from '../model/draft.ts';
import { NONE, type TraceModel } from '../model/traceModel.ts';

/** The first row at which two runs differ, also when one of them ends there; NONE when they are the same. */
export function firstDifference(a: TraceModel, b: TraceModel): number {
  const length = Math.min(a.length, b.length);
  for (let row = 0; row < length; row++) if (!sameRow(a, b, row)) return row;
  return a.length === b.length ? NONE : length;
}

/** Lines of the trace are compared only where the columns do not differ already: it is they that cost. */
function sameRow(a: TraceModel, b: TraceModel, row: number): boolean {
  const [x, y] = [a.events, b.events];
  if (x.time[row] !== y.time[row] || x.kind[row] !== y.kind[row] || x.cause[row] !== y.cause[row])
    return false;
  return eventLine(a.eventAt(row)) === eventLine(b.eventAt(row));
}

/** A line of the table: what it is, and what it comes to in each run. */
export interface Figure {
  readonly label: string;
  readonly values: readonly [string, string];
  /** How much more the second is, in words; empty when they are alike or are no numbers. */
  readonly difference: string;
}

/** What a run comes to. Numbers of packets, bytes, us. */
interface Totals {
  readonly answered: number;
  readonly answers: number;
  readonly finish: number;
  readonly packets: number;
  readonly bytes: number;
  readonly timers: number;
  readonly fast: number;
  readonly lost: number;
  readonly corrupted: number;
  readonly discarded: number;
  readonly states: string;
}

type Counted = Exclude<keyof Totals, 'states'>;

const ROWS: readonly (readonly [name: Counted, label: string, unit: 'count' | 'time' | 'bytes'])[] = [
  ['answered', 'Last answer', 'time'],
  ['finish', 'Last event', 'time'],
  ['answers', 'Answers and files', 'count'],
  ['packets', 'Packets sent', 'count'],
  ['bytes', 'Data sent, repeats included', 'bytes'],
  ['timers', 'Sent again by timer', 'count'],
  ['fast', 'Fast retransmits', 'count'],
  ['lost', 'Lost on the link', 'count'],
  ['corrupted', 'Corrupted on the link', 'count'],
  ['discarded', 'Dropped on arrival', 'count'],
];

/** us as seconds or ms with three places: enough to compare by. */
function shortTime(us: number): string {
  return us >= 1_000_000 ? `${+(us / 1e6).toFixed(3)} s` : `${+(us / 1000).toFixed(3)} ms`;
}

const WORDS = {
  count: (value: number) => String(value),
  time: shortTime,
  bytes: (value: number) => `${value} B`,
};

/** The table of two runs. */
export function figures(a: TraceModel, b: TraceModel): Figure[] {
  const [first, second] = [totals(a), totals(b)];
  const counted = ROWS.map(([name, label, unit]): Figure => {
    const by = second[name] - first[name];
    const difference = by === 0 ? '' : `${by > 0 ? '+' : '−'}${WORDS[unit](Math.abs(by))}`;
    return { label, values: [WORDS[unit](first[name]), WORDS[unit](second[name])], difference };
  });
  const { states } = first;
  const differs = states === second.states ? '' : 'differs';
  return [...counted, { label: 'States at the end', values: [states, second.states], difference: differs }];
}

/** Application's words that say that something is done. */
const DONE = ['answer', 'wrong answer', 'file sent'];

function totals(model: TraceModel): Totals {
  const { events, words, packets } = model;
  const done = new Set(DONE.map((word) => words.find(word) ?? NONE));
  const [lost, corrupted] = [words.find('lost'), words.find('corrupted')];
  const [timer, fast] = [words.find('timer'), words.find('fast')];
  const sum = { answered: 0, answers: 0, timers: 0, fast: 0, lost: 0, corrupted: 0, discarded: 0 };
  for (let row = 0; row < events.length; row++) {
    const word = events.b[row];
    switch (events.kind[row]) {
      case kindId.app:
        if (!done.has(word!)) break;
        sum.answers += 1;
        sum.answered = events.time[row]!;
        break;
      case kindId.link:
        if (word === lost) sum.lost += 1;
        else if (word === corrupted) sum.corrupted += 1;
        break;
      case kindId.send:
        if (word === timer) sum.timers += 1;
        else if (word === fast) sum.fast += 1;
        break;
      case kindId.discard:
        sum.discarded += 1;
    }
  }
  let bytes = 0;
  for (let i = 0; i < packets.length; i++) bytes += packets.dataLength.at(i);
  return { ...sum, bytes, packets: packets.length, finish: model.finish, states: statesOf(model) };
}

/** How many connections are told one by one. */
const TOLD = 4;

/** The state of each connection at the end. */
function statesOf({ tracks, words, length }: TraceModel): string {
  const chart = words.find('connection');
  const groups = tracks.groups.filter((group) => group.chart === chart);
  const told = groups.slice(0, TOLD).map((group) => {
    const track = group.tracks.at(group.tracks.length - 1);
    return `${words.text(group.end)} ${words.text(tracks.stateAt(track, length - 1))}`;
  });
  const more = groups.length - told.length;
  return told.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
