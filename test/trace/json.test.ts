import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../../src/trace/event.ts';
import { eventLine, FIELDS, headerLine } from '../../src/trace/json.ts';
import { parseTrace, TraceParser } from '../../src/trace/jsonParse.ts';
import { traceEvent, traceHeader } from './arbitraries.ts';

const HEADER =
  '{"statewire":1,"version":"0.1.0","engine":"compiled","seed":7,"configuration":{},"inputs":[]}';

/** The same with its keys in the opposite order, at every depth. */
function turnedRound(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(turnedRound);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, turnedRound(inner)]),
  );
}

describe('a trace as JSON lines', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(traceHeader, fc.array(traceEvent, { maxLength: 10 }), (header, events) => {
        const lines = [headerLine(header), ...events.map(eventLine)];
        const parsed = parseTrace(lines);
        // -0 is written as 0 by JSON
        expect(JSON.stringify(parsed.header.configuration)).toBe(
          JSON.stringify(JSON.parse(lines[0]!).configuration),
        );
        expect(parsed.header).toMatchObject({
          version: header.version,
          seed: header.seed,
          inputs: header.inputs,
        });
        expect(parsed.events.map(eventLine)).toEqual(lines.slice(1));
        expect(parsed.events).toEqual(events.map(withoutMinusZero));
      }),
    );
  });

  it('does not depend on the order in which fields were set', () => {
    fc.assert(
      fc.property(traceHeader, traceEvent, (header, event) => {
        expect(headerLine(turnedRound(header) as typeof header)).toBe(headerLine(header));
        expect(eventLine(turnedRound(event) as TraceEvent)).toBe(eventLine(event));
      }),
    );
  });

  it('is one line an event', () => {
    fc.assert(
      fc.property(traceEvent, (event) => {
        expect(eventLine(event)).not.toMatch(/[\r\n]/);
      }),
    );
  });

  it('writes what docs/trace.md shows', () => {
    const event: TraceEvent = {
      n: 5,
      t: 300_000,
      end: 'client',
      cause: 4,
      bytes: Uint8Array.of(0x45, 0, 0xff),
      segment: {
        source: '10.0.0.1:50000',
        destination: '10.0.0.2:7',
        flags: 'S',
        seq: 9,
        ack: 0,
        window: 15,
        length: 0,
        options: { sackPermitted: true, mss: 5 },
      },
      why: 'open',
      connection: 1,
      kind: 'send',
    };
    expect(eventLine(event)).toBe(
      '{"n":5,"t":300000,"end":"client","cause":4,"kind":"send","connection":1,"why":"open",' +
        '"segment":{"source":"10.0.0.1:50000","destination":"10.0.0.2:7","flags":"S","seq":9,"ack":0,"window":15,' +
        '"length":0,"options":{"mss":5,"sackPermitted":true}},"bytes":"4500ff"}',
    );
  });
});

describe('docs/trace.md', () => {
  const text = readFileSync(new URL('../../docs/trace.md', import.meta.url), 'utf8');
  const lines = Array.from(text.matchAll(/```json\n(.*)\n```/g), ([, line]) => line!);

  it('shows each kind with a line that is read and written as it stands', () => {
    const { header, events } = parseTrace(lines);
    expect([headerLine(header), ...events.map(eventLine)]).toEqual(lines);
    expect(events.map(({ kind }) => kind).sort()).toEqual(Object.keys(FIELDS).sort());
  });
});

describe('reading a trace', () => {
  const app = '{"n":1,"t":0,"end":"client","cause":0,"kind":"app","what":"command","text":"LIST"}';

  it('passes over empty lines, unknown fields and a carriage return', () => {
    const { events } = parseTrace([`${HEADER}\r`, '', app.replace('"kind"', '"new":[1],"kind"'), '']);
    expect(events).toEqual([
      { n: 1, t: 0, end: 'client', cause: 0, kind: 'app', what: 'command', text: 'LIST' },
    ]);
  });

  it.each([
    [['{'], /line 1: not JSON/],
    [[], /line 1: no header: the trace is empty/],
    [[app], /line 1: not a trace: the first line has no "statewire"/],
    [[HEADER.replace(':1,', ':2,')], /line 1: version 2 of the format; this reads version 1/],
    [[HEADER.replace('"seed":7,', '')], /line 1: "seed" is missing/],
    [[HEADER.replace('[]', '[1]')], /line 1: "inputs" is 1, expected a text/],
    [[HEADER, app, '[]'], /line 3: "the line" is \[\], expected an object/],
    [[HEADER, app.slice(0, 30)], /line 2: not JSON/],
    [[HEADER, app.replace('"app"', '"apple"')], /line 2: unknown kind "apple"/],
    [[HEADER, app.replace('"app"', '"constructor"')], /line 2: unknown kind "constructor"/],
    [[HEADER, app.replace('"t":0', '"t":-1')], /line 2: "t" is -1, expected a whole number from 0/],
    [[HEADER, app.replace('"n":1', '"n":1.5')], /line 2: "n" is 1.5/],
    [[HEADER, app.replace(',"text":"LIST"', '')], /line 2: "text" is missing/],
    [
      [HEADER, '', '{"n":1,"t":0,"end":"x","cause":0,"kind":"receive","packet":1,"bytes":"4G"}'],
      /line 3: "bytes" is "4G", expected pairs of lower-case hex digits/,
    ],
    [
      [
        HEADER,
        '{"n":1,"t":0,"end":"link","cause":0,"kind":"link","packet":1,"direction":"d","what":"delayed"}',
      ],
      /line 2: "by" is missing/,
    ],
    [
      [
        HEADER,
        '{"n":1,"t":0,"end":"link","cause":0,"kind":"link","packet":1,"direction":"d","what":"eaten"}',
      ],
      /line 2: "what" is "eaten", expected enqueued, lost/,
    ],
  ])('%j is refused with line and reason', (lines, message) => {
    expect(() => parseTrace(lines)).toThrow(message);
  });

  it('throws nothing but its own errors, whatever the line', () => {
    fc.assert(
      fc.property(traceEvent, fc.nat(), fc.jsonValue(), (event, place, value) => {
        const fields = Object.entries(JSON.parse(eventLine(event)));
        fields[place % fields.length]![1] = value;
        const parser = new TraceParser();
        parser.push(HEADER);
        try {
          parser.push(JSON.stringify(Object.fromEntries(fields)));
        } catch (error) {
          expect(error).toMatchObject({ name: 'TraceError', line: 2 });
        }
      }),
    );
  });
});

/** Values of -0 as 0. */
function withoutMinusZero(event: TraceEvent): TraceEvent {
  if (event.kind !== 'variables') return event;
  const values = Object.entries(event.values).map(([name, value]) => [name, value === 0 ? 0 : value]);
  return { ...event, values: Object.fromEntries(values) };
}
