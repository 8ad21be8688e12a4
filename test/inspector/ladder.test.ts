/** The ladder's geometry: arrows against what the events say, time that is folded, labels that do not overlap. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NONE, TraceModel } from '../../inspector/model/traceModel.ts';
import { type Arrows, arrowsOf, END, TRAIT } from '../../inspector/views/ladder/arrows.ts';
import { CHIP_HEIGHT, chipsFor } from '../../inspector/views/ladder/chips.ts';
import { duplicateAcks } from '../../inspector/views/ladder/duplicateAcks.ts';
import { type Filter, NO_FILTER, passing, payloadText } from '../../inspector/views/ladder/filter.ts';
import {
  FOLD_HEIGHT,
  FOLDED_FROM,
  FoldedTime,
  gapsOf,
  readableScale,
  timesBetween,
} from '../../inspector/views/ladder/foldedTime.ts';
import { labelForms, troubleText } from '../../inspector/views/ladder/labels.ts';
import { notesOf, noteText } from '../../inspector/views/ladder/notes.ts';
import { allPosts, postsOf } from '../../inspector/views/ladder/posts.ts';
import { Room } from '../../inspector/views/ladder/room.ts';
import {
  arrowAt,
  arrowOfRow,
  columnsOf,
  HEAD,
  lineOf,
  rowOfArrow,
  type Scene,
  seenBetween,
  underWayAt,
} from '../../inspector/views/ladder/scene.ts';
import { STYLES, styleOf } from '../../inspector/views/ladder/styles.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { demoEvents, HEADER, roughEvents } from './traces.ts';

type Of<Kind extends TraceEvent['kind']> = Extract<TraceEvent, { kind: Kind }>;

const events = roughEvents();
const model = modelOf(events);
const conversation = [...model.conversations.all][0]!;
const posts = postsOf(model, conversation);
const all = (): boolean => true;
const arrows = arrowsOf(model, posts, all);
const everything = passing(model, arrows, NO_FILTER);

/** A run in which acknowledgements tell of holes. */
const lossy = modelOf(
  demoEvents(
    20,
    { delay: 20_000, loss: 0.08, jitter: 15_000, corrupt: 0.05 },
    { mss: 4, nagle: false, initialWindow: 10, delayedAck: 0 },
  ),
);

function modelOf(some: readonly TraceEvent[]): TraceModel {
  const made = new TraceModel();
  made.header = HEADER;
  for (const event of some) made.add(event);
  return made;
}

function sceneOf(of: TraceModel, shown = everything, own: Arrows = arrows): Scene {
  const ownPosts = of === model ? posts : allPosts(of);
  const notes = notesOf(of, ownPosts, all);
  const gaps = gapsOf(own, shown, notes.times.data.subarray(0, notes.times.length), of.start, of.finish);
  const scale = readableScale(of.start, of.finish, gaps, own.transit, shown.length, 500);
  const time = new FoldedTime(of.start, of.finish, gaps, scale);
  return { model: of, posts: ownPosts, connections: [1, 1], arrows: own, shown, notes, time };
}

/** All that became of packets, from the events: [packet, time of the end, kind of the end]. */
function endsIn(some: readonly TraceEvent[]): [number, number, number][] {
  const dropped = new Set(some.filter(({ kind }) => kind === 'discard').map(({ cause }) => cause));
  return some.flatMap((event): [number, number, number][] => {
    if (event.kind === 'link' && event.what === 'lost') return [[event.packet, event.t, END.lost]];
    if (event.kind !== 'receive') return [];
    return [[event.packet, event.t, dropped.has(event.n) ? END.discarded : END.arrived]];
  });
}

const byPlace = Array.from({ length: arrows.length }, (_, at) => at);

describe('arrows', () => {
  test('are one for each copy, from when it was sent to when it came to an end', () => {
    const told = byPlace
      .filter((at) => arrows.end.at(at) !== END.untold)
      .map((at): [number, number, number] => [
        model.packets.number.at(arrows.packet.at(at)),
        arrows.ended.at(at),
        arrows.end.at(at),
      ]);
    const order = (one: readonly number[], other: readonly number[]): number =>
      one[0]! - other[0]! || one[1]! - other[1]!;
    expect(told.sort(order)).toEqual(endsIn(events).sort(order));
    const sends = new Map(events.filter(({ kind }) => kind === 'send').map(({ n, t }) => [n, t]));
    for (const at of byPlace)
      expect(arrows.start(at)).toBe(sends.get(model.packets.number.at(arrows.packet.at(at))));
  });

  test('say why they were sent, and what the link did', () => {
    const why = new Map(
      events
        .filter((event): event is Of<'send'> => event.kind === 'send')
        .map((event) => [event.n, event.why]),
    );
    const seen = new Set<number>();
    for (const at of byPlace) {
      const traits = arrows.traits.at(at);
      const reason = why.get(model.packets.number.at(arrows.packet.at(at)));
      expect((traits & TRAIT.timer) !== 0).toBe(reason === 'timer' || reason === 'lossProbe');
      expect((traits & TRAIT.fast) !== 0).toBe(reason === 'fast');
      for (const bit of Object.values(TRAIT)) if ((traits & bit) !== 0) seen.add(bit);
    }
    for (const name of ['data', 'timer', 'corrupted', 'copy', 'late', 'control'] as const)
      expect(seen, name).toContain(TRAIT[name]);
  });

  test('under way at a time are those that the events say', () => {
    const scene = sceneOf(model);
    const times = byPlace.flatMap((at) => [arrows.start(at), arrows.ended.at(at), arrows.ended.at(at) - 1]);
    for (const t of times) {
      const expected = byPlace.filter((at) => arrows.start(at) <= t && arrows.ended.at(at) > t);
      expect(underWayAt(scene, t)).toEqual(expected);
    }
  });

  test('in sight are all that touch what is seen', () => {
    const scene = sceneOf(model);
    const time = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(time, time, (one, other) => {
        const [from, to] = [one, other]
          .sort()
          .map((share) => model.start + share * (model.finish - model.start));
        const [first, last] = seenBetween(scene, from!, to!);
        const seen = new Set(everything.subarray(first, last));
        for (const at of byPlace)
          if (arrows.start(at) <= to! && arrows.ended.at(at) >= from!) expect(seen).toContain(at);
      }),
    );
  });

  test('of a trace of one end only are drawn with what is known', () => {
    const alone = modelOf(events.filter(({ end }) => end === 'server'));
    const own = arrowsOf(alone, postsOf(alone, [...alone.conversations.all][0]!), all);
    const ends = new Set(own.end.data.subarray(0, own.length));
    expect([...ends].sort()).toEqual([END.arrived, END.discarded, END.untold]);
    for (let at = 0; at < own.length; at++) {
      const received = own.end.at(at) !== END.untold;
      expect((own.traits.at(at) & TRAIT.unsent) !== 0).toBe(received);
      expect(own.ended.at(at) - own.start(at)).toBe(own.transit);
      expect(own.from.at(at)).toBe(received ? 1 : 0);
      expect(own.to.at(at)).toBe(received ? 0 : 1);
    }
  });

  test('of a network alone go from port to port', () => {
    const ports: Readonly<Record<string, string>> = { client: 'a', server: 'b' };
    const network = events.flatMap((event): TraceEvent[] => {
      if (event.kind === 'send') {
        const { kind: _, why: __, connection: ___, ...rest } = event;
        return [{ ...rest, kind: 'receive', end: ports[event.end]!, packet: 0, cause: 0 }];
      }
      if (event.kind === 'receive') return [{ ...event, end: ports[event.end]! }];
      return event.kind === 'link' ? [event] : [];
    });
    const own = modelOf(network);
    const networkPosts = allPosts(own);
    expect(networkPosts.all.map(({ name }) => name)).toEqual(['a', 'b']);
    const found = arrowsOf(own, networkPosts, all);
    expect(found.length).toBe(arrows.length);
    for (const at of byPlace) {
      expect(found.start(at)).toBe(arrows.start(at));
      expect(found.from.at(at)).toBe(arrows.from.at(at));
      if (arrows.end.at(at) === END.lost) expect(found.end.at(at)).toBe(END.lost);
    }
    for (const [row, event] of network.entries()) expect(own.eventAt(row)).toEqual(event);
  });
});

describe('posts', () => {
  test('are the ends of all conversations, no more than six', () => {
    const hosts = Array.from({ length: 9 }, (_, i) =>
      events
        .slice(0, 60)
        .map((event) => ({ ...event, end: event.end === 'client' ? `host ${i}` : event.end })),
    );
    const many = modelOf(hosts.flat().map((event, i) => ({ ...event, n: i + 1, cause: 0 })));
    const found = allPosts(many).all;
    expect(found.length).toBe(6);
    expect(found[0]!.name).toBe('host 0');
  });
});

describe('duplicate ACKs', () => {
  test('are repeated ACKs without data while something is outstanding', () => {
    const found = duplicateAcks(lossy);
    const { packets } = lossy;
    let count = 0;
    for (let packet = 0; packet < packets.length; packet++) {
      if (found[packet] !== 1) continue;
      count += 1;
      expect(packets.dataLength.at(packet)).toBe(0);
      expect(packets.segmentOf(packet).flags).toBe('.');
      const before = Array.from({ length: packet }, (_, i) => i).findLast(
        (other) => packets.source.at(other) === packets.source.at(packet),
      )!;
      expect(packets.ack.at(before)).toBe(packets.ack.at(packet));
    }
    expect(count).toBeGreaterThan(0);
  });

  test('are not what repeats an ACK while nothing is outstanding', () => {
    const last = events.findLast((event) => event.kind === 'send' && event.segment.flags === '.')!;
    const again = modelOf([...events, { ...last, n: events.length + 1, t: model.finish, cause: 0 }]);
    expect(duplicateAcks(again)[model.packets.length]).toBe(0);
  });
});

describe('the filter', () => {
  const texts: Partial<Filter>[] = [{ text: 'put,name' }, { text: 'TIMER' }, { text: 'ack 1' }];

  test('lets through what was asked for', () => {
    const from = passing(model, arrows, { ...NO_FILTER, from: 1 });
    expect(from.length).toBeGreaterThan(0);
    for (const at of from) expect(arrows.from.at(at)).toBe(1);
    for (const at of passing(model, arrows, { ...NO_FILTER, show: 'data' }))
      expect(model.packets.dataLength.at(arrows.packet.at(at))).toBeGreaterThan(0);
    const syns = passing(model, arrows, { ...NO_FILTER, flags: 'SYN' });
    expect(syns.length).toBeGreaterThan(1);
    for (const at of syns) expect(model.packets.segmentOf(arrows.packet.at(at)).flags).toContain('S');
    for (const at of passing(model, arrows, { ...NO_FILTER, flags: 'pure ACK' }))
      expect(model.packets.segmentOf(arrows.packet.at(at))).toMatchObject({ flags: '.', length: 0 });
  });

  test('for trouble leaves out only what went as it should', () => {
    const trouble = new Set(passing(model, arrows, { ...NO_FILTER, show: 'trouble' }));
    for (const at of byPlace) {
      const plain =
        arrows.end.at(at) === END.arrived && (arrows.traits.at(at) & ~(TRAIT.data | TRAIT.control)) === 0;
      if (arrows.end.at(at) !== END.untold) expect(trouble.has(at)).toBe(!plain);
    }
  });

  test('finds texts of labels, reasons and payloads', () => {
    for (const { text } of texts)
      expect(passing(model, arrows, { ...NO_FILTER, text: text! }).length, text).toBeGreaterThan(0);
    for (const at of passing(model, arrows, { ...NO_FILTER, text: 'put,name' }))
      expect(payloadText(model, arrows.packet.at(at))).toContain('PUT,name');
    expect(passing(model, arrows, { ...NO_FILTER, text: 'no such thing' }).length).toBe(0);
  });
});

describe('folded time', () => {
  const { notes } = sceneOf(model);
  const times = notes.times.data.subarray(0, notes.times.length);
  const gaps = gapsOf(arrows, everything, times, model.start, model.finish);

  test('has gaps only where nothing is under way and nothing happens', () => {
    expect(gaps.from.length).toBeGreaterThan(3);
    for (let i = 0; i < gaps.from.length; i++) {
      const [from, to] = [gaps.from.at(i), gaps.to.at(i)];
      for (const at of byPlace) expect(arrows.ended.at(at) <= from || arrows.start(at) >= to).toBe(true);
      for (const t of times) expect(t <= from || t >= to).toBe(true);
      if (i > 0) expect(from).toBeGreaterThanOrEqual(gaps.to.at(i - 1));
    }
  });

  test('has times a step apart, and none in the folds, however long they are', () => {
    const { time } = sceneOf(model);
    expect(time.folds.length).toBeGreaterThan(2);
    const step = Math.round(5 / time.scale);
    const times = [...timesBetween(time, step, 0, time.height)];
    expect(times.length).toBeLessThanOrEqual(time.height / 5 + 1);
    expect(times.length).toBeGreaterThan(time.height / 10);
    for (const [i, t] of times.entries()) {
      expect(Math.abs(t % step)).toBe(0);
      expect(time.foldAt(time.y(t))).toBeUndefined();
      if (i > 0) expect(t).toBeGreaterThan(times[i - 1]!);
    }
  });

  test('goes on and on, and back to the time that it came from', () => {
    const scale = fc.double({ min: 1e-6, max: 1, noNaN: true });
    const share = fc.integer({ min: -100, max: 1100 }).map((part) => part / 1000);
    fc.assert(
      fc.property(scale, share, share, (perUs, one, other) => {
        const time = new FoldedTime(model.start, model.finish, gaps, perUs);
        const at = (part: number): number => model.start + part * (model.finish - model.start);
        expect(time.y(at(one)) > time.y(at(other))).toBe(one > other);
        expect(time.t(time.y(at(one)))).toBeCloseTo(at(one), 0);
      }),
    );
  });

  test('folds long gaps to a few pixels, true to scale elsewhere', () => {
    const perUs = 1e-3;
    const time = new FoldedTime(model.start, model.finish, gaps, perUs);
    expect(time.folds.length).toBeGreaterThan(0);
    for (const { from, to, top, bottom } of time.folds) {
      expect((to - from) * perUs).toBeGreaterThan(FOLDED_FROM);
      expect(bottom - top).toBeCloseTo(FOLD_HEIGHT, 6);
      expect(time.y(to) - time.y(from)).toBeLessThan(FOLDED_FROM);
      expect(time.foldAt((top + bottom) / 2)).toMatchObject({ from, to });
      // Room between what happened and the fold, but for the start of the run
      if (from > model.start) expect(top - time.y(from)).toBeGreaterThan(8);
      expect(time.y(to) - bottom).toBeGreaterThan(8);
    }
    for (const at of byPlace) {
      const tall = time.y(arrows.ended.at(at)) - time.y(arrows.start(at));
      expect(tall).toBeCloseTo((arrows.ended.at(at) - arrows.start(at)) * perUs, 6);
    }
    expect(time.foldAt(time.y(arrows.start(0)))).toBeUndefined();
  });

  test('unfolds what is wanted, and everything', () => {
    const folded = new FoldedTime(model.start, model.finish, gaps, 1e-3);
    const [first] = folded.folds;
    const without = new FoldedTime(model.start, model.finish, gaps, 1e-3, new Set([first!.from]));
    expect(without.folds.map(({ from }) => from)).toEqual(folded.folds.slice(1).map(({ from }) => from));
    const open = new FoldedTime(model.start, model.finish, gaps, 1e-3, 'all');
    expect(open.folds).toEqual([]);
    expect(open.y(model.finish) - open.y(model.start)).toBeCloseTo((model.finish - model.start) * 1e-3, 3);
  });
});

describe('labels', () => {
  const letter = 6.6;
  const scene = sceneOf(model);

  test('say what the segment is, long and short', () => {
    const first = labelForms(model, arrows, 0);
    expect(first.slice(1)).toEqual(['SYN', 'S']);
    expect(first[0]).toMatch(/^#\d+ SYN win \d+$/);
    const again = byPlace.find(
      (at) => (arrows.traits.at(at) & TRAIT.timer) !== 0 && labelOf(at).includes('('),
    )!;
    expect(labelOf(again)).toMatch(/^R \d+:\d+\(\d+\) ack \d+$/);
    expect(labelForms(model, arrows, again).at(-1)).toMatch(/^R \d+:\d+$/);
    const rest = arrowsOf(lossy, allPosts(lossy), all);
    const texts = Array.from({ length: rest.length }, (_, at) => labelForms(lossy, rest, at)[1]!);
    expect(texts.some((text) => /^ack \d+ sack \d+:\d+/.test(text))).toBe(true);
    expect(texts.some((text) => /^F \d+:\d+/.test(text))).toBe(true);
    const lost = byPlace.find((at) => arrows.end.at(at) === END.lost)!;
    expect(troubleText(model, arrows, lost)).toBe('loss');
    const dropped = byPlace.find((at) => arrows.end.at(at) === END.discarded)!;
    expect(troubleText(model, arrows, dropped)).toMatch(/checksum$/);
  });

  test('never lie over another, and stay on their own arrow', () => {
    for (const width of [380, 820, 1400])
      for (let top = 0; top < scene.time.height; top += 450) {
        const columns = columnsOf(width, 2, width < 400);
        const t = (y: number): number => scene.time.t(top + y);
        const visible = [...everything.subarray(...seenBetween(scene, t(0), t(600)))];
        const chips = chipsFor(scene, columns, visible, top, letter);
        expect(chips.length).toBeGreaterThan(0);
        chips.forEach((chip, i) => {
          const { x0, x1 } = lineOf(scene, columns, chip.at, top, { x0: 0, y0: 0, x1: 0, y1: 0 });
          if (chip.kind === 'segment') {
            expect(chip.x).toBeGreaterThanOrEqual(Math.min(x0, x1));
            expect(chip.x + chip.textWidth).toBeLessThanOrEqual(Math.max(x0, x1));
          }
          for (const other of chips.slice(i + 1)) {
            const apart =
              Math.abs(chip.y - other.y) >= CHIP_HEIGHT ||
              chip.x + chip.width <= other.x ||
              other.x + other.width <= chip.x;
            expect(apart, `${chip.text} / ${other.text}`).toBe(true);
          }
        });
      }
  });

  test('of flat arrows keep off the folds between them', () => {
    // What one end tells of packets may have no way through the link: flat arrows, close to the folds
    const half = modelOf(events.filter(({ end }) => end === 'server'));
    const own = arrowsOf(half, postsOf(half, [...half.conversations.all][0]!), all);
    const shown = Int32Array.from({ length: own.length }, (_, at) => at);
    for (const at of shown) own.ended.data[at] = own.start(at);
    const alone = sceneOf(half, shown, own);
    const columns = columnsOf(430, 2, true);
    expect(alone.time.folds.length).toBeGreaterThan(3);
    const chips = chipsFor(alone, columns, [...alone.shown], 0, letter);
    expect(chips.length).toBeGreaterThan(5);
    const room = new Room();
    for (const { top, bottom } of alone.time.folds)
      room.take({ x: columns.posts[0]!, y: HEAD + top, width: 300, height: bottom - top });
    for (const chip of chips) expect(room.over(chip), chip.text).toBeUndefined();
  });

  test('keep away from words that have their room', () => {
    const columns = columnsOf(800, 2, false);
    const visible = [...everything.subarray(0, 20)];
    const free = chipsFor(scene, columns, visible, 0, letter);
    const words = free.filter((_, i) => i % 2 === 0).map(({ x, y }) => ({ x, y, width: 30, height: 12 }));
    const chips = chipsFor(scene, columns, visible, 0, letter, words);
    expect(chips.length).toBeGreaterThan(0);
    const room = new Room();
    for (const box of words) room.take(box);
    for (const chip of chips) expect(room.over(chip)).toBeUndefined();
  });

  test('that have no room are counted at the one in their way', () => {
    const columns = columnsOf(800, 2, false);
    const time = new FoldedTime(
      model.start,
      model.finish,
      gapsOf(arrows, everything, [], model.start, model.finish),
      1e-6,
    );
    const chips = chipsFor({ ...scene, time }, columns, [...everything], 0, letter);
    const counted = chips.reduce((sum, { more }) => sum + more, 0);
    expect(counted).toBeGreaterThan(0);
    expect(counted + chips.filter(({ kind }) => kind === 'segment').length).toBeLessThanOrEqual(
      arrows.length,
    );
  });

  function labelOf(at: number): string {
    return labelForms(model, arrows, at)[1]!;
  }
});

describe('room', () => {
  test('finds every box that lies over another', () => {
    const box = fc.record({
      x: fc.integer({ min: 0, max: 200 }),
      y: fc.integer({ min: -50, max: 200 }),
      width: fc.integer({ min: 1, max: 60 }),
      height: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(fc.array(box, { maxLength: 12 }), box, (boxes, own) => {
        const room = new Room();
        for (const each of boxes) room.take(each);
        const over = boxes.some(
          (each) =>
            each.x < own.x + own.width &&
            own.x < each.x + each.width &&
            each.y < own.y + own.height &&
            own.y < each.y + each.height,
        );
        expect(room.over(own) !== undefined).toBe(over);
      }),
    );
  });
});

describe('pointing', () => {
  const scene = sceneOf(model);
  const columns = columnsOf(800, 2, false);
  const line = { x0: 0, y0: 0, x1: 0, y1: 0 };

  test('finds an arrow on its line, and nothing far from any', () => {
    for (const at of byPlace) {
      const { x0, y0, x1, y1 } = lineOf(scene, columns, at, 0, line);
      const place = [(x0 + x1) / 2, (y0 + y1) / 2] as const;
      const found = arrowAt(scene, columns, 0, place, 5);
      const other = lineOf(scene, columns, found, 0, line);
      // Two lines may cross there
      const share = (place[0] - other.x0) / (other.x1 - other.x0);
      expect(other.y0 + share * (other.y1 - other.y0)).toBeCloseTo(place[1], 4);
    }
    expect(arrowAt(scene, columns, 0, [2, HEAD + 100], 5)).toBe(-1);
  });

  test('an arrow has the rows of its beginning and end, and a row its arrow', () => {
    for (const at of byPlace) {
      const [begin, end] = [rowOfArrow(scene, at, 0), rowOfArrow(scene, at, 1)];
      expect(model.events.time[begin]).toBe(arrows.start(at));
      if (arrows.end.at(at) !== END.untold) {
        expect(model.events.time[end]).toBe(arrows.ended.at(at));
        expect(arrowOfRow(scene, end)).toBe(at);
      }
      expect(arrows.packet.at(arrowOfRow(scene, begin))).toBe(arrows.packet.at(at));
    }
    const call = events.findIndex(({ kind }) => kind === 'call');
    expect(arrowOfRow(scene, call)).toBe(-1);
    expect(arrowOfRow(scene, NONE)).toBe(-1);
  });

  test('a lost packet ends before the other post, at the time when it was dropped', () => {
    const lost = byPlace.filter((at) => arrows.end.at(at) === END.lost);
    expect(lost.length).toBeGreaterThan(0);
    for (const at of lost) {
      const { x0, x1, y1 } = lineOf(scene, columns, at, 0, line);
      const way = Math.abs(columns.posts[1]! - columns.posts[0]!);
      const share = (arrows.ended.at(at) - arrows.start(at)) / arrows.transit;
      expect(Math.abs(x1 - x0) / way).toBeCloseTo(Math.min(0.9, Math.max(0.38, share)), 6);
      expect(y1).toBeCloseTo(HEAD + scene.time.y(arrows.ended.at(at)), 6);
    }
  });
});

describe('looks and notes', () => {
  test('tell apart what is different, by more than colour', () => {
    const looks = new Set(STYLES.map(({ width, dash }) => `${width} ${dash.join(',')}`));
    expect(looks.size).toBe(STYLES.length / 2);
    for (const at of byPlace) {
      const style = STYLES[styleOf(arrows, at)]!;
      const again = (arrows.traits.at(at) & (TRAIT.timer | TRAIT.fast)) !== 0;
      expect(style.colour === 'resent').toBe(again);
      if (!again) expect(style.colour).toBe(arrows.from.at(at) === 0 ? 'data' : 'ack');
    }
  });

  test('stand at the post of their end, in order', () => {
    const { notes } = sceneOf(model);
    const texts = [];
    for (let i = 0; i < notes.rows.length; i++) {
      const row = notes.rows.at(i);
      expect(posts.all[notes.posts.at(i)]!.name).toBe(events[row]!.end);
      expect(notes.times.at(i)).toBe(events[row]!.t);
      texts.push(noteText(model, row));
    }
    expect(texts).toContain('ESTABLISHED');
    expect(texts).toContain('› PUT,name,sung');
    expect(texts).toContain('Success!');
    const words = notesOf(model, posts, () => false).rows;
    expect(words.length).toBeGreaterThan(0);
    for (let i = 0; i < words.length; i++) expect(events[words.at(i)]!.kind).toBe('app');
  });
});
