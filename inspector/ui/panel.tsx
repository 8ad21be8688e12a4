/** A place for a view: its title, which other view it could be, saving it as a picture, and its room. */
import type { JSX } from 'preact';
import { useCallback, useRef } from 'preact/hooks';
import type { Picture } from '../draw/pen.ts';
import type { PictureFormat } from '../draw/save.ts';
import { enlarge, putView } from '../state/panels.ts';
import type { Run } from '../state/run.ts';
import { VIEWS } from '../views/index.ts';
import type { View } from '../views/view.ts';
import { useSize } from './useSize.ts';

export interface PanelProps {
  readonly view: View;
  /** 0 for the large one. */
  readonly place: number;
  readonly compact: boolean;
  readonly run: Run;
}

/** The code that saves pictures: fetched behind the page. */
export function pictures(): Promise<typeof import('../draw/save.ts')> {
  return import('../draw/save.ts');
}

export function Panel({ view, place, compact, run }: PanelProps): JSX.Element {
  const [body, { width, height }] = useSize<HTMLDivElement>();
  const picture = useRef<() => Picture | undefined>(() => undefined);
  const onPicture = useCallback((ask: () => Picture | undefined) => {
    picture.current = ask;
  }, []);
  const save = async (format: PictureFormat): Promise<void> => {
    const { savePicture } = await pictures();
    const shown = picture.current();
    if (shown !== undefined) await savePicture(shown, `statewire-${view.id}`, format);
  };
  const Component = view.component;
  return (
    <section class={compact ? 'panel compact' : 'panel'} aria-label={view.title}>
      <header>
        {place === 0 ? <Tabs chosen={view.id} /> : <Choice place={place} chosen={view.id} />}
        <span class="spring" />
        <button type="button" class="icon" title="Save as SVG" onClick={() => void save('svg')}>
          SVG
        </button>
        <button type="button" class="icon" title="Save as PNG" onClick={() => void save('png')}>
          PNG
        </button>
        {place > 0 && (
          <button
            type="button"
            class="icon"
            aria-label={`Enlarge ${view.title}`}
            onClick={() => enlarge(view.id)}
          >
            ⤢
          </button>
        )}
      </header>
      <div class="body" ref={body}>
        {width > 0 && (
          <Component run={run} width={width} height={height} compact={compact} onPicture={onPicture} />
        )}
      </div>
    </section>
  );
}

/** All views, for the large place. */
function Tabs({ chosen }: { chosen: string }): JSX.Element {
  const move = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const at = VIEWS.findIndex(({ id }) => id === chosen);
    const next = VIEWS[(at + by + VIEWS.length) % VIEWS.length]!;
    enlarge(next.id);
    requestAnimationFrame(() => document.getElementById(`tab-${next.id}`)?.focus());
  };
  return (
    <div class="tabs" role="tablist" aria-label="Large view">
      {VIEWS.map(({ id, title, hint }) => (
        <button
          key={id}
          id={`tab-${id}`}
          type="button"
          role="tab"
          title={hint}
          aria-selected={id === chosen}
          tabIndex={id === chosen ? 0 : -1}
          onClick={() => enlarge(id)}
          onKeyDown={move}
        >
          {title}
        </button>
      ))}
    </div>
  );
}

function Choice({ place, chosen }: { place: number; chosen: string }): JSX.Element {
  return (
    <label class="pick">
      <span class="hidden">View in this panel</span>
      <select value={chosen} onChange={({ currentTarget }) => putView(place, currentTarget.value)}>
        {VIEWS.map(({ id, title }) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}
