/** Play, step, speed, and what time it is. */
import type { JSX } from 'preact';
import { timeText } from '../model/label.ts';
import { NONE } from '../model/traceModel.ts';
import { cursor, following, moveToTime, step } from '../state/cursor.ts';
import { playing, SPEEDS, speed, togglePlay } from '../state/play.ts';
import { run } from '../state/run.ts';

export function Controls(): JSX.Element {
  const model = run.value?.model;
  const { t, row } = cursor.value;
  const finish = model?.finish ?? 0;
  return (
    <div class="controls" role="toolbar" aria-label="Time">
      <div class="buttons">
        <Button sign="start" label="To the start" onPress={() => moveToTime(model?.start ?? 0)} />
        <Button sign="markBefore" label="To the mark before" onPress={() => step(-1, 'mark')} />
        <Button sign="before" label="Step back" onPress={() => step(-1, 'step')} />
        <button type="button" class="play" aria-label={playing.value ? 'Pause' : 'Play'} onClick={togglePlay}>
          <Sign name={playing.value ? 'pause' : 'play'} />
        </button>
        <Button sign="after" label="Step forward" onPress={() => step(1, 'step')} />
        <Button sign="markAfter" label="To the next mark" onPress={() => step(1, 'mark')} />
        <Button sign="end" label="To the end" onPress={() => moveToTime(finish)} />
        {run.value?.live && (
          <button type="button" aria-pressed={following.value} onClick={() => moveToTime(finish)}>
            Follow
          </button>
        )}
      </div>
      <div class="clock">
        <output
          title={row === NONE ? 'before the first event' : `after event ${model?.events.n[row]}`}
          style={{ minWidth: `${widest(finish, run.value?.live === true)}ch` }}
        >
          <b>{timeText(Math.round(t))}</b> <span>of {timeText(finish)}</span>
        </output>
        <label>
          <span class="hidden">Speed</span>
          <select
            value={String(speed.value)}
            title="Time of the run in a second"
            onChange={({ currentTarget }) => (speed.value = Number(currentTarget.value))}
          >
            {SPEEDS.map((each) => (
              <option key={each} value={String(each)}>
                {speedText(each)}
              </option>
            ))}
          </select>
        </label>
      </div>
    </div>
  );
}

/** Digits that moments take at the most in a run up to `finish`; what goes on has room to grow: the timeline keeps its place. */
function widest(finish: number, live: boolean): number {
  const [seconds, last] = live ? [Math.max(finish, 100_000_000), 0] : [finish, timeText(finish).length];
  const moment = seconds < 1_000_000 ? 10 : Math.trunc(seconds / 1_000_000).toString().length + 8;
  return moment + Math.max(last, live ? moment : 0) + 3;
}

function speedText(times: number): string {
  if (times === Number.POSITIVE_INFINITY) return 'max';
  return times >= 1 ? `${times}×` : `1/${Math.round(1 / times)}×`;
}

const SIGNS = {
  start: 'M1.5 1.5v9M10.5 1.5L4 6l6.5 4.5Z',
  markBefore: 'M6 1.5L1.5 6L6 10.5M10.5 1.5L6 6l4.5 4.5',
  before: 'M8 1.5L3.5 6L8 10.5',
  after: 'M4 1.5L8.5 6L4 10.5',
  markAfter: 'M1.5 1.5L6 6l-4.5 4.5M6 1.5L10.5 6L6 10.5',
  end: 'M10.5 1.5v9M1.5 1.5L8 6l-6.5 4.5Z',
  play: 'M3 1.5L10.5 6L3 10.5Z',
  pause: 'M3.5 1.5v9M8.5 1.5v9',
} as const;

function Sign({ name }: { name: keyof typeof SIGNS }): JSX.Element {
  return (
    <svg class="sign" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      <path d={SIGNS[name]} />
    </svg>
  );
}

interface ButtonProps {
  readonly sign: keyof typeof SIGNS;
  readonly label: string;
  readonly onPress: () => void;
}

function Button({ sign, label, onPress }: ButtonProps): JSX.Element {
  const press = (): void => {
    playing.value = false;
    onPress();
  };
  return (
    <button type="button" aria-label={label} title={label} onClick={press}>
      <Sign name={sign} />
    </button>
  );
}
