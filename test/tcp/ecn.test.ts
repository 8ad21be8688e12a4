/** Explicit congestion notification (RFC 3168), beside the scripts under packetdrill/scripts/ecn. */
import { describe, expect, it } from 'vitest';
import { bothWays } from '../../src/channel/config.ts';
import { compiledEngine, interpretedEngine } from '../../src/chart/index.ts';
import type { EcnUse, TcpConfig } from '../../src/tcp/config.ts';
import { buildTcpPacket, parseTcpPacket } from '../../src/wire/index.ts';
import { markCongestion } from '../../src/wire/ip.ts';
import { Pair } from './pair.ts';
import { type FromPeer, Peer } from './peer.ts';

const M = 1000;
const USES: readonly EcnUse[] = ['off', 'accept', 'on'];
const MATRIX = USES.flatMap((client) => USES.map((server) => [client, server] as const));

/** ECN agreed on, so many full segments sent and nothing else written. */
function flight(segments: number, tcp: Partial<TcpConfig> = {}, fields: FromPeer = {}): Peer {
  const p = new Peer({ tcp: { mss: M, initialWindow: 10, ecn: 'on', nagle: false, tlp: false, ...tcp } });
  p.connect();
  p.send('SE.', { seq: 0, ack: 1, mss: M, ...fields });
  p.take();
  p.write(segments * M);
  p.wait(50);
  expect(p.segments().map(({ segment }) => segment.ecn)).toEqual(Array(segments).fill(2));
  return p;
}

/** Flags of what goes out when the user writes something new. */
function flagsOfNew(p: Peer): string | undefined {
  p.write(10);
  return p.take()[0]?.split(' ')[0];
}

describe('the handshake (section 6.1.1)', () => {
  it.each(MATRIX)(
    '[SHLD-8] [RFC 3168 6.1.1] client %s, server %s: agreed if one asks and one takes',
    (client, server) => {
      for (const engine of [compiledEngine, interpretedEngine]) {
        const plans = [{ send: 5000 }, { send: 5000 }] as const;
        const pair = new Pair({ engine, client: { ecn: client }, server: { ecn: server }, plans }).run();
        pair.check();
        const agreed = client === 'on' && server !== 'off';
        const options = [pair.near, pair.far].map(({ connection }) => connection?.status().tcpi_options ?? 0);
        // 8: agreed, 16: packets that may be marked have come
        expect(options.map((bits) => bits & 24)).toEqual(agreed ? [24, 24] : [0, 0]);
      }
    },
  );

  it('of simultaneous opens: agreed when both have asked', () => {
    const open = (syn: string, synAck: string): Peer => {
      const p = new Peer({ tcp: { ecn: 'on' } });
      p.connect();
      p.send(syn, { seq: 0, mss: M });
      p.send(synAck, { seq: 0, ack: 1, mss: M });
      return p;
    };
    const both = open('SEW', 'SE.');
    expect(both.take()).toEqual(['SEW 0:0(0)', 'S.E 0:0(0) ack 1', '. 1:1(0) ack 1']);
    expect(both.connection.ecn.state).toBe('quiet');
    expect(open('S', 'S.').connection.ecn.state).toBe('off');
    expect(open('SEW', 'S.').connection.ecn.state).toBe('off');
  });

  it.each(['go-back-n', 'selective-repeat'] as const)(
    '%s has a fixed window, so it asks for nothing and takes nothing',
    (arq) => {
      const p = new Peer({ tcp: { ecn: 'on', arq } });
      p.connect();
      expect(p.take()).toEqual(['S 0:0(0)']);
      const q = new Peer({ tcp: { ecn: 'on', arq } });
      q.listen();
      q.send('SEW', { seq: 0, mss: M });
      expect(q.take()).toEqual(['S. 0:0(0) ack 1']);
    },
  );

  it('an option of one connection', () => {
    const p = new Peer();
    p.host.connect({ address: '10.0.0.2', port: 4000, options: { ecn: 'on' } });
    p.host.connect({ address: '10.0.0.2', port: 4000 });
    expect(p.take().map((line) => line.split(' ')[0])).toEqual(['SEW', 'S']);
    expect(() =>
      p.host.connect({ address: '10.0.0.2', port: 4000, options: { ecn: 'yes' as 'on' } }),
    ).toThrow("ecn is 'yes': must be off, accept or on");
  });
});

describe('ECE (section 6.1.2)', () => {
  // Of ten segments in flight two are acknowledged: Reno halves the eight left, CUBIC takes 0.7 of its window of ten
  it.each([
    ['newreno', 4 * M],
    ['cubic', 7 * M],
  ] as const)(
    '[SHLD-8] [RFC 3168 6.1.2] cuts %s as a loss does, and nothing is sent again',
    (congestion, ssthresh) => {
      const p = flight(10, { congestion });
      p.send('.E', { ack: 1 + 2 * M });
      expect(p.connection.sender.congestion.ssthresh).toBe(ssthresh);
      expect(p.connection.sender.recovery.state).toBe('cwr');
      expect(p.take()).toEqual([]);
      p.send('.E', { ack: 1 + 10 * M });
      expect(p.connection.sender.recovery.state).toBe('open');
      expect(p.connection.sender.congestion.cwnd).toBe(ssthresh);
      expect(flagsOfNew(p)).toBe('P.W');
      expect(flagsOfNew(p)).toBe('P.');
    },
  );

  it('[RFC 3168 6.1.2] cuts again for the window that follows, not for echoes of the first', () => {
    const p = flight(10);
    p.send('.E', { ack: 1 + 2 * M });
    p.send('.E', { ack: 1 + 10 * M });
    p.send('P.E', { ack: 1 + 10 * M, length: 10 });
    expect(p.connection.sender.congestion.ssthresh).toBe(4 * M);
    p.write(4 * M);
    // The peer's ACK of the first of them, with CWR, has ECE for a mark that came after
    p.send('.E', { ack: 1 + 11 * M });
    expect(p.connection.sender.congestion.ssthresh).toBe(2 * M);
  });

  it('BBR takes no notice, as on Linux', () => {
    const marked = flight(10, { congestion: 'bbr' });
    const plain = flight(10, { congestion: 'bbr' });
    marked.send('.E', { ack: 1 + 2 * M });
    plain.send('.', { ack: 1 + 2 * M });
    expect(marked.connection.sender.congestion.cwnd).toBe(plain.connection.sender.congestion.cwnd);
  });

  it('means nothing where nothing is outstanding, or nothing was agreed on', () => {
    const idle = flight(2);
    idle.send('.');
    const before = idle.connection.sender.congestion.cwnd;
    idle.send('P.E', { length: 10 });
    expect(idle.connection.sender.congestion.cwnd).toBe(before);
    const other = new Peer({ tcp: { mss: M } }).established({ mss: M });
    other.write(5 * M);
    other.send('.E', { ack: 1 + M });
    expect(other.connection.sender.recovery.state).toBe('open');
  });

  it('CWR is not sent for a cut that is taken back (RFC 4015)', () => {
    const p = flight(5, { sack: true }, { sackPermitted: true });
    p.send('.', { ack: 1, sack: [[1 + M, 1 + 5 * M]] });
    expect(p.take()).toEqual([`. 1:${1 + M}(${M}) ack 1`]);
    expect(p.connection.sender.recovery.state).toBe('recovery');
    // What was sent again has come twice: it was only late
    p.send('.', { ack: 1 + 5 * M, sack: [[1, 1 + M]] });
    expect(p.connection.status().tcpi_dsack_dups).toBe(1);
    expect(flagsOfNew(p)).toBe('P.');
  });
});

describe('a mark (section 6.1.3)', () => {
  it('[RFC 3168 6.1.3] of text out of order is echoed, of text that has come before it is not', () => {
    const p = flight(1);
    p.send('.');
    p.send('.', { length: 10 });
    p.wait(100);
    p.take();
    p.send('.', { seq: 1, length: 10, ecn: 3 });
    expect(p.take()).toEqual([`. ${1 + M}:${1 + M}(0) ack 11`]);
    p.send('.', { seq: 21, length: 10, ecn: 3 });
    expect(p.take()).toEqual([`.E ${1 + M}:${1 + M}(0) ack 11`]);
  });

  it('is echoed by a connection that a snapshot has taken up again, too', () => {
    const p = flight(1);
    p.send('.', { length: 10, ecn: 3 });
    const saved = p.connection.snapshot();
    expect(saved.charts.ecn?.chart.state).toBe('echoing');
    expect(saved.ecn).toMatchObject({ seen: true, withdrawn: false, cwrOwed: false });
  });
});

it('transfers end with every byte, whatever asks and whatever is lost', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const link = bothWays({ rate: 1_000_000, queue: 20, delay: 5000, loss: 0.03 });
    const plans = [{ send: 60_000 }, { send: 30_000 }] as const;
    new Pair({ seed, link, tcp: { ecn: 'on' }, plans }).run().check();
  }
});

describe('a queue that marks', () => {
  it.each([4, 16])('marks what says ECT, and leaves good checksums (addresses of %i bytes)', (size) => {
    for (const [ecn, after] of [
      [0, 0],
      [1, 3],
      [2, 3],
      [3, 3],
    ] as const) {
      for (let identification = 0; identification < 0x1_0000; identification += 4369) {
        const source = new Uint8Array(size).fill(10);
        const packet = buildTcpPacket({ source, destination: source, ecn, dscp: 10, identification });
        expect(markCongestion(packet)).toBe(ecn !== after);
        const parsed = parseTcpPacket(packet);
        expect(parsed).toMatchObject({ ip: { ecn: after, dscp: 10 } });
      }
    }
  });

  it.each(['cubic', 'newreno'] as const)(
    '[SHLD-8] %s sends all without losing a packet, where it would have lost some',
    (congestion) => {
      const lost = (ecn: 'off' | 'on', ipv6 = false): number[] => {
        const link = bothWays({ rate: 10_000_000, queue: 100, ecnThreshold: 15, delay: 10_000 });
        const plans = [{ send: 1_500_000 }, { send: 0 }] as const;
        const pair = new Pair({ link, ipv6, tcp: { ecn, congestion, hystart: false }, plans }).run();
        pair.check();
        const { lost, marked } = pair.link.statistics.forward;
        return [lost.queue, marked];
      };
      const [without] = lost('off');
      expect(without).toBeGreaterThan(0);
      for (const ipv6 of [false, true]) {
        const [dropped, marked] = lost('on', ipv6);
        expect(dropped).toBe(0);
        expect(marked).toBeGreaterThan(0);
      }
    },
  );
});
