import { describe, expect, it } from 'vitest';
import { setup } from 'xstate';
import { defineChart, defineEvents } from '../../machines/event.ts';
import { type GrowthHost, growthEvents } from '../../machines/growth.ts';
import { compiledEngine } from '../../src/chart/index.ts';
import { noSample } from '../../src/tcp/congestion/congestion.ts';
import { createHost } from '../../src/tcp/host.ts';
import { Random } from '../../src/time/random.ts';
import { Peer } from './peer.ts';

describe('STATUS (RFC 9293 section 3.10.6), as tcp_info', () => {
  it('tells what is outstanding, lost and sent again', () => {
    const p = new Peer({ tcp: { sack: true, mss: 1000, nagle: false } }).established({
      sackPermitted: true,
      mss: 1000,
    });
    p.write(6000);
    expect(p.connection.status()).toMatchObject({
      tcpi_state: 1,
      tcpi_ca_state: 0,
      tcpi_options: 2,
      tcpi_snd_mss: 1000,
      tcpi_advmss: 1000,
      tcpi_unacked: 6,
      tcpi_snd_cwnd: 10,
      tcpi_notsent_bytes: 0,
    });
    // Segments 3 to 6 of the six have come: the first two count as lost and go out again (RFC 6675)
    p.send('.', { ack: 1, sack: [[2001, 6001]] });
    expect(p.connection.status()).toMatchObject({
      tcpi_ca_state: 3,
      tcpi_sacked: 4,
      tcpi_lost: 0,
      tcpi_retrans: 2,
      tcpi_total_retrans: 2,
    });
  });

  it('counts what waits for the window', () => {
    const p = new Peer().established({ win: 100 });
    p.write(1000);
    expect(p.connection.status()).toMatchObject({ tcpi_snd_wnd: 100, tcpi_notsent_bytes: 900 });
  });
});

describe('trouble (RFC 9293 section 3.8.3)', () => {
  it('[MUST-20] [SHLD-9] [SHLD-10] the user is told at R1, once, and the connection goes on', () => {
    const p = new Peer().established();
    p.connection.handler = {
      ...p.handler,
      trouble: () => void p.reports.push(`trouble at ${p.host.now() / 1000}`),
    };
    p.write(10);
    // The handshake took no time: RTO is its minimum of 200 ms, then 400, 800, 1600. At the end of the third
    // retransmission's 1600 ms, 3000 ms after the first transmission, R1 = 3 is reached.
    p.wait(20_000);
    expect(p.reports).toEqual(['trouble at 3000']);
    expect(p.state).toBe('ESTABLISHED');
  });
});

/** A growth chart that never leaves slow start. */
function eager(events: typeof growthEvents) {
  const machine = setup({
    types: {
      context: {} as { host: GrowthHost },
      input: {} as GrowthHost,
      events: {} as { type: keyof typeof growthEvents },
    },
    actions: { growExponentially: ({ context }) => context.host.growExponentially() },
  }).createMachine({
    id: 'growth',
    context: ({ input }) => ({ host: input }),
    initial: 'slowStart',
    states: {
      slowStart: { on: { ackAdvanced: { actions: 'growExponentially' }, lossInferred: {}, timedOut: {} } },
    },
  });
  return defineChart<GrowthHost>('growth', machine, events);
}

const options = {
  name: 'host',
  addresses: ['10.0.0.1'],
  output: () => {},
  random: new Random(1),
  engine: compiledEngine,
};

describe("a user's own charts", () => {
  it('take the place of ours', () => {
    const host = createHost({ ...options, charts: { growth: eager(growthEvents) } });
    const connection = host.connect({ address: '10.0.0.2', port: 7 });
    const { congestion } = connection.sender;
    congestion.ssthresh = 1;
    const before = congestion.cwnd;
    congestion.acked({ ...noSample(), acked: 1 });
    expect(congestion.cwnd).toBe(before + 1);
    expect(congestion.chart.state).toBe('slowStart');
  });

  it('must have the events of ours', () => {
    const others = defineEvents('ackAdvanced', 'lossInferred', 'timedOut');
    expect(() => createHost({ ...options, charts: { growth: eager(others) } })).toThrow(
      "charts.growth: its event 'ackAdvanced' must be the constant of our chart's events",
    );
  });

  it('must have the name of one of ours', () => {
    expect(() => createHost({ ...options, charts: { growing: eager(growthEvents) } })).toThrow(
      'charts.growing: no chart has that name',
    );
  });
});
