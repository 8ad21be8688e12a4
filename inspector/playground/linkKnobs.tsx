/** The link: a profile, and a slider with a number for each impairment, both ways together or each by itself. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { profileNamed, profiles } from '../../src/channel/profiles.ts';
import { changedPair, KNOBS, type Knob, placeOf, textOf, valueIn, valuesOf } from './knobs.ts';
import { change, draft } from './state.ts';

/** All that a profile says, as nothing is set over it. */
const NOTHING = Object.fromEntries(KNOBS.map(({ name }) => [name, undefined]));

export function LinkKnobs(): JSX.Element {
  const apart = useSignal(false);
  const { profile } = draft.value;
  return (
    <section aria-label="Link">
      <h3>The link</h3>
      <div class="row">
        <label class="grow">
          <span class="hidden">Profile</span>
          <select
            value={profile}
            onChange={({ currentTarget }) => change({ ...NOTHING, profile: currentTarget.value })}
          >
            {[...profiles.keys()].map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={apart.value}
            onChange={({ currentTarget }) => (apart.value = currentTarget.checked)}
          />
          each way apart
        </label>
      </div>
      <p class="quiet small">{profileNamed(profile).description}</p>
      {KNOBS.map((knob) => (
        <KnobRow key={knob.name} knob={knob} apart={apart.value} />
      ))}
      <Rules />
    </section>
  );
}

function KnobRow({ knob, apart }: { knob: Knob; apart: boolean }): JSX.Element {
  const values = valuesOf(knob, draft.value);
  const given = draft.value[knob.name] !== undefined;
  const ways = apart || values[0] !== values[1] ? ([0, 1] as const) : (['both'] as const);
  return (
    <div class={given ? 'knob given' : 'knob'}>
      <span class="label">
        {knob.label}
        {given && (
          <button
            type="button"
            class="icon"
            aria-label={`${knob.label} as the profile has it`}
            title="As the profile has it"
            onClick={() => change({ [knob.name]: undefined })}
          >
            ↺
          </button>
        )}
      </span>
      {ways.map((way) => (
        <Slider key={way} knob={knob} way={way} values={values} />
      ))}
    </div>
  );
}

const WAYS = { both: '', 0: 'client to server', 1: 'server to client' } as const;

interface SliderProps {
  readonly knob: Knob;
  readonly way: 0 | 1 | 'both';
  readonly values: readonly [number | undefined, number | undefined];
}

function Slider({ knob, way, values }: SliderProps): JSX.Element {
  const value = values[way === 'both' ? 0 : way];
  const name = [knob.label, WAYS[way]].filter(Boolean).join(', ');
  const set = (to: number | undefined): void =>
    change({ [knob.name]: to === undefined ? undefined : changedPair(values, way, to) });
  return (
    <span class="slider">
      {way !== 'both' && <i aria-hidden="true">{way === 0 ? '→' : '←'}</i>}
      <input
        type="range"
        aria-label={name}
        aria-valuetext={value === undefined ? 'no limit' : `${textOf(knob, value)} ${knob.unit}`}
        min={0}
        max={knob.stops.length - 1}
        value={placeOf(knob, value)}
        onInput={({ currentTarget }) => set(knob.stops[Number(currentTarget.value)])}
      />
      <input
        type="text"
        inputMode="decimal"
        aria-label={`${name}, ${knob.unit}`}
        placeholder="∞"
        value={textOf(knob, value)}
        onChange={({ currentTarget }) => set(valueIn(knob, currentTarget.value))}
      />
      <small>{knob.unit}</small>
    </span>
  );
}

/** Rules for single packets, one a line. */
function Rules(): JSX.Element {
  return (
    <label class="rules">
      <span class="label">Rules for single packets, one a line</span>
      <textarea
        rows={2}
        spellcheck={false}
        placeholder="drop client>server data 3"
        value={draft.value.faults.join('\n')}
        onChange={({ currentTarget }) =>
          change({ faults: currentTarget.value.split('\n').filter((line) => line.trim() !== '') })
        }
      />
    </label>
  );
}
