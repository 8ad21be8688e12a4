/** How a run ended, for people and as JSON: each answer, what each direction did, how long it took. */

import type { Outcome } from '../src/app/demo.ts';
import { printable } from '../src/trace/text.ts';
import { EXIT } from './failure.ts';
import { exitCode, type Figures, type Measured } from './measure.ts';
import type { Paint } from './paint.ts';
import { cell, numberTable, wrap } from './table.ts';

/** Columns that a command or an answer may take. */
const WIDEST_TEXT = 32;

/** us as seconds with three places */
export function seconds(us: number): string {
  return `${(us / 1_000_000).toFixed(3)} s`;
}

/** The last line of `--json`. It has no wall time: the same seed gives the same output. */
export function summaryRecord({ result, forward, backward, right }: Measured): object {
  const { outcomes, end, client, server, sessionTime, virtualTime } = result;
  const state = (of: typeof client | undefined): object | null =>
    of === undefined ? null : { state: of.state, reason: of.reason ?? null };
  return {
    kind: 'summary',
    end: end ?? null,
    right,
    answers: outcomes.map(({ command, answer, got, right }) => ({
      command,
      answer: got ?? null,
      expected: answer,
      right,
    })),
    'client>server': forward,
    'server>client': backward,
    client: state(client),
    server: state(server),
    sessionTime,
    virtualTime,
  };
}

/** The summary as lines of text; `wall` in ms, `width` in columns. `live`: TCP's time was the clock's, times its speed. */
export function summaryLines(
  measured: Measured,
  wall: number,
  width: number,
  paint: Paint,
  live = false,
): string[] {
  const { result, forward, backward } = measured;
  const mood = exitCode(measured) === EXIT.fine ? 'good' : 'bad';
  return [
    ...answerLines(result.outcomes, paint),
    '',
    ...wrap(verdict(measured), width).map((line, i) => (i === 0 ? paint(line, mood) : line)),
    '',
    ...numberTable(rows(forward, backward), paint),
    '',
    `${live ? "TCP's" : 'virtual'} time: session ${seconds(result.sessionTime)}, with TIME_WAIT ${seconds(result.virtualTime)}`,
    `real time: ${wall < 1000 ? `${Math.round(wall)} ms` : `${(wall / 1000).toFixed(1)} s`}`,
  ];
}

function answerLines(outcomes: readonly Outcome[], paint: Paint): string[] {
  const first = Math.min(WIDEST_TEXT, Math.max(7, ...outcomes.map(({ command }) => command.length)));
  const shown = ({ got }: Outcome): string => (got === undefined ? '(no answer)' : printable(got));
  const lines = outcomes.map((outcome) => {
    const { command, right, answer } = outcome;
    const mark = right ? paint('right', 'good') : paint('WRONG', 'bad');
    const wanted = right ? '' : `   expected ${cell(printable(answer), WIDEST_TEXT).trimEnd()}`;
    const said = cell(shown(outcome), WIDEST_TEXT);
    return `${cell(printable(command), first)}   ${said}   ${mark}${wanted}`.trimEnd();
  });
  return [paint(`${cell('command', first)}   answer`, 'heading'), ...lines];
}

/** Why the session ended, in words. */
const ENDS: Readonly<Record<string, string>> = {
  refused: 'the server refused the connection',
  timedOut: 'the client gave up: nothing came through for too long',
  reset: 'the server reset the connection',
  aborted: 'the client aborted the connection',
  unreachable: 'the server cannot be reached',
  hungUp: 'the server closed the connection before it had answered everything',
  badAnswer: 'the server said something that is no answer',
};

function verdict({ result, right }: Measured): string {
  const { outcomes, end, client, server } = result;
  const states = `client ${client.state}, server ${server?.state ?? 'never connected'}`;
  const why = end === 'finished' ? states : `${ENDS[end ?? ''] ?? 'the session did not end'} (${states})`;
  return `${right} of ${outcomes.length} answers right; ${why}`;
}

type Row = readonly (string | number)[];

function rows(forward: Figures, backward: Figures): Row[] {
  const row = (label: string, key: keyof Figures): Row => [label, forward[key] ?? '', backward[key] ?? ''];
  const other = forward.otherDrops + backward.otherDrops > 0;
  return [
    ['', 'client > server', 'server > client'],
    row('segments sent', 'segments'),
    row('  sent again: timer', 'resentByTimer'),
    row('  sent again: fast retransmit', 'resentFast'),
    row('link: lost', 'lost'),
    row('  corrupted', 'corrupted'),
    row('  marked (ECN)', 'marked'),
    row('  duplicated', 'duplicated'),
    row('  overtaken by a later one', 'reordered'),
    row('  delivered', 'delivered'),
    row('receiver: dropped, bad checksum', 'checksumDrops'),
    ...(other ? [row('  dropped, other reasons', 'otherDrops')] : []),
    ...(forward.outOfOrder === undefined ? [] : [row('  data out of order', 'outOfOrder')]),
  ];
}
