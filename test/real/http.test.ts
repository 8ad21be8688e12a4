/** node:http, node:http2, node:tls and node:https as they are, over statewire/net. */
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { Net } from '../../src/net/index.ts';
import { cert, key } from './certificate.ts';
import { between, links } from './network.ts';

/** An agent that connects by `net`. */
function agentOf(net: Net, options: http.AgentOptions = {}): http.Agent {
  const agent = new http.Agent(options);
  (agent as unknown as { createConnection: unknown }).createConnection = net.createConnection;
  return agent;
}

/** One request; what came back. */
async function request(options: http.RequestOptions, body?: Buffer) {
  const sent = http.request({ host: 'server', port: 80, ...options });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
  return { status: response.statusCode, body: await text(response), headers: response.headers };
}

const echo: http.RequestListener = async (incoming, response) => {
  const body = await text(incoming);
  response.setHeader('x-path', incoming.url ?? '');
  response.end(`${incoming.method} ${body}`);
};

describe.each(links)('over %s', (_name, link) => {
  test('node:http, by emit("connection") and an agent', async () => {
    const network = await between(link, async ({ client, server }) => {
      const web = http.createServer(echo);
      server.createServer((socket) => web.emit('connection', socket)).listen(80);
      const agent = agentOf(client, { keepAlive: true, maxSockets: 4 });
      const body = Buffer.alloc(100_000, 'what is posted. ');
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) => request({ agent, path: `/${i}`, method: 'POST' }, body)),
      );
      for (const [i, answer] of answers.entries()) {
        expect(answer).toMatchObject({ status: 200, body: `POST ${body}`, headers: { 'x-path': `/${i}` } });
      }
      agent.destroy();
    });
    if ('loss' in link) expect(network.ladder(400)).toContain('lost (loss)');
  });

  test('node:http, where the server is gone', async () => {
    await between(link, async ({ client }) => {
      const sent = http.get({ host: 'server', port: 81, agent: agentOf(client) });
      const [error] = await once(sent, 'error');
      expect(error).toMatchObject({ code: 'ECONNREFUSED', port: 81 });
    });
  });

  test('node:http2', async () => {
    await between(link, async ({ client, server }) => {
      const web = http2.createServer((incoming, response) => {
        response.setHeader('x-path', incoming.url);
        incoming.pipe(response);
      });
      server.createServer((socket) => web.emit('connection', socket)).listen(80);
      const session = http2.connect('http://server', {
        createConnection: () => client.connect({ host: 'server', port: 80 }),
      });
      const body = 'many streams in one. '.repeat(2000);
      const one = async (i: number) => {
        const stream = session.request({ ':method': 'POST', ':path': `/${i}` });
        stream.end(body);
        const [headers] = await once(stream, 'response');
        return [headers['x-path'], await text(stream)];
      };
      const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => one(i)));
      expect(answers).toEqual(Array.from({ length: 10 }, (_, i) => [`/${i}`, body]));
      session.close();
      await once(session, 'close');
    });
  });

  test('node:tls wrapped around both sockets', async () => {
    await between(link, async ({ client, server }) => {
      server
        // Its own end is the TLS socket's business, see docs/net.md
        .createServer({ allowHalfOpen: true }, (raw) => {
          const secure = new tls.TLSSocket(raw, { isServer: true, key, cert });
          secure.on('error', () => {});
          secure.pipe(secure);
        })
        .listen(443);
      const socket = tls.connect({ socket: client.connect(443, 'server'), ca: cert, servername: 'server' });
      await once(socket, 'secureConnect');
      expect(socket.authorized).toBe(true);
      const secret = 'nobody must know. '.repeat(5000);
      socket.end(secret);
      expect(await text(socket)).toBe(secret);
    });
  });

  test('node:tls refuses a certificate for another name', async () => {
    await between(link, async ({ client, server }) => {
      server
        .createServer((raw) => new tls.TLSSocket(raw, { isServer: true, key, cert }).on('error', () => {}))
        .listen(443);
      const socket = tls.connect({ socket: client.connect(443, 'server'), ca: cert, servername: 'other' });
      const [error] = await once(socket, 'error');
      expect(error).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    });
  });

  test('node:https', async () => {
    await between(link, async ({ client, server }) => {
      const web = https.createServer({ key, cert }, echo);
      server.createServer((socket) => web.emit('connection', socket)).listen(443);
      const agent = new https.Agent({ keepAlive: true, ca: cert });
      (agent as unknown as { createConnection(options: tls.ConnectionOptions): Duplex }).createConnection = (
        options,
      ) => tls.connect({ ...options, socket: client.connect(443, 'server'), servername: 'server' });
      for (const body of ['first', 'second']) {
        const sent = https.request({ host: 'server', port: 443, agent, method: 'PUT' });
        sent.end(body);
        const [response] = (await once(sent, 'response')) as [http.IncomingMessage];
        expect(await text(response)).toBe(`PUT ${body}`);
      }
      agent.destroy();
    });
  });
});
