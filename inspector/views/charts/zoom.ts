/**
 * Looking at a drawing in SVG: all of it where that can be read, else so much as can be, round what matters at the moment.
 * The wheel zooms where the pointer is, dragging moves.
 */
import { useCallback, useRef, useState } from 'preact/hooks';

type Size = readonly [width: number, height: number];
type Box = readonly [x: number, y: number, width: number, height: number];

export interface Zoom {
  /** Part of the drawing that is seen. */
  readonly viewBox: string;
  /** All of it is seen. */
  readonly whole: boolean;
  /** All of it is too small to be read. */
  readonly small: boolean;
  /** Shows all of it. */
  readonly fit: () => void;
  /** Shows what can be read, round what matters. */
  readonly follow: () => void;
  /** To be given to the element that holds the drawing, as its `ref`. */
  readonly attach: (element: HTMLElement | null) => void;
}

/** From its upper left corner on, so many times as large as all of it. */
interface Part {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

const WHOLE: Part = { x: 0, y: 0, scale: 1 };
const CLOSEST = 6;
/** px of the screen for one of the drawing, of which letters are 11 high: smaller ones cannot be read. */
const READABLE = 0.72;
/** How large it is shown then. */
const CLOSE = 0.85;

/** Zooms a drawing of a size, px; `matters` is where something happens. */
export function useZoom(size: Size, matters: Box | undefined): Zoom {
  const [chosen, choose] = useState<Part | undefined>(undefined);
  /** px of the screen for one of the drawing when all of it is seen. */
  const [fit, setFit] = useState(1);
  const latest = useRef(WHOLE);
  const release = useRef(() => {});
  const readable = fit < READABLE ? CLOSE / fit : 1;
  const part = chosen ?? around(latest.current, matters, readable, size);
  latest.current = part;
  const attach = useCallback((element: HTMLElement | null) => {
    release.current();
    if (element === null) return;
    const ends = [
      listen(element, size, () => latest.current, choose),
      measure(element.querySelector('svg')!, size, setFit),
    ];
    release.current = () => {
      for (const end of ends) end();
    };
  }, []);
  return {
    viewBox: `${part.x} ${part.y} ${size[0] / part.scale} ${size[1] / part.scale}`,
    whole: part.scale === 1,
    small: readable > 1,
    fit: () => choose(WHOLE),
    follow: () => choose(undefined),
    attach,
  };
}

/** The part of a scale in which a box is seen: the one before, if it is seen there. */
function around(before: Part, box: Box | undefined, scale: number, size: Size): Part {
  if (scale === 1) return WHOLE;
  const [width, height] = [size[0] / scale, size[1] / scale];
  const [x, y, w, h] = box ?? [0, 0, 0, 0];
  const { x: left, y: top } = before;
  const seen = x >= left && y >= top && x + w <= left + width && y + h <= top + height;
  if (before.scale === scale && seen) return before;
  return bounded({ x: x + w / 2 - width / 2, y: y + h / 2 - height / 2, scale }, size);
}

/** Keeps the part within the drawing. */
function bounded({ x, y, scale }: Part, [width, height]: Size): Part {
  if (scale <= 1) return WHOLE;
  const within = (value: number, room: number): number => Math.min(Math.max(value, 0), room - room / scale);
  return { x: within(x, width), y: within(y, height), scale };
}

/** Tells how large all of the drawing is, whenever that changes. */
function measure(svg: SVGSVGElement, size: Size, tell: (fit: number) => void): () => void {
  const told = (): void => {
    const { width, height } = svg.getBoundingClientRect();
    if (width > 0) tell(Math.min(width / size[0], height / size[1]));
  };
  const observer = new ResizeObserver(told);
  observer.observe(svg);
  told();
  return () => observer.disconnect();
}

function listen(element: HTMLElement, size: Size, get: () => Part, set: (part: Part) => void): () => void {
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
