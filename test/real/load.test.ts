/** Load: many requests over many connections, on a link that loses; and nothing is left of them in memory. */
import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createNetwork } from '../../src/testing/index.ts';

const ROUNDS = 10;
const CONNECTIONS = 100;
/** In each round; all together 10,000 in `npm run test:all`. */
const REQUESTS = Number(process.env.LOAD_REQUESTS ?? 2_000) / ROUNDS;

/** Rounds before which caches, pools and code are still being made. */
const WARM = 3;
/** What a heap that is flat may grow by from then on, bytes: a leak of one request's objects would be far more. */
const FLAT = 2_000_000;

/** Bytes in use once all that can be is collected. */
function heapUsed(collect: () => void): number {
  collect();
  return process.memoryUsage().heapUsed;
}

test(`${REQUESTS * ROUNDS} HTTP requests over ${CONNECTIONS} connections with 1 % loss, and the heap stays flat`, async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const network = createNetwork({
    seed: 3,
    link: { loss: 0.01, delay: '1ms' },
    tcp: { msl: 100 },
    ladder: 0,
  });
  const web = http.createServer((incoming, response) => response.end(`you asked for ${incoming.url}`));
  network
    .host('server')
    .net.createServer((socket) => web.emit('connection', socket))
    .listen(80);
  const { net } = network.host('client');
  const heap: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const right = await network.run(async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
      (agent as unknown as { createConnection: unknown }).createConnection = net.createConnection;
      let sum = 0;
      const one = async (i: number): Promise<void> => {
        const sent = http.get({ host: 'server', port: 80, agent, path: `/${round}/${i}` });
        const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
        if ((await text(response)) === `you asked for /${round}/${i}`) sum += 1;
      };
      await Promise.all(Array.from({ length: REQUESTS }, (_, i) => one(i)));
      agent.destroy();
      return sum;
    });
    expect(right).toBe(REQUESTS);
    await network.advance('60s');
    expect(network.hosts.map(({ host }) => host.connections.length)).toEqual([0, 0]);
    heap.push(heapUsed(collect));
  }
  expect(heap.at(-1)! - heap[WARM]!).toBeLessThan(FLAT);
});
