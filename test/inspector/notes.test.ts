/** The findings: each of a run that has what it is about, and none of a run that has not. */
import { describe, expect, test } from 'vitest';
import { TraceModel } from '../../inspector/model/traceModel.ts';
import { findNotes } from '../../inspector/notes/find.ts';
import { NOTE_KINDS, type Note, type NoteKind } from '../../inspector/notes/note.ts';
import { Demo } from '../../src/app/demo.ts';
import { bothWays } from '../../src/channel/config.ts';
import { compiledEngine } from '../../src/chart/compiled.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import type { SegmentSummary, TraceBody, TraceEvent } from '../../src/trace/event.ts';
import { Trace } from '../../src/trace/trace.ts';
import { demoEvents, HEADER, roughEvents } from './traces.ts';

function modelOf(events: readonly TraceEvent[], tcp: Partial<TcpConfig> = {}): TraceModel {
  const model = new TraceModel();
  model.header = { ...HEADER, configuration: { tcp } };
  for (const event of events) model.add(event);
  return model;
}

function notesOf(events: readonly TraceEvent[], kind: NoteKind): Note[] {
  return findNotes(modelOf(events)).notes.filter((note) => note.kind === kind);
}

/** Events of a made-up trace: time, end, cause, body. */
function made(...rows: (readonly [t: number, end: string, cause: number, body: TraceBody])[]): TraceEvent[] {
  return rows.map(([t, end, cause, body], i) => ({ n: i + 1, t, end, cause, ...body }));
}

const [A, B] = ['10.0.0.1:1', '10.0.0.2:2'];
const bytes = new Uint8Array(40);

function segment(from: string, flags: string, seq: number, ack: number, length = 0): SegmentSummary {
  return { source: from, destination: from === A ? B : A, flags, seq, ack, window: 100, length };
}

function send(why: 'data' | 'ack' | 'timer' | 'challenge' | 'reset', own: SegmentSummary): TraceBody {
  return { kind: 'send', connection: 1, why, segment: own, bytes };
}

const delivered = (packet: number): TraceBody => ({
  kind: 'link',
  packet,
  direction: 'a>b',
  what: 'delivered',
});
const lost = (packet: number): TraceBody => ({
  kind: 'link',
  packet,
  direction: 'a>b',
  what: 'lost',
  reason: 'loss',
});
const received = (packet: number, own: SegmentSummary): TraceBody => ({
  kind: 'receive',
  packet,
  segment: own,
  bytes,
});

describe('a whole run', () => {
  const events = roughEvents();
  const model = modelOf(events);
  const { notes, counts } = findNotes(model);

  test('findings are in order, counted, and lead to events', () => {
    expect(notes.length).toBeGreaterThan(20);
    expect([...counts.values()].reduce((one, other) => one + other, 0)).toBe(notes.length);
    notes.forEach((note, i) => {
      expect(note.row).toBeGreaterThanOrEqual(notes[i - 1]?.row ?? 0);
      for (const { row } of note.links) expect(row).toBeGreaterThanOrEqual(0);
      expect(note.text).not.toMatch(/undefined|NaN/);
    });
  });

  test('every damaged packet that an end dropped is found, with the bit', () => {
    const dropped = events.filter((event) => event.kind === 'discard');
    const corrupted = notes.filter(({ kind }) => kind === 'corrupted');
    expect(corrupted.map(({ row }) => events[row]!.n)).toEqual(dropped.map(({ n }) => n));
    for (const note of corrupted) {
      const damage = events[note.links.find(({ text }) => text === 'damage')!.row]!;
      expect(damage).toMatchObject({ kind: 'link', what: 'corrupted' });
      if (damage.kind === 'link' && damage.what === 'corrupted')
        expect(note.text).toContain(`Bit ${damage.bit} `);
    }
  });

  test.each([
    ['a rough link', events],
    ['a link that is slow now and then', demoEvents(1, { delay: 900_000, jitter: 800_000 }, { mss: 5 })],
  ])('a retransmission is spurious exactly if one before it arrives: %s', (_name, all) => {
    const found = new Set(notesOf(all, 'spurious').map(({ row }) => row));
    expect(found.size).toBeGreaterThan(0);
    const discarded = new Set(all.flatMap((event) => (event.kind === 'discard' ? [event.cause] : [])));
    const arrived = new Set(
      all.flatMap((event) => (event.kind === 'receive' && !discarded.has(event.n) ? [event.packet] : [])),
    );
    for (const [row, event] of all.entries()) {
      if (event.kind !== 'send' || (event.why !== 'timer' && event.why !== 'fast')) continue;
      const before = all
        .slice(0, row)
        .filter(
          (each) =>
            each.kind === 'send' &&
            each.end === event.end &&
            each.segment.seq === event.segment.seq &&
            each.why !== 'ack',
        );
      expect(found.has(row)).toBe(before.some(({ n }) => arrived.has(n)));
    }
  });

  test('each timeout of a segment is one finding', () => {
    const timeouts = events.filter(
      (event) => event.kind === 'transition' && event.chart === 'segment' && event.event === 'after.rto',
    );
    const found = notes.filter(
      ({ kind }) => kind === 'timeout' || kind === 'backoff' || kind === 'synRepeated',
    );
    expect(found.map(({ row }) => events[row]!.n)).toEqual(timeouts.map(({ n }) => n));
  });

  test('TIME_WAIT says how long', () => {
    expect(notes.filter(({ kind }) => kind === 'timeWait').map(({ text }) => text)).toEqual([
      expect.stringContaining('60 s (2 MSL)'),
    ]);
  });
});

test('a link without faults: only TIME_WAIT is remarked on', () => {
  const { notes } = findNotes(modelOf(demoEvents(1, { delay: 1000 })));
  expect(notes.map(({ kind }) => kind)).toEqual(['timeWait']);
});

test('fast retransmit is told from a timeout, and a timeout says why it was none', () => {
  // Few losses need the timer: a dozen runs have some
  const seeds = Array.from({ length: 12 }, (_, i) => i + 1);
  const runs = seeds.map((seed) => demoEvents(seed, { delay: 20_000, loss: 0.1 }, { mss: 1 }));
  const fast = runs.flatMap((events) => notesOf(events, 'fast'));
  expect(fast.length).toBeGreaterThan(0);
  for (const { text } of fast) expect(text).toMatch(/for \d+ duplicate ACKs?; the timer would have waited/);
  const timeouts = runs.flatMap((events) => notesOf(events, 'timeout'));
  expect(timeouts.length).toBeGreaterThan(0);
  for (const { text } of timeouts) expect(text).toMatch(/duplicate ACK|Another loss/);
});

test('a lost ACK does no harm if a later one arrives before anything is sent again', () => {
  const data = segment(A, 'P.', 1, 1, 5);
  const [first, second] = [segment(B, '.', 1, 3), segment(B, '.', 1, 6)];
  const story = (last: readonly [number, string, number, TraceBody]): TraceEvent[] =>
    made(
      [0, 'a', 0, send('data', data)],
      [10, 'b', 0, send('ack', first)],
      [11, 'link', 2, lost(2)],
      last,
      [20, 'b', 0, send('ack', second)],
      [30, 'link', 5, delivered(5)],
      [30, 'a', 6, received(5, second)],
    );
  const quiet = [12, 'a', 0, send('data', segment(A, 'P.', 6, 1, 5))] as const;
  const again = [12, 'a', 0, send('timer', data)] as const;
  expect(notesOf(story(quiet), 'ackLost')).toHaveLength(1);
  expect(notesOf(story(again), 'ackLost')).toHaveLength(0);
});

test('a window that shuts is found, with how long and how many probes', () => {
  const window = (value: number): TraceBody => ({
    kind: 'variables',
    connection: 1,
    values: { 'snd.wnd': value },
  });
  const probe: TraceBody = {
    ...(send('ack', segment(A, '.', 0, 1)) as TraceBody & { kind: 'send' }),
    why: 'probe',
  };
  const events = made(
    [0, 'a', 0, window(100)],
    [10, 'a', 0, window(0)],
    [20, 'a', 0, probe],
    [30, 'a', 0, probe],
    [510, 'a', 0, window(50)],
  );
  const [note, ...rest] = notesOf(events, 'zeroWindow');
  expect(rest).toEqual([]);
  expect(note).toMatchObject({ row: 1, end: 'a', links: [{ text: 'opened', row: 4 }] });
  expect(note?.text).toMatch(/500 µs, 2 probes/);
});

test('silence is remarked on from one second on', () => {
  const word: TraceBody = { kind: 'app', what: 'x', text: '' };
  expect(notesOf(made([0, 'a', 0, word], [999_999, 'a', 0, word]), 'idle')).toHaveLength(0);
  expect(notesOf(made([0, 'a', 0, word], [1_000_000, 'a', 0, word]), 'idle')).toHaveLength(1);
});

test('data beyond the window, old timestamps, resets and challenge ACKs', () => {
  const far = segment(B, 'P.', 500, 1, 5);
  const stamped = (seq: number, tsVal: number): SegmentSummary => ({
    ...segment(B, 'P.', seq, 1, 5),
    options: { timestamps: [tsVal, 1] },
  });
  const arrive = (n: number, own: SegmentSummary): (readonly [number, string, number, TraceBody])[] => [
    [n, 'b', 0, send('data', own)],
    [n, 'link', n, delivered(n)],
    [n, 'a', n + 1, received(n, own)],
  ];
  const events = made(
    [0, 'a', 0, { kind: 'variables', connection: 1, values: { 'rcv.nxt': 100, 'rcv.wnd': 50 } }],
    [1, 'a', 0, send('ack', segment(A, '.', 1, 100))],
    ...arrive(3, far),
    ...arrive(6, stamped(100, 50)),
    ...arrive(9, stamped(105, 40)),
    [20, 'a', 0, send('challenge', segment(A, '.', 1, 100))],
    [21, 'a', 0, send('reset', segment(A, 'R.', 1, 100))],
    [22, 'a', 0, { kind: 'report', connection: 1, report: 'closed', detail: 'timedOut' }],
  );
  const kinds = findNotes(modelOf(events)).notes.map(({ kind }) => kind);
  expect(kinds).toEqual(['outOfWindow', 'paws', 'challenge', 'reset', 'gaveUp']);
  expect(notesOf(events, 'outOfWindow')[0]?.text).toContain('350 bytes beyond');
  expect(notesOf(events, 'paws')[0]?.text).toContain('10 ms older');
});

/** Two small writes after one another: the second waits for the ACK of the first (also by Minshall's rule). */
function smallWrites(tcp: Partial<TcpConfig>): TraceEvent[] {
  const events: TraceEvent[] = [];
  const trace = new Trace();
  trace.listen((event) => events.push(event));
  const link = bothWays({ delay: 1000 });
  const demo = new Demo({ seed: 1, engine: compiledEngine, link, tcp, commands: [], trace });
  demo.server.listen({
    port: 9,
    onConnection: (one) => {
      one.handler = { readable: () => void one.receive() };
    },
  });
  const connection = demo.client.connect({ address: '10.0.0.2', port: 9 });
  while (connection.state !== 'ESTABLISHED') demo.simulation.step();
  const all = (...texts: string[]): void => {
    for (const text of texts) connection.send(new TextEncoder().encode(text));
    while (connection.sender.buffered > 0) demo.simulation.step();
  };
  // The first data of a connection is acknowledged at once
  all('abc');
  all('def', 'ghi');
  return events;
}

test('Nagle and delayed ACK meet: the small segment is said to have waited for the timer', () => {
  const events = smallWrites({ mss: 8 });
  const notes = findNotes(modelOf(events, { mss: 8, arq: 'tcp' })).notes.filter(
    ({ kind }) => kind === 'nagle',
  );
  expect(notes.length).toBeGreaterThan(0);
  for (const { row, links } of notes) {
    expect(events[row]).toMatchObject({ kind: 'send', why: 'data' });
    const timer = events[links.find(({ text }) => text === 'timer')!.row];
    expect(timer).toMatchObject({ kind: 'transition', event: 'after.delayedAck' });
  }
  const off = smallWrites({ mss: 8, nagle: false, delayedAck: 0 });
  expect(notesOf(off, 'nagle')).toEqual([]);
});

test('every kind has a section of an RFC', () => {
  for (const { rfc } of Object.values(NOTE_KINDS)) expect(rfc).toMatch(/^RFC \d+ sections? \d/);
});

test('a retransmission is spurious too if the one before is only slow', () => {
  const data = segment(A, 'P.', 1, 1, 5);
  const events = made(
    [0, 'a', 0, send('data', data)],
    [100, 'a', 0, send('timer', data)],
    [130, 'link', 1, delivered(1)],
    [130, 'b', 3, received(1, data)],
  );
  const [note] = notesOf(events, 'spurious');
  expect(note).toMatchObject({ row: 1, links: [{ row: 0 }, { row: 3 }] });
  expect(note?.text).toContain('only slow and arrives 30 µs later');
});
