import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRecord, parseRecord } from '../../src/app/csv.ts';
import { LineReader, LineWriter, type QuoteRule } from '../../src/app/lines.ts';
import { pipe } from './pipe.ts';

const encoder = new TextEncoder();

const field = fc.oneof(
  fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', '[', ']', 'a', '서', '울') }),
  fc.string({ unit: 'binary' }),
);

/** Reads a stream given in pieces that end at the given places. */
function readIn(reader: LineReader, bytes: Uint8Array, pieces: readonly number[]): (string | undefined)[] {
  const lines: (string | undefined)[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const end = at + (pieces[i % pieces.length] ?? 1);
    reader.push(bytes.subarray(at, end));
    at = end;
    for (let line = reader.take(); line !== undefined; line = reader.take()) lines.push(line.text);
  }
  return lines;
}

function read(text: string, rule: QuoteRule = 'fieldStart', limit?: number): (string | undefined)[] {
  return readIn(new LineReader(rule, limit), encoder.encode(text), [3]);
}

describe('lines', () => {
  it.each(['fieldStart', 'anywhere'] as const)('come out whole wherever the stream is cut (%s)', (rule) => {
    const pieces = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
    const records = fc.array(fc.array(field, { minLength: 1, maxLength: 3 }), { maxLength: 6 });
    fc.assert(
      fc.property(records, pieces, (list, cuts) => {
        const stream = list.map((fields) => `${formatRecord(fields)}\n`).join('');
        const lines = readIn(new LineReader(rule), encoder.encode(stream), cuts);
        expect(lines.map((line) => parseRecord(line!))).toEqual(list);
      }),
    );
  });

  it('end at a line feed outside quotes; a carriage return before it is dropped', () => {
    expect(read('GET,a\r\n"x\r\ny"\r\n\r\n\nlast')).toEqual(['GET,a', '"x\r\ny"', '', '']);
  });

  it('take a quote inside a field for a character in commands, for a quote in answers', () => {
    expect(read('a5"\nb\n')).toEqual(['a5"', 'b']);
    expect(read('["a\nb",c], [d,"e\nf"]\ng\n', 'anywhere')).toEqual(['["a\nb",c], [d,"e\nf"]', 'g']);
  });

  it('that are not UTF-8 have no text, and the next one is read', () => {
    const bytes = Uint8Array.from([0xec, 0x84, 0x0a, 0x61, 0x0a]);
    expect(readIn(new LineReader('fieldStart'), bytes, [1])).toEqual([undefined, 'a']);
  });

  it('keep a byte order mark', () => {
    expect(read('\ufeffa\n')).toEqual(['\ufeffa']);
  });

  it('may be as long as the limit and no longer', () => {
    for (const end of ['\n', '\r\n']) {
      expect(read(`12345678${end}`, 'fieldStart', 8)).toEqual(['12345678']);
      const reader = new LineReader('fieldStart', 8);
      expect(readIn(reader, encoder.encode(`123456789${end}a\n`), [1])).toEqual([]);
      expect(reader.tooLong).toBe(true);
    }
    const endless = new LineReader('fieldStart', 8);
    expect(readIn(endless, encoder.encode(`"${'\n'.repeat(50)}`), [7])).toEqual([]);
    expect(endless.tooLong).toBe(true);
  });

  it('the last one may lack its line end, but not its closing quote', () => {
    const rest = (text: string) => {
      const reader = new LineReader('fieldStart');
      readIn(reader, encoder.encode(text), [2]);
      return reader.takeRest();
    };
    expect(rest('a\nLIST')).toEqual({ text: 'LIST' });
    expect(rest('a\n')).toBeUndefined();
    expect(rest('PUT,a,"b')).toEqual({ text: undefined });
  });
});

describe('LineWriter', () => {
  it('sends all, in order, through a send buffer that takes a few bytes at a time', () => {
    const { client, server, run } = pipe({ sendBuffer: 3, receiveBuffer: 4 });
    const writer = new LineWriter(client);
    const got: number[] = [];
    client.handler = { writable: () => writer.flush() };
    server.handler = { readable: () => got.push(...server.receive()) };
    writer.write('PUT,city,서울');
    writer.write('LIST');
    expect(writer.pending).toBe('PUT,city,'.length + 6 + 1 + 'LIST\n'.length - 3);
    run();
    expect(new TextDecoder().decode(Uint8Array.from(got))).toBe('PUT,city,서울\nLIST\n');
    expect(writer.pending).toBe(0);
  });
});
