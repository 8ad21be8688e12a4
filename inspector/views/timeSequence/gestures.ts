/**
 * Looking closer at a time-sequence graph: dragging chooses a rectangle, with Shift it moves what is seen; the wheel
 * zooms where the pointer is (with Ctrl only time, with Shift only sequence numbers); a double click shows all.
 */
import type { Signal } from '@preact/signals';
import { cursor } from '../../state/cursor.ts';
import { chosenSpan, showSpan } from '../../state/span.ts';
import type { Plane } from './plane.ts';
import { type Range, zoomed } from './ranges.ts';

/** px: from where to where. */
export interface Rectangle {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

export interface GestureParts {
  /** What is seen now. */
  plane(): Plane;
  /** Sequence numbers that were chosen; undefined for those that are used. */
  readonly range: Signal<Range | undefined>;
  /** What is being chosen. */
  readonly rectangle: Signal<Rectangle | undefined>;
  onHover(event: PointerEvent, x: number, y: number): void;
  onLeave(): void;
  /** A press that moved nothing. */
  onClick(x: number, y: number): void;
}

/** A drag that is so short in a direction leaves that direction as it is, px. */
const SHORT = 8;
/** A press that moves so little is a click, px. */
const STILL = 4;
/** Fewest sequence numbers that are seen. */
const LEAST = 4;
/** px of a wheel that double what is seen */
const DOUBLING = 350;
/** By how much a key or a button zooms. */
export const CLOSER = 0.7;

export class Gestures {
  readonly #parts: GestureParts;
  #pressed:
    | { readonly x: number; readonly y: number; readonly plane: Plane; readonly pan: boolean }
    | undefined;
  #moved = false;

  constructor(parts: GestureParts) {
    this.#parts = parts;
  }

  /** For a canvas's `onPointer`. */
  readonly pointer = (event: PointerEvent, x: number, y: number): void => {
    const parts = this.#parts;
    if (event.type === 'pointerleave') parts.onLeave();
    else if (event.type === 'pointerdown' && event.button === 0) {
      this.#pressed = { x, y, plane: parts.plane(), pan: event.shiftKey };
      this.#moved = false;
      (event.target as Element).setPointerCapture(event.pointerId);
    } else if (event.type === 'pointerup') this.#release(x, y);
    else if (this.#pressed !== undefined && (event.buttons & 1) !== 0) this.#drag(x, y);
    else parts.onHover(event, x, y);
  };

  #drag(x: number, y: number): void {
    const { x: x0, y: y0, plane, pan } = this.#pressed!;
    if (!this.#moved && Math.hypot(x - x0, y - y0) < STILL) return;
    this.#moved = true;
    if (!pan) this.#parts.rectangle.value = { x0, y0, x1: x, y1: y };
    else {
      const [dt, dseq] = [plane.time.t(x0) - plane.time.t(x), plane.seq(y0) - plane.seq(y)];
      showSpan(plane.time.from + dt, plane.time.to + dt);
      this.#parts.range.value = [plane.range[0] + dseq, plane.range[1] + dseq];
    }
  }

  #release(x: number, y: number): void {
    const pressed = this.#pressed;
    this.#pressed = undefined;
    this.#parts.rectangle.value = undefined;
    if (pressed === undefined) return;
    if (!this.#moved) this.#parts.onClick(x, y);
    else if (!pressed.pan) this.#choose({ x0: pressed.x, y0: pressed.y, x1: x, y1: y }, pressed.plane);
  }

  #choose({ x0, y0, x1, y1 }: Rectangle, plane: Plane): void {
    const times = [plane.time.t(x0), plane.time.t(x1)] as const;
    const seqs = [plane.seq(y0), plane.seq(y1)] as const;
    if (Math.abs(x1 - x0) >= SHORT) showSpan(Math.min(...times), Math.max(...times));
    if (Math.abs(y1 - y0) >= SHORT) this.#show([Math.min(...seqs), Math.max(...seqs)]);
  }

  #show([from, to]: Range): void {
    const middle = (from + to) / 2;
    const half = Math.max(LEAST, to - from) / 2;
    this.#parts.range.value = [middle - half, middle + half];
  }

  /** Zooms by a factor (below 1: in) around a time (us) and a sequence number. */
  zoom(factor: number, t: number, seq: number, axes: 'both' | 'time' | 'seq' = 'both'): void {
    const { time, range } = this.#parts.plane();
    if (axes !== 'seq') showSpan(...zoomed([time.from, time.to], factor, t));
    if (axes !== 'time') this.#show(zoomed(range, factor, seq));
  }

  /** Zooms by a factor around the moment, or the middle when the moment is not seen. */
  zoomAroundNow(factor: number): void {
    const { time, range, left, right } = this.#parts.plane();
    const { t } = cursor.peek();
    const around = t >= time.from && t <= time.to ? t : time.t((left + right) / 2);
    this.zoom(factor, around, (range[0] + range[1]) / 2);
  }

  /** Shows all. */
  readonly reset = (): void => {
    chosenSpan.value = undefined;
    this.#parts.range.value = undefined;
  };

  readonly wheel = (event: WheelEvent): void => {
    const plane = this.#parts.plane();
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const [t, seq] = [plane.time.t(event.clientX - box.left), plane.seq(event.clientY - box.top)];
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) && !event.shiftKey;
    event.preventDefault();
    const turned = event.deltaY === 0 ? event.deltaX : event.deltaY;
    if (sideways) {
      const by = (event.deltaX / (plane.right - plane.left)) * (plane.time.to - plane.time.from);
      showSpan(plane.time.from + by, plane.time.to + by);
    } else
      this.zoom(2 ** (turned / DOUBLING), t, seq, event.ctrlKey ? 'time' : event.shiftKey ? 'seq' : 'both');
  };

  /** Plus and minus zoom, up and down and Page Up and Down move, 0 shows all. */
  readonly press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { time, range } = this.#parts.plane();
    const [length, tall] = [time.to - time.from, range[1] - range[0]];
    const actions: Readonly<Record<string, () => void>> = {
      '+': () => this.zoomAroundNow(CLOSER),
      '=': () => this.zoomAroundNow(CLOSER),
      '-': () => this.zoomAroundNow(1 / CLOSER),
      '0': this.reset,
      ArrowUp: () => this.#show([range[0] + tall / 8, range[1] + tall / 8]),
      ArrowDown: () => this.#show([range[0] - tall / 8, range[1] - tall / 8]),
      PageUp: () => showSpan(time.from - length / 2, time.to - length / 2),
      PageDown: () => showSpan(time.from + length / 2, time.to + length / 2),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  };
}
