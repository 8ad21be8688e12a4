/** Signs that this view and the time-sequence graph draw alike: what was lost, corrupted, dropped. */
import type { Pen } from '../../draw/pen.ts';

/** A cross around a place. */
export function drawCross(pen: Pen, x: number, y: number, radius: number, colour: string): void {
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.setLineDash([]);
  pen.beginPath();
  pen.moveTo(x - radius, y - radius);
  pen.lineTo(x + radius, y + radius);
  pen.moveTo(x + radius, y - radius);
  pen.lineTo(x - radius, y + radius);
  pen.stroke();
}

/** A flash of lightning around a place. */
export function drawFlash(pen: Pen, x: number, y: number, colour: string): void {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.moveTo(x + 2, y - 8);
  pen.lineTo(x - 4, y + 1);
  pen.lineTo(x - 0.5, y + 1);
  pen.lineTo(x - 2, y + 8);
  pen.lineTo(x + 4, y - 1.5);
  pen.lineTo(x + 0.5, y - 1.5);
  pen.closePath();
  pen.fill();
}
