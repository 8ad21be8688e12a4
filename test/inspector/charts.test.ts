/** The charts as they are drawn: what was taken is found again in them. */
import { describe, expect, test } from 'vitest';
import { CHARTS } from '../../inspector/geometry/charts.ts';
import { TraceModel } from '../../inspector/model/traceModel.ts';
import { edgeOf, piecesTaken, takenAlong, takenAt } from '../../inspector/views/charts/edges.ts';
import { roughEvents } from './traces.ts';

const model = new TraceModel();
for (const event of roughEvents()) model.add(event);

/** The text of the pieces of an arrow's label that a transition lights. */
function lit(chart: string, source: string, target: string, event: string, guard = ''): string[] {
  const { lines } = CHARTS[chart]!.edges.find((each) => each.source === source && each.target === target)!;
  const taken = { row: 0, from: source, to: target, event, guard };
  return [...piecesTaken(lines, taken)].map((place) => {
    const [line, piece] = place.split('.').map(Number) as [number, number];
    return lines[line]![piece]![1].trim();
  });
}

describe('an arrow', () => {
  test('of several events lights the one that was taken, with its guard', () => {
    // user.abort, after twoMsl | segment.rst [assassinationAllowed] | segment.syn [synResets]
    expect(lit('connection', 'TIME_WAIT', 'CLOSED', 'after.twoMsl')).toEqual(['after twoMsl']);
    expect(lit('connection', 'TIME_WAIT', 'CLOSED', 'segment.rst', 'assassinationAllowed')).toEqual([
      'segment.rst',
      '[assassinationAllowed]',
    ]);
    expect(lit('connection', 'TIME_WAIT', 'CLOSED', 'segment.syn', 'synResets')).toEqual([
      'segment.syn',
      '[synResets]',
    ]);
    expect(lit('connection', 'TIME_WAIT', 'CLOSED', 'segment.syn')).toEqual([]);
    // user.open, user.send share a guard
    expect(lit('connection', 'LISTEN', 'SYN_SENT', 'user.send', 'remoteGiven')).toEqual([
      'user.send',
      '[remoteGiven]',
    ]);
  });

  test('lights something, and counts, for each transition of a run that it is drawn for', () => {
    let drawn = 0;
    for (const group of model.tracks.groups) {
      const chart = CHARTS[model.words.text(group.chart)]!;
      for (let i = 0; i < group.tracks.length; i++) {
        const track = group.tracks.at(i);
        const rows = model.tracks.transitions(track);
        for (let j = 0; j < rows.length; j++) {
          const taken = takenAt(model, rows.at(j));
          const edge = edgeOf(chart, taken);
          if (edge === undefined) continue;
          drawn += 1;
          expect(piecesTaken(edge.lines, taken).size, `${taken.from} ${taken.event}`).toBeGreaterThan(0);
          expect(takenAlong(model, chart, track, edge)).toContain(taken.row);
        }
      }
    }
    expect(drawn).toBeGreaterThan(50);
  });
});
