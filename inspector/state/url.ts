/**
 * The address tells the moment, so that it can be sent to someone: `?t=` as us or as `12.5ms`, `3s`; `event=` the
 * number of the selected event; `view=` the large view; `trace=` where the trace is; `live=` the address of a WebSocket.
 */
import { effect } from '@preact/signals';
import { NONE } from '../model/traceModel.ts';
import { cursor, following, moveToRow, moveToTime, selection } from './cursor.ts';
import { enlarge, order } from './panels.ts';
import { run } from './run.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, us: 1, µs: 1, ms: 1000, s: 1_000_000 };

/** A time as the address has it, us; undefined for what is none. */
export function parseMoment(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(us|µs|ms|s|)$/.exec(text.trim());
  return match === null ? undefined : Math.round(Number(match[1]) * UNITS[match[2]!]!);
}

/** Goes to where the address says (its part behind the question mark), once a run is there. */
export function goToAddress(address: string): void {
  const model = run.peek()?.model;
  if (model === undefined) return;
  const search = new URLSearchParams(address);
  const row = model.events.rowOf(Number(search.get('event') ?? 0));
  const t = parseMoment(search.get('t') ?? '');
  if (row !== NONE) selection.value = row;
  if (t !== undefined) moveToTime(t);
  else if (row !== NONE) moveToRow(row);
}

/** Keeps the address as the page is; it does not fill the history. */
export function startAddress(): void {
  const view = new URLSearchParams(location.search).get('view');
  if (view !== null) enlarge(view);
  let timer = 0;
  effect(() => {
    if (run.value === undefined) return;
    const model = run.value.model;
    const entries: [string, string | undefined][] = [
      ['t', following.value ? undefined : String(Math.round(cursor.value.t))],
      ['event', selection.value === NONE ? undefined : String(model.events.n[selection.value])],
      ['view', order.value[0]],
    ];
    clearTimeout(timer);
    // Browsers allow a page only so many changes of its address a second.
    timer = setTimeout(write, 250, entries);
  });
}

function write(entries: readonly (readonly [string, string | undefined])[]): void {
  const address = new URL(location.href);
  for (const [key, value] of entries) {
    if (value === undefined) address.searchParams.delete(key);
    else address.searchParams.set(key, value);
  }
  if (address.href !== location.href) history.replaceState(null, '', address);
}
