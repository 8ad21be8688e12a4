/** What pointing at a ladder shows, and what a press on it does. */
import type { Signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { labelOf } from '../../model/label.ts';
import { NONE } from '../../model/traceModel.ts';
import { hovered, hoveredTime, moveToTime, select } from '../../state/cursor.ts';
import { hideTip, showTip } from '../../ui/tooltip.tsx';
import type { Drawn } from './drawLadder.ts';
import type { Box } from './room.ts';
import { arrowAt, type Columns, HEAD, lineOf, rowOfArrow, type Scene } from './scene.ts';
import { SegmentTip } from './segmentTip.tsx';
import type { LadderChoices } from './useLadder.ts';

export interface PointingParts {
  readonly scene: Scene;
  readonly columns: Columns;
  readonly choices: LadderChoices;
  readonly top: Signal<number>;
  readonly drawn: RefObject<Drawn>;
  readonly scrollTo: (place: number) => void;
}

/** px from an arrow at which it is meant. */
const NEAR = 7;
/** A press that moves so little is a click, px. */
const STILL = 4;

export class Pointing {
  readonly #parts: PointingParts;
  #pressed: { readonly y: number; readonly top: number; moved: boolean } | undefined;

  constructor(parts: PointingParts) {
    this.#parts = parts;
  }

  /** For a canvas's `onPointer`. */
  readonly listen = (event: PointerEvent, x: number, y: number): void => {
    if (event.type === 'pointerleave') this.#leave();
    else if (event.type === 'pointerdown') this.#pressed = { y, top: this.#parts.top.peek(), moved: false };
    else if (event.type === 'pointerup') this.#release(x, y);
    else if (this.#pressed !== undefined && (event.buttons & 1) !== 0) this.#drag(event, y);
    else this.#hover(event, x, y);
  };

  #leave(): void {
    this.#pressed = undefined;
    hovered.value = NONE;
    hoveredTime.value = undefined;
    hideTip();
  }

  #drag(event: PointerEvent, y: number): void {
    const pressed = this.#pressed!;
    if (!pressed.moved && Math.abs(y - pressed.y) < STILL) return;
    if (!pressed.moved) (event.target as Element).setPointerCapture(event.pointerId);
    pressed.moved = true;
    hideTip();
    this.#parts.scrollTo(pressed.top + pressed.y - y);
  }

  #hover(event: PointerEvent, x: number, y: number): void {
    const { scene, top } = this.#parts;
    const canvas = event.target as HTMLElement;
    const note = inBox(this.#parts.drawn.current!.notes, x, y);
    const at = note === undefined ? this.#arrowAt(x, y) : -1;
    const fold = at < 0 ? scene.time.foldAt(top.peek() + y - HEAD) : undefined;
    canvas.style.cursor = at >= 0 || note !== undefined || fold !== undefined ? 'pointer' : 'default';
    hoveredTime.value = y < HEAD ? undefined : scene.time.t(top.peek() + y - HEAD);
    hovered.value = at >= 0 ? rowOfArrow(scene, at, 0) : (note?.row ?? NONE);
    if (at >= 0) {
      const { packet, copy } = scene.arrows;
      const more = inBox(this.#parts.drawn.current!.chips, x, y)?.more ?? 0;
      showTip(
        event.clientX,
        event.clientY,
        <>
          <SegmentTip model={scene.model} packet={packet.at(at)} copy={copy.at(at)} />
          {more > 0 && <p class="quiet">and {more} more so near that they look like one: zoom in</p>}
        </>,
      );
    } else if (note !== undefined) showTip(event.clientX, event.clientY, labelOf(scene.model, note.row));
    else if (fold !== undefined) showTip(event.clientX, event.clientY, 'Press to unfold');
    else hideTip();
  }

  #release(x: number, y: number): void {
    const pressed = this.#pressed;
    this.#pressed = undefined;
    hideTip();
    if (pressed === undefined || pressed.moved || y < HEAD) return;
    const { scene, columns, choices, top, drawn } = this.#parts;
    const note = inBox(drawn.current!.notes, x, y);
    const at = note === undefined ? this.#arrowAt(x, y) : -1;
    const place = top.peek() + y - HEAD;
    const fold = scene.time.foldAt(place);
    if (at >= 0) {
      const { x0, x1 } = lineOf(scene, columns, at, top.peek(), { x0: 0, y0: 0, x1: 0, y1: 0 });
      select(rowOfArrow(scene, at, (x - x0) / (x1 - x0)));
    } else if (note !== undefined) select(note.row);
    else if (fold !== undefined) choices.unfolded.value = new Set([...choices.unfolded.value, fold.from]);
    else moveToTime(Math.round(scene.time.t(place)));
  }

  #arrowAt(x: number, y: number): number {
    const { scene, columns, top, drawn } = this.#parts;
    if (y < HEAD) return -1;
    return inBox(drawn.current!.chips, x, y)?.at ?? arrowAt(scene, columns, top.peek(), [x, y], NEAR);
  }
}

function inBox<Kept extends Box>(boxes: readonly Kept[], x: number, y: number): Kept | undefined {
  return boxes.find((box) => x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height);
}
