/** Proxies between real kernel sockets, driven by a client of toxiproxy as it is. */
import { once } from 'node:events';
import http from 'node:http';
import nodeNet, { type AddressInfo, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { Toxiproxy } from 'toxiproxy-node-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseLink } from '../../src/net/linkOptions.ts';
import { createProxyApi } from '../../src/net/proxy/api.ts';
import { ProxySet } from '../../src/net/proxy/set.ts';
import { parseToxic, poisoned } from '../../src/net/proxy/toxics.ts';
import { Random } from '../../src/time/random.ts';

let proxies: ProxySet;
let api: Server;
let client: Toxiproxy;
/** The real server behind the proxies: an echo. */
let upstream: Server;
let to: string;

const place = (server: Server): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeEach(async () => {
  upstream = nodeNet.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  // What is lost is found out in ms: real time is spent here
  const tcp = { minimumRto: 5, initialRto: 20, delayedAck: 2 };
  proxies = new ProxySet({ link: parseLink({}), random: new Random(1), tcp });
  api = createProxyApi(proxies);
  for (const server of [upstream, api]) await once(server.listen(0, '127.0.0.1'), 'listening');
  to = place(upstream);
  client = new Toxiproxy(`http://${place(api)}`);
});

afterEach(async () => {
  await proxies.stop();
  api.close();
  upstream.close();
});

function connect(listen: string): Socket {
  const [host, port] = listen.split(':');
  return nodeNet.connect({ host: host!, port: Number(port), allowHalfOpen: true });
}

/** What comes back of what is sent through a proxy. */
async function echoed(listen: string, bytes: string): Promise<string> {
  const socket = connect(listen);
  socket.end(bytes);
  return text(socket);
}

/** Resolves with what a socket ends by. */
async function ending(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    socket.on('end', () => resolve('end'));
    socket.resume();
  });
}

describe('toxiproxy-node-client', () => {
  test('creates, lists, changes and removes proxies', async () => {
    const proxy = await client.createProxy({ name: 'echo', listen: '127.0.0.1:0', upstream: to });
    expect(proxy.listen).toMatch(/^127\.0\.0\.1:[1-9]/);
    expect(await echoed(proxy.listen, 'hello')).toBe('hello');
    expect(Object.keys(await client.getAll())).toEqual(['echo']);
    expect((await client.get('echo')).toJson()).toEqual(proxy.toJson());
    expect(await client.getVersion()).toMatch(/2\.\d/);
    await proxy.update({ enabled: false, listen: proxy.listen, upstream: to });
    expect(await ending(connect(proxy.listen))).toBe('ECONNREFUSED');
    await client.reset();
    expect(await echoed(proxy.listen, 'again')).toBe('again');
    await proxy.remove();
    expect(await client.getAll()).toEqual({});
    await expect(client.get('echo')).rejects.toThrow(/404|not found/i);
  });

  test('populates', async () => {
    const made = await client.populate([
      { name: 'a', listen: '127.0.0.1:0', upstream: to, enabled: true },
      { name: 'b', listen: '127.0.0.1:0', upstream: to, enabled: false },
    ] as never);
    expect(Object.keys(made).length).toBe(2);
    expect(proxies.all.map((proxy) => proxy.record().enabled)).toEqual([true, false]);
  });

  test('adds, changes and removes toxics, and they are those of the link', async () => {
    const proxy = await client.createProxy({ name: 'echo', listen: '127.0.0.1:0', upstream: to });
    const toxic = await proxy.addToxic({
      name: 'slow',
      type: 'latency',
      stream: 'downstream',
      toxicity: 1,
      attributes: { latency: 50, jitter: 0 },
    });
    expect(proxies.get('echo').toxics).toEqual([
      {
        name: 'slow',
        type: 'latency',
        stream: 'downstream',
        toxicity: 1,
        attributes: { latency: 50, jitter: 0 },
      },
    ]);
    const start = performance.now();
    expect(await echoed(proxy.listen, 'hello')).toBe('hello');
    // The handshake's answer and the data: each 50 ms on its way back
    expect(performance.now() - start).toBeGreaterThan(99);
    await toxic.update({ attributes: { latency: 1 }, toxicity: 1 } as never);
    expect(proxies.get('echo').toxic('slow').attributes).toEqual({ latency: 1, jitter: 0 });
    await toxic.remove();
    expect(proxies.get('echo').toxics).toEqual([]);
  });
});

describe('what passes a proxy', () => {
  test('is whole, with a packet in ten lost, both ways and in both directions', async () => {
    const proxy = await proxies.create({ name: 'echo', upstream: to, link: { loss: 0.1, corrupt: 0.02 } });
    const bytes = 'a quarter of a megabyte. '.repeat(10_000);
    expect(await echoed(proxy.record().listen, bytes)).toBe(bytes);
    expect(proxy.counters).toEqual({ connections: 1, bytesUp: bytes.length, bytesDown: bytes.length });
  });

  test('many connections at once', async () => {
    const proxy = await proxies.create({ name: 'echo', upstream: to, link: { loss: 0.05 } });
    const all = Array.from({ length: 30 }, (_, i) => `${i} `.repeat(500));
    const { listen } = proxy.record();
    expect(await Promise.all(all.map((one) => echoed(listen, one)))).toEqual(all);
    expect(proxy.counters.connections).toBe(30);
  });

  test('HTTP, keep-alive and all', async () => {
    const web = http.createServer((request, response) => response.end(request.url)).listen(0, '127.0.0.1');
    await once(web, 'listening');
    const proxy = await proxies.create({ name: 'web', upstream: place(web), link: { loss: 0.05 } });
    for (let i = 0; i < 5; i += 1) {
      const response = await fetch(`http://${proxy.record().listen}/${i}`);
      expect(await response.text()).toBe(`/${i}`);
    }
    web.closeAllConnections();
    web.close();
  });

  test('a reset, as a reset', async () => {
    upstream.removeAllListeners('connection');
    upstream.on('connection', (socket) => socket.once('data', () => socket.resetAndDestroy()));
    const proxy = await proxies.create({ name: 'rude', upstream: to });
    const socket = connect(proxy.record().listen);
    socket.write('x');
    expect(await ending(socket)).toBe('ECONNRESET');
  });

  test.each([
    ['at once', 0],
    ['later', 30],
  ])('a reset after data, %s, is what it is without a proxy', async (_when, ms) => {
    upstream.removeAllListeners('connection');
    upstream.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.write('x'.repeat(50_000));
        if (ms === 0) socket.resetAndDestroy();
        else setTimeout(() => socket.resetAndDestroy(), ms);
      });
    });
    const heard = async (place: string): Promise<unknown> => {
      const socket = connect(place);
      let bytes = 0;
      socket.on('data', (data) => {
        bytes += data.length;
      });
      socket.write('?');
      const how = await ending(socket);
      socket.destroy();
      return [bytes, how];
    };
    const proxy = await proxies.create({ name: 'rude', upstream: to });
    expect(await heard(proxy.record().listen)).toEqual(await heard(to));
  });

  test('a client that is gone, over a slow link, so that the server hears of it', async () => {
    const [arrived, left] = [
      once(upstream, 'connection'),
      new Promise((r) => upstream.once('connection', (s) => s.once('close', r))),
    ];
    const proxy = await proxies.create({ name: 'slow', upstream: to, link: { delay: '30ms' } });
    const socket = connect(proxy.record().listen);
    socket.write('x');
    await arrived;
    socket.resetAndDestroy();
    await left;
  });

  test('its own end, at once, also where packets do not arrive', async () => {
    const left = new Promise((r) => upstream.once('connection', (s) => s.once('close', r)));
    const proxy = await proxies.create({ name: 'dead', upstream: to });
    const socket = connect(proxy.record().listen).on('error', () => {});
    socket.write('x');
    await once(socket, 'data');
    proxy.addToxic({ type: 'timeout' });
    proxy.addToxic({ type: 'timeout', stream: 'upstream' });
    await proxies.stop();
    await left;
  });

  test('nothing, where nobody listens behind it', async () => {
    const proxy = await proxies.create({ name: 'nobody', upstream: '127.0.0.1:1' });
    expect(await ending(connect(proxy.record().listen))).toBe('ECONNRESET');
  });
});

describe('toxics', () => {
  const toxic = (type: string, stream = 'downstream', attributes = {}) =>
    parseToxic({ type, stream, attributes });
  const clean = parseLink({});

  test('of packets are faults of the link, one way', () => {
    const link = poisoned(clean, [
      toxic('latency', 'upstream', { latency: 100, jitter: 10 }),
      toxic('bandwidth', 'downstream', { rate: 100 }),
      toxic('loss', 'downstream', { probability: 0.5 }),
      toxic('loss', 'downstream', { probability: 0.5 }),
    ]);
    expect(link.forward).toEqual({ delay: 100_000, jitter: 10_000 });
    // 100 KB/s are 800,000 bits; one of two losses is enough
    expect(link.backward).toEqual({ rate: 800_000, loss: 0.75 });
    expect(poisoned(clean, [toxic('timeout', 'upstream')]).forward).toEqual({ loss: 1 });
  });

  /** What is heard of an echo of `bytes` by a proxy with a toxic. */
  async function through(
    type: string,
    stream: string,
    attributes: object,
    bytes: string,
  ): Promise<[string, string]> {
    const proxy = await proxies.create({ name: type, upstream: to, toxics: [{ type, stream, attributes }] });
    const socket = connect(proxy.record().listen);
    let heard = '';
    socket.on('data', (data) => {
      heard += data;
    });
    socket.write(bytes);
    const how = await ending(socket);
    socket.destroy();
    return [heard, how];
  }

  test('limit_data ends the connection after so many bytes', async () => {
    expect(await through('limit_data', 'downstream', { bytes: 10 }, 'x'.repeat(100))).toEqual([
      'x'.repeat(10),
      'end',
    ]);
  });

  test('reset_peer resets it', async () => {
    expect((await through('reset_peer', 'downstream', { timeout: 20 }, ''))[1]).toBe('ECONNRESET');
  });

  test('timeout stops everything, then closes', async () => {
    const [heard, how] = await through('timeout', 'downstream', { timeout: 30 }, 'hello');
    expect(heard).toBe('');
    expect(['end', 'ECONNRESET']).toContain(how);
  });

  test('slicer loses nothing', async () => {
    const attributes = { average_size: 7, size_variation: 3, delay: 0 };
    const proxy = await proxies.create({
      name: 'echo',
      upstream: to,
      toxics: [{ type: 'slicer', attributes }],
    });
    const bytes = 'cut into slices '.repeat(50);
    expect(await echoed(proxy.record().listen, bytes)).toBe(bytes);
  });

  test('slow_close passes the end on later, and nothing else', async () => {
    const delay = 150;
    const proxy = await proxies.create({
      name: 'echo',
      upstream: to,
      toxics: [{ type: 'slow_close', attributes: { delay } }],
    });
    const socket = connect(proxy.record().listen);
    socket.end('hello');
    await once(socket, 'data');
    const start = performance.now();
    await once(socket, 'end');
    // Timers of Node may be early by a millisecond; the data came a little before
    expect(performance.now() - start).toBeGreaterThan(delay / 2);
  });

  test('hit the share of the connections that is their toxicity', async () => {
    const proxy = await proxies.create({ name: 'echo', upstream: to });
    proxy.addToxic({ type: 'reset_peer', toxicity: 0.5, attributes: { timeout: 0 } });
    const { listen } = proxy.record();
    const ends = await Promise.all(
      Array.from({ length: 40 }, () => {
        const socket = connect(listen);
        socket.end('x');
        return ending(socket);
      }),
    );
    const resets = ends.filter((how) => how !== 'end').length;
    expect(resets).toBeGreaterThan(5);
    expect(resets).toBeLessThan(35);
  });
});

describe('the API', () => {
  const call = async (method: string, path: string, body?: string, headers = {}) => {
    const response = await fetch(`http://${place(api)}${path}`, {
      method,
      headers: { 'User-Agent': 'test', ...headers },
      ...(body !== undefined && { body }),
    });
    return [response.status, await response.text()] as const;
  };
  const proxy = (more: object = {}) => JSON.stringify({ name: 'p', upstream: to, ...more });

  test.each([
    ['POST', '/proxies', '{', 400, 'bad request body'],
    ['POST', '/proxies', '[]', 400, 'JSON object'],
    ['POST', '/proxies', '{"name":"x"}', 400, 'missing required field: upstream'],
    ['POST', '/proxies', '{"upstream":"127.0.0.1:1"}', 400, 'missing required field: name'],
    ['POST', '/proxies', '{"name":"x","upstream":"nowhere"}', 400, 'upstream is HOST:PORT'],
    ['POST', '/proxies', '{"name":"x","upstream":"a:1","listen":"a:99999"}', 400, 'listen is HOST:PORT'],
    ['POST', '/proxies', '{"name":"x","upstream":"a:1","lisen":"a:1"}', 400, "no 'lisen'"],
    ['POST', '/proxies', '{"name":"x","upstream":"a:1","link":{"loss":2}}', 400, 'loss: '],
    ['POST', '/proxies', '{"name":"x","upstream":"a:1","listen":"203.0.113.1:1"}', 500, 'EADDRNOTAVAIL'],
    ['GET', '/proxies/none', undefined, 404, 'proxy not found'],
    ['DELETE', '/proxies/none', undefined, 404, 'proxy not found'],
    ['GET', '/proxies/p/toxics/none', undefined, 404, 'toxic not found'],
    ['POST', '/proxies/p/toxics', '{"type":"poison"}', 400, 'invalid toxic type'],
    ['POST', '/proxies/p/toxics', '{"type":"latency","stream":"sideways"}', 400, 'stream was invalid'],
    ['POST', '/proxies/p/toxics', '{"type":"latency","toxicity":2}', 400, 'toxicity'],
    [
      'POST',
      '/proxies/p/toxics',
      '{"type":"latency","attributes":{"latency":-1}}',
      400,
      'latency is a number',
    ],
    ['POST', '/proxies/p/toxics', '{"type":"latency","attributes":{"lateness":1}}', 400, "'lateness'"],
    ['GET', '/nowhere', undefined, 404, 'no such path'],
    ['PUT', '/proxies', '{}', 405, 'not allowed'],
    ['GET', '/proxies/%E0%A4%A', undefined, 400, 'bad path'],
    ['POST', '/populate', '{}', 400, 'JSON list'],
  ])('answers %s %s %s with %i', async (method, path, body, status, words) => {
    await proxies.create(JSON.parse(proxy()));
    const [found, answer] = await call(method, path, body);
    expect([found, JSON.parse(answer).status]).toEqual([status, status]);
    expect(JSON.parse(answer).error).toContain(words);
    expect(proxies.all.length).toBe(1);
  });

  test.each(['POST', 'PATCH'])('changes a proxy and a toxic by %s', async (method) => {
    const other = nodeNet.createServer((socket) => socket.end('the other'));
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const there = place(other);
    const made = await proxies.create(JSON.parse(proxy({ toxics: [{ type: 'latency', name: 'slow' }] })));
    const { listen } = made.record();
    const [status, text] = await call(method, '/proxies/p', JSON.stringify({ upstream: there }));
    expect([status, JSON.parse(text)]).toMatchObject([
      200,
      { name: 'p', listen, upstream: there, enabled: true, toxics: [{ name: 'slow' }] },
    ]);
    expect(await echoed(listen, '')).toBe('the other');
    other.close();
    const change = JSON.stringify({ toxicity: 0.5, attributes: { latency: 7 } });
    expect((await call(method, '/proxies/p/toxics/slow', change))[0]).toBe(200);
    expect(made.toxic('slow')).toMatchObject({ toxicity: 0.5, attributes: { latency: 7, jitter: 0 } });
    const off = await call(method, '/proxies/p', '{"enabled":false}');
    expect([off[0], JSON.parse(off[1]).enabled]).toEqual([200, false]);
    expect(await ending(connect(listen))).toBe('ECONNREFUSED');
    expect((await call(method, '/proxies/p', '{"enabled":"yes"}'))[0]).toBe(400);
    expect((await call(method, '/proxies/p', '{"upstream":"nowhere"}'))[0]).toBe(400);
    expect(made.record()).toMatchObject({ enabled: false, upstream: there });
  });

  test('/populate keeps what is the same, and makes anew what is not', async () => {
    const entries = (upstream: string, ports: readonly string[]) =>
      JSON.stringify(
        ['same', 'changed'].map((name, i) => ({ name, listen: ports[i], upstream: i === 0 ? to : upstream })),
      );
    await call('POST', '/populate', entries(to, ['127.0.0.1:0', '127.0.0.1:0']));
    const before = proxies.all;
    before[1]!.addToxic({ type: 'latency' });
    const ports = before.map((one) => one.record().listen);
    // Nothing is done where something is wrong with the new one
    expect((await call('POST', '/populate', entries('nowhere', ports)))[0]).toBe(400);
    expect(proxies.all).toEqual(before);
    expect((await call('POST', '/populate', entries('127.0.0.1:1', ports)))[0]).toBe(201);
    expect(proxies.all.map((one) => one.record())).toMatchObject([
      { name: 'same', listen: ports[0], upstream: to, enabled: true },
      { name: 'changed', listen: ports[1], upstream: '127.0.0.1:1', enabled: true, toxics: [] },
    ]);
    expect(proxies.get('same')).toBe(before[0]);
    expect(proxies.get('changed')).not.toBe(before[1]);
  });

  test('knows one proxy of a name', async () => {
    expect((await call('POST', '/proxies', proxy()))[0]).toBe(201);
    expect((await call('POST', '/proxies', proxy()))[0]).toBe(409);
  });

  test('is not for browsers, and not for more than a megabyte', async () => {
    expect((await call('GET', '/proxies', undefined, { 'User-Agent': 'Mozilla/5.0' }))[0]).toBe(403);
    expect((await call('POST', '/proxies', `{"name":"${'x'.repeat(1_000_001)}"}`))[0]).toBe(413);
  });
});
