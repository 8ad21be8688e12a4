/** Traces from bytes: the short way and the parser's say the same, and what is wrong is told by its line. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TraceReader } from '../../inspector/model/reader.ts';
import { TraceModel } from '../../inspector/model/traceModel.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { eventLine, headerLine } from '../../src/trace/json.ts';
import { KIND } from '../../src/trace/packed/blanks.ts';
import { Lines, NO_TEMPLATE } from '../../src/trace/packed/lines.ts';
import { TracePacker } from '../../src/trace/packed/pack.ts';
import { SPARE, Words } from '../../src/trace/packed/words.ts';
import { demoEvents, fileOf, HEADER, roughEvents } from './traces.ts';

const encoder = new TextEncoder();
const events = roughEvents(2);

function read(...chunks: Uint8Array<ArrayBuffer>[]): { model: TraceModel; reader: TraceReader } {
  const model = new TraceModel();
  const reader = new TraceReader(model);
  for (const chunk of chunks) reader.push(chunk);
  reader.finish();
  return { model, reader };
}

/** The same, on the way in packed form, in pieces of so many bytes. */
function readPacked(file: Uint8Array, piece = 1 << 20): ReturnType<typeof read> {
  const model = new TraceModel();
  const reader = new TraceReader(model);
  const packed = pack(file);
  for (let from = 0; from < packed.length; from += piece)
    reader.pushPacked(packed.subarray(from, from + piece));
  reader.finish();
  return { model, reader };
}

function pack(file: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [];
  const packer = new TracePacker({ out: (block) => blocks.push(block) });
  packer.push(file);
  packer.finish();
  return Buffer.concat(blocks);
}

/** A line as `Lines` wants it. */
function spared(line: string): { bytes: Uint8Array<ArrayBuffer>; end: number } {
  const bytes = encoder.encode(`${line}${'\0'.repeat(SPARE)}`);
  return { bytes, end: bytes.length - SPARE };
}

function readText(...lines: string[]): ReturnType<typeof read> {
  return read(encoder.encode(lines.join('\n')));
}

function eventsOf(model: TraceModel): TraceEvent[] {
  return Array.from({ length: model.length }, (_, row) => model.eventAt(row));
}

describe('a trace as we write it', () => {
  test('goes the short way, but for the first line of its kind', () => {
    const lines = new Lines(new Words());
    let slow = 0;
    let all = 0;
    for (const seed of [1, 2, 3]) {
      for (const event of roughEvents(seed)) {
        const line = eventLine(event);
        const { bytes, end } = spared(line);
        all += 1;
        if (lines.match(bytes, 0, end) !== NO_TEMPLATE) {
          expect(lines.after, line).toBe(end);
          continue;
        }
        slow += 1;
        // A text with something escaped is never learnt to be read
        if (!lines.learn(line, event)) expect(line).toContain('\\');
        else if (!line.includes('\\')) expect(lines.match(bytes, 0, end), line).not.toBe(NO_TEMPLATE);
      }
    }
    expect(slow / all).toBeLessThan(0.1);
  });

  test('comes back, however it is cut into pieces', () => {
    const file = fileOf(events);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: file.length }), { maxLength: 12 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), file.length];
        const { model, reader } = read(...places.slice(1).map((to, i) => file.slice(places[i]!, to)));
        expect(reader.problems).toEqual([]);
        expect(model.length).toBe(events.length);
        expect(model.eventAt(events.length - 1)).toEqual(events.at(-1));
      }),
      { numRuns: 20 },
    );
    expect(eventsOf(read(file).model)).toEqual(events);
  });

  test('comes back when it was packed, whatever pieces it comes in', () => {
    const some = events.slice(0, 300);
    for (const piece of [1, 1000]) expect(eventsOf(readPacked(fileOf(some), piece).model)).toEqual(some);
    const file = fileOf(events);
    const { model, reader } = readPacked(file);
    expect(reader.problems).toEqual([]);
    expect(eventsOf(model)).toEqual(events);
    expect(pack(file).length).toBeLessThan(file.length / 2);
  });

  test('of the classroom comes back too', () => {
    const classroom = demoEvents(3, { delay: 100_000, corrupt: 0.1 }, { mss: 5, arq: 'selective-repeat' });
    expect(eventsOf(read(fileOf(classroom)).model)).toEqual(classroom);
  });

  test('is the same to who has guessed the template as to who has searched for it', () => {
    const sample = events.slice(0, 100);
    const lines = sample.map(eventLine);
    const learnt = (): { own: Lines; words: Words } => {
      const words = new Words();
      const own = new Lines(words);
      for (const [i, line] of lines.entries()) own.learn(line, sample[i]!);
      return { own, words };
    };
    const told = ({ own, words }: ReturnType<typeof learnt>, line: string): unknown => {
      const { bytes, end } = spared(line);
      const template = own.match(bytes, 0, end);
      if (template === NO_TEMPLATE) return template;
      const blanks = own.blanksOf(template).map(({ kind }, i) => {
        if (kind === KIND.word) return words.text(own.numbers[i]!);
        if (kind === KIND.text) return Buffer.from(own.text).toString('hex');
        const bytesOf = own.bytes.subarray(own.bytesFrom, own.bytesFrom + own.numbers[i]!);
        return kind === KIND.bytes ? Buffer.from(bytesOf).toString('hex') : own.numbers[i];
      });
      return { template, after: own.after, blanks };
    };
    // Whoever has matched none yet has learnt the last one, and so guesses another
    const searching = lines.map((line) => told(learnt(), line));
    const guessing = learnt();
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.integer({ min: 1, max: 12 }), (from, many) => {
        const until = Math.min(lines.length, from + many);
        for (let i = from; i < until; i++) expect(told(guessing, lines[i]!), lines[i]).toEqual(searching[i]);
      }),
      { numRuns: 200 },
    );
  });

  test('may have line ends of two characters, empty lines, keys in another order and unknown ones', () => {
    const other = events.map((event) => {
      const { n, ...rest } = JSON.parse(eventLine(event));
      return JSON.stringify({ new: [1], ...rest, n });
    });
    const { model, reader } = readText(headerLine(HEADER), '', ...other.map((line) => `${line}\r`));
    expect(reader.problems).toEqual([]);
    expect(eventsOf(model)).toEqual(events);
  });
});

describe('any event', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 });
  const count = fc.integer({ min: 0, max: 2 ** 40 });
  const small = fc.integer({ min: 0, max: 2 ** 31 });
  const chart = fc.record({ connection: small, chart: text, instance: small });
  const segment = fc.record(
    {
      ...{
        source: text,
        destination: text,
        flags: text,
        seq: count,
        ack: count,
        window: count,
        length: count,
      },
      options: fc.record(
        {
          mss: count,
          windowScale: count,
          sackPermitted: fc.constant(true as const),
          sack: fc.array(fc.tuple(count, count), { minLength: 1, maxLength: 4 }),
          timestamps: fc.tuple(count, count),
        },
        { requiredKeys: ['mss'] },
      ),
    },
    { requiredKeys: ['source', 'destination', 'flags', 'seq', 'ack', 'window', 'length'] },
  );
  const bytes = fc.uint8Array({ maxLength: 60 });
  const number = fc.oneof(
    fc.integer(),
    fc.double({ noNaN: true }).map((value) => value + 0),
  );
  const body = fc.oneof(
    fc.record({ kind: fc.constant('call'), connection: small, call: text, detail: text }),
    fc.record({ kind: fc.constant('report'), connection: small, report: text }),
    fc.record({ kind: fc.constant('app'), what: text, text }),
    chart.chain((on) =>
      fc.record({ kind: fc.constant('fact'), event: text }).map((own) => ({ ...own, ...on })),
    ),
    chart.chain((on) =>
      fc
        .record({
          kind: fc.constant('transition'),
          from: text,
          event: text,
          guard: fc.string({ minLength: 1 }),
          to: text,
        })
        .map((own) => ({ ...own, ...on })),
    ),
    chart.chain((on) =>
      fc
        .record({
          kind: fc.constant('timer'),
          delay: text,
          change: fc.constantFrom('armed', 'cancelled'),
          deadline: count,
        })
        .map((own) => ({ ...own, ...on })),
    ),
    fc.record({
      kind: fc.constant('send'),
      connection: small,
      why: fc.constantFrom('data', 'fast'),
      segment,
      bytes,
    }),
    fc.record({
      kind: fc.constant('variables'),
      connection: small,
      values: fc.dictionary(
        text.filter((name) => name !== '__proto__'),
        number,
        { minKeys: 1, maxKeys: 4 },
      ),
    }),
  );

  test('comes back from its line', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(count, text, body), { maxLength: 8 }), (parts) => {
        let t = 0;
        const all = parts.map(([by, end, own], i) => {
          t += by;
          return { n: i + 1, t, end, cause: i, ...own } as TraceEvent;
        });
        const { model, reader } = read(fileOf(all));
        expect(reader.problems).toEqual([]);
        expect(eventsOf(model)).toEqual(all);
        // Twice, so that what was learnt is used
        const again = all.map((event) => ({ ...event, n: event.n + all.length, t: event.t + t }));
        const packed = readPacked(fileOf([...all, ...again]));
        expect(packed.reader.problems).toEqual([]);
        expect(eventsOf(packed.model)).toEqual([...all, ...again]);
      }),
      { numRuns: 150 },
    );
  });
});

describe('what is wrong', () => {
  const lines = events.map(eventLine);

  test('is told by its line, and the rest is there', () => {
    const odd = [headerLine(HEADER), ...lines.slice(0, 3), '{"n":4,"t":1}', 'garbage', ...lines.slice(3)];
    const { model, reader } = readText(...odd);
    expect(reader.problems.map(({ line }) => line)).toEqual([5, 6]);
    expect(reader.problems[0]?.reason).toBe('"kind" is missing');
    expect(reader.problems[1]?.reason).toMatch(/^not JSON/);
    expect(eventsOf(model)).toEqual(events);
  });

  test('a file cut short: all but the last line', () => {
    const file = fileOf(events);
    const { model, reader } = read(file.slice(0, file.length - 10));
    expect(model.length).toBe(events.length - 1);
    expect(reader.problems).toMatchObject([{ line: events.length + 1 }]);
  });

  test('no header, another file, another version: nothing more is read', () => {
    for (const [first, reason] of [
      ['{"a":1}', /not a trace/],
      ['%PDF-1.7', /not JSON/],
      [headerLine(HEADER).replace('"statewire":1', '"statewire":2'), /version 2/],
    ] as const) {
      const { model, reader } = readText(first, ...lines);
      expect(reader.stopped).toBe(true);
      expect(reader.problems[0]?.line).toBe(1);
      expect(reader.problems[0]?.reason).toMatch(reason);
      expect(model.length).toBe(0);
    }
    expect(read().reader.problems).toEqual([{ line: 1, reason: 'no header: the trace is empty' }]);
  });

  test('events twice, or out of order', () => {
    const { model, reader } = readText(headerLine(HEADER), lines[0]!, lines[1]!, lines[0]!, lines[2]!);
    expect(model.length).toBe(3);
    expect(reader.problems).toMatchObject([{ line: 4 }]);
  });

  test('a line without end, or nothing but bad lines, is given up', () => {
    const model = new TraceModel();
    const reader = new TraceReader(model);
    reader.push(encoder.encode(`${headerLine(HEADER)}\n`));
    for (let i = 0; i < 8 && !reader.stopped; i++) reader.push(new Uint8Array(1 << 20).fill(0x61));
    expect(reader.stopped).toBe(true);
    expect(reader.problems.at(-1)?.line).toBe(2);
    const many = readText(headerLine(HEADER), ...Array.from({ length: 5000 }, () => 'x'));
    expect(many.reader.bad).toBe(1000);
    expect(many.reader.problems.length).toBe(20);
  });

  test('bytes changed anywhere never throw', () => {
    const file = fileOf(events.slice(0, 60));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 }),
        (changes) => {
          const broken = file.slice();
          for (const [at, byte] of changes) broken[at] = byte;
          const { model, reader } = read(broken);
          for (let row = 0; row < model.length; row++) model.eventAt(row);
          const packed = readPacked(broken);
          expect(packed.reader.problems).toEqual(reader.problems);
          expect(packed.model.length).toBe(model.length);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('packed bytes changed anywhere never throw', () => {
    const packed = pack(fileOf(events.slice(0, 60)));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(packed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        fc.nat(packed.length),
        (changes, length) => {
          const broken = packed.slice(0, length);
          for (const [at, byte] of changes) if (at < length) broken[at] = byte;
          const model = new TraceModel();
          const reader = new TraceReader(model);
          reader.pushPacked(broken);
          reader.finish();
          for (let row = 0; row < model.length; row++) model.eventAt(row);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a packed trace of which the rest does not come says so', () => {
    const packed = pack(fileOf(events));
    const reader = new TraceReader(new TraceModel());
    reader.pushPacked(packed.subarray(0, packed.length - 1));
    reader.finish();
    expect(reader.problems).toMatchObject([{ reason: 'the rest has not come' }]);
  });

  test('the short way takes no line that the parser refuses', () => {
    const lines = new Lines(new Words());
    const sample = events.slice(0, 200).map(eventLine);
    for (const [i, line] of sample.entries()) lines.learn(line, events[i]!);
    const put = fc.string({ unit: 'binary-ascii', maxLength: 3 });
    fc.assert(
      fc.property(fc.nat(sample.length - 1), fc.nat(), put, (which, at, put) => {
        const line = sample[which]!;
        const place = at % line.length;
        const changed = line.slice(0, place) + put + line.slice(place + 1);
        const { bytes, end } = spared(changed);
        // Between lines nothing else than a line feed is passed over
        if (lines.match(bytes, 0, end) === NO_TEMPLATE || lines.after !== end) return;
        expect(readText(headerLine(HEADER), changed).reader.problems).toEqual([]);
        expect(() => JSON.parse(changed)).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });
});
