import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LinkAction, SegmentSummary, SendReason, TraceBody } from '../../src/trace/event.ts';
import { Ladder, type LadderOptions } from '../../src/trace/ladder.ts';
import { textWidth } from '../../src/trace/text.ts';
import { Trace } from '../../src/trace/trace.ts';
import { traceEvent } from './arbitraries.ts';

const CLIENT = { source: '10.0.0.1:50000', destination: '10.0.0.2:7' };
const SERVER = { source: '10.0.0.2:7', destination: '10.0.0.1:50000' };
const ISN = { client: 4_294_967_290, server: 5000 };

/** Tells a story in trace events, times in ms. */
class Story {
  readonly lines: string[] = [];
  readonly ladder: Ladder;
  readonly #trace = new Trace();

  constructor(options: Partial<LadderOptions> = {}) {
    this.ladder = new Ladder({ write: (line) => this.lines.push(line), ...options });
    this.#trace.listen(this.ladder.sink);
  }

  add(ms: number, end: string, body: TraceBody, cause = 0): number {
    return this.#trace.add(end, ms * 1000, body, cause);
  }

  state(ms: number, end: string, from: string, to: string): void {
    this.add(ms, end, {
      kind: 'transition',
      connection: 1,
      chart: 'connection',
      instance: 1,
      from,
      event: 'x',
      to,
    });
  }

  send(
    ms: number,
    end: 'client' | 'server',
    segment: Partial<SegmentSummary>,
    why: SendReason = 'data',
    text = '',
  ): number {
    const payload = new TextEncoder().encode(text);
    const bytes = new Uint8Array(40 + payload.length);
    bytes.set(payload, 40);
    const base = { flags: '.', seq: ISN[end] + 1, ack: 0, window: 15, length: payload.length };
    const summary = { ...(end === 'client' ? CLIENT : SERVER), ...base, ...segment };
    return this.add(ms, end, { kind: 'send', connection: 1, why, segment: summary, bytes });
  }

  /** What the link does; returns its last event. */
  link(ms: number, packet: number, cause: number, ...actions: LinkAction[]): number {
    let last = cause;
    for (const action of actions)
      last = this.add(ms, 'link', { kind: 'link', packet, direction: 'd', ...action }, last);
    return last;
  }

  arrive(ms: number, end: string, packet: number, before = packet): void {
    const delivered = this.link(ms, packet, before, { what: 'delivered' });
    this.add(ms, end, { kind: 'receive', packet, bytes: new Uint8Array(40) }, delivered);
  }

  syn(): void {
    this.arrive(
      0,
      'server',
      this.send(0, 'client', { flags: 'S', seq: ISN.client, options: { mss: 5 } }, 'open'),
    );
    const ack = (ISN.client + 1) >>> 0;
    this.arrive(0, 'client', this.send(0, 'server', { flags: 'S.', seq: ISN.server, ack }, 'open'));
  }

  /** The rows since the last call, without the heading, lines of the drawing reduced to one sign. */
  told(): string[] {
    this.ladder.flush();
    const rows = this.lines.splice(0).filter((line) => !line.startsWith('time'));
    return rows.map((row) => row.replace(/[─-]+/g, '─').replace(/ +/g, ' ').trim());
  }
}

describe('the ladder', () => {
  let story: Story;
  beforeEach(() => {
    story = new Story();
  });

  it('stands as drawn by hand', () => {
    story.state(0, 'client', 'CLOSED', 'SYN_SENT');
    const syn = story.send(0, 'client', { flags: 'S', seq: ISN.client, options: { mss: 5 } }, 'open');
    story.arrive(100, 'server', syn);
    story.state(100, 'server', 'LISTEN', 'SYN_RECEIVED');
    story.add(100.5, 'client', { kind: 'app', what: 'command', text: 'GET,서울' });
    const data = story.send(101, 'client', { ack: ISN.server + 1 }, 'data', 'ab');
    const late = story.link(101, data, data, { what: 'delayed', by: 300_000 });
    story.arrive(501, 'server', data, late);
    story.ladder.flush();
    expect(story.lines).toEqual([
      'time (s)            client │                                                        │ server',
      '   0.000          SYN_SENT │── #2 SYN seq 0 mss 5 win 15 ────────────────╌╌╌        │',
      '   0.100                   │        ╌╌╌──────────────────────────── #2 SYN seq 0 ──>│ SYN_RECEIVED',
      '   0.100500                │ command: GET,서울                                      │',
      // The server's SYN was not seen: its numbers stay absolute
      '   0.101                   │── #7 ACK 1:3(2) ack 5001 "ab" win 15 ───────╌╌╌        │',
      '   0.501                   │        ╌╌╌────────── #7 ACK 1:3(2) ack 5001 +300 ms ──>│',
    ]);
  });

  it('shows a segment that arrives at once on one row, and counts from the SYNs, past 2^32', () => {
    story.syn();
    expect(story.told()).toEqual([
      '0.000 │─ #1 SYN seq 0 mss 5 win 15 ─>│',
      '0.000 │<─ #4 SYN,ACK seq 0 ack 1 win 15 ─│',
    ]);
    const data = story.send(1, 'client', { flags: 'P.', seq: ISN.client + 4, ack: 5001 }, 'data', 'hello');
    story.arrive(1, 'server', data);
    expect(story.told()).toEqual(['0.001 │─ #7 PSH,ACK 4:9(5) ack 1 "hello" win 15 ─>│']);
  });

  it('says why a segment is sent again, and what SACK blocks it carries', () => {
    story.syn();
    story.told();
    const again = { flags: 'P.', ack: 5001 };
    story.send(1000, 'client', again, 'timer', 'ab');
    story.send(1000, 'client', again, 'fast', 'ab');
    const sack = [[7, 12]] as const;
    story.send(1000, 'server', { ack: 0, options: { sack } }, 'ack');
    expect(story.told()).toEqual([
      '1.000 │─ #7 PSH,ACK 1:3(2) ack 1 resent (timer) "ab" ─╌╌╌ │',
      '1.000 │─ #8 PSH,ACK 1:3(2) ack 1 resent (fast) "ab" ─╌╌╌ │',
      // The left edge 7 is 13 behind the client's initial sequence number 2^32 - 6, the acknowledgment 0 is 6
      '1.000 │ ╌╌╌─ #9 ACK ack 6 sack 13:18 win 15 ─│',
    ]);
  });

  it('shows a loss where the packet was sent, or on its own row when it was lost later', () => {
    story.syn();
    story.told();
    const first = story.send(1, 'client', { ack: 5001 }, 'ack');
    story.link(1, first, first, { what: 'lost', reason: 'loss' });
    const second = story.send(2, 'server', { ack: 4_294_967_291 }, 'ack');
    story.link(2, second, second, { what: 'lost', reason: 'loss' });
    const third = story.send(3, 'client', { ack: 5001 }, 'ack');
    story.link(4, third, third, { what: 'lost', reason: 'queue' });
    expect(story.told()).toEqual([
      '0.001 │─ #7 ACK ack 1 win 15 ─✗ lost (loss) │',
      '0.002 │ lost (loss) ✗─ #9 ACK ack 1 win 15 ─│',
      '0.003 │─ #11 ACK ack 1 win 15 ─╌╌╌ │',
      '0.004 │ ✗ #11 ACK ack 1 lost (queue) │',
    ]);
  });

  it('says at the arrival what the link did: each copy of a packet what happened to it', () => {
    story.syn();
    story.told();
    const packet = story.send(1, 'client', { ack: 5001 }, 'ack');
    // The SYN has come with no delay at all
    const bent = story.link(1, packet, packet, { what: 'corrupted', bit: 77 }, { what: 'delayed', by: 4000 });
    const copy = story.link(
      1,
      packet,
      packet,
      { what: 'duplicated', copy: 1 },
      { what: 'delayed', by: 1000 },
      { what: 'reordered', by: 2500 },
    );
    story.told();
    story.arrive(4.5, 'server', packet, copy);
    story.arrive(5, 'server', packet, bent);
    story.add(5, 'server', { kind: 'discard', packet, reason: 'badChecksum' });
    expect(story.told()).toEqual([
      '0.004500 │ ╌╌╌─ #7 ACK ack 1 held back 2.5 ms +1 ms ─>│',
      '0.005 │ ╌╌╌─ #7 ACK ack 1 bit 77 flipped +4 ms duplicate ─>│ ✗ TCP checksum',
    ]);
  });

  it('puts a state beside the segment that belongs to it, and only there', () => {
    story.state(0, 'server', 'CLOSED', 'LISTEN');
    story.state(0, 'client', 'CLOSED', 'SYN_SENT');
    const syn = story.send(0, 'client', { flags: 'S', seq: ISN.client }, 'open');
    story.state(0, 'server', 'X', 'Y');
    story.arrive(1, 'server', syn);
    story.state(1, 'server', 'LISTEN', 'SYN_RECEIVED');
    story.state(1, 'server', 'SYN_RECEIVED', 'CLOSED');
    story.state(1, 'server', 'CLOSED', 'CLOSED');
    expect(story.told()).toEqual([
      '0.000 │ │ LISTEN',
      '0.000 SYN_SENT │─ #3 SYN seq 0 win 15 ─╌╌╌ │',
      '0.000 │ │ Y',
      '0.001 │ ╌╌╌─ #3 SYN seq 0 ─>│ SYN_RECEIVED',
      '0.001 │ │ CLOSED',
    ]);
  });

  it('leaves out the LISTEN of a connection that a listener has just made, not that of an open', () => {
    const syn = story.send(0, 'client', { flags: 'S', seq: ISN.client }, 'open');
    story.arrive(1, 'server', syn);
    story.state(1, 'server', 'CLOSED', 'LISTEN');
    story.state(1, 'server', 'LISTEN', 'SYN_RECEIVED');
    story.send(1, 'server', { flags: 'S.', seq: ISN.server, ack: ISN.client + 1 }, 'open');
    story.state(2, 'server', 'CLOSED', 'LISTEN');
    story.state(3, 'server', 'LISTEN', 'CLOSED');
    expect(story.told()).toEqual([
      '0.000 │─ #1 SYN seq 0 win 15 ─╌╌╌ │',
      '0.001 │ ╌╌╌─ #1 SYN seq 0 ─>│ SYN_RECEIVED',
      '0.001 │ ╌╌╌─ #6 SYN,ACK seq 0 ack 1 win 15 ─│',
      '0.002 │ │ LISTEN',
      '0.003 │ │ CLOSED',
    ]);
  });

  it('tells by how much more than the least a packet was delayed, each direction for itself', () => {
    const pass = (ms: number, end: 'client' | 'server', by: number): void => {
      const packet = story.send(ms, end, { ack: 9 }, 'ack');
      const other = end === 'client' ? 'server' : 'client';
      story.arrive(ms + 50, other, packet, story.link(ms, packet, packet, { what: 'delayed', by }));
    };
    pass(0, 'client', 10_000);
    pass(100, 'client', 10_000);
    pass(200, 'client', 10_100);
    pass(300, 'client', 10_101);
    pass(400, 'client', 4000);
    pass(500, 'client', 10_000);
    pass(600, 'server', 30_000);
    pass(700, 'server', 31_000);
    const shown = story.told().map((row) => /\+\S+ ms/.exec(row)?.[0]);
    // Of each two rows, the first is the sending; 10 100 us are 1 % more than 10 000, which is not yet news
    expect(shown.filter((_, at) => at % 2 === 0)).toEqual(Array(8).fill(undefined));
    expect(shown.filter((_, at) => at % 2 === 1)).toEqual([
      undefined,
      undefined,
      undefined,
      '+0.101 ms',
      undefined,
      '+6 ms',
      undefined,
      '+1 ms',
    ]);
  });

  it('says in short words which checksum was wrong', () => {
    for (const [width, ip, tcp] of [
      [100, '✗ IP checksum', '✗ TCP checksum'],
      [80, '✗ IP sum', '✗ TCP sum'],
    ] as const) {
      story = new Story({ width });
      const packet = story.send(0, 'client', { ack: 9 }, 'ack');
      story.arrive(1, 'server', packet);
      story.add(1, 'server', { kind: 'discard', packet, reason: 'badChecksum' });
      const answer = story.send(2, 'server', { ack: 9 }, 'ack');
      story.arrive(3, 'client', answer);
      story.add(3, 'client', { kind: 'discard', packet: answer, reason: 'badHeaderChecksum' });
      story.add(4, 'server', { kind: 'discard', packet, reason: 'toString' });
      const rows = story.told();
      expect(rows[1]?.endsWith(`│ ${tcp}`)).toBe(true);
      expect(rows[3]?.startsWith(`0.003 ${ip} │`)).toBe(true);
      expect(rows[4]).toBe(`0.004 │ ✗ #${packet} toString │`);
    }
  });

  it('tells an end that was none in order, and nothing of one that was', () => {
    story.add(1, 'client', { kind: 'report', connection: 1, report: 'closed', detail: 'timedOut' });
    story.add(1, 'server', { kind: 'report', connection: 1, report: 'closed', detail: 'closed' });
    expect(story.told()).toEqual(['0.001 ✗ timedOut │ │']);
  });

  it('lets nothing that a peer sends reach the terminal as it is', () => {
    story.syn();
    story.told();
    story.send(1, 'client', { ack: 5001 }, 'data', '\u001b[2J\u202e서');
    story.add(1, 'server', { kind: 'app', what: 'answer', text: 'a\u0007\nb' });
    expect(story.told()).toEqual([
      '0.001 │─ #7 ACK 1:11(10) ack 1 "\\u{1b}[2J\\u{202e}서" ─╌╌╌ │',
      '0.001 │ answer: a\\u{7}\\nb │',
    ]);
  });

  it('can do with ASCII', () => {
    story = new Story({ ascii: true });
    story.syn();
    const packet = story.send(1, 'client', { ack: 5001 }, 'data', '서');
    story.link(1, packet, packet, { what: 'lost', reason: 'loss' });
    story.ladder.flush();
    expect(story.lines.at(-1)).toBe(
      '   0.001                   |-- #7 ACK 1:4(3) ack 1 "\\u{c11c}" --------X lost (loss) |',
    );
    expect(story.lines.join('')).toMatch(/^[ -~]*$/);
  });

  it('colours pieces by what they are, blanks never', () => {
    story = new Story({ style: (text, role) => `<${role}:${text}>` });
    story.state(0, 'client', 'CLOSED', 'SYN_SENT');
    story.send(0, 'client', { flags: 'S', seq: ISN.client }, 'timer');
    story.ladder.flush();
    expect(story.lines[1]).toMatch(
      /^<time: {3}0\.000 {3}> +<state:SYN_SENT> <frame:│><frame:──> <segment:#2 SYN seq 0> <resent:resent \(timer\)> /,
    );
    expect(story.lines[1]).not.toMatch(/: *>/);
  });
});

describe('a narrow ladder', () => {
  const resend = (width: number, why: SendReason, seq: number): string[] => {
    const story = new Story({ width });
    story.syn();
    story.told();
    const packet = story.send(1, 'client', { flags: 'P.', seq: ISN.client + seq, ack: 5001 }, why, 'hello');
    story.arrive(2, 'server', packet);
    return story.told();
  };

  it('keeps that a segment was sent again, and leaves out what it acknowledges', () => {
    // Between the posts are 40 columns: six of line and blanks and a dot leave 33 for the label, one less at the arrival
    expect(resend(80, 'timer', 1)).toEqual([
      '0.001 │─ #7 PSH,ACK 1:6(5) resent (timer) ─╌╌ │',
      '0.002 │ ╌╌╌─ #7 PSH,ACK 1:6(5) ack 1 again ─>│',
    ]);
    expect(resend(80, 'fast', 100)[0]).toBe('0.001 │─ #7 PSH,ACK 100:105(5) fast again ─╌╌ │');
    expect(resend(80, 'timer', 100_000)[0]).toBe('0.001 │─ #7 PSH,ACK 100000:100005(5) again ─╌ │');
    expect(resend(80, 'data', 1)[0]).toBe('0.001 │─ #7 PSH,ACK 1:6(5) ack 1 "hello" ─╌╌╌ │');
  });

  it('would rather cut the numbers than show what was sent again as new', () => {
    expect(resend(80, 'timer', 2_000_000_000)[0]).toBe('0.001 │─ #7 PSH,ACK 2000000000:2000… again ─╌ │');
    for (const row of resend(60, 'timer', 1)) expect(row).toContain(' again ─');
  });

  it('leaves out the delay before that a packet was overtaken, and that before a flipped bit', () => {
    const arrival = (seq: number): string | undefined => {
      const story = new Story({ width: 80 });
      story.syn();
      story.told();
      const data = { seq: ISN.client + seq, ack: 5001 };
      const packet = story.send(1, 'client', data, 'data', 'hello');
      const last = story.link(
        2,
        packet,
        packet,
        { what: 'delayed', by: 300_000 },
        { what: 'corrupted', bit: 304 },
        { what: 'delivered', late: true },
      );
      story.add(2, 'server', { kind: 'receive', packet, bytes: new Uint8Array(40) }, last);
      return story.told()[1];
    };
    expect(arrival(1)).toBe('0.002 │ ╌╌─ #7 ACK 1:6(5) bit 304 overtaken ─>│');
    expect(arrival(100)).toBe('0.002 │ ╌╌╌─ #7 ACK 100:105(5) bit 304 late ─>│');
    expect(arrival(100_000)).toBe('0.002 │ ╌╌─ #7 ACK 100000:100005(5) bit 304 ─>│');
  });

  it('leaves out the delay before that a packet is a duplicate', () => {
    const story = new Story({ width: 80 });
    story.syn();
    story.told();
    const data = { seq: (ISN.client + 100_000) >>> 0, ack: 5001 };
    const packet = story.send(1, 'client', data, 'data', 'hello');
    story.arrive(2, 'server', packet);
    story.told();
    story.arrive(3, 'server', packet, story.link(2, packet, packet, { what: 'delayed', by: 4000 }));
    // 23 columns of numbers and 4 of `dup`: the 6 of `+4 ms` would be one too many
    expect(story.told()).toEqual(['0.003 │ ╌╌╌─ #7 ACK 100000:100005(5) dup ─>│']);
  });
});

describe('any events', () => {
  const options = fc.record({ width: fc.integer({ min: 60, max: 160 }), ascii: fc.boolean() });

  it('make lines no wider than asked for, safe for a terminal', () => {
    fc.assert(
      fc.property(fc.array(traceEvent, { maxLength: 30 }), options, (events, { width, ascii }) => {
        const lines: string[] = [];
        const ladder = new Ladder({ write: (line) => lines.push(line), width, ascii });
        for (const event of events) ladder.sink(event);
        ladder.flush();
        for (const line of lines) {
          expect(textWidth(line)).toBeLessThanOrEqual(width);
          expect(line).not.toMatch(ascii ? /[^ -~]/ : /\p{C}/u);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keep the posts below each other', () => {
    fc.assert(
      fc.property(fc.array(traceEvent, { maxLength: 30 }), options, (events, { width }) => {
        const lines: string[] = [];
        const ladder = new Ladder({ write: (line) => lines.push(line), width });
        for (const event of events) ladder.sink(event);
        ladder.flush();
        const posts = new Set(
          lines.map((line) =>
            Array.from(line.matchAll(/│/g), ({ index }) => textWidth(line.slice(0, index))).join(),
          ),
        );
        expect(posts.size).toBeLessThanOrEqual(1);
      }),
      { numRuns: 300 },
    );
  });
});
