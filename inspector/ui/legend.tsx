/** What lines and signs of a drawing mean; it stands outside the drawing. */
import type { JSX } from 'preact';

export interface LegendItem {
  readonly label: string;
  /** A name of a colour of the style sheet: `data`, `lost`, ... */
  readonly colour: string;
  /** Nothing is told by its colour alone. */
  readonly shape:
    | 'line'
    | 'dashes'
    | 'dots'
    | 'cross'
    | 'box'
    | 'disc'
    | 'ring'
    | 'triangle'
    | 'diamond'
    | 'flash'
    | 'hollow'
    | 'upright'
    | 'tick'
    | 'bar';
  /** The value at the moment. */
  readonly value?: string;
}

const SHAPES: Readonly<Record<LegendItem['shape'], JSX.Element>> = {
  line: <path d="M0 6H16" />,
  dashes: <path d="M0 6H16" stroke-dasharray="4 2.5" />,
  dots: <path d="M0 6H16" stroke-dasharray="1.5 2.5" />,
  cross: <path d="M4 2L12 10M12 2L4 10" />,
  box: <rect x="3" y="2" width="10" height="8" rx="2" class="filled" />,
  disc: <circle cx="8" cy="6" r="3.5" class="filled" />,
  ring: <circle cx="8" cy="6" r="3.5" />,
  triangle: <path d="M8 2L12.5 10H3.5Z" class="filled" />,
  diamond: <path d="M8 1L13 6L8 11L3 6Z" class="filled" />,
  flash: <path d="M9.5 0.5L4 7H7.5L6 11.5L12 5H8.5Z" class="filled" />,
  hollow: <path d="M3 2.5L13 6L3 9.5Z" />,
  upright: <path d="M8 1V11" stroke-width="2.4" />,
  tick: <path d="M1 3H15M8 3V10" />,
  bar: <path d="M8 1V11M5 1H11M5 11H11" />,
};

export function Legend({ items }: { items: readonly LegendItem[] }): JSX.Element {
  return (
    <ul class="legend">
      {items.map(({ label, colour, shape, value }) => (
        <li key={label}>
          <svg
            viewBox="0 0 16 12"
            width="16"
            height="12"
            aria-hidden="true"
            style={{ '--own': `var(--${colour})` }}
          >
            {SHAPES[shape]}
          </svg>
          {label}
          {value !== undefined && <b>{value}</b>}
        </li>
      ))}
    </ul>
  );
}
