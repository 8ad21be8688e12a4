/** A drawing on canvas, sharp on any screen, drawn anew when something it reads has changed. */
import { effect } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { colours } from './colours.ts';
import type { Draw, Size } from './pen.ts';

export interface CanvasProps extends Size {
  /** Signals that it reads make the drawing anew, once a frame at the most. */
  readonly draw: Draw;
  /** What a person who cannot see it is told. */
  readonly label: string;
  readonly class?: string;
  readonly onPointer?: (event: PointerEvent, x: number, y: number) => void;
}

/** `onPointer` is told of moves, presses and leaving, with the place in px from the drawing's corner. */
export function Canvas({ width, height, draw, label, onPointer, ...rest }: CanvasProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const latest = useRef(() => {});
  const frame = useRef(0);
  const forget = useRef<() => void>(undefined);
  latest.current = () => {
    const context = canvas.current?.getContext('2d');
    if (context && width > 0 && height > 0) paintOn(context, draw, { width, height }, devicePixelRatio);
  };
  const schedule = (): void => {
    if (frame.current !== 0) return;
    frame.current = requestAnimationFrame(() => {
      frame.current = 0;
      forget.current?.();
      let painted = false;
      // What the drawing reads is known by reading it; when that changes it is drawn in the next frame, and read anew
      forget.current = effect(() => {
        if (painted) schedule();
        else latest.current();
        painted = true;
      });
    });
  };
  useLayoutEffect(schedule);
  useEffect(
    () => () => {
      cancelAnimationFrame(frame.current);
      forget.current?.();
    },
    [],
  );
  const point = (event: PointerEvent): void => {
    const box = canvas.current!.getBoundingClientRect();
    onPointer?.(event, event.clientX - box.left, event.clientY - box.top);
  };
  return (
    <canvas
      {...rest}
      ref={canvas}
      role="img"
      aria-label={label}
      style={{ width: `${width}px`, height: `${height}px` }}
      onPointerMove={point}
      onPointerDown={point}
      onPointerUp={point}
      onPointerLeave={point}
    />
  );
}

/** Draws on a canvas of so many px, at so many of its own in one of them. */
export function paintOn(context: CanvasRenderingContext2D, draw: Draw, size: Size, ratio: number): void {
  const { canvas } = context;
  const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  context.save();
  draw(context, size, colours());
  context.restore();
}
