/** undici and ws as they are, over statewire/net. */
import { once } from 'node:events';
import http from 'node:http';
import type { Duplex } from 'node:stream';
import { Pool, fetch as undiciFetch } from 'undici';
import { describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Net } from '../../src/net/index.ts';
import { between, links } from './network.ts';

type Connector = Exclude<NonNullable<Pool.Options['connect']>, object>;

/** How undici is to connect. */
function connectorOf(net: Net): Connector {
  return ((
    { hostname, port }: { hostname: string; port: string },
    callback: (...args: unknown[]) => void,
  ) => {
    const socket = net.connect({ host: hostname, port: Number(port) || 80 });
    socket.once('connect', () => callback(null, socket));
    socket.once('error', (error) => callback(error, null));
  }) as unknown as Connector;
}

describe.each(links)('over %s', (_name, link) => {
  test('undici: a pool, and its fetch', async () => {
    await between(link, async ({ client, server }) => {
      const web = http.createServer((incoming, response) => incoming.pipe(response));
      server.createServer((socket) => web.emit('connection', socket)).listen(80);
      const pool = new Pool('http://server', { connect: connectorOf(client), connections: 3, pipelining: 2 });
      const body = 'what undici posts. '.repeat(1000);
      const answers = await Promise.all(
        Array.from({ length: 12 }, async () => {
          const { body: answer } = await pool.request({ path: '/', method: 'POST', body });
          return answer.text();
        }),
      );
      expect(answers).toEqual(Array(12).fill(body));
      const fetched = await undiciFetch('http://server/', {
        method: 'POST',
        body: 'fetch',
        dispatcher: pool,
      });
      expect([fetched.status, await fetched.text()]).toEqual([200, 'fetch']);
      await pool.close();
    });
  });

  test('ws: messages both ways', async () => {
    await between(link, async ({ client, server }) => {
      const web = http.createServer();
      const sockets = new WebSocketServer({ noServer: true });
      web.on('upgrade', (incoming, socket: Duplex, head) => {
        sockets.handleUpgrade(incoming, socket, head, (one) => {
          one.on('message', (data, binary) => one.send(data, { binary }));
        });
      });
      server.createServer((socket) => web.emit('connection', socket)).listen(80);
      const socket = new WebSocket('ws://server/', {
        createConnection: ((options: { host: string; port: number }) =>
          client.connect({ host: options.host, port: Number(options.port) })) as never,
      });
      await once(socket, 'open');
      const heard: string[] = [];
      const all = new Promise<void>((resolve) => {
        socket.on('message', (data) => heard.push(String(data)) === 50 && resolve());
      });
      const sent = Array.from({ length: 50 }, (_, i) => `${i} `.repeat(1 + i * 40));
      for (const message of sent) socket.send(message);
      await all;
      expect(heard).toEqual(sent);
      socket.close(1000, 'enough');
      const [code, reason] = await once(socket, 'close');
      expect([code, String(reason)]).toEqual([1000, 'enough']);
    });
  });
});
