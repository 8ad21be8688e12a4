/** Outstanding segments as drawings: the strip of sequence numbers, and the whole view as a picture. */
import { type Colours, FONT } from '../../draw/colours.ts';
import type { Draw, Pen } from '../../draw/pen.ts';
import type { ConnectionRef } from '../../model/conversations.ts';
import { timeText } from '../../model/label.ts';
import { type Belief, type Outstanding, type Sent, shareOf } from './segments.ts';

/** Signs and words of what is believed of a segment. */
export const BELIEFS: Readonly<Record<Belief, { readonly sign: string; readonly text: string }>> = {
  inFlight: { sign: '■', text: 'in flight' },
  sacked: { sign: '◆', text: 'SACKed' },
  lost: { sign: '✕', text: 'lost' },
  unsent: { sign: '□', text: 'unsent' },
};

/** Height of the strip, px. */
export const STRIP = 34;

const BAR = { top: 3, height: 16 };
/** So far down the boxes are, px. */
export const STRIP_BAR = BAR.top + BAR.height + 2;

function colourOf(belief: Belief, colours: Colours): string {
  return belief === 'sacked' ? colours.sack : belief === 'lost' ? colours.lost : colours.data;
}

/** Where sequence numbers are on a strip of a width, px. */
function stripScale(
  { una = 0, next = una, edge }: Sent,
  width: number,
): { readonly shownTo: number; x(seq: number): number } {
  // A window much larger than what is outstanding is cut off, so that segments can be told apart.
  const shownTo = Math.max(next + 1, Math.min(edge ?? next, una + 2 * Math.max(1, next - una)));
  const scale = width / Math.max(1, shownTo - una);
  return { shownTo, x: (seq) => (seq - una) * scale };
}

/** The segment at a place of a strip of a width, px; undefined where there is none. */
export function segmentAt(sent: Sent, width: number, at: number): Outstanding | undefined {
  const { x } = stripScale(sent, width);
  return sent.segments.find(({ from, to }) => at >= x(from) && at < x(to));
}

/** The sequence numbers from the oldest outstanding to the window's right edge, a box for each segment. */
export function stripDrawing(sent: Sent): Draw {
  return (pen, { width }, colours) => {
    const { segments, una = 0, next = una, edge } = sent;
    const { shownTo, x } = stripScale(sent, width);
    pen.fillStyle = colours.raised;
    pen.fillRect(0, BAR.top, width, BAR.height);
    let taken = -1;
    for (const segment of segments) {
      const [left, right] = [x(segment.from), Math.max(x(segment.to), x(segment.from) + 1)];
      if (right < taken + 0.5) continue;
      taken = right;
      drawSegment(pen, segment, left, right, colours);
    }
    drawEdge(pen, edge === undefined || edge > shownTo ? undefined : x(edge), colours);
    drawNumbers(pen, width, { una, next, edge, shownTo, x }, colours);
  };
}

function drawSegment(pen: Pen, segment: Outstanding, left: number, right: number, colours: Colours): void {
  const width = Math.max(1, right - left - (right - left > 3 ? 1 : 0));
  pen.fillStyle = colourOf(segment.belief, colours);
  pen.globalAlpha = segment.belief === 'lost' ? 0.35 : 0.8;
  pen.fillRect(left, BAR.top, width, BAR.height);
  pen.globalAlpha = 1;
  if (segment.timer !== undefined) {
    pen.fillStyle = colours.taken;
    pen.fillRect(left, BAR.top + BAR.height, width, 2);
  }
  if (width < 9 || segment.belief === 'inFlight') return;
  pen.fillStyle = segment.belief === 'lost' ? colours.lost : colours.panel;
  pen.font = FONT.small;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.fillText(BELIEFS[segment.belief].sign, left + width / 2, BAR.top + BAR.height / 2);
}

function drawEdge(pen: Pen, x: number | undefined, colours: Colours): void {
  if (x === undefined) return;
  pen.strokeStyle = colours.window;
  pen.lineWidth = 2;
  pen.setLineDash([4, 3]);
  pen.beginPath();
  pen.moveTo(x - 1, 0);
  pen.lineTo(x - 1, BAR.top + BAR.height + 3);
  pen.stroke();
  pen.setLineDash([]);
}

interface Numbers {
  readonly una: number;
  readonly next: number;
  readonly edge: number | undefined;
  readonly shownTo: number;
  x(seq: number): number;
}

/** SND.UNA, SND.NXT and the window's edge, those that have room. */
function drawNumbers(
  pen: Pen,
  width: number,
  { una, next, edge, shownTo, x }: Numbers,
  colours: Colours,
): void {
  pen.font = FONT.small;
  pen.textBaseline = 'middle';
  pen.fillStyle = colours.dim;
  const y = BAR.top + BAR.height + 9;
  pen.textAlign = 'left';
  const first = `una ${una}`;
  pen.fillText(first, 0, y);
  const window = edge === undefined ? '' : `window to ${edge}${edge > shownTo ? ' →' : ''}`;
  pen.textAlign = 'right';
  pen.fillText(window, width, y);
  const text = `nxt ${next}`;
  const half = pen.measureText(text).width / 2;
  const [from, to] = [pen.measureText(first).width + 8, width - pen.measureText(window).width - 8];
  const centre = Math.min(Math.max(x(next), from + half), to - half);
  if (to - from < 2 * half) return;
  pen.textAlign = 'center';
  pen.fillText(text, centre, y);
}

const LINE = 20;

/** Both ends as a picture. */
export function outstandingDrawing(
  both: readonly { readonly ref: ConnectionRef; readonly sent: Sent | undefined }[],
  t: number,
): Draw {
  return (pen, { width, height }, colours) => {
    let y = 18;
    for (const { ref, sent } of both) {
      pen.font = FONT.normal;
      pen.textAlign = 'left';
      pen.textBaseline = 'middle';
      pen.fillStyle = colours.text;
      pen.fillText(`${ref.end} at ${timeText(t)}: ${sent?.segments.length ?? 0} outstanding`, 12, y);
      y += LINE;
      for (const segment of sent?.segments ?? []) {
        if (y > height) return;
        drawLine(pen, segment, t, y, width, colours);
        y += LINE;
      }
      y += LINE / 2;
    }
  };
}

function drawLine(
  pen: Pen,
  segment: Outstanding,
  t: number,
  y: number,
  width: number,
  colours: Colours,
): void {
  const { sign, text } = BELIEFS[segment.belief] ?? BELIEFS.unsent;
  pen.font = FONT.mono;
  pen.fillStyle = colours.text;
  pen.fillText(`${segment.control} ${segment.from}–${segment.to}`, 12, y);
  pen.fillText(`${segment.timesSent}×`, 250, y);
  pen.fillText(segment.truth, width - 90, y);
  pen.fillStyle = colourOf(segment.belief, colours);
  pen.fillText(`${sign} ${text}`, 150, y);
  if (segment.timer === undefined) return;
  const room = width - 400;
  pen.fillStyle = colours.raised;
  pen.fillRect(290, y - 4, room, 8);
  pen.fillStyle = colours.taken;
  pen.fillRect(290, y - 4, room * shareOf(segment.timer, t), 8);
}
