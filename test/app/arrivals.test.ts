/** Packets that come in one turn of the event loop are answered together; those that come later, by themselves. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Arrivals } from '../../src/app/arrivals.ts';
import { Runner } from '../../src/app/runner.ts';
import { compiledEngine } from '../../src/chart/compiled.ts';
import { Host } from '../../src/tcp/host.ts';
import { RealClock } from '../../src/time/clock.ts';
import { Random } from '../../src/time/random.ts';

/** A client and a server whose packets are carried by hand. */
function setUp() {
  const clock = new RealClock();
  const runner = new Runner(clock);
  const make = (name: string, address: string) => {
    const packets: Uint8Array[] = [];
    const host = new Host({
      name,
      addresses: [address],
      output: (packet) => packets.push(packet.slice()),
      random: new Random(1).fork(name),
      engine: compiledEngine,
      tcp: { initialWindow: 40, delayedAck: 400, receiveBuffer: 1 << 20 },
    });
    runner.add(host);
    return { host, packets, arrivals: new Arrivals(host, runner, clock) };
  };
  return { runner, client: make('client', '10.0.0.1'), server: make('server', '10.0.0.2') };
}

test('[MUST-58] what comes in one turn of the event loop is acknowledged once, at most 32 segments at a time', async () => {
  const { runner, client, server } = setUp();
  const carry = async (from: typeof client, to: typeof client) => {
    for (const packet of from.packets.splice(0)) to.arrivals.take(packet, 0);
    await turn();
  };
  server.host.listen({
    port: 7,
    onConnection: (one) => {
      one.handler = { readable: () => void one.receive() };
    },
  });
  const connection = client.host.connect({ address: '10.0.0.2', port: 7 });
  await carry(client, server);
  await carry(server, client);
  await carry(client, server);
  expect(connection.state).toBe('ESTABLISHED');

  runner.perform(() => void connection.send(new Uint8Array(8 * connection.snd.mss)));
  expect(client.packets).toHaveLength(8);
  await carry(client, server);
  expect(server.packets).toHaveLength(1);
  await carry(server, client);
  expect(connection.sender.buffered).toBe(0);

  // The initial window of 40, and more: the 33rd opens a second batch.
  runner.perform(() => void connection.send(new Uint8Array(34 * connection.snd.mss)));
  expect(client.packets).toHaveLength(34);
  for (const packet of client.packets.splice(0)) server.arrivals.take(packet, 0);
  expect(server.packets).toHaveLength(1);
  await turn();
  expect(server.packets).toHaveLength(2);
  runner.stop();
});
