/** What of a ladder is shown, and how large. */
import type { JSX } from 'preact';
import type { Run } from '../../state/run.ts';
import { query } from '../../state/search.ts';
import { type Filter, FLAG_CHOICES, SHOW_CHOICES } from './filter.ts';
import type { Scene } from './scene.ts';
import { boundedScale, type LadderChoices } from './useLadder.ts';

export interface ToolbarProps {
  readonly run: Run;
  readonly scene: Scene | undefined;
  readonly choices: LadderChoices;
}

export function Toolbar({ run, scene, choices }: ToolbarProps): JSX.Element {
  const { filter, fold, unfolded, scale, all, searched } = choices;
  const zoom = (factor: number): void => {
    if (scene !== undefined) scale.value = boundedScale(scene.time.scale * factor);
  };
  const conversations = run.model.conversations.all.size;
  return (
    <div class="tools" role="toolbar" aria-label="Ladder">
      {scene !== undefined && (
        <Filters scene={scene} filter={filter.value} set={(next) => (filter.value = next)} />
      )}
      <Check
        label="fold gaps"
        on={fold.value}
        set={(on) => {
          fold.value = on;
          unfolded.value = new Set();
        }}
      />
      {conversations > 1 && (
        <Check label={`all ${conversations} connections`} on={all.value} set={(on) => (all.value = on)} />
      )}
      {query.value.trim() !== '' && (
        <Check
          label={`only “${query.value.trim()}”`}
          on={searched.value}
          set={(on) => (searched.value = on)}
        />
      )}
      <span class="spring" />
      {scene !== undefined && <span class="quiet">{scene.shown.length} packets</span>}
      <button type="button" aria-label="Zoom out" title="Zoom out (-)" onClick={() => zoom(1 / 1.5)}>
        −
      </button>
      <button
        type="button"
        aria-label="Zoom in"
        title="Zoom in (+, wheel with Ctrl)"
        onClick={() => zoom(1.5)}
      >
        +
      </button>
      <button
        type="button"
        title="A scale at which labels can be read"
        onClick={() => (scale.value = undefined)}
      >
        Fit
      </button>
    </div>
  );
}

interface FiltersProps {
  readonly scene: Scene;
  readonly filter: Filter;
  readonly set: (filter: Filter) => void;
}

function Filters({ scene, filter, set }: FiltersProps): JSX.Element {
  const { all } = scene.posts;
  return (
    <>
      <label>
        <span class="hidden">Direction</span>
        <select
          value={String(filter.from)}
          onChange={({ currentTarget }) => set({ ...filter, from: Number(currentTarget.value) })}
        >
          <option value="-1">both ways</option>
          {all.map(({ name }, post) => (
            <option key={name} value={String(post)}>
              from {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="hidden">Which packets</span>
        <select
          value={filter.show}
          onChange={({ currentTarget }) => set({ ...filter, show: currentTarget.value as Filter['show'] })}
        >
          {SHOW_CHOICES.map((show) => (
            <option key={show} value={show}>
              {show === 'all' ? 'all packets' : show === 'data' ? 'only data' : 'only trouble'}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="hidden">Flags</span>
        <select
          value={filter.flags}
          onChange={({ currentTarget }) => set({ ...filter, flags: currentTarget.value as Filter['flags'] })}
        >
          {FLAG_CHOICES.map((flags) => (
            <option key={flags} value={flags}>
              {flags === 'any' ? 'any flags' : flags}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

/** A box to tick. */
export function Check({
  label,
  on,
  set,
}: {
  readonly label: string;
  readonly on: boolean;
  readonly set: (on: boolean) => void;
}): JSX.Element {
  return (
    <label class="check">
      <input type="checkbox" checked={on} onChange={({ currentTarget }) => set(currentTarget.checked)} />
      {label}
    </label>
  );
}
