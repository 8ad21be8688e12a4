/** The inspector's web server: what it serves, to whom, and what it refuses. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadPage } from '../../cli/inspectPage.ts';
import { InspectServer, type Shown } from '../../cli/inspectServer.ts';
import { MAGIC, PACKED_TYPE } from '../../src/trace/packed/pack.ts';
import { ask, providePage, shownBy, temporaryFolder, Viewer } from './inspectTools.ts';

const TRACE = {
  kind: 'trace' as const,
  name: 'a run.jsonl',
  type: 'application/x-ndjson; charset=utf-8',
  size: () => undefined,
  open: () => Readable.from([Buffer.from('the trace')]),
};
const LIVE: Shown = { kind: 'live', onViewer: (socket) => socket.send('welcome') };

beforeAll(() => {
  providePage();
});

const servers: InspectServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(shown?: Shown) {
  const server = await InspectServer.open({ page: loadPage(), port: 0, ...(shown && { shown }) });
  servers.push(server);
  const { origin, host } = new URL(server.url);
  return { server, origin, host, url: server.url };
}

/** Another token of the same length. */
const spoilt = (url: string): string =>
  url.replace(/[0-9a-f]{32}/, (token) => token.replace(/^./, (digit) => (digit === '0' ? '1' : '0')));

describe('the files of the page', () => {
  it('are served to anybody on this machine, with their types', async () => {
    const { origin } = await serve();
    const page = await ask(`${origin}/`);
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body.toString()).toContain('<title>page</title>');
    const code = await ask(`${origin}/assets/index-abc.js`);
    expect(code.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(code.body.toString()).toBe('export {};');
    expect((await ask(`${origin}/?t=5`)).status).toBe(200);
  });

  it('may speak to this server only', async () => {
    const { origin, host } = await serve();
    const { headers } = await ask(`${origin}/`);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain(`connect-src 'self' ws://${host} `);
    expect(policy).not.toMatch(/\*|https?:/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
  });

  it('are kept by the browser when their names change with them, and else asked for again', async () => {
    const { origin } = await serve();
    const code = await ask(`${origin}/assets/index-abc.js`);
    expect(code.headers['cache-control']).toContain('immutable');
    const page = await ask(`${origin}/`);
    expect(page.headers['cache-control']).toBe('no-cache');
    const again = await ask(`${origin}/`, { 'If-None-Match': String(page.headers.etag) });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect((await ask(`${origin}/`, { 'If-None-Match': '"else"' })).status).toBe(200);
  });

  it.each([
    '/../secret',
    '/..%2fsecret',
    '/%2e%2e/secret',
    '/assets/../../secret',
    '/assets/..\\..\\secret',
    '//secret',
    '/etc/passwd',
    'http://elsewhere/../secret',
    '/index.html%00.js',
    '/assets',
    '/%',
    '/__proto__',
    '*',
  ])('do not include %s', async (path) => {
    const { origin } = await serve();
    const { status, body } = await ask(`${origin}${path}`);
    expect(status).toBe(404);
    expect(body.toString()).toBe('Not Found\n');
  });

  it('are read only', async () => {
    const { origin } = await serve();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect((await ask(`${origin}/`, {}, method)).status, method).toBe(405);
    }
    const head = await ask(`${origin}/`, {}, 'HEAD');
    expect([head.status, head.body.length]).toEqual([200, 0]);
  });

  it('are not there before the build, which is said', () => {
    vi.stubEnv('STATEWIRE_PAGE', temporaryFolder());
    expect(() => loadPage()).toThrow(/no page of the inspector in .*npm run build/);
    vi.stubEnv('STATEWIRE_PAGE', '/nowhere');
    expect(() => loadPage()).toThrow(/no page of the inspector in \/nowhere/);
    providePage();
  });
});

describe('a trace', () => {
  it('is for who has the token, under its name', async () => {
    const { url } = await serve(TRACE);
    const { status, headers, body } = await ask(shownBy(url));
    expect([status, body.toString()]).toEqual([200, 'the trace']);
    expect(shownBy(url)).toMatch(/\/a%20run\.jsonl$/);
    expect(headers['content-type']).toContain('ndjson');
    expect(headers['cache-control']).toBe('no-store');
    expect((await ask(shownBy(url), {}, 'HEAD')).body.length).toBe(0);
  });

  it('is not for others', async () => {
    const { url, origin } = await serve(TRACE);
    const trace = shownBy(url);
    const [token] = /[0-9a-f]{32}/.exec(trace)!;
    for (const wrong of [
      spoilt(trace),
      trace.replace(token, ''),
      trace.replace(token, token.slice(1)),
      trace.replace(token, `${token}0`),
      trace.replace(token, token.toUpperCase().replace(/\d/g, 'X')),
      `${origin}/trace`,
      `${origin}/trace?${token}`,
    ]) {
      const { status, body } = await ask(wrong);
      expect([wrong, status]).toEqual([wrong, 403]);
      expect(body.toString()).not.toContain('trace');
    }
    expect((await ask(trace.replace('/trace/', '/live/'))).status).toBe(404);
  });

  it('has another token each time', async () => {
    const urls = [await serve(TRACE), await serve(TRACE)].map(({ url }) => /[0-9a-f]{32}/.exec(url)![0]);
    expect(urls[0]).not.toBe(urls[1]);
  });

  it('ends in a broken connection when it cannot be read, and not the program', async () => {
    const broken = (): Readable =>
      new Readable({
        read() {
          this.destroy(new Error('the disk is gone'));
        },
      });
    const { url, origin } = await serve({ ...TRACE, open: broken });
    await expect(ask(shownBy(url))).rejects.toThrow();
    expect((await ask(`${origin}/`)).status).toBe(200);
  });
});

describe('a trace in packed form', () => {
  const ACCEPT = { Accept: `${PACKED_TYPE}, */*;q=0.5` };

  it('is for who asks for it, as long as it can be had', async () => {
    let packed: Readable | undefined = Readable.from([Buffer.from(MAGIC)]);
    const { url } = await serve({ ...TRACE, size: () => 9, openPacked: () => packed });
    expect((await ask(shownBy(url))).headers['content-type']).toBe(TRACE.type);
    const { headers, body } = await ask(shownBy(url), ACCEPT);
    expect(headers['content-type']).toBe(PACKED_TYPE);
    expect(headers['trace-size']).toBe('9');
    expect(body).toEqual(Buffer.from(MAGIC));
    packed = undefined;
    expect((await ask(shownBy(url), ACCEPT)).headers['content-type']).toBe(TRACE.type);
  });
});

describe('other sites', () => {
  it.each(['evil.example', 'evil.example:80', '127.0.0.1', '127.0.0.1:1', 'localhost.evil.example'])(
    'that lead here by the name %j get nothing',
    async (host) => {
      const { url, origin } = await serve(TRACE);
      expect((await ask(`${origin}/`, { Host: host })).status).toBe(421);
      expect((await ask(shownBy(url), { Host: host })).status).toBe(421);
    },
  );

  it('get nothing with the right name either', async () => {
    const { url, host } = await serve(TRACE);
    for (const origin of ['http://evil.example', 'null', `https://${host}`, `http://${host}.evil.example`]) {
      expect((await ask(shownBy(url), { Origin: origin })).status, origin).toBe(403);
    }
    expect((await ask(shownBy(url), { Origin: `http://${host}` })).status).toBe(200);
  });

  it('are told from this one by its two names', async () => {
    const { url, host } = await serve(LIVE);
    const local = host.replace('127.0.0.1', 'localhost');
    const viewer = new Viewer(shownBy(url), { Host: local, Origin: `http://${local}` });
    await viewer.has('a welcome', (lines) => lines[0] === 'welcome');
  });

  it('cannot open a WebSocket', async () => {
    const { url, host } = await serve(LIVE);
    const live = shownBy(url);
    const refused = async (address: string, headers: Record<string, string> = {}) => {
      const viewer = new Viewer(address, headers);
      await viewer.gone();
      expect(viewer.frames).toEqual([]);
      return viewer.refused;
    };
    expect(await refused(live, { Origin: 'http://evil.example' })).toBe(403);
    expect(await refused(live, { Origin: 'null' })).toBe(403);
    expect(await refused(live, { Host: 'evil.example' })).toBe(421);
    expect(await refused(spoilt(live))).toBe(403);
    expect(await refused(live.replace(/[0-9a-f]{32}/, ''))).toBe(403);
    expect(await refused(`ws://${host}/live`)).toBe(403);
    expect(await refused(`ws://${host}/`)).toBe(404);
    const right = new Viewer(live, { Origin: `http://${host}` });
    await right.has('a welcome', (lines) => lines[0] === 'welcome');
  });
});

describe('the server', () => {
  it.runIf(process.platform === 'linux')('listens on loopback alone', async () => {
    const { host } = await serve();
    const [, port] = host.split(':');
    const elsewhere = connect({ host: '127.0.0.2', port: Number(port) });
    const [error] = await once(elsewhere, 'error');
    expect((error as NodeJS.ErrnoException).code).toBe('ECONNREFUSED');
  });

  it('says when somebody else has the port', async () => {
    const { host } = await serve();
    const port = Number(host.split(':')[1]);
    await expect(InspectServer.open({ page: loadPage(), port })).rejects.toThrow(
      `the inspector cannot listen on port ${port}: somebody does already`,
    );
  });

  it('ends a connection that sends much, and takes no notice of little', async () => {
    const { url } = await serve(LIVE);
    const [much, little] = [new Viewer(shownBy(url)), new Viewer(shownBy(url))];
    await Promise.all([once(much.socket, 'open'), once(little.socket, 'open')]);
    little.socket.send('x'.repeat(1000));
    much.socket.send('x'.repeat(1025));
    expect(await much.gone()).toBe(1009);
    little.socket.ping();
    await once(little.socket, 'pong');
  });

  it('has room for so many viewers', async () => {
    const { url } = await serve(LIVE);
    const viewers = Array.from({ length: 32 }, () => new Viewer(shownBy(url)));
    for (const viewer of viewers) await viewer.has('a welcome', (lines) => lines.length > 0);
    const late = new Viewer(shownBy(url));
    await late.gone();
    expect(late.refused).toBe(503);
    viewers[0]!.socket.close();
    await viewers[0]!.gone();
    const next = new Viewer(shownBy(url));
    await next.has('a welcome', (lines) => lines.length > 0);
  });

  it('stays up whatever is sent to it', async () => {
    const { host, origin, url } = await serve(LIVE);
    const port = Number(host.split(':')[1]);
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
    for (const text of [
      '\u0000\u0001\u0002',
      'GET / HTTP/1.1\r\n\r\n',
      'GET http:// HTTP/1.1\r\nHost: x\r\n\r\n',
      `GET ${new URL(shownBy(url)).pathname} HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n`,
      `GET //%zz?% HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n`,
    ]) {
      const socket = connect({ host: '127.0.0.1', port });
      socket.on('error', () => {});
      socket.resume();
      socket.end(text);
      await once(socket, 'close');
    }
    const refused = `GET /live/0 HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n`;
    for (let i = 0; i < 20; i++) {
      const socket = connect({ host: '127.0.0.1', port });
      socket.on('error', () => {});
      socket.write(refused, () => socket.resetAndDestroy());
      await once(socket, 'close');
    }
    expect((await ask(`${origin}/`)).status).toBe(200);
  });
});
