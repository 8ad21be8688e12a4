/** The stretch of time that both lanes show: the wheel with Ctrl or Shift zooms, dragging moves. Its own, as runs differ. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { LEFT } from './lanesDrawing.ts';

/** Shortest stretch, us. */
const LEAST = 10;

type Stretch = readonly [number, number];

/** A stretch zoomed by a factor around a share of it, within the whole. */
export function zoomed([from, to]: Stretch, whole: Stretch, factor: number, share: number): Stretch {
  const length = Math.min(whole[1] - whole[0], Math.max(LEAST, (to - from) * factor));
  return moved([from + (to - from - length) * share, 0], length, whole);
}

function moved([from]: Stretch, length: number, whole: Stretch): Stretch {
  const start = Math.min(Math.max(from, whole[0]), whole[1] - length);
  return [start, start + length];
}

export function useSpan(whole: Stretch, width: number) {
  const shown = useSignal<Stretch>(whole);
  const element = useRef<HTMLDivElement>(null);
  const zoom = (factor: number, share = 0.5): void => {
    shown.value = zoomed(shown.peek(), whole, factor, share);
  };
  useEffect(() => {
    const box = element.current!;
    const wheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && !event.shiftKey) return;
      event.preventDefault();
      const share = (event.clientX - box.getBoundingClientRect().left - LEFT) / Math.max(1, width - LEFT);
      zoom(2 ** ((event.deltaY || event.deltaX) / 400), Math.min(1, Math.max(0, share)));
    };
    const move = (event: PointerEvent): void => {
      if ((event.buttons & 1) === 0) return;
      const [from, to] = shown.peek();
      const by = (event.movementX / Math.max(1, width - LEFT)) * (to - from);
      shown.value = moved([from - by, 0], to - from, whole);
    };
    box.addEventListener('wheel', wheel, { passive: false });
    box.addEventListener('pointermove', move);
    return () => {
      box.removeEventListener('wheel', wheel);
      box.removeEventListener('pointermove', move);
    };
  }, [whole, width]);
  const reset = (): void => {
    shown.value = whole;
  };
  return { value: shown.value, element, zoom, reset };
}
