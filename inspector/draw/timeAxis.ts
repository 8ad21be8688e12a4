/** Views with time from left to right: the axis, and zooming and moving with wheel and pointer. */
import { hoveredTime, moveToTime } from '../state/cursor.ts';
import { panSpan, showSpan, span, zoomSpan } from '../state/span.ts';
import type { Colours } from './colours.ts';
import { FONT } from './colours.ts';
import type { Pen } from './pen.ts';
import { tickStep, ticks, tickTime } from './ticks.ts';
import type { TimeScale } from './timeScale.ts';

export { type TimeScale, timeScale } from './timeScale.ts';

/** Lines from `top` to `bottom`, and times at `label` if it is given, px. */
export function drawTimeAxis(
  pen: Pen,
  scale: TimeScale,
  { top, bottom, label }: { readonly top: number; readonly bottom: number; readonly label?: number },
  colours: Colours,
): void {
  const { from, to } = scale;
  const count = Math.max(2, (scale.x(to) - scale.x(from)) / 110);
  const step = tickStep(to - from, count);
  pen.font = FONT.small;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.lineWidth = 1;
  for (const t of ticks(from, to, count)) {
    const x = Math.round(scale.x(t)) + 0.5;
    pen.strokeStyle = colours.grid;
    pen.beginPath();
    pen.moveTo(x, top);
    pen.lineTo(x, bottom);
    pen.stroke();
    if (label === undefined) continue;
    pen.fillStyle = colours.dim;
    pen.fillText(tickTime(t, step), x, label);
  }
}

/** What `zoomAndPan` needs of the view. */
export interface TimeView {
  /** The scale that is drawn now. */
  scale(): TimeScale;
  /** A press that moved nothing, at a place in px. By default the moment goes there. */
  onClick?(x: number, y: number): void;
}

/**
 * Listens to a view's element: the wheel with Ctrl or Shift zooms, the wheel sideways and dragging move, a click goes to
 * the time. Returns what ends it.
 */
export function zoomAndPan(element: HTMLElement, view: TimeView): () => void {
  let drag: { readonly x: number; readonly from: number; readonly to: number; moved: boolean } | undefined;
  const place = (event: MouseEvent): [number, number] => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const wheel = (event: WheelEvent): void => {
    const scale = view.scale();
    const [x] = place(event);
    event.preventDefault();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY))
      panSpan((event.deltaX / 800) * (scale.to - scale.from));
    else zoomSpan(2 ** (event.deltaY / 400), scale.t(x));
  };
  const down = (event: PointerEvent): void => {
    const [from, to] = span.peek();
    if (event.button === 0) drag = { x: event.clientX, from, to, moved: false };
  };
  const move = (event: PointerEvent): void => {
    const scale = view.scale();
    const [x] = place(event);
    hoveredTime.value = scale.t(x);
    if (drag === undefined || (event.buttons & 1) === 0) return;
    if (!drag.moved && Math.abs(event.clientX - drag.x) < 4) return;
    if (!drag.moved) element.setPointerCapture(event.pointerId);
    drag.moved = true;
    const perPixel = scale.t(1) - scale.t(0);
    const by = (drag.x - event.clientX) * perPixel;
    showSpan(drag.from + by, drag.to + by);
  };
  const up = (event: PointerEvent): void => {
    const [x, y] = place(event);
    if (drag?.moved === false) {
      if (view.onClick !== undefined) view.onClick(x, y);
      else moveToTime(view.scale().t(x));
    }
    drag = undefined;
  };
  const leave = (): void => {
    hoveredTime.value = undefined;
  };
  const listeners = { wheel, pointerdown: down, pointermove: move, pointerup: up, pointerleave: leave };
  for (const [name, listener] of Object.entries(listeners))
    element.addEventListener(name, listener as EventListener, { passive: false });
  return () => {
    for (const [name, listener] of Object.entries(listeners))
      element.removeEventListener(name, listener as EventListener);
  };
}
