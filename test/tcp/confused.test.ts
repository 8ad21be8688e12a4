/** Two ends that find each other's ACKs outside their windows: each answer asks for the next. */
import { describe, expect, it } from 'vitest';
import { Simulation } from '../../src/app/simulation.ts';
import { bothWays, Link } from '../../src/channel/index.ts';
import { compiledEngine, type Engine, interpretedEngine } from '../../src/chart/index.ts';
import { Host } from '../../src/tcp/host.ts';
import { add } from '../../src/tcp/seq.ts';
import { Random } from '../../src/time/random.ts';

const SECOND = 1_000_000;
const SECONDS = 10;
/** One way, us. */
const DELAY = 1000;

/** Packets that two such ends send in ten seconds, once one of them has written a byte. */
function chatter(engine: Engine, invalidRateLimit: number): number {
  const simulation = new Simulation();
  const link = new Link({ config: bothWays({ delay: DELAY }), seed: 1, clock: simulation, engine });
  let sent = 0;
  const hosts = (['a', 'b'] as const).map((end, i) => {
    const host: Host = new Host({
      name: end,
      addresses: [`10.0.0.${i + 1}`],
      output: (packet, id) => {
        sent += 1;
        link[end].send(packet, id);
      },
      random: new Random(1).fork(end),
      engine,
      tcp: { invalidRateLimit },
      strict: true,
    });
    link[end].onPacket((packet, id) => host.receive(packet, simulation.now(), id));
    simulation.add(host);
    return host;
  });
  simulation.add(link);
  const [a, b] = hosts as [Host, Host];
  b.listen({ port: 7, onConnection: () => {} });
  const connection = a.connect({ address: '10.0.0.2', port: 7 });
  simulation.run(SECOND);
  for (const { rcv } of [connection, b.connections[0]!]) rcv.nxt = add(rcv.nxt, 10_000_000);
  sent = 0;
  connection.send(Uint8Array.of(1));
  simulation.run((1 + SECONDS) * SECOND);
  return sent;
}

describe.each([
  ['compiled', compiledEngine],
  ['xstate', interpretedEngine],
])('two confused ends (%s)', (_, engine) => {
  it('answer each other twice a second at the most, beside what is sent again [RFC 5961 7]', () => {
    // The byte goes out again at most six times in ten seconds (0.2 s, doubled), each time with its answer
    expect(chatter(engine, 500)).toBeLessThanOrEqual(2 * 2 * SECONDS + 2 * 7);
    // Without the limit each millisecond has an ACK
    expect(chatter(engine, 0)).toBeGreaterThan((SECONDS * SECOND) / DELAY / 2);
  });
});
