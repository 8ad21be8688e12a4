/** What could have happened: packets under way at the moment and the one that is selected, and what to do to them. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { FaultAction } from '../../src/channel/faults.ts';
import { kindId } from '../model/draft.ts';
import { packetText } from '../model/flags.ts';
import { NONE, type TraceModel } from '../model/traceModel.ts';
import { cursor, select, selection } from '../state/cursor.ts';
import { run } from '../state/run.ts';
import { packetsOnWire } from './onWire.ts';
import { atPlayground, draft, flaw, session, stored } from './state.ts';
import { comparing, startWhatIf, whyNoWhatIf } from './whatIf.ts';

/** Packets that are listed. */
const LISTED = 6;

export function WhatIfPanel(): JSX.Element | null {
  const shown = run.value;
  if (shown === undefined) return null;
  const why = whyNoWhatIf(shown);
  const { model } = shown;
  const chosen = packetAt(model, selection.value);
  return (
    <section aria-label="What if">
      <h3>What if…</h3>
      {why === '' ? (
        <>
          <OnWire model={model} chosen={chosen} />
          {chosen === NONE ? (
            <p class="quiet small">Choose a packet here, in the ladder or anywhere else.</p>
          ) : (
            <Chosen model={model} packet={chosen} />
          )}
          <WithSettings />
        </>
      ) : (
        <p class="quiet small">{why}</p>
      )}
      {comparing.value && <p class="quiet small">Making both runs…</p>}
    </section>
  );
}

/** The run with the settings that stand in the panel, from its start. */
function WithSettings(): JSX.Element | null {
  const base = atPlayground.value ? session.value?.settings : stored.value?.settings;
  if (base === undefined || flaw.value !== '') return null;
  const same = JSON.stringify(base) === JSON.stringify(draft.value);
  return (
    <>
      <button
        type="button"
        disabled={comparing.value || same}
        onClick={() => startWhatIf({ settings: draft.value })}
      >
        Compare with the settings below
      </button>
      {same && <p class="quiet small">They are the run’s: change the link or the ends first.</p>}
    </>
  );
}

/** The packet that a row is about; NONE for none. */
function packetAt(model: TraceModel, row: number): number {
  switch (model.events.kind[row]) {
    case kindId.send:
    case kindId.link:
    case kindId.receive:
    case kindId.discard:
      return model.packets.find(model.packetNumber(row));
    default:
      return NONE;
  }
}

function OnWire({ model, chosen }: { model: TraceModel; chosen: number }): JSX.Element {
  const packets = packetsOnWire(model, cursor.value.row, LISTED);
  if (packets.length === 0) return <p class="quiet small">Nothing is on the wire at this moment.</p>;
  return (
    <ul class="wire" aria-label="On the wire">
      {packets.map((packet) => (
        <li key={packet}>
          <button
            type="button"
            aria-pressed={packet === chosen}
            onClick={() => (selection.value = model.packets.row.at(packet))}
          >
            <span aria-hidden="true" class={isFirstEnds(model, packet) ? 'there' : 'back'}>
              {isFirstEnds(model, packet) ? '→' : '←'}
            </span>
            {packetText(model, packet)}
          </button>
        </li>
      ))}
    </ul>
  );
}

function isFirstEnds(model: TraceModel, packet: number): boolean {
  return model.words.text(model.events.end[model.packets.row.at(packet)]!) === 'client';
}

const ACTIONS: readonly (readonly [FaultAction, string])[] = [
  ['drop', 'dropped'],
  ['corrupt', 'corrupted'],
  ['duplicate', 'duplicated'],
];

function Chosen({ model, packet }: { model: TraceModel; packet: number }): JSX.Element {
  const delay = useSignal('100');
  const number = model.packets.number.at(packet);
  const start = (action: FaultAction, us = 0): void => startWhatIf({ packet: number, action, delay: us });
  const us = Math.round(Number(delay.value) * 1000);
  const busy = comparing.value;
  return (
    <div class="chosen">
      <p>
        <button type="button" class="link" onClick={() => select(model.packets.row.at(packet))}>
          {packetText(model, packet)}
        </button>{' '}
        had been
      </p>
      <div class="row">
        {ACTIONS.map(([action, text]) => (
          <button key={action} type="button" disabled={busy} onClick={() => start(action)}>
            {text}
          </button>
        ))}
      </div>
      <div class="row">
        <button
          type="button"
          disabled={busy || !(us > 0 && us <= 86_400_000_000)}
          onClick={() => start('delay', us)}
        >
          delayed
        </button>
        <label class="check">
          by
          <input
            type="text"
            inputMode="decimal"
            aria-label="Delay, ms"
            value={delay.value}
            onInput={({ currentTarget }) => (delay.value = currentTarget.value)}
          />
          ms
        </label>
      </div>
    </div>
  );
}
