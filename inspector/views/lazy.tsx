/** Views and parts of the page of which the code is fetched when it is wanted, and in any case soon after the start. */
import { signal } from '@preact/signals';
import type { ComponentType, JSX } from 'preact';

const loaders: (() => void)[] = [];

/** The component that `load` fetches; until it is there its place says so. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const loaded = signal<ComponentType<Props> | undefined>(undefined);
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
  return function Lazy(props: Props): JSX.Element {
    const View = loaded.value;
    if (View !== undefined) return <View {...props} />;
    if (!failed.value) {
      ask();
      return <p class="quiet">Loading…</p>;
    }
    return (
      <p class="quiet">
        This part of the page could not be loaded.{' '}
        <button type="button" onClick={ask}>
          Try again
        </button>
      </p>
    );
  };
}

/** Fetches all: whoever served the page may be gone when one is opened. */
export function loadAll(): void {
  for (const load of loaders) load();
}
