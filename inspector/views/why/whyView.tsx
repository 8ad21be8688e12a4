/**
 * Why an event happened: the chain of what led to it, what came of it, the section of the RFC that the step follows, and
 * for a packet its headers and bytes. Every line leads to its event.
 */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { eventLine } from '../../../src/trace/json.ts';
import { KINDS } from '../../model/draft.ts';
import { labelOf, timeText } from '../../model/label.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';
import { NOTE_KINDS } from '../../notes/note.ts';
import { cursor, hovered, select, selection } from '../../state/cursor.ts';
import type { Run } from '../../state/run.ts';
import { useFindings } from '../notes/useFindings.ts';
import type { ViewProps } from '../view.ts';
import { type Chain, chainOf, packetAt } from './chain.ts';
import { PacketView } from './packetView.tsx';
import { reasonOf } from './reasons.ts';
import { chainDrawing, WHY_ROW } from './whyDrawing.ts';

/** Lines that are shown at first; asking for more multiplies it. */
const REACH = { causes: 14, effects: 40 };

export function WhyView({ run, width, compact, onPicture }: ViewProps): JSX.Element {
  const { model } = run;
  const chosen = selection.value;
  const row = chosen === NONE ? cursor.value.row : chosen;
  const wider = useSignal({ row: NONE, times: 1 });
  const times = wider.value.row === row ? wider.value.times : 1;
  const chain = useMemo(() => {
    if (row === NONE) return undefined;
    return chainOf(model, row, { causes: REACH.causes * times, effects: REACH.effects * times });
  }, [run, row, times]);
  useEffect(() => {
    if (chain === undefined) return;
    const height = (chain.causes.length + chain.effects.length + 1) * WHY_ROW + 20;
    const size = { width: Math.max(width, 640), height };
    onPicture(() => ({ kind: 'drawing', size, draw: chainDrawing(model, row, chain) }));
  }, [onPicture, chain, width]);
  if (chain === undefined || row >= model.length)
    return <p class="quiet">Select an event to see what led to it.</p>;
  const beside = !compact && width >= 620;
  return (
    <div class={beside ? 'why' : 'why narrow'}>
      <ChainList
        model={model}
        row={row}
        chain={chain}
        selected={chosen !== NONE}
        onMore={() => (wider.value = { row, times: times * 4 })}
      />
      {beside && <Detail run={run} row={row} />}
    </div>
  );
}

interface ChainListProps {
  readonly model: TraceModel;
  readonly row: number;
  readonly chain: Chain;
  readonly selected: boolean;
  readonly onMore: () => void;
}

function ChainList({ model, row, chain, selected, onMore }: ChainListProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const line = box.current?.querySelector<HTMLElement>('.explained');
    const list = box.current;
    if (line == null || list === null) return;
    list.scrollTop = Math.max(0, line.offsetTop - list.offsetTop - list.clientHeight / 2);
  }, [row]);
  const { events } = model;
  return (
    <div class="chain" ref={box}>
      <h3>{chain.causes.length === 0 ? 'Nothing in the trace led to it' : 'Because of'}</h3>
      {chain.earlier && <More text="what led to that" onClick={onMore} />}
      <ol>
        {chain.causes.map((at) => (
          <Line key={at} model={model} row={at} depth={0} since={events.time[row]! - events.time[at]!} />
        ))}
        <Line
          model={model}
          row={row}
          depth={0}
          since={0}
          explained={selected ? 'selected' : 'at the cursor'}
        />
      </ol>
      <h3>{chain.effects.length === 0 ? 'Nothing came of it' : 'What came of it'}</h3>
      <ol>
        {chain.effects.map(({ row: at, depth }) => (
          <Line key={at} model={model} row={at} depth={depth} since={events.time[row]! - events.time[at]!} />
        ))}
      </ol>
      {chain.more && <More text="more" onClick={onMore} />}
    </div>
  );
}

function More({ text, onClick }: { text: string; onClick: () => void }): JSX.Element {
  return (
    <button type="button" class="more" onClick={onClick}>
      … {text}
    </button>
  );
}

interface LineProps {
  readonly model: TraceModel;
  readonly row: number;
  readonly depth: number;
  /** us from this event to the one that is explained; below 0 when it came after. */
  readonly since: number;
  readonly explained?: string;
}

/** Indentation goes no further. */
const DEEPEST = 7;

function Line({ model, row, depth, since, explained }: LineProps): JSX.Element {
  const { events, words } = model;
  const kind = KINDS[events.kind[row]!]!;
  const reason = reasonOf(model, row);
  const gap = since === 0 ? '' : since > 0 ? `−${timeText(since)}` : `+${timeText(-since)}`;
  return (
    <li
      class={explained === undefined ? `kind-${kind}` : `kind-${kind} explained`}
      style={{ '--depth': Math.min(depth, DEEPEST) }}
    >
      <button
        type="button"
        title={reason?.text}
        aria-current={explained === undefined ? undefined : 'step'}
        onClick={() => select(row)}
        onPointerEnter={() => (hovered.value = row)}
        onPointerLeave={() => (hovered.value = NONE)}
      >
        <span class="sign" aria-hidden="true" />
        <span class="where">{words.text(events.end[row]!)}</span>
        <span class="what">{labelOf(model, row)}</span>
        <span class="when">{explained === undefined ? gap : timeText(events.time[row]!)}</span>
        {reason !== undefined && reason.rfc !== '' && <span class="rfc">{reason.rfc}</span>}
      </button>
    </li>
  );
}

function Detail({ run, row }: { run: Run; row: number }): JSX.Element {
  const { model } = run;
  const remarks = useFindings(run).notes.filter((note) => note.row === row);
  const { events, words } = model;
  const reason = reasonOf(model, row);
  const kind = KINDS[events.kind[row]!]!;
  return (
    <aside class="detail" aria-live="polite">
      <h2>{labelOf(model, row)}</h2>
      <p class="place">
        #{events.n[row]} · {timeText(events.time[row]!)} · {words.text(events.end[row]!)}
        {events.connection[row]! > 0 && ` · connection ${events.connection[row]}`} · {kind}
      </p>
      {reason !== undefined && (
        <p class="reason">
          {reason.text} {reason.rfc !== '' && <cite>{reason.rfc}</cite>}
        </p>
      )}
      {remarks.map(({ kind, text }) => (
        <p key={kind} class="reason">
          <b>{NOTE_KINDS[kind].title}.</b> {text} <cite>{NOTE_KINDS[kind].rfc}</cite>
        </p>
      ))}
      {packetAt(model, row) !== NONE && <PacketView model={model} row={row} />}
      <details>
        <summary>The event in the trace</summary>
        <pre>{eventLine(model.eventAt(row)).replaceAll(',"', ',\n "')}</pre>
      </details>
    </aside>
  );
}
