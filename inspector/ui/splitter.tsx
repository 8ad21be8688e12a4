/** The border between two columns: dragged, or moved with the arrow keys. */
import type { JSX } from 'preact';

export interface SplitterProps {
  /** Share of the left column, 0 to 1. */
  readonly value: number;
  readonly onMove: (value: number) => void;
  readonly label: string;
}

const LEAST = 0.3;
const MOST = 0.8;
const STEP = 0.02;

export function Splitter({ value, onMove, label }: SplitterProps): JSX.Element {
  const move = (share: number): void => onMove(Math.min(MOST, Math.max(LEAST, share)));
  const drag = (event: PointerEvent): void => {
    const element = event.currentTarget as HTMLElement;
    if (event.type === 'pointerdown') element.setPointerCapture(event.pointerId);
    if ((event.buttons & 1) === 0) return;
    const box = element.parentElement!.getBoundingClientRect();
    move((event.clientX - box.left) / box.width);
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    move(value + (event.key === 'ArrowLeft' ? -STEP : STEP));
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: an hr cannot be moved
    <div
      class="splitter"
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation="vertical"
      aria-valuenow={Math.round(value * 100)}
      aria-valuemin={LEAST * 100}
      aria-valuemax={MOST * 100}
      onPointerDown={drag}
      onPointerMove={drag}
      onKeyDown={press}
    />
  );
}
