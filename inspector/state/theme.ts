/** Dark or light: as the system has it, or as was chosen. */
import { effect, signal } from '@preact/signals';

export const THEMES = ['auto', 'dark', 'light'] as const;
export type ThemeChoice = (typeof THEMES)[number];

const KEY = 'statewire.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

export const themeChoice = signal<ThemeChoice>(stored());
/** What is shown. Drawings on canvas read it so that they are made anew. */
export const dark = signal(true);

/** Keeps the page's theme as chosen. */
export function startTheme(): void {
  const apply = (): void => {
    const choice = themeChoice.value;
    dark.value = choice === 'auto' ? system.matches : choice === 'dark';
    document.documentElement.dataset.theme = dark.value ? 'dark' : 'light';
  };
  effect(() => {
    apply();
    store(themeChoice.value);
  });
  system.addEventListener('change', apply);
}

/** Goes on to the next choice. */
export function nextTheme(): void {
  themeChoice.value = THEMES[(THEMES.indexOf(themeChoice.peek()) + 1) % THEMES.length]!;
}

// A page opened from a file may have no storage.
function stored(): ThemeChoice {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'auto';
  } catch {
    return 'auto';
  }
}

function store(choice: ThemeChoice): void {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // The choice holds for this page then.
  }
}
