import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capture, impair, Link, MemoryChannel } from '../../src/channel/index.ts';
import { hex } from './drive.ts';

describe('MemoryChannel', () => {
  it('delivers whole packets in order, copied, at the next poll', () => {
    const packets = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 200 });
    fc.assert(
      fc.property(packets, fc.integer({ min: 1, max: 150 }), (sent, batch) => {
        const channel = new MemoryChannel();
        const got: string[] = [];
        channel.b.onPacket((packet, id) => got.push(`${id} ${hex(packet)}`));
        sent.forEach((packet, i) => {
          const lent = packet.slice();
          channel.a.send(lent, i);
          lent.fill(255);
          if (i % batch === 0) channel.poll(0);
        });
        channel.poll(0);
        expect(got).toEqual(sent.map((packet, i) => `${i} ${hex(packet)}`));
        expect(channel.nextTimeout).toBe(Number.POSITIVE_INFINITY);
      }),
    );
  });

  it('keeps the order when its ring grows while it is turned', () => {
    const channel = new MemoryChannel();
    const ids: number[] = [];
    channel.b.onPacket((_, id) => ids.push(id));
    for (let i = 0; i < 40; i += 1) channel.a.send(Uint8Array.of(i), i);
    channel.poll(0);
    for (let i = 40; i < 240; i += 1) channel.a.send(Uint8Array.of(i), i);
    channel.poll(0);
    expect(ids).toEqual(Array.from({ length: 240 }, (_, i) => i));
  });

  it('keeps the packet in hand whole while the handler sends many', () => {
    const channel = new MemoryChannel();
    channel.b.onPacket((packet) => {
      const before = hex(packet);
      // More than its ring holds, so it grows meanwhile; and into its own inbox's buffers by way of the other end.
      for (let i = 0; i < 200; i += 1) channel.b.send(Uint8Array.of(i, i), i);
      for (let i = 0; i < 200; i += 1) channel.a.send(new Uint8Array(3), -1);
      expect(hex(packet)).toBe(before);
      channel.b.onPacket(() => {});
    });
    const answers: number[] = [];
    channel.a.onPacket((packet) => answers.push(packet[1]!));
    channel.a.send(Uint8Array.of(1, 2, 3), 1);
    channel.poll(0);
    expect(answers).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  it('keeps packets for an end that does not listen yet, up to a limit', () => {
    const channel = new MemoryChannel();
    for (let i = 0; i < 70_000; i += 1) channel.a.send(Uint8Array.of(1), i);
    expect([channel.dropped, channel.nextTimeout]).toEqual([70_000 - 65_536, Number.POSITIVE_INFINITY]);
    let got = 0;
    channel.b.onPacket((_, id) => {
      expect(id).toBe(got);
      got += 1;
    });
    expect(channel.nextTimeout).toBe(0);
    channel.poll(0);
    expect(got).toBe(65_536);
  });

  it('does not recurse, and returns from poll now and then', () => {
    const channel = new MemoryChannel();
    let packets = 0;
    for (const end of [channel.a, channel.b]) {
      end.onPacket((packet, id) => {
        packets += 1;
        end.send(packet, id);
        channel.poll(0);
      });
    }
    channel.a.send(Uint8Array.of(1), 1);
    channel.poll(0);
    expect(packets).toBeGreaterThanOrEqual(100_000);
    expect(packets).toBeLessThan(100_010);
    expect(channel.nextTimeout).toBe(0);
  });

  it('a closed end neither sends nor takes', () => {
    const channel = new MemoryChannel();
    let got = 0;
    channel.b.onPacket(() => {
      got += 1;
    });
    channel.a.send(Uint8Array.of(1), 1);
    channel.b.close();
    channel.a.send(Uint8Array.of(1), 2);
    channel.b.send(Uint8Array.of(1), 3);
    channel.poll(0);
    expect([got, channel.nextTimeout]).toEqual([0, Number.POSITIVE_INFINITY]);
  });
});

describe('capture', () => {
  it('reports both ways and passes on', () => {
    const channel = new MemoryChannel();
    const seen: string[] = [];
    const end = capture(channel.a, (direction, packet, id) => seen.push(`${direction} ${id} ${hex(packet)}`));
    const got: string[] = [];
    end.onPacket((packet) => got.push(hex(packet)));
    channel.b.onPacket((packet, id) => channel.b.send(packet, id + 1));
    end.send(Uint8Array.of(7), 1);
    channel.poll(0);
    expect(seen).toEqual(['out 1 07', 'in 2 07']);
    expect(got).toEqual(['07']);
    end.close();
    end.send(Uint8Array.of(8), 3);
    channel.poll(0);
    expect(got).toHaveLength(1);
  });
});

describe('impair', () => {
  it('puts a link before any end, each direction with its own impairments', () => {
    const channel = new MemoryChannel();
    const link = new Link({ config: { forward: { delay: 100 }, backward: { delay: 10 } }, seed: 1 });
    const end = impair(channel.a, link);
    const log: string[] = [];
    let now = 0;
    channel.b.onPacket((packet, id) => {
      log.push(`b ${now}`);
      channel.b.send(packet, id);
    });
    end.onPacket(() => log.push(`a ${now}`));
    end.send(Uint8Array.of(1), 1);
    for (
      let next = 0;
      next !== Number.POSITIVE_INFINITY;
      next = Math.min(link.nextTimeout, channel.nextTimeout)
    ) {
      now = Math.max(now, next);
      link.poll(now);
      channel.poll(now);
    }
    expect(log).toEqual(['b 100', 'a 110']);
    end.close();
    end.send(Uint8Array.of(1), 2);
    expect(link.statistics.forward.sent).toBe(1);
  });
});
