/** Views of which the code is fetched when it is wanted, and in any case soon after the page has started. */
import { signal } from '@preact/signals';
import type { ComponentType, JSX } from 'preact';
import type { ViewProps } from './view.ts';

const loaders: (() => void)[] = [];

/** The component that `load` fetches; until it is there the view says so. */
export function lazy(load: () => Promise<ComponentType<ViewProps>>): ComponentType<ViewProps> {
  const loaded = signal<ComponentType<ViewProps> | undefined>(undefined);
  const failed = signal(false);
  let asked = false;
  const ask = (): void => {
    if (asked) return;
    asked = true;
    load().then(
      (component) => {
        loaded.value = component;
        failed.value = false;
      },
      () => {
        asked = false;
        failed.value = true;
      },
    );
  };
  loaders.push(ask);
  return function LazyView(props: ViewProps): JSX.Element {
    const View = loaded.value;
    if (View !== undefined) return <View {...props} />;
    if (!failed.value) {
      ask();
      return <p class="quiet">Loading the view…</p>;
    }
    return (
      <p class="quiet">
        The view could not be loaded.{' '}
        <button type="button" onClick={ask}>
          Try again
        </button>
      </p>
    );
  };
}

/** Fetches all views: whoever served the page may be gone when one is opened. */
export function loadViews(): void {
  for (const load of loaders) load();
}
