/**
 * Which section of which RFC a step follows, and what that section asks for, in a sentence of our own. Steps are named as
 * `kind word`, with the chart's name before a chart's words; what no RFC speaks of (the session, the link) has no section.
 */
import { KINDS } from '../../model/draft.ts';
import type { TraceModel } from '../../model/traceModel.ts';
import { CONGESTION } from './reasons/congestion.ts';
import { CONNECTION } from './reasons/connection.ts';
import { PACKETS } from './reasons/packets.ts';
import { RECOVERY } from './reasons/recovery.ts';
import type { ReasonTable } from './reasons/table.ts';
import { TIMERS } from './reasons/timers.ts';

export interface Reason {
  /** `RFC 9293 section 3.5`; empty when none speaks of it. */
  readonly rfc: string;
  readonly text: string;
}

const REASONS: ReasonTable = { ...PACKETS, ...CONNECTION, ...RECOVERY, ...CONGESTION, ...TIMERS };

/** Why a step is as it is; undefined for what is the program's own affair. */
export function reasonOf(model: TraceModel, row: number): Reason | undefined {
  for (const name of namesOf(model, row)) {
    const found = REASONS[name];
    if (found !== undefined) return { rfc: found[0], text: found[1] };
  }
  return undefined;
}

/** A row's names in the table, the most exact first. */
function namesOf(model: TraceModel, row: number): string[] {
  const { kind, b, c, d, chart } = model.events;
  const name = KINDS[kind[row]!]!;
  const word = model.words.text(b[row]!);
  const own = model.words.text(chart[row]!);
  if (name === 'transition') {
    const [guard, to] = [model.words.text(c[row]!), model.words.text(d[row]!)];
    return [`${own} ${word} ${guard}`, `${own} ${word} ${to}`, `${own} ${word}`];
  }
  if (name === 'fact' || name === 'action' || name === 'timer') return [`${own} ${word}`];
  return [`${name} ${word}`, name];
}

/** Every entry, for the test that they name what exists. */
export const REASON_NAMES: readonly string[] = Object.keys(REASONS);
