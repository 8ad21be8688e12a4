/** `statewire proxy`: what it does, says and refuses. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import nodeNet, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { statewire } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'statewire-proxy-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs it until `work`, which is told where it listens, is done. */
async function running(argv: string[], work: (ports: number[]) => Promise<void>) {
  const stop = new AbortController();
  let err = '';
  let started: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    started = resolve;
  });
  const run = statewire(['proxy', ...argv], {
    stop: stop.signal,
    onErr(words) {
      err += words;
      if (words.includes('Ctrl-C')) started();
    },
  });
  await Promise.race([ready, run]);
  const ports = [...err.matchAll(/127\.0\.0\.1:(\d+)(?= to |\n)/g)].map(([, port]) => Number(port));
  await work(ports).finally(() => stop.abort(130));
  return run;
}

test('passes connections on, and counts', async () => {
  const server = nodeNet
    .createServer((socket) => socket.on('error', () => {}).end('hello'))
    .listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const to = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const flags = ['--listen', '127.0.0.1:0', '--to', to, '--delay', '5', '--seed', '7', '--json'];
  const { code, out, err } = await running(flags, async ([port]) => {
    expect(await text(nodeNet.connect(port!, '127.0.0.1'))).toBe('hello');
  });
  server.close();
  expect(code).toBe(130);
  expect(err).toMatch(
    /^proxy: proxy: 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+\nproxy: seed 7; Ctrl-C ends it\n$/,
  );
  expect(JSON.parse(out)).toEqual({
    kind: 'summary',
    proxies: [{ name: 'proxy', connections: 1, bytesUp: 0, bytesDown: 5 }],
  });
});

test('takes several from a file, and the API', async () => {
  const file = join(folder, 'two.json');
  writeFileSync(
    file,
    JSON.stringify([
      { name: 'one', upstream: '127.0.0.1:1', link: { loss: 0.1, delay: '20ms' } },
      { name: 'two', upstream: '127.0.0.1:2', enabled: false, toxics: [{ type: 'latency' }] },
    ]),
  );
  const { err, out } = await running(['--config', file, '--api', '127.0.0.1:0'], async (ports) => {
    const response = await fetch(`http://127.0.0.1:${ports.at(-1)}/proxies`, {
      headers: { 'User-Agent': 'x' },
    });
    const all = (await response.json()) as Record<string, { enabled: boolean; toxics: object[] }>;
    expect(Object.entries(all).map(([name, { enabled, toxics }]) => [name, enabled, toxics.length])).toEqual([
      ['one', true, 0],
      ['two', false, 1],
    ]);
  });
  expect(err).toContain('API at http://127.0.0.1:');
  expect(out).toContain('one: 0 connections');
});

test.each([
  [[], 'nothing to do'],
  [['--listen', ':1'], '--to is missing'],
  [['--to', 'a:1'], '--listen is missing'],
  [['--listen', 'x', '--to', 'a:1'], '--listen: listen is HOST:PORT'],
  [['--listen', 'a:1', '--to', 'a:0'], '--to: upstream is HOST:PORT'],
  [['--listen', 'a:1', '--to', 'a:1', '--loss', '2'], '--loss'],
  [['--api', 'x'], '--api: api is HOST:PORT'],
])('refuses %j', async (argv, words) => {
  const { code, err, out } = await statewire(['proxy', ...argv]);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(words);
  expect(err.split('\n').length).toBe(2);
});

test.each([
  ['[\n  { "name": "x" }\n', 2, /bad\.json: line 2: no JSON: /],
  ['[\n  { "name": "x" },\n  oops\n]', 2, /bad\.json: line 3: no JSON: /],
  ['{}', 2, /bad\.json: a list of proxies in \[ \] is needed/],
  ['[7]', 2, /bad\.json: proxy 1: .*JSON object/],
  ['[{"name":"x"}]', 2, /bad\.json: proxy 1 "x": missing required field: upstream/],
  ['[{"upstream":"a:1"}]', 2, /bad\.json: proxy 1: missing required field: name/],
  ['[{"name":"x","upstream":"a:1","los":1}]', 2, /bad\.json: proxy 1 "x": a proxy has no 'los'/],
  ['[{"name":"x","upstream":"a"}]', 2, /bad\.json: proxy 1 "x": upstream is HOST:PORT/],
  ['[{"name":"x","upstream":"a:1","link":{"loss":7}}]', 2, /bad\.json: proxy 1 "x": .*loss/],
  [
    '[{"name":"x","upstream":"a:1","enabled":false},{"name":"x","upstream":"a:1"}]',
    2,
    /bad\.json: proxy 2 "x": proxy already exists/,
  ],
  [
    '[{"name":"x","upstream":"a:1","toxics":[{"type":"slow"}]}]',
    2,
    /bad\.json: proxy 1 "x": invalid toxic type 'slow'/,
  ],
  ['[{"name":"x","upstream":"a:1","listen":"203.0.113.1:1"}]', 6, /bad\.json: proxy 1 "x": .*EADDRNOTAVAIL/],
])('refuses a configuration of %s', async (config, status, words) => {
  const file = join(folder, 'bad.json');
  writeFileSync(file, config);
  const { code, err, out } = await statewire(['proxy', '--config', file]);
  expect([code, out]).toEqual([status, '']);
  expect(err).toMatch(words);
  expect(err.trimEnd().split('\n').at(-1)).toMatch(words);
});

test('Ctrl-C ends connections that are open, and frees the port', async () => {
  const server = nodeNet.createServer((socket) => socket.on('error', () => {}).write('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const to = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  let closed: Promise<unknown> = Promise.resolve();
  let taken = 0;
  const { code, out } = await running(['--listen', '127.0.0.1:0', '--to', to], async ([port]) => {
    taken = port!;
    const socket = nodeNet.connect(taken, '127.0.0.1').on('error', () => {});
    closed = new Promise((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('data', resolve));
  });
  expect([code, out]).toEqual([130, 'proxy: 1 connection, 0 bytes to the server, 5 back\n']);
  await closed;
  const again = nodeNet.createServer();
  await new Promise<void>((resolve) => again.listen(taken, '127.0.0.1', resolve));
  for (const one of [again, server]) await new Promise((resolve) => one.close(resolve));
});

test('says so when the configuration is not there', async () => {
  const { code, err } = await statewire(['proxy', '--config', join(folder, 'none.json')]);
  expect(code).toBe(6);
  expect(err).toBe(
    `statewire: --config: cannot read '${join(folder, 'none.json')}': no such file or directory\n`,
  );
});
