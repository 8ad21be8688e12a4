/** An outbound line: the next packet that the stack sends must be this one, at this time. */
import { Mismatch } from './errors.ts';
import { differences, joined, type MatchRules } from './match.ts';
import type { Network, WireRecord } from './network.ts';
import { formatTime, type PacketView } from './packetView.ts';
import { showPacket } from './report.ts';
import type { PacketAction, ScriptEvent } from './script.ts';
import type { Settings } from './settings.ts';
import type { Window } from './window.ts';

/** With `*` a packet may come at any time, but not after so many deadlines that brought none. */
const PATIENCE = 1000;

/** Goes on one deadline, at most to the limit; false when it is reached. */
export type Step = (limit: number) => boolean;

/**
 * Waits for the next packet and holds it against the line.
 * @throws Mismatch saying what was expected and what came
 */
export function expectPacket(
  event: ScriptEvent,
  window: Window,
  network: Network,
  settings: Settings,
  step: Step,
): void {
  const expected = event.action as PacketAction;
  const first = waitForPacket(window, network, step);
  const rules: MatchRules = {
    relax: settings.relax,
    timestamps: network.timestamps,
    slack: window.tolerance,
  };
  first.line = event.place.line;
  let view = first.view;
  if (settings.relax.has('segments')) view = gather(view, expected, window, network, event, step);
  const found = differences(expected, view, rules);
  const late = lateness(view, window);
  if (late !== '') found.unshift(late);
  if (found.length === 0) return;
  first.line = 0;
  throw new Mismatch(
    `got  ${showPacket(view, network.timestamps)}  at ${formatTime(view.time)}\n${found.map((what) => `- ${what}`).join('\n')}`,
  );
}

/** The next packet in line; time goes on until there is one. */
function waitForPacket(window: Window, network: Network, step: Step): WireRecord {
  const limit = window.until + window.tolerance;
  for (let patience = PATIENCE; network.queue.length === 0 && patience > 0; patience--) {
    if (!step(Math.max(limit, network.now))) break;
  }
  const record = network.queue.shift();
  if (record !== undefined) return record;
  const until = Number.isFinite(limit) ? ` by ${formatTime(limit)}` : '';
  throw new Mismatch(`the stack sent nothing${until}`);
}

/** The packets that together are the expected one. */
function gather(
  first: PacketView,
  expected: PacketAction,
  window: Window,
  network: Network,
  event: ScriptEvent,
  step: Step,
): PacketView {
  let view = first;
  while (view.length > 0 && view.length < expected.length) {
    if (network.queue.length === 0) step(Math.max(window.until + window.tolerance, network.now));
    const next = network.queue[0];
    const whole = next === undefined ? undefined : joined(view, next.view);
    if (next === undefined || whole === undefined) return view;
    view = whole;
    next.line = event.place.line;
    network.queue.shift();
  }
  return view;
}

function lateness(view: PacketView, { at, until, tolerance }: Window): string {
  if (view.time >= at - tolerance && view.time <= until + tolerance) return '';
  const when = at === until ? formatTime(at) : `${formatTime(at)} to ${formatTime(until)}`;
  const share = tolerance > 0 ? ` within ${formatTime(tolerance)}` : '';
  return `sent at ${formatTime(view.time)}, not at ${when}${share}`;
}
