/** How much faster than the real thing a simulation runs. */
import { Simulation } from '../src/app/simulation.ts';
import { bothWays } from '../src/channel/config.ts';
import { Link } from '../src/channel/link.ts';
import { compiledEngine } from '../src/chart/compiled.ts';
import { Host } from '../src/tcp/host.ts';
import { Random } from '../src/time/random.ts';
import { type Figure, seconds } from './figure.ts';
import { pour } from './pair.ts';

/** 100 MB over 100 Mbit/s, 20 ms there and back, 1 % loss. */
export function benchVirtual(size = 100e6): Figure[] {
  const simulation = new Simulation();
  const config = bothWays({ rate: 100e6, delay: 10_000, loss: 0.01 });
  const link = new Link({ config, seed: 1, clock: simulation });
  const hosts = (['client', 'server'] as const).map((name, side) => {
    const end = side === 0 ? link.a : link.b;
    const host = new Host({
      name,
      addresses: [`10.0.0.${side + 1}`],
      output: (packet, id) => end.send(packet, id),
      random: new Random(1).fork(name),
      engine: compiledEngine,
    });
    end.onPacket((packet, id) => host.receive(packet, simulation.now(), id));
    return host;
  });
  const [client, server] = hosts as [Host, Host];
  for (const party of [link, client, server]) simulation.add(party);
  let received = 0;
  server.listen({
    port: 7,
    onConnection: (connection) => {
      connection.handler = { readable: () => (received += connection.receive().length) };
    },
  });
  const connection = client.connect({ address: '10.0.0.2', port: 7 });
  pour(connection, size);
  const took = seconds(() => {
    while (received < size) simulation.step();
  });
  const virtual = simulation.now() / 1e6;
  return [
    { name: '100 MB over 100 Mbit/s, 20 ms, 1 % loss: virtual time', value: virtual, unit: 's' },
    {
      name: 'the same, wall time',
      value: took,
      unit: 's',
      ratio: virtual / took,
      beside: 'virtual over wall',
    },
  ];
}
