/**
 * Much data both ways at once over a bad link. The suite runs a share; `VOLUME=50 npx vitest run
 * test/tcp/volume.test.ts` runs 50 seeds.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Simulation } from '../../src/app/simulation.ts';
import { bothWays, Link, type LinkConfig } from '../../src/channel/index.ts';
import { compiledEngine } from '../../src/chart/index.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { Host } from '../../src/tcp/host.ts';
import { Random } from '../../src/time/random.ts';

const SEEDS = Number(process.env.VOLUME ?? 8);
const SIZE = 10_000_000;

/** One end's application: sends a file, hashes what comes, closes when its own is sent. */
class Party {
  readonly wanted: string;
  readonly #hash = createHash('sha256');
  readonly #file: Uint8Array;
  got = 0;
  #sent = 0;

  constructor(random: Random, size: number) {
    this.#file = random.bytes(size);
    this.wanted = createHash('sha256').update(this.#file).digest('hex');
  }

  get received(): string {
    return this.#hash.digest('hex');
  }

  attach(connection: Connection): void {
    const push = () => {
      while (this.#sent < this.#file.length) {
        const taken = connection.send(this.#file.subarray(this.#sent, this.#sent + 65_536));
        this.#sent += taken;
        if (taken === 0) return;
      }
      connection.close();
    };
    const readable = () => {
      const data = connection.receive();
      this.#hash.update(data);
      this.got += data.length;
    };
    connection.handler = { established: push, writable: push, readable };
  }
}

/** Returns the most bytes that the client had outstanding at a time. */
function exchange(seed: number, size: number, link: LinkConfig, tcp: Partial<TcpConfig>): number {
  const simulation = new Simulation();
  const wire = new Link({ config: link, seed, clock: simulation });
  const random = new Random(seed);
  const [client, server] = (['a', 'b'] as const).map((end, i) => {
    const host = new Host({
      name: end,
      addresses: [`10.0.0.${i + 1}`],
      output: (packet, id) => wire[end].send(packet, id),
      random: random.fork(end),
      engine: compiledEngine,
      tcp,
    });
    wire[end].onPacket((packet, id) => host.receive(packet, simulation.now(), id));
    return host;
  }) as [Host, Host];
  for (const party of [wire, client, server]) simulation.add(party);
  const near = new Party(random.fork('near'), size);
  const far = new Party(random.fork('far'), size);
  server.listen({ port: 7, onConnection: (connection) => far.attach(connection) });
  const connection = client.connect({ address: '10.0.0.2', port: 7 });
  near.attach(connection);
  let most = 0;
  while ((client.connections.length > 0 || server.connections.length > 0) && simulation.step()) {
    most = Math.max(most, connection.sender.flight);
  }
  expect([near.got, far.got]).toEqual([size, size]);
  expect(far.received).toBe(near.wanted);
  expect(near.received).toBe(far.wanted);
  return most;
}

const bad = bothWays({
  loss: 0.05,
  corrupt: 0.05,
  delay: 10_000,
  reorder: { probability: 0.1, by: 5000 },
});
const patient = { r2: 86_400_000, synR2: 86_400_000 };

describe('much data both ways', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    it(`arrives identical over 5 % loss, 5 % corruption, 10 % reordering, seed ${seed}`, {
      timeout: 600_000,
    }, () => {
      exchange(seed, SIZE, bad, patient);
    });
  }

  for (const window of [1, 2, 100, 1460, 65_535, 65_536, 1 << 20, 1 << 24]) {
    it(`arrives identical with windows of ${window} bytes, over a bad link and filled to the brim`, () => {
      const tcp = { ...patient, receiveBuffer: window, sendBuffer: Math.max(window, 1 << 16) };
      exchange(1, Math.min(500 * window, 400_000), bothWays({ delay: 1000, loss: 0.01 }), tcp);
      const most = exchange(
        1,
        Math.max((window < 1 << 24 ? 8 : 3) * window, 1000),
        bothWays({ delay: 50_000 }),
        tcp,
      );
      // The FIN takes a number more; scaling may round the window up by less than one unit (RFC 7323 section 2.3).
      expect(most).toBeGreaterThanOrEqual(Math.min(window, 1000));
      expect(most).toBeGreaterThan(0.9 * window);
      expect(most).toBeLessThanOrEqual(window + 256);
    });
  }

  for (const mss of [1, 5, 47, 48, 536, 1460, 8960, 65_495]) {
    it(`arrives identical with segments of ${mss} bytes`, () => {
      const size = Math.min(1000 * mss, 3_000_000);
      exchange(1, size, bothWays({ delay: 1000, loss: 0.01 }), {
        ...patient,
        mss,
        mtu: Math.max(mss + 40, 68),
      });
    });
  }
});
