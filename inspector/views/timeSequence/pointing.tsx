/** What pointing at a time-sequence graph shows, and what a press on it does. */
import type { JSX } from 'preact';
import { labelOf, timeText } from '../../model/label.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';
import { hovered, hoveredTime, moveToTime, select } from '../../state/cursor.ts';
import { hideTip, showTip } from '../../ui/tooltip.tsx';
import { SegmentTip } from '../ladder/segmentTip.tsx';
import type { GestureParts } from './gestures.ts';
import type { Plane } from './plane.ts';
import { type Found, foundAt, rowOfFound, standingAt } from './pointAt.ts';
import type { Sequence } from './sequence.ts';

export function pointingAt(
  model: TraceModel,
  sequence: Sequence,
  plane: () => Plane,
): Pick<GestureParts, 'onHover' | 'onLeave' | 'onClick'> {
  const find = (x: number, y: number): Found | undefined => foundAt(sequence, plane(), x, y);
  return {
    onHover: (event, x, y) => {
      const { time, left, right } = plane();
      const found = find(x, y);
      hoveredTime.value = x < left || x > right ? undefined : time.t(x);
      hovered.value = found === undefined ? NONE : rowOfFound(model, sequence, found);
      (event.target as HTMLElement).style.cursor = found === undefined ? 'crosshair' : 'pointer';
      if (found !== undefined)
        showTip(event.clientX, event.clientY, <FoundTip {...{ model, sequence, found }} />);
      else if (hoveredTime.value === undefined) hideTip();
      else showTip(event.clientX, event.clientY, <StandingTip {...{ sequence, t: Math.round(time.t(x)) }} />);
    },
    onLeave: () => {
      hovered.value = NONE;
      hoveredTime.value = undefined;
      hideTip();
    },
    onClick: (x, y) => {
      const found = find(x, y);
      if (found !== undefined) select(rowOfFound(model, sequence, found));
      else moveToTime(Math.round(plane().time.t(x)));
    },
  };
}

/** What was so at a time, where nothing happened. */
function StandingTip({ sequence, t }: { readonly sequence: Sequence; readonly t: number }): JSX.Element {
  const { sent, ack, edge } = standingAt(sequence, t);
  const lines = [
    ['sent up to', sent],
    ['acknowledged', ack],
    ["window's edge", edge],
  ] as const;
  return (
    <table class="plot-tip">
      <caption>{timeText(t)}</caption>
      <tbody>
        {lines.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value ?? '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface FoundTipProps {
  readonly model: TraceModel;
  readonly sequence: Sequence;
  readonly found: Found;
}

function FoundTip({ model, sequence, found }: FoundTipProps): JSX.Element {
  const row = rowOfFound(model, sequence, found);
  const packet = model.events.a[row]! - 1;
  const copy = found.kind === 'ack' ? model.events.d[row]! - 1 : model.packets.firstCopy.at(packet);
  return (
    <>
      {found.kind === 'ack' && (
        <p class="quiet">
          {labelOf(model, row)} at {timeText(model.events.time[row]!)}
        </p>
      )}
      <SegmentTip model={model} packet={packet} copy={copy} />
    </>
  );
}
