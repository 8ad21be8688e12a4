/** The tester's registers: which numbers a symbol gets, and which symbol numbers get. */
import { describe, expect, test } from 'vitest';
import { Registers } from '../../src/conform/registers.ts';
import { agrees, formatOutput, parseWords } from '../../src/conform/word.ts';
import { Random } from '../../src/time/random.ts';
import { ACK, FIN, PSH, RST, Segment, SYN } from '../../src/wire/tcp.ts';

function segment(flags: number, seq: number, ack = 0, length = 0): Segment {
  return Object.assign(new Segment(), { flags, seq, ack, payloadLength: length });
}

class Tester {
  readonly #registers = new Registers(new Random(1));

  sends(flags: number): { seq: number; ack: number } {
    return this.#registers.make({ flags, length: 0 });
  }

  /** As `SEQ,ACK`. */
  hears(flags: number, seq: number, ack = 0, length = 0): string {
    const reply = this.#registers.read(segment(flags, seq, ack, length));
    return `${reply.seq},${reply.ack}`;
  }

  silence(): void {
    this.#registers.timeout();
  }
}

/** A stack that opens with 1000, and a tester that is told to go on with 501. */
function open(): Tester {
  const tester = new Tester();
  expect(tester.hears(SYN, 1000)).toBe('FRESH,ZERO');
  const { seq, ack } = tester.sends(SYN | ACK);
  expect(ack).toBe(1001);
  expect(tester.hears(ACK, 1001, (seq + 1) >>> 0)).toBe('NEXT,NEXT');
  // lrn = 501, by an ACK that nobody expects
  expect(tester.hears(ACK, 1001, 501)).toBe('NEXT,FRESH');
  return tester;
}

describe('a segment to send', () => {
  test('has a fresh number and no acknowledgment while nothing is known', () => {
    const tester = new Tester();
    const first = tester.sends(ACK);
    expect(first.ack).toBe(0);
    expect(tester.sends(ACK).seq).not.toBe(first.seq);
  });

  test('has the next number, and acknowledges what the stack owns if it has the flag', () => {
    const tester = open();
    expect(tester.sends(ACK)).toEqual({ seq: 501, ack: 1001 });
    expect(tester.sends(PSH)).toEqual({ seq: 501, ack: 0 });
  });

  test('that is a reset is the last with these numbers; another without ACK has the last one acknowledged', () => {
    const tester = open();
    expect(tester.sends(RST | ACK)).toEqual({ seq: 501, ack: 1001 });
    expect(tester.sends(RST)).toEqual({ seq: 501, ack: 0 });
    const { seq, ack } = tester.sends(RST | ACK);
    expect(seq).not.toBe(501);
    expect(ack).toBe(0);
  });

  test('that is a reset without ACK has a fresh number if nothing was acknowledged', () => {
    const tester = new Tester();
    tester.hears(SYN, 1000);
    expect(tester.sends(RST).seq).not.toBe(0);
  });

  test('acknowledges a FIN, and data to its last byte', () => {
    const tester = open();
    expect(tester.hears(ACK | PSH, 1001, 501, 10)).toBe('NEXT,CURRENT');
    expect(tester.sends(ACK)).toEqual({ seq: 501, ack: 1011 });
    expect(tester.hears(ACK | FIN, 1011, 501)).toBe('NEXT,CURRENT');
    expect(tester.sends(ACK)).toEqual({ seq: 501, ack: 1012 });
    // Not in order: nothing is learnt
    expect(tester.hears(ACK | PSH, 2000, 700, 10)).toBe('FRESH,FRESH');
    expect(tester.sends(ACK)).toEqual({ seq: 501, ack: 1012 });
  });
});

describe('a reply', () => {
  test.each([
    [1001, 501, 'NEXT,CURRENT'],
    [1000, 502, 'CURRENT,NEXT'],
    [0, 0, 'ZERO,ZERO'],
    [999, 503, 'FRESH,FRESH'],
  ])('with numbers %i, %i is %s', (seq, ack, classes) => {
    expect(open().hears(ACK, seq, ack)).toBe(classes);
  });

  test('without the ACK flag acknowledges nothing', () => {
    expect(open().hears(RST, 1001, 501)).toBe('NEXT,ZERO');
  });

  test('wraps around', () => {
    const tester = new Tester();
    tester.hears(SYN, 0xffff_ffff);
    expect(tester.sends(ACK).ack).toBe(0);
    expect(tester.hears(ACK, 0)).toBe('NEXT,ZERO');
  });

  test('that is a reset makes the numbers unknown', () => {
    const tester = open();
    tester.hears(RST | ACK, 1001, 501);
    expect(tester.sends(ACK).ack).toBe(0);
    expect(tester.sends(ACK).seq).not.toBe(501);
  });

  test('to a proposed number that takes it is remembered, one that does not makes all unknown', () => {
    const tester = new Tester();
    const proposed = tester.sends(SYN).seq;
    expect(tester.hears(SYN | ACK, 77, (proposed + 1) >>> 0)).toBe('FRESH,NEXT');
    expect(tester.sends(ACK)).toEqual({ seq: (proposed + 1) >>> 0, ack: 78 });
    const other = new Tester();
    const refused = other.sends(SYN).seq;
    expect(other.hears(SYN | ACK, 77, refused)).toBe('FRESH,FRESH');
    expect(other.sends(ACK).ack).toBe(0);
  });

  test('counts for a proposed number only if it comes at once', () => {
    const tester = new Tester();
    const proposed = tester.sends(SYN).seq;
    tester.silence();
    expect(tester.hears(ACK, 77, (proposed + 1) >>> 0)).toBe('FRESH,FRESH');
    const next = tester.sends(SYN).seq;
    tester.hears(RST, 0);
    expect(tester.hears(ACK, 77, (next + 1) >>> 0)).toBe('FRESH,FRESH');
  });

  test('that is a SYN without ACK leaves the number to use unknown', () => {
    const tester = new Tester();
    tester.hears(SYN, 1000);
    expect(tester.sends(ACK).seq).not.toBe(0);
  });
});

test.each([
  ['TIMEOUT', 'TIMEOUT', true],
  ['TIMEOUT', 'ACK(NEXT,NEXT,0)', false],
  ['ACK(NEXT,NEXT,0)', 'TIMEOUT', false],
  ['ACK(NEXT,NEXT,0)', 'ACK(NEXT,NEXT,0)', true],
  ['ACK(NEXT,NEXT,0)', 'ACK(CURRENT,NEXT,0)', false],
  ['ACK(NEXT,NEXT,0)', 'ACK(NEXT,CURRENT,0)', false],
  ['ACK(NEXT,NEXT,0)', 'ACK(NEXT,NEXT,1)', false],
  ['ACK(NEXT,NEXT,0)', 'ACK+FIN(NEXT,NEXT,0)', false],
  ['RST(NEXT,ZERO,0)', 'RST(NEXT,FRESH,0)', true],
  ['RST(NEXT,ZERO,0)', 'RST(ZERO,ZERO,0)', false],
  ['ACK+RST(NEXT,ZERO,0)', 'ACK+RST(NEXT,FRESH,0)', false],
])('%s is expected, %s came: %s', (expected, got, verdict) => {
  const [word] = parseWords(`RCV RCV\t${expected} ${got}`, 'client');
  const [one, other] = word!.outputs;
  expect([formatOutput(one!), formatOutput(other!)]).toEqual([expected, got]);
  expect(agrees(one!, other!)).toBe(verdict);
});
