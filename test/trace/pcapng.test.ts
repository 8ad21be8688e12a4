import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LinkAction, TraceBody, TraceEvent } from '../../src/trace/event.ts';
import { PcapngWriter, pcapngSink } from '../../src/trace/pcapng.ts';
import { link, receive, recorder, send, trace } from './captures.ts';

interface Block {
  readonly type: number;
  readonly body: Buffer;
}

/** The blocks of a file, each length checked at both ends. */
function blocks(file: Buffer): Block[] {
  const found: Block[] = [];
  for (let at = 0; at < file.length; ) {
    const size = file.readUInt32LE(at + 4);
    expect(size % 4).toBe(0);
    expect(file.readUInt32LE(at + size - 4)).toBe(size);
    found.push({ type: file.readUInt32LE(at), body: file.subarray(at + 8, at + size - 4) });
    at += size;
  }
  return found;
}

/** The options of a block from a place in its body. */
function optionsAt(body: Buffer, start: number): Map<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = start; body.readUInt16LE(at) !== 0; ) {
    const length = body.readUInt16LE(at + 2);
    options.set(body.readUInt16LE(at), body.subarray(at + 4, at + 4 + length));
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return options;
}

interface Captured {
  readonly end: string;
  readonly t: number;
  readonly bytes: Buffer;
  readonly direction: string;
  readonly comment: string;
}

/** The packets of a file, as draft-ietf-opsawg-pcapng section 4.3 has them. */
function packets(file: Buffer): Captured[] {
  const names: string[] = [];
  const found: Captured[] = [];
  for (const { type, body } of blocks(file)) {
    if (type === 1) names.push(optionsAt(body, 8).get(2)!.toString());
    if (type !== 6) continue;
    const length = body.readUInt32LE(12);
    const options = optionsAt(body, 20 + length + ((4 - (length % 4)) % 4));
    found.push({
      end: names[body.readUInt32LE(0)]!,
      t: body.readUInt32LE(4) * 2 ** 32 + body.readUInt32LE(8),
      bytes: body.subarray(20, 20 + length),
      direction: ['', 'inbound', 'outbound'][options.get(2)!.readUInt32LE(0) & 3]!,
      comment: options.get(1)?.toString() ?? '',
    });
  }
  return found;
}

function capture(events: readonly TraceEvent[], options = {}): Captured[] {
  const file = recorder();
  const { sink, end } = pcapngSink(file.write, options);
  for (const event of events) sink(event);
  end();
  return packets(file.bytes());
}

describe('blocks', () => {
  test('a section header, and an interface with name, link type and resolution', () => {
    const file = recorder();
    const writer = new PcapngWriter(file.write);
    expect(writer.addInterface('client')).toBe(0);
    expect(writer.addInterface('server')).toBe(1);
    const [section, client, server] = blocks(file.bytes());
    expect(section!.type).toBe(0x0a0d0d0a);
    expect(section!.body.subarray(0, 16).toString('hex')).toBe('4d3c2b1a01000000ffffffffffffffff');
    expect(client!.type).toBe(1);
    // LINKTYPE_RAW, reserved, no snap length
    expect(client!.body.subarray(0, 8).toString('hex')).toBe('6500000000000000');
    expect(optionsAt(client!.body, 8).get(2)!.toString()).toBe('client');
    expect([...optionsAt(client!.body, 8).get(9)!]).toEqual([6]);
    expect(optionsAt(server!.body, 8).get(2)!.toString()).toBe('server');
  });

  test('packets of any length, time and comment come back', () => {
    const packet = fc.record({
      t: fc.maxSafeNat(),
      bytes: fc.uint8Array({ maxLength: 50 }),
      direction: fc.constantFrom('inbound' as const, 'outbound' as const),
      comment: fc.string({ unit: 'grapheme', maxLength: 20 }),
    });
    fc.assert(
      fc.property(fc.array(packet), (wanted) => {
        const file = recorder();
        const writer = new PcapngWriter(file.write);
        const number = writer.addInterface('x');
        for (const { t, bytes, direction, comment } of wanted) {
          writer.packet(number, t, bytes, direction, comment);
        }
        expect(packets(file.bytes()).map((found) => ({ ...found, bytes: [...found.bytes] }))).toEqual(
          wanted.map((each) => ({ ...each, bytes: [...each.bytes], end: 'x' })),
        );
      }),
    );
  });
});

describe('a trace as a capture', () => {
  test('sent is outbound at the sender, received inbound at the receiver, with their times', () => {
    const found = capture(
      trace(
        ['client', 5, send(1)],
        ['link', 5, link(1, { what: 'enqueued', queue: 0 })],
        ['link', 9, link(1, { what: 'delivered' })],
        ['server', 9, receive(1, 1)],
        ['server', 2 ** 33 + 7, send(2)],
      ),
    );
    expect(found.map(({ end, t, direction, comment }) => [end, t, direction, comment])).toEqual([
      ['client', 5, 'outbound', ''],
      ['server', 9, 'inbound', ''],
      ['server', 2 ** 33 + 7, 'outbound', ''],
    ]);
  });

  test.each<[LinkAction, string]>([
    [{ what: 'lost', reason: 'queue' }, 'link: dropped (queue)'],
    [{ what: 'corrupted', bit: 77 }, 'link: corrupted (bit 77)'],
    [{ what: 'duplicated', copy: 1 }, 'link: duplicated'],
    [{ what: 'delayed', by: 1500 }, 'link: delayed by 1.5 ms'],
    [{ what: 'delayed', by: 0 }, ''],
    [{ what: 'reordered', by: 2000 }, 'link: reordered (later by 2 ms)'],
  ])('%o is commented on', (action, comment) => {
    const found = capture(trace(['client', 1, send(1)], ['link', 2, link(1, action)]));
    expect(found.map((packet) => packet.comment)).toEqual([comment]);
  });

  test('what happens to each copy of a packet is told, in order', () => {
    const found = capture(
      trace(
        ['client', 1, send(1)],
        ['link', 1, link(1, { what: 'duplicated', copy: 1 })],
        ['link', 1, link(1, { what: 'delayed', by: 3000 })],
        ['link', 4, link(1, { what: 'delivered' })],
        ['server', 4, receive(1, 1)],
        ['link', 5, link(1, { what: 'corrupted', bit: 3 })],
        ['link', 6, link(1, { what: 'delivered' })],
        ['server', 6, receive(1, 9)],
      ),
    );
    expect(found.map(({ comment }) => comment)).toEqual([
      'link: duplicated; delayed by 3 ms; corrupted (bit 3)',
      '',
      '',
    ]);
  });

  test('blocks are in order of time though fates become known in another', () => {
    const file = recorder();
    const { sink, end } = pcapngSink(file.write);
    const events = trace(
      ['client', 1, send(1)],
      ['server', 2, send(2)],
      ['link', 3, link(2, { what: 'lost', reason: 'loss' })],
      ['link', 7, link(1, { what: 'delivered' })],
      ['server', 7, receive(1, 1)],
    );
    for (const event of events.slice(0, 3)) sink(event);
    // The second is known, but the first is not
    expect(packets(file.bytes())).toEqual([]);
    for (const event of events.slice(3)) sink(event);
    expect(packets(file.bytes()).map(({ t }) => t)).toEqual([1, 2, 7]);
    end();
    end();
    expect(packets(file.bytes())).toHaveLength(3);
  });

  test('what waits is limited, in packets and in bytes; 0 waits for nothing', () => {
    for (const options of [{ hold: 3 }, { holdBytes: 3 * 40 }, { hold: 0 }]) {
      const file = recorder();
      const { sink } = pcapngSink(file.write, options);
      for (let n = 1; n <= 300; n++) sink({ n, t: n, end: 'client', cause: 0, ...send(n) });
      expect(packets(file.bytes())).toHaveLength(options.hold === 0 ? 300 : 297);
      // News of one that was written already is too late
      sink({ n: 301, t: 301, end: 'link', cause: 0, ...link(1, { what: 'lost', reason: 'loss' }) });
    }
  });

  test('bytes that the sender uses again are kept as they were', () => {
    const file = recorder();
    const { sink, end } = pcapngSink(file.write);
    const [event] = trace(['client', 1, send(5)]);
    if (event?.kind !== 'send') throw new Error('not sent');
    const before = Buffer.from(event.bytes);
    sink(event);
    event.bytes.fill(0);
    end();
    expect(packets(file.bytes())[0]!.bytes).toEqual(before);
  });

  test('news that come without end are cut off', () => {
    const many = Array.from({ length: 100 }, (_, i): ['link', number, TraceBody] => [
      'link',
      i,
      link(1, { what: 'corrupted', bit: i }),
    ]);
    const [found] = capture(trace(['client', 1, send(1)], ...many));
    expect(found!.comment.split(';')).toHaveLength(16);
  });
});

describe('a network’s trace as a capture', () => {
  const seen = (...bodies: Parameters<typeof trace>) =>
    capture(trace(...bodies), { network: true }).map(({ end, t, direction, comment }) => {
      return [end, t, direction, comment];
    });

  test('what comes in is inbound at its port, with what the link did; what goes out is outbound', () => {
    expect(
      seen(
        ['a', 1, receive(0, 1)],
        ['link', 1, link(1, { what: 'corrupted', bit: 9 })],
        ['b', 2, receive(0, 2)],
        ['link', 2, link(3, { what: 'lost', reason: 'loss' })],
        ['link', 5, link(1, { what: 'delivered' })],
        ['b', 5, receive(1, 7)],
      ),
    ).toEqual([
      ['a', 1, 'inbound', 'link: corrupted (bit 9)'],
      ['b', 2, 'inbound', 'link: dropped (loss)'],
      ['b', 5, 'outbound', ''],
    ]);
  });

  test('what does not meet the link waits for no news of it', () => {
    const file = recorder();
    const { sink } = pcapngSink(file.write, { network: true });
    const [came, went, local, dropped] = trace(
      ['a1', 1, receive(0, 1)],
      ['a2', 1, receive(1, 1)],
      ['a1', 2, receive(0, 2)],
      ['a1', 2, { kind: 'discard', packet: 3, reason: 'local' }],
    ) as [TraceEvent, TraceEvent, TraceEvent, TraceEvent];
    for (const event of [came, { ...went, cause: 1 }, local, { ...dropped, cause: 3 }]) sink(event);
    expect(packets(file.bytes()).map(({ end, comment }) => [end, comment])).toEqual([
      ['a1', ''],
      ['a2', ''],
      ['a1', 'link: not passed on (local)'],
    ]);
  });

  test('what goes to both sides waits for what the link says', () => {
    const events = trace(
      ['a1', 1, receive(0, 1)],
      ['link', 1, link(1, { what: 'delayed', by: 4000 })],
      ['a2', 1, receive(1, 1)],
      ['link', 5, link(1, { what: 'delivered' })],
      ['b', 5, receive(1, 1)],
    ).map((event) => (event.end === 'a2' ? { ...event, cause: 1 } : event));
    const file = recorder();
    const { sink } = pcapngSink(file.write, { network: true });
    for (const event of events.slice(0, 3)) sink(event);
    expect(packets(file.bytes())).toEqual([]);
    for (const event of events.slice(3)) sink(event);
    expect(packets(file.bytes()).map(({ comment }) => comment)).toEqual(['link: delayed by 4 ms', '', '']);
  });
});
