/**
 * ioredis against a real redis-server and pg against a real PostgreSQL, in real time: the clients are on one Statewire
 * host, and a gateway on another passes on to the kernel's loopback.
 */
import nodeNet from 'node:net';
import { Redis } from 'ioredis';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { openNet, type StatewireNet } from '../../src/net/index.ts';
import { parseLink } from '../../src/net/linkOptions.ts';
import { relay } from '../../src/net/relay.ts';
import { postgresServer, redisServer } from './servers.ts';

/** A loss is found out in ms: real time is spent here. */
const TCP = { minimumRto: 5, initialRto: 20, delayedAck: 2 };

const links = [
  ['a clean link', {}],
  ['5 % loss', { loss: 0.05 }],
] as const;

/** A Statewire host whose port leads to the kernel's; its sockets. */
function hostWithGateway(link: object, port: number): StatewireNet {
  const net = openNet({ seed: 5, link: parseLink(link), tcp: TCP });
  net
    .createServer({ allowHalfOpen: true }, (socket) => {
      void relay(socket, nodeNet.connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
    })
    .listen(port);
  return net;
}

describe('ioredis and redis-server', () => {
  const portOf = redisServer();

  test.for(links)('over %s', async ([, link], context) => {
    const port = portOf(context);
    const net = hostWithGateway(link, port);
    /** How ioredis is told where to connect. */
    class Connector {
      connecting = false;
      #stream: nodeNet.Socket | undefined;
      check(): boolean {
        return true;
      }
      async connect(): Promise<nodeNet.Socket> {
        this.connecting = true;
        this.#stream = net.connect({ host: 'localhost', port });
        return this.#stream;
      }
      disconnect(): void {
        this.connecting = false;
        this.#stream?.end();
      }
    }
    const redis = new Redis({ Connector: Connector as never, lazyConnect: true });
    await redis.connect();
    const value = 'kept by redis. '.repeat(2000);
    await redis.flushall();
    const keys = Array.from({ length: 20 }, (_, i) => `key ${i}`);
    await Promise.all(keys.map((key) => redis.set(key, value)));
    expect(await redis.mget(keys)).toEqual(keys.map(() => value));
    expect(await redis.multi().incr('n').incrby('n', 41).exec()).toEqual([
      [null, 1],
      [null, 42],
    ]);
    const subscriber = redis.duplicate();
    const heard = new Promise((resolve) => {
      subscriber.on('message', (channel, message) => resolve([channel, message]));
    });
    await subscriber.subscribe('news');
    await redis.publish('news', 'it works');
    expect(await heard).toEqual(['news', 'it works']);
    await Promise.all([redis.quit(), subscriber.quit()]);
    await net.stop();
  });
});

describe('pg and PostgreSQL', () => {
  const portOf = postgresServer();

  test.for(links)('over %s', async ([, link], context) => {
    const port = portOf(context);
    const net = hostWithGateway(link, port);
    const client = new pg.Client({
      host: 'localhost',
      port,
      user: 'postgres',
      database: 'postgres',
      stream: () => new net.Socket(),
    });
    await client.connect();
    const { rows } = await client.query(
      "select i, repeat('row ', i) as words from generate_series(1, 500) i",
    );
    expect(rows.map((row) => row.words.length)).toEqual(Array.from({ length: 500 }, (_, i) => 4 * (i + 1)));
    await client.query('create temporary table kept (id int, text text)');
    for (let i = 0; i < 10; i += 1)
      await client.query('insert into kept values ($1, $2)', [i, 'x'.repeat(i * 1000)]);
    const kept = await client.query('select sum(length(text)) as sum from kept');
    expect(Number(kept.rows[0].sum)).toBe(45_000);
    await expect(client.query('select nonsense')).rejects.toMatchObject({ code: '42703' });
    await client.end();
    await net.stop();
  });
});
