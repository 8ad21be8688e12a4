/** The page's colours for drawings on canvas: the same as the style sheet's, read from it. */
import { dark } from '../state/theme.ts';

/** Custom properties of `ui/style.css`, without the dashes. */
const NAMES = [
  'ground',
  'panel',
  'raised',
  'line',
  'grid',
  'text',
  'dim',
  'faint',
  'accent',
  'active',
  'taken',
  'data',
  'ack',
  'resent',
  'lost',
  'sack',
  'corrupted',
  'control',
  'window',
] as const;

export type Colours = Readonly<Record<(typeof NAMES)[number], string>>;

let known: { readonly dark: boolean; readonly colours: Colours } | undefined;

/** Colours of the theme that is shown. Read in a drawing's effect it makes the drawing follow the theme. */
export function colours(): Colours {
  const isDark = dark.value;
  if (known?.dark === isDark) return known.colours;
  const style = getComputedStyle(document.documentElement);
  const read = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  known = { dark: isDark, colours: read as Colours };
  return known.colours;
}

/** Fonts of drawings. */
export const FONT = {
  small: '11px system-ui, sans-serif',
  normal: '12px system-ui, sans-serif',
  mono: '11px ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace',
} as const;
