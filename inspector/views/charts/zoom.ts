/** Looking closer at a drawing in SVG: the wheel zooms where the pointer is, dragging moves, `fit` shows all. */
import { useCallback, useRef, useState } from 'preact/hooks';

export interface Zoom {
  /** Part of the drawing that is seen. */
  readonly viewBox: string;
  readonly zoomed: boolean;
  readonly fit: () => void;
  /** To be given to the element that holds the drawing, as its `ref`. */
  readonly attach: (element: HTMLElement | null) => void;
}

interface Part {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

const WHOLE: Part = { x: 0, y: 0, scale: 1 };
const CLOSEST = 6;

/** Zooms a drawing of a size, px. */
export function useZoom(size: readonly [number, number]): Zoom {
  const [part, setPart] = useState(WHOLE);
  const latest = useRef(part);
  const release = useRef(() => {});
  latest.current = part;
  const set = (next: Part): void => {
    latest.current = next;
    setPart(next);
  };
  const attach = useCallback((element: HTMLElement | null) => {
    release.current();
    release.current = element === null ? () => {} : listen(element, size, () => latest.current, set);
  }, []);
  const [width, height] = [size[0] / part.scale, size[1] / part.scale];
  return {
    viewBox: `${part.x} ${part.y} ${width} ${height}`,
    zoomed: part.scale !== 1,
    fit: () => set(WHOLE),
    attach,
  };
}

/** Keeps the part within the drawing. */
function bounded({ x, y, scale }: Part, [width, height]: readonly [number, number]): Part {
  if (scale <= 1) return WHOLE;
  const within = (value: number, room: number): number => Math.min(Math.max(value, 0), room - room / scale);
  return { x: within(x, width), y: within(y, height), scale };
}

function listen(
  element: HTMLElement,
  size: readonly [number, number],
  get: () => Part,
  set: (part: Part) => void,
): () => void {
  /** px of the drawing in one of the screen, and the place in the drawing. */
  const place = (event: MouseEvent): { per: number; x: number; y: number } => {
    const svg = element.querySelector('svg')!;
    const matrix = svg.getScreenCTM()!.inverse();
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    return { per: matrix.a, x: point.x, y: point.y };
  };
  const wheel = (event: WheelEvent): void => {
    const { x, y } = place(event);
    const part = get();
    const scale = Math.min(CLOSEST, Math.max(1, part.scale * 2 ** (-event.deltaY / 400)));
    const share = part.scale / scale;
    event.preventDefault();
    set(bounded({ x: x - (x - part.x) * share, y: y - (y - part.y) * share, scale }, size));
  };
  const move = (event: PointerEvent): void => {
    if ((event.buttons & 1) === 0 || get().scale === 1) return;
    const { per } = place(event);
    const part = get();
    set(bounded({ ...part, x: part.x - event.movementX * per, y: part.y - event.movementY * per }, size));
  };
  element.addEventListener('wheel', wheel, { passive: false });
  element.addEventListener('pointermove', move);
  return () => {
    element.removeEventListener('wheel', wheel);
    element.removeEventListener('pointermove', move);
  };
}
