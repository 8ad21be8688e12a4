/** The model against what a plain walk over the events says. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FINALS } from '../../inspector/geometry/finals.ts';
import { findRow } from '../../inspector/model/find.ts';
import { packetText } from '../../inspector/model/flags.ts';
import { labelOf, timeText } from '../../inspector/model/label.ts';
import { MARK, NONE, TraceModel } from '../../inspector/model/traceModel.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { demoEvents, HEADER, roughEvents } from './traces.ts';

type Of<Kind extends TraceEvent['kind']> = Extract<TraceEvent, { kind: Kind }>;

const events = roughEvents();
const model = modelOf(events);

function modelOf(some: readonly TraceEvent[]): TraceModel {
  const made = new TraceModel();
  made.header = HEADER;
  for (const event of some) made.add(event);
  return made;
}

function of<Kind extends TraceEvent['kind']>(kind: Kind): Of<Kind>[] {
  return events.filter((event): event is Of<Kind> => event.kind === kind);
}

const rows = fc.integer({ min: 0, max: events.length - 1 });

describe('events', () => {
  test('the run has everything: lost, duplicated, corrupted, discarded, sent again', () => {
    for (const what of ['lost', 'duplicated', 'corrupted', 'delayed'])
      expect(of('link').some((event) => event.what === what)).toBe(true);
    expect(of('discard').length).toBeGreaterThan(0);
    expect(of('send').some(({ why }) => why === 'timer' || why === 'fast')).toBe(true);
  });

  test('each comes back as it was', () => {
    events.forEach((event, row) => {
      expect(model.eventAt(row)).toEqual(event);
    });
  });

  test('are found by number and by time', () => {
    fc.assert(
      fc.property(rows, (row) => {
        const { n, t } = events[row]!;
        expect(model.events.rowOf(n)).toBe(row);
        expect(model.events.rowAt(t)).toBe(events.findLastIndex((event) => event.t <= t));
        expect(model.events.rowAt(t - 1)).toBe(events.findLastIndex((event) => event.t <= t - 1));
      }),
    );
    expect(model.events.rowOf(0)).toBe(NONE);
    expect(model.events.rowOf(events.length + 1)).toBe(NONE);
    expect(model.events.rowAt(-1)).toBe(NONE);
  });

  test('know their causes and effects', () => {
    events.forEach(({ n, cause }, row) => {
      expect(model.events.causeOf(row)).toBe(cause === 0 ? NONE : cause - 1);
      const effects = events.filter((other) => other.cause === n).map((other) => other.n - 1);
      expect(model.events.effectsOf(row)).toEqual(effects);
    });
  });

  test('with gaps between their numbers are found too', () => {
    const sparse = modelOf(events.filter(({ n }) => n % 3 !== 0));
    fc.assert(
      fc.property(rows, (row) => {
        const { n } = events[row]!;
        const found = sparse.events.rowOf(n);
        if (n % 3 === 0) expect(found).toBe(NONE);
        else expect(sparse.events.n[found]).toBe(n);
      }),
    );
  });

  test('that came before, or whose cause is to come, do no harm', () => {
    const odd = new TraceModel();
    odd.add({ ...events[4]!, cause: 900 });
    odd.add(events[4]!);
    odd.add(events[3]!);
    expect(odd.length).toBe(1);
    expect(odd.events.causeOf(0)).toBe(NONE);
  });

  test('whose time runs backwards are put beside the one before', () => {
    const back = modelOf([
      { ...events[0]!, t: 50 },
      { ...events[1]!, t: 10 },
      { ...events[2]!, t: 60 },
    ]);
    expect([...back.events.time.subarray(0, 3)]).toEqual([50, 50, 60]);
  });

  test('say in a line what they are', () => {
    for (let row = 0; row < events.length; row++) expect(labelOf(model, row)).not.toBe('');
    const syn = events.findIndex(({ kind }) => kind === 'send');
    const measured = events.findIndex((event) => event.kind === 'variables' && 'srtt' in event.values);
    const { srtt } = (events[measured] as Of<'variables'>).values;
    expect(labelOf(model, measured)).toContain(`srtt ${timeText(srtt!)}, `);
    expect(labelOf(model, syn)).toBe(`sends #${events[syn]!.n} SYN 0:0(0) (open)`);
    expect(packetText(model, NONE)).toBe('a packet');
    expect([0, 999, 1000, 1250, 3_040_000, -5].map(timeText)).toEqual([
      ...['0 µs', '999 µs', '1 ms', '1.25 ms', '3.04 s', '-5 µs'],
    ]);
  });
});

describe('charts', () => {
  /** State of each chart instance at a row, by walking. */
  function statesAt(row: number): Map<string, string> {
    const states = new Map<string, string>();
    for (const event of events.slice(0, row + 1))
      if (event.kind === 'transition')
        states.set([event.end, event.connection, event.chart, event.instance].join(' '), event.to);
    return states;
  }

  function keyOf(track: number): string {
    const { groups, groupOf, instance } = model.tracks;
    const { end, connection, chart } = groups[groupOf.at(track)]!;
    return [model.words.text(end), connection, model.words.text(chart), instance.at(track)].join(' ');
  }

  test('are in the states that their transitions led to', () => {
    fc.assert(
      fc.property(rows, (row) => {
        const states = statesAt(row);
        for (let track = 0; track < model.tracks.length; track++) {
          const state = states.get(keyOf(track));
          const last = model.tracks.lastTransition(track, row);
          expect(last === NONE).toBe(state === undefined);
          if (state !== undefined) expect(model.words.text(model.tracks.stateAt(track, row))).toBe(state);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('are alive from their first event until their final state', () => {
    fc.assert(
      fc.property(rows, (row) => {
        for (const group of model.tracks.groups) {
          const alive = model.tracks.aliveAt(group, row);
          const expected = [];
          for (let i = 0; i < group.tracks.length; i++) {
            const track = group.tracks.at(i);
            const own = [...model.tracks.rows(track)];
            const ended = own.find((at) => {
              const event = events[at]!;
              return (
                event.kind === 'transition' &&
                FINALS.some(([chart, state]) => chart === event.chart && state === event.to)
              );
            });
            if (own[0]! <= row && (ended === undefined || ended > row)) expected.push(track);
          }
          expect(alive).toEqual(expected);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('of the same number are told apart by name, connection and end', () => {
    const on = { t: 0, cause: 0, kind: 'transition', instance: 1, event: 'x', from: 'p', to: 'q' } as const;
    const alike = modelOf([
      { ...on, n: 1, end: 'a', connection: 1, chart: 'growth' },
      { ...on, n: 2, end: 'a', connection: 1, chart: 'recovery' },
      { ...on, n: 3, end: 'a', connection: 2, chart: 'recovery' },
      { ...on, n: 4, end: 'b', connection: 2, chart: 'recovery' },
    ]);
    expect(alike.tracks.length).toBe(4);
  });

  test('have the timers that were armed and neither cancelled nor run out', () => {
    fc.assert(
      fc.property(rows, (row) => {
        for (const group of model.tracks.groups) {
          for (const track of model.tracks.aliveAt(group, row)) {
            const armed = new Map<string, number>();
            for (const event of events.slice(0, row + 1)) {
              if (!('chart' in event)) continue;
              if ([event.end, event.connection, event.chart, event.instance].join(' ') !== keyOf(track))
                continue;
              if (event.kind === 'timer' && event.change === 'armed') armed.set(event.delay, event.deadline);
              else if (event.kind === 'timer') armed.delete(event.delay);
              else if (event.kind === 'fact' && event.event.startsWith('after.'))
                armed.delete(event.event.slice(6));
            }
            expect(model.tracks.timersAt(track, row)).toEqual(armed);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  test('of segments know the packets that carried them', () => {
    const { packets, tracks } = model;
    let carried = 0;
    for (let packet = 0; packet < packets.length; packet++) {
      const track = packets.track.at(packet);
      const { length, flags } = packets.segmentOf(packet);
      const hasData = length > 0 || /[SF]/.test(flags);
      expect(track !== NONE).toBe(hasData);
      if (track === NONE) continue;
      carried += 1;
      const sent = [...tracks.rows(track)].filter((at) => {
        const event = events[at]!;
        return event.kind === 'fact' && event.event === 'sent' && at < packets.row.at(packet);
      });
      expect(sent.length).toBeGreaterThan(0);
    }
    expect(carried).toBeGreaterThan(10);
  });
});

describe('packets', () => {
  const count = (test: (copy: number) => boolean): number => {
    let found = 0;
    for (let copy = 0; copy < model.packets.copies; copy++) if (test(copy)) found += 1;
    return found;
  };

  test('have a copy for each that the link made, with its own fate', () => {
    const duplicated = of('link').filter(({ what }) => what === 'duplicated').length;
    expect(model.packets.length).toBe(of('send').length);
    expect(model.packets.copies).toBe(of('send').length + duplicated);
    expect(count((copy) => (model.packets.copyMarks.at(copy) & MARK.duplicate) !== 0)).toBe(duplicated);
    expect(count((copy) => model.packets.fateOf(copy) === 'lost')).toBe(
      of('link').filter(({ what }) => what === 'lost').length,
    );
    expect(count((copy) => model.packets.fateOf(copy) === 'discarded')).toBe(of('discard').length);
    expect(count((copy) => model.packets.fateOf(copy) === 'received')).toBe(
      of('receive').length - of('discard').length,
    );
    expect(count((copy) => (model.packets.copyMarks.at(copy) & MARK.corrupted) !== 0)).toBe(
      of('link').filter(({ what }) => what === 'corrupted').length,
    );
  });

  test('end with the event that settled their fate', () => {
    for (let copy = 0; copy < model.packets.copies; copy++) {
      const end = model.packets.copyEndRow.at(copy);
      if (end === NONE) continue;
      const event = events[end]!;
      expect(['link', 'receive', 'discard']).toContain(event.kind);
      expect((event as Of<'receive'>).packet).toBe(
        model.packets.number.at(model.packets.copyPacket.at(copy)),
      );
    }
  });

  test('belong to the segment that was told of them, and only those', () => {
    const sample = of('send').find(({ segment }) => segment.length > 0)!;
    const on = { end: 'a', cause: 0, t: 0, connection: 1 };
    const small = modelOf([
      { ...on, n: 1, kind: 'fact', chart: 'segment', instance: 9, event: 'sent' },
      { ...sample, ...on, n: 2 },
      { ...sample, ...on, n: 3, why: 'probe' },
      { ...on, n: 4, kind: 'fact', chart: 'segment', instance: 10, event: 'sent' },
      { ...sample, ...on, n: 5, connection: 2 },
    ]);
    const carried = [0, 1, 2].map((packet) => small.packets.track.at(packet));
    expect(carried.map((track) => (track === NONE ? NONE : small.tracks.instance.at(track)))).toEqual([
      9,
      NONE,
      NONE,
    ]);
  });

  test('of many large ones only the heads are kept, and what arrived damaged is told apart', () => {
    const sample = of('send')[0]!;
    const large = new TraceModel();
    const bytes = new Uint8Array(60_000).fill(7);
    for (let n = 1; n <= 1200; n++) large.add({ ...sample, n, bytes });
    expect(large.packets.bytesOf(0).length).toBe(60_000);
    expect(large.packets.bytesOf(1199).length).toBe(160);
    expect(large.packets.size.at(1199)).toBe(60_000);
    const on = { t: 9, end: 'link', kind: 'link', packet: 1200, direction: 'a>b' } as const;
    large.add({ ...on, n: 1201, cause: 1200, what: 'corrupted', bit: 400_000 });
    large.add({ ...on, n: 1202, cause: 1201, what: 'delivered' });
    large.add({ n: 1203, t: 9, end: 'server', cause: 1202, kind: 'receive', packet: 1200, bytes });
    expect(large.packets.arrival(1202).segment).toBeUndefined();
  });

  test('without their sending are known by their arrival', () => {
    const half = modelOf(events.filter(({ kind }) => kind !== 'send' && kind !== 'link'));
    expect(half.packets.length).toBe(new Set(of('receive').map(({ packet }) => packet)).size);
    for (let row = 0; row < half.length; row++) {
      const event = half.eventAt(row);
      if (event.kind === 'receive') expect(event).toEqual(events[event.n - 1]);
    }
  });
});

describe('what else there is', () => {
  test('variables are what was told last', () => {
    fc.assert(
      fc.property(rows, fc.constantFrom('cwnd', 'srtt', 'snd.nxt', 'rcv.wnd'), (row, name) => {
        for (const end of ['client', 'server']) {
          const told = events
            .slice(0, row + 1)
            .findLast((event) => event.kind === 'variables' && event.end === end && name in event.values);
          expect(model.variable(end, 1, name, row)).toBe((told as Of<'variables'> | undefined)?.values[name]);
        }
      }),
    );
    expect(model.variable('nobody', 1, 'cwnd', 10)).toBeUndefined();
  });

  test('the two ends are one conversation', () => {
    const [one, ...others] = [...model.conversations.all];
    expect(others).toEqual([]);
    expect([one?.a.end, one?.b?.end]).toEqual(['client', 'server']);
    expect(one?.a.local).toBe(one?.b?.remote);
    expect(model.conversations.find('server', 1)).toBe(one);
    expect(model.conversations.ends).toEqual(expect.arrayContaining(['client', 'server', 'link']));
  });

  test('marks are the losses, drops, retransmissions and changes of state', () => {
    const kinds = Array.from({ length: model.marks.rows.length }, (_, i) => model.marks.kindAt(i));
    const count = (kind: string): number => kinds.filter((each) => each === kind).length;
    expect(count('loss')).toBe(of('link').filter(({ what }) => what === 'lost').length);
    expect(count('corruption')).toBe(of('discard').length);
    expect(count('retransmission')).toBe(
      of('send').filter(({ why }) => why === 'timer' || why === 'fast').length,
    );
    expect(count('state')).toBe(
      of('transition').filter(({ chart, from, to }) => chart === 'connection' && from !== to).length,
    );
  });

  test('words are searched for in any case, onwards and back, round the end', () => {
    const rowsSaying = events.flatMap((event, row) =>
      event.kind === 'transition' && event.to === 'ESTABLISHED' ? [row] : [],
    );
    const [first, second] = rowsSaying as [number, number];
    const found = findRow(model, 'established', 0, 1);
    expect(found).toBeLessThanOrEqual(first);
    expect(findRow(model, 'enterloss', 0, 1)).toBe(
      events.findIndex((event) => event.kind === 'action' && event.action === 'enterLoss'),
    );
    expect(findRow(model, 'ESTABLISHED', second, -1)).toBeLessThan(second);
    expect(findRow(model, 'ESTABLISHED', second, -1)).toBeGreaterThanOrEqual(first);
    expect(findRow(model, '#12', 0, 1)).toBe(11);
    expect(findRow(model, '서울', 0, 1)).toBe(
      events.findIndex((event) => event.kind === 'app' && event.text.includes('서울')),
    );
    expect(findRow(model, 'no such word', 0, 1)).toBe(NONE);
    expect(findRow(model, ' ', 0, 1)).toBe(NONE);
  });
});

describe('the newest of a long run', () => {
  const kept = 300;
  const rest = model.newest(kept);

  test('are what they were', () => {
    expect(rest.dropped).toBe(events.length - kept);
    const own = Array.from({ length: rest.length }, (_, row) => rest.eventAt(row)).slice(-kept);
    own.forEach((event, i) => {
      const { cause, ...before } = events[events.length - kept + i]!;
      expect({ ...event, cause: 0 }).toMatchObject({
        ...before,
        cause: 0,
        ...('packet' in before && { packet: expect.any(Number) }),
      });
    });
  });

  test('know the states and variables from before', () => {
    for (const end of ['client', 'server']) {
      const name = [rest.words.find(end)!, 1, rest.words.find('connection')!] as const;
      const all = [model.words.find(end)!, 1, model.words.find('connection')!] as const;
      const [old, young] = [model.tracks.group(...all)!, rest.tracks.group(...name)!];
      const row = events.length - kept;
      const state = model.words.text(model.tracks.stateAt(old.tracks.at(0), row - 1));
      const first = rest.events.rowOf(events[row]!.n) - 1;
      expect(rest.words.text(rest.tracks.stateAt(young.tracks.at(0), first))).toBe(state);
      expect(rest.variable(end, 1, 'cwnd', first)).toBe(model.variable(end, 1, 'cwnd', row - 1));
    }
  });

  test('know the states of charts that nothing has happened to since', () => {
    const middle = events.findIndex((event) => event.kind === 'app');
    const young = modelOf(events.slice(0, middle + 6)).newest(3);
    const group = young.tracks.group(young.words.find('client')!, 1, young.words.find('connection')!)!;
    const track = group.tracks.at(0);
    expect(young.tracks.transitions(track).length).toBe(0);
    expect(young.words.text(young.tracks.stateAt(track, young.length - 1))).toBe('ESTABLISHED');
    expect(young.tracks.aliveAt(group, young.length - 1)).toEqual([track]);
  });

  test('can be all', () => {
    expect(model.newest(1e9).dropped).toBe(0);
  });
});

test('a run without trouble has no marks of trouble', () => {
  const calm = modelOf(demoEvents(1, { delay: 1000 }));
  const kinds = Array.from({ length: calm.marks.rows.length }, (_, i) => calm.marks.kindAt(i));
  expect(kinds).not.toContain('loss');
  expect(kinds).toContain('state');
});
