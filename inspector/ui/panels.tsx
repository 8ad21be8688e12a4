/**
 * The views: one large, others as tiles beside it, as many as the window has room for. The borders between can be
 * dragged, or moved with the arrow keys.
 */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { order } from '../state/panels.ts';
import type { Run } from '../state/run.ts';
import { VIEWS } from '../views/index.ts';
import { Panel } from './panel.tsx';
import { Splitter } from './splitter.tsx';
import { useSize } from './useSize.ts';

/** From so many px the window has room for a second large view beside one that is easy to read. */
const WIDE = 2200;
const NARROW = 900;
/** From so many px a column has room for three tiles. */
const TALL = 860;

export function Panels({ run }: { run: Run }): JSX.Element {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const share = useSignal(0.66);
  const columns = width >= WIDE ? 3 : width >= NARROW ? 2 : 1;
  const tiles = height >= TALL ? 3 : 2;
  const views = order.value.map((id) => VIEWS.find((view) => view.id === id)!);
  const panel = (place: number, compact: boolean): JSX.Element => {
    const view = views[place]!;
    return <Panel key={view.id} view={view} place={place} compact={compact} run={run} />;
  };
  const rest = 1 - share.value;
  const template = columns === 1 ? 'minmax(0, 1fr)' : `minmax(0, ${share.value}fr) 5px minmax(0, ${rest}fr)`;
  return (
    <div class="panels" ref={ref} style={{ gridTemplateColumns: template }}>
      {columns === 3 ? (
        <div class="pair">
          {panel(0, false)}
          {panel(1, false)}
        </div>
      ) : (
        panel(0, false)
      )}
      {columns > 1 && (
        <>
          <Splitter
            value={share.value}
            onMove={(value) => (share.value = value)}
            label="Width of the large view"
          />
          <div class="column" style={{ gridTemplateRows: `repeat(${tiles}, minmax(0, 1fr))` }}>
            {Array.from({ length: tiles }, (_, i) => panel(columns - 1 + i, true))}
          </div>
        </>
      )}
    </div>
  );
}
