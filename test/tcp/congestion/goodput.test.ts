/**
 * A few rows of `npm run bench -- recovery` with one seed each: virtual time, so that the figure is the same everywhere.
 * The bounds leave room for other seeds; what falls out of them has forgotten its losses, or how to live with them.
 */
import { describe, expect, it } from 'vitest';
import { type FlowResult, jain, runFlows } from '../../../bench/flows.ts';
import { Simulation } from '../../../src/app/simulation.ts';
import type { DirectionConfig } from '../../../src/channel/config.ts';
import { bothWays } from '../../../src/channel/config.ts';
import { Link } from '../../../src/channel/link.ts';
import { compiledEngine } from '../../../src/chart/compiled.ts';
import { Host, type TcpConfig } from '../../../src/tcp/index.ts';
import { quantumOf } from '../../../src/tcp/pacing.ts';
import { Random } from '../../../src/time/random.ts';

const LARGE: Partial<TcpConfig> = { sendBuffer: 4 << 20, receiveBuffer: 4 << 20 };
/** 10 Mbit/s and 40 ms, as in the table. */
const link: DirectionConfig = { rate: 10e6, delay: 20_000, queue: 100 };

function run(congestion: TcpConfig['congestion'], loss: number): FlowResult {
  return runFlows({
    ...{ link: { ...link, loss }, seed: 1, seconds: 10, receiver: LARGE },
    senders: [{ ...LARGE, congestion }],
  })[0] as FlowResult;
}

describe('goodput over 10 Mbit/s and 40 ms', () => {
  it.each(['cubic', 'newreno', 'bbr', 'bbr3'] as const)(
    '%s fills a link that loses nothing',
    (congestion) => {
      const { goodput, timeouts } = run(congestion, 0);
      expect(goodput * 8).toBeGreaterThan(8.9e6);
      expect(timeouts).toBeLessThan(2);
    },
  );

  it.each(['cubic', 'newreno'] as const)('%s gives way to losses: 1 % leaves a third of it', (congestion) => {
    const { goodput } = run(congestion, 0.01);
    expect(goodput * 8).toBeGreaterThan(2e6);
    expect(goodput * 8).toBeLessThan(6e6);
  });

  it('bbr does not take losses for congestion: 1 % leaves nine tenths', () => {
    expect(run('bbr', 0.01).goodput * 8).toBeGreaterThan(8.5e6);
  });

  it('bbr3 takes more than 2 % lost for too much in flight, and less for nothing', () => {
    expect(run('bbr3', 0.005).goodput * 8).toBeGreaterThan(7.5e6);
    expect(run('bbr3', 0.05).goodput * 8).toBeLessThan(5e6);
    // And yet not as Reno does, which it leaves a tenth of the link
    expect(run('bbr3', 0.05).goodput * 8).toBeGreaterThan(1.5e6);
  });

  it.each([
    ['cubic', 'cubic'],
    ['cubic', 'newreno'],
    ['bbr', 'bbr'],
    ['bbr3', 'bbr3'],
  ] as const)('%s and %s share it', (...pair) => {
    const flows = runFlows({
      ...{ link, seed: 1, seconds: 30, stagger: 500_000, receiver: LARGE },
      senders: pair.map((congestion) => ({ ...LARGE, congestion })),
    });
    // Half is one that starves; drop-tail in virtual time is hard on who comes second
    expect(jain(flows.map(({ goodput }) => goodput))).toBeGreaterThan(0.7);
  });
});

describe('pacing', () => {
  it('never lets more leave in any time than the rate and a quantum allow', () => {
    const simulation = new Simulation();
    const path = new Link({ config: bothWays({ delay: 10_000, rate: 20e6 }), seed: 1, clock: simulation });
    const left: { at: number; bytes: number }[] = [];
    const host = (name: string, address: string, end: Link['a'], tcp: Partial<TcpConfig>): Host => {
      const made = new Host({
        ...{ name, addresses: [address], engine: compiledEngine, random: new Random(1).fork(name), tcp },
        output: (packet, id) => {
          if (name === 'client' && packet.length > 100)
            left.push({ at: simulation.now(), bytes: packet.length - 52 });
          end.send(packet, id);
        },
      });
      end.onPacket((packet, id) => made.receive(packet, simulation.now(), id));
      simulation.add(made);
      return made;
    };
    simulation.add(path);
    const client = host('client', '10.0.0.1', path.a, { congestion: 'bbr', ...LARGE });
    const server = host('server', '10.0.0.2', path.b, LARGE);
    server.listen({
      port: 7,
      onConnection: (c) => {
        c.handler = { readable: () => void c.receive() };
      },
    });
    const c = client.connect({ address: '10.0.0.2', port: 7 });
    const fill = (): void => {
      while (c.send(new Uint8Array(65_536)) > 0);
    };
    c.handler = { established: fill, writable: fill };
    simulation.run(1_000_000);
    // From here on the rate is noted whenever something happens, and must never be outrun by the largest of it
    left.length = 0;
    let most = 0;
    while (simulation.now() < 2_000_000 && simulation.step()) most = Math.max(most, c.sender.pacingRate);
    expect(left.length).toBeGreaterThan(1000);
    for (let i = 0; i < left.length; i += 50) {
      let bytes = 0;
      for (const { at, bytes: more } of left.slice(i, i + 400)) {
        bytes += more;
        const time = (at - (left[i]?.at ?? 0)) / 1e6;
        expect(bytes).toBeLessThanOrEqual(most * time + quantumOf(most, 1448) + 1448);
      }
    }
  });
});
