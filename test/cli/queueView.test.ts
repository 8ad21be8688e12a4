/** What a network shows of itself, drawn without a terminal. */
import { describe, expect, it } from 'vitest';
import { eventText, LiveLines, queueLines } from '../../cli/queueView.ts';
import { bothWays, Link, type LinkConfig, parseFault } from '../../src/channel/index.ts';
import { VirtualClock } from '../../src/time/clock.ts';
import type { TraceBody } from '../../src/trace/event.ts';
import { Flows } from '../../src/trace/ladderLabel.ts';
import { summarizePacket } from '../../src/trace/summary.ts';
import { textWidth } from '../../src/trace/text.ts';
import { ACK, buildTcpPacket, parseAddress, SYN } from '../../src/wire/index.ts';

const ISN = 7000;

function packet(flags: number, seq: number, payload = ''): Uint8Array {
  return buildTcpPacket({
    source: parseAddress('10.0.0.1'),
    destination: parseAddress('10.0.0.2'),
    sourcePort: 1000,
    destinationPort: 50,
    flags,
    seq: ISN + seq,
    ack: (flags & ACK) === 0 ? 0 : 6,
    payload: new TextEncoder().encode(payload),
  });
}

/** The table after these packets went from a to b at time 0. */
function table(config: LinkConfig, packets: readonly Uint8Array[], width = 120, now = 0): string[] {
  const clock = new VirtualClock();
  const link = new Link({ config, seed: 1, clock, names: ['a', 'b'] });
  const flows = new Flows();
  flows.see(summarizePacket(packet(SYN, 0))!);
  packets.forEach((bytes, i) => {
    link.a.send(bytes, i + 1);
  });
  clock.advanceTo(now);
  link.poll(now);
  const { forward, backward } = link.statistics;
  const ways = [
    { name: 'a > b', packets: link.underWay(0, now), statistics: forward },
    { name: 'b > a', packets: link.underWay(1, now), statistics: backward },
  ];
  return queueLines(ways, now, flows, width, (text) => text);
}

const COUNTS = (name: string, wire: number, sent = wire): string =>
  `${name}   on the wire ${wire}   in ${sent}   out 0`;

describe('the table of what is on the wire', () => {
  it('has both directions when nothing is', () => {
    expect(table(bothWays({}), [])).toEqual([COUNTS('a > b', 0), COUNTS('b > a', 0)]);
  });

  it('has each packet with when it comes out, what it is, what happened to it', () => {
    const faults = ['corrupt client>server data 2', 'duplicate client>server data 3'].map(parseFault);
    const lines = table({ ...bothWays({ delay: 40_000 }), faults }, [
      packet(SYN, 0),
      packet(ACK, 1, 'hello'),
      packet(ACK, 6, 'other'),
      packet(ACK, 11, 'twice'),
    ]);
    const ends = '10.0.0.1:1000 > 10.0.0.2:50';
    expect(lines).toEqual([
      `${COUNTS('a > b', 5, 4)}   corrupted 1   duplicated 1`,
      `  in     40.0 ms   S 0:0(0)                 delayed              ${ends}`,
      `  in     40.0 ms   . 1:6(5) ack 6           delayed              ${ends}`,
      expect.stringMatching(/^ {2}in {5}40\.0 ms {3}.* corrupted, delayed/),
      `  in     40.0 ms   . 11:16(5) ack 6         delayed              ${ends}`,
      `  in     40.0 ms   . 11:16(5) ack 6         copy, delayed        ${ends}`,
      COUNTS('b > a', 0),
    ]);
  });

  it('has the tick on a link with ticks, and the time that is left', () => {
    const slot = { interval: 100_000, packets: 1 };
    const lines = table(bothWays({ slot }), [packet(ACK, 1, 'a'), packet(ACK, 2, 'b')], 120, 30_000);
    expect(lines[1]).toMatch(/^ {2}in {5}70\.0 ms {3}tick {3}1 {3}\. 1:2\(1\) ack 6 /);
    expect(lines[2]).toMatch(/^ {2}in {4}170\.0 ms {3}tick {3}2 {3}\. 2:3\(1\) ack 6 /);
  });

  it('has what waits for the rate, and no more than fits', () => {
    const many = Array.from({ length: 30 }, (_, i) => packet(ACK, i + 1, 'x'));
    const lines = table(bothWays({ rate: 1000 }), many);
    expect(lines).toHaveLength(1 + 8 + 1 + 1);
    expect(lines[1]).toContain('queued');
    expect(lines[9]).toBe('  and 22 more');
  });

  it('has what is no TCP, and keeps to the width', () => {
    const odd = [Uint8Array.of(0x45, 0, 0, 3), new Uint8Array(0), new Uint8Array(1400).fill(0x60)];
    for (const width of [20, 61, 80]) {
      const lines = table(bothWays({ delay: 1000 }), [...odd, packet(ACK, 1, 'hello')], width);
      expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(width);
    }
    expect(table(bothWays({ delay: 1000 }), [packet(ACK, 1)], 80)[1]).toMatch(/delayed$/);
    expect(table(bothWays({ delay: 1000 }), odd).join('\n')).toContain('1400 bytes, no TCP');
  });
});

describe('lines drawn over themselves', () => {
  it('go back to where they began, and are drawn only when they change', () => {
    const written: string[] = [];
    const live = new LiveLines((text) => written.push(text));
    live.draw(['one', 'two']);
    live.draw(['one', 'two']);
    live.draw(['three']);
    live.clear();
    live.clear();
    expect(written).toEqual(['one\ntwo\n', '\u001b[2A\u001b[Jthree\n', '\u001b[1A\u001b[J']);
  });
});

describe('a line for what happens', () => {
  const flows = new Flows();
  flows.see(summarizePacket(packet(SYN, 0))!);
  const bytes = packet(ACK, 1, 'hello');
  const link = { kind: 'link', packet: 3, direction: 'a>b' } as const;

  it.each<[TraceBody, string | undefined]>([
    [{ kind: 'receive', packet: 0, bytes }, 'a in #9 . 1:6(5) ack 6 10.0.0.1:1000 > 10.0.0.2:50'],
    [{ kind: 'receive', packet: 3, bytes }, 'a out #3 . 1:6(5) ack 6 10.0.0.1:1000 > 10.0.0.2:50'],
    [{ ...link, what: 'lost', reason: 'queue' }, 'link #3 dropped (queue)'],
    [{ ...link, what: 'delivered' }, undefined],
    [{ ...link, what: 'delivered', late: true }, 'link #3 overtaken'],
    [{ ...link, what: 'enqueued', queue: 2 }, undefined],
    [{ kind: 'discard', packet: 3, reason: 'notIp' }, 'a #3 not passed on (notIp)'],
  ])('%#', (body, text) => {
    const said = eventText({ n: 9, t: 1_234_567, end: 'a', cause: 0, ...body }, flows);
    expect(said).toBe(text && `1.235 s ${text}`);
  });
});
