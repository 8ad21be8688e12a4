/** Runs that are looked at while they go on: what viewers get, early, late and slow, and what every program shows. */
import { connect } from 'node:net';
import { setImmediate as breathe } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { LiveInspector, type LiveLimits } from '../../cli/inspectLive.ts';
import type { Io } from '../../cli/io.ts';
import { seven } from '../../src/app/seven.ts';
import type { TraceHeader } from '../../src/trace/event.ts';
import { parseTrace } from '../../src/trace/jsonParse.ts';
import { Trace } from '../../src/trace/trace.ts';
import { providePage, shownBy, Viewer } from './inspectTools.ts';
import { Running, startServer, udpPair, until, Wire } from './programs.ts';
import { type Ran, statewire } from './run.ts';

beforeAll(() => {
  providePage();
});

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const HEADER: TraceHeader = {
  statewire: 1,
  version: '0',
  engine: 'compiled',
  seed: 1,
  configuration: {},
  inputs: [],
};

/** Where the run is shown that has said so. */
const liveUrl = (text: string): string => shownBy(/inspect this run at (\S+)/.exec(text)![1]!);

/** A run without a program. */
async function follow(limits: LiveLimits = {}) {
  let said = '';
  const io = {
    err(text: string) {
      said += text;
    },
  } as unknown as Io;
  const live = await LiveInspector.open(0, io, limits);
  cleanups.push(() => live.close());
  const trace = new Trace();
  live.follow(HEADER, trace);
  const say = (text: string): number => trace.add('client', 0, { kind: 'app', what: 'word', text });
  return { live, trace, say, url: liveUrl(said) };
}

/** Numbers of the events that have come. */
const numbers = (viewer: Viewer): number[] => viewer.events.map((line) => JSON.parse(line).n);
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
const isLast = (lines: readonly string[], n: number): boolean =>
  lines.at(-1)?.startsWith(`{"n":${n},`) === true;

describe('a viewer', () => {
  it('gets the header first, then events as they come, as text', async () => {
    const { say, url } = await follow();
    const viewer = new Viewer(url);
    await viewer.has('the header', (lines) => lines.length > 0);
    expect(JSON.parse(viewer.frames[0]!)).toEqual(HEADER);
    say('one');
    await viewer.has('the first event', (lines) => lines.length > 1);
    say('서울\n\u2028');
    say('three');
    await viewer.has('all events', (lines) => lines.length > 3);
    expect(viewer.binary).toBe(0);
    const { events } = parseTrace(viewer.lines);
    expect(events.map((event) => event.kind === 'app' && event.text)).toEqual([
      'one',
      '서울\n\u2028',
      'three',
    ]);
  });

  it('gets all from the beginning when it comes late, as the others do', async () => {
    const { say, url, live } = await follow();
    for (let i = 0; i < 5000; i++) say('x'.repeat(100));
    const viewers = [new Viewer(url), new Viewer(url)];
    for (const viewer of viewers) await viewer.has('5000 events', () => viewer.events.length === 5000);
    say('last');
    live.finish();
    viewers.push(new Viewer(url));
    for (const viewer of viewers) {
      await viewer.ended();
      expect(numbers(viewer)).toEqual(upTo(5001));
      expect(viewer.lines[0]).toBe(viewers[0]!.lines[0]);
      expect(viewer.lines.length).toBe(5003);
    }
  });

  it('is told how much was dropped, and gets the rest', async () => {
    const { live, say, url } = await follow({ kept: 1_000_000 });
    for (let i = 0; i < 30_000; i++) say('x'.repeat(100));
    live.finish();
    const viewer = new Viewer(url);
    await viewer.ended();
    const notice = viewer.frames[0]!.split('\n')[1]!;
    const { dropped } = JSON.parse(notice);
    expect(notice).toBe(`{"dropped":${dropped}}`);
    expect(numbers(viewer)).toEqual(upTo(30_000).slice(dropped));
    const bytes = Buffer.byteLength(viewer.events.join('\n'));
    expect(bytes).toBeLessThan(1_000_000);
    expect(bytes).toBeGreaterThan(500_000);
  });

  it('has everything, and a connection closed in order, when the program ends at once', async () => {
    const { live, say, url } = await follow();
    const viewer = new Viewer(url);
    await viewer.has('the header', (lines) => lines.length > 0);
    for (let i = 0; i < 40_000; i++) say('x'.repeat(100));
    await live.close();
    cleanups.pop();
    expect(await viewer.gone()).toBe(1000);
    expect(numbers(viewer)).toEqual(upTo(40_000));
    expect(viewer.lines.at(-1)).toBe('{"end":true}');
  });

  it('that does not read costs little, is sent away, and may come again', async () => {
    const { say, url } = await follow({ kept: 4_000_000 });
    const [slow, quick] = [new Viewer(url), new Viewer(url)];
    for (const viewer of [slow, quick]) await viewer.has('the header', (lines) => lines.length > 0);
    slow.socket.pause();
    let last = 0;
    for (let sent = 0; sent < 48_000_000; sent += 1_000_000) {
      for (let i = 0; i < 100; i++) last = say('x'.repeat(10_000));
      await until('what was said', () => isLast(quick.lines, last));
      await breathe();
    }
    expect(numbers(quick)).toEqual(upTo(last));
    slow.socket.resume();
    expect(await slow.gone()).toBe(1013);
    // What the two ends of a connection hold, and no more
    expect(slow.events.length * 10_000).toBeLessThan(24_000_000);
    expect(numbers(slow)).toEqual(upTo(slow.events.length));
    const again = new Viewer(url);
    await again.has('the newest', (lines) => isLast(lines, last));
    expect(again.lines[1]).toMatch(/^\{"dropped":\d+\}$/);
  });

  it('that never answers does not keep the program from ending', async () => {
    const { live, say, url } = await follow();
    const { hostname, port, pathname } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    cleanups.push(() => socket.destroy());
    const key = Buffer.alloc(16).toString('base64');
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    for (let i = 0; i < 2000; i++) say('x'.repeat(10_000));
    await live.close();
    cleanups.splice(0, 1);
  });
});

/** A demo that is shown; resolves when it says where. */
function showDemo(...argv: readonly string[]) {
  const stopping = new AbortController();
  let err = '';
  const over: Promise<Ran> = statewire(['demo', '--inspect', ...argv], {
    stop: stopping.signal,
    onErr: (text) => {
      err += text;
    },
  });
  const url = until('where it is shown', () => err.includes('\n')).then(() => liveUrl(err));
  return { over, url, stop: () => stopping.abort(130), said: (): string => err };
}

describe('statewire demo --inspect', () => {
  it('shows what --json does, with all seven commands, and stays until Ctrl-C', async () => {
    const demo = showDemo('--json', '--speed', 'max');
    const viewer = new Viewer(await demo.url);
    await viewer.ended();
    await until('that the run is over', () => demo.said().includes('until Ctrl-C'));
    const late = new Viewer(await demo.url);
    await late.ended();
    demo.stop();
    const { code, lines } = await demo.over;
    expect(code).toBe(0);
    expect(viewer.lines.slice(0, -1)).toEqual(lines.slice(0, -1));
    expect(late.lines).toEqual(viewer.lines);
    const { events } = parseTrace(viewer.lines.slice(0, -1));
    const commands = events.flatMap((event) =>
      event.kind === 'app' && event.what === 'command' ? [event.text] : [],
    );
    expect(commands).toEqual(seven.map(({ command }) => command));
    expect([await viewer.gone(), await late.gone()]).toEqual([1000, 1000]);
  });

  it('is paced by the clock unless told otherwise', async () => {
    const start = performance.now();
    const demo = showDemo('--quiet');
    const viewer = new Viewer(await demo.url);
    await until('an event', () => viewer.events.length > 0);
    demo.stop();
    const { code } = await demo.over;
    const wall = (performance.now() - start) / 1000;
    expect(code).toBe(130);
    const [, virtual] = /stopped after ([\d.]+) s of virtual time/.exec(demo.said())!;
    expect(Number(virtual)).toBeLessThanOrEqual(wall);
    await viewer.ended();
  });

  it('goes on when nobody reads stdout', async () => {
    const stopping = new AbortController();
    let viewer: Viewer | undefined;
    const { code } = await statewire(['demo', '--inspect', '--speed', 'max'], {
      unread: true,
      stop: stopping.signal,
      onErr: (text) => {
        if (text.includes('inspect this run')) viewer = new Viewer(liveUrl(text));
        if (text.includes('run is over')) void viewer!.ended().then(() => stopping.abort(130));
      },
    });
    expect(code).toBe(0);
  });

  it('takes a port, and says when it is taken', async () => {
    const { url } = await follow();
    const { port } = new URL(url);
    const { code, err } = await statewire(['demo', '--inspect', port]);
    expect([code, err]).toEqual([
      6,
      `statewire: the inspector cannot listen on port ${port}: somebody does already\n`,
    ]);
  });

  it.each([['x'], ['65536'], ['-1'], ['1.5']])('does not take the port %s', async (port) => {
    const { code, err } = await statewire(['demo', `--inspect=${port}`]);
    expect(code).toBe(2);
    expect(err).toContain(`--inspect: a port is a whole number from 0 to 65535, not '${port}'`);
  });

  it('is no comparison', async () => {
    const { code, err } = await statewire(['demo', '--compare', '--inspect']);
    expect(code).toBe(2);
    expect(err).toContain('--inspect');
  });
});

describe('--inspect of a program in real time', () => {
  it('shows a server and its client while they talk, and that they have ended', async () => {
    const pair = await udpPair();
    const server = await startServer(pair.server, '--inspect', '--quiet', '--json');
    const seen = new Viewer(liveUrl(server.err));
    await seen.has('the header', (lines) => lines.length > 0);
    expect(JSON.parse(seen.lines[0]!).configuration.program).toBe('server');
    const client = new Running(['client', '--channel', pair.client, '--inspect', '--exec', 'PUT,a,1']);
    await client.said('inspect this run at');
    const clientSeen = new Viewer(liveUrl(client.err));
    expect((await client.over).code).toBe(0);
    await seen.has('the answer', (lines) => lines.some((line) => line.includes('"text":"Success!"')));
    await server.end();
    await seen.ended();
    expect(await seen.gone()).toBe(1000);
    const { events } = parseTrace(seen.lines.slice(0, -1));
    expect(events.filter(({ kind }) => kind === 'receive').length).toBeGreaterThan(3);
    await clientSeen.gone();
    if (clientSeen.lines.length > 0) expect(clientSeen.lines.at(-1)).toBe('{"end":true}');
  });

  it('shows a network', async () => {
    const [a, b] = [await udpPair(), await udpPair()];
    const network = new Running(['network', '--a', a.server, '--b', b.server, '--inspect', '--quiet']);
    await network.said('inspect this run at');
    const viewer = new Viewer(liveUrl(network.err));
    const wire = await Wire.open(a.client);
    cleanups.push(() => wire.close());
    wire.ask(wire.host('10.0.0.1'));
    await viewer.has('a packet', (lines) => lines.some((line) => line.includes('"kind":"receive"')));
    expect(JSON.parse(viewer.lines[0]!).configuration.program).toBe('network');
    await network.end();
    await viewer.ended();
  });

  it('is nothing when the port is taken: no channel is left open', async () => {
    const { url } = await follow();
    const pair = await udpPair();
    const { port } = new URL(url);
    for (const argv of [
      ['server', '--channel', pair.server],
      ['network', '--a', pair.server, '--b', pair.client],
    ]) {
      const { code, err } = await statewire([...argv, '--inspect', port]);
      expect([code, err]).toEqual([6, expect.stringContaining(`cannot listen on port ${port}`)]);
    }
    const server = await startServer(pair.server);
    await server.end();
  });

  it('is let go when a channel cannot be opened', async () => {
    const { live, url } = await follow();
    const { port } = new URL(url);
    await live.close();
    cleanups.pop();
    const wrong = 'udp:192.0.2.1:9,127.0.0.1:9';
    for (const argv of [
      ['server', '--channel', wrong],
      ['network', '--a', wrong, '--b', (await udpPair()).client],
    ]) {
      const { code, err } = await statewire([...argv, '--inspect', port]);
      // And not that somebody listens already
      expect([code, err]).toEqual([6, expect.stringContaining('cannot open udp:192.0.2.1')]);
    }
    const again = await LiveInspector.open(Number(port), {} as Io);
    await again.close();
  });
});

describe('statewire demo --stately', () => {
  it("tells XState's inspector the connection's states in order", async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    cleanups.push(() => server.close());
    const messages: Record<string, never>[] = [];
    server.on('connection', (socket) =>
      socket.on('message', (data) => messages.push(JSON.parse(String(data)))),
    );
    await until('a port', () => server.address() !== null);
    const { port } = server.address() as { port: number };
    const argv = ['demo', '--json', '--profile', 'perfect', '--engine', 'xstate'];
    const { code, lines } = await statewire([...argv, '--stately', `ws://127.0.0.1:${port}`]);
    expect(code).toBe(0);
    const { events } = parseTrace(lines.slice(0, -1));
    expect(statesSeen(messages)).toEqual(statesIn(events));
  });

  it('needs the engine that has actors', async () => {
    const { code, err } = await statewire(['demo', '--stately']);
    expect([code, err]).toEqual([2, expect.stringContaining('--stately needs --engine xstate')]);
  });

  it('needs the ends to be in this thread', async () => {
    const { code, err } = await statewire(['demo', '--engine', 'xstate', '--stately', '--channel', 'udp']);
    expect([code, err]).toEqual([2, expect.stringContaining('--stately needs --channel memory')]);
  });

  it('says when there is no inspector', async () => {
    for (const url of ['ws://127.0.0.1:1', 'nonsense']) {
      const { code, err } = await statewire(['demo', '--engine', 'xstate', '--stately', url]);
      expect([code, err]).toEqual([6, expect.stringContaining(`--stately: no inspector at ${url}`)]);
    }
  });
});

const once = (state: string, i: number, all: readonly string[]): boolean => state !== all[i - 1];

/** The states that the connections' actors were seen in, each client's and server's. */
function statesSeen(messages: readonly Record<string, never>[]): string[][] {
  const actors = messages.filter(({ type, name }) => type === '@xstate.actor' && name === 'connection');
  return actors.map(({ sessionId }) =>
    messages
      .filter((message) => message.type === '@xstate.snapshot' && message.sessionId === sessionId)
      .map(({ snapshot }) => (snapshot as unknown as { value: string }).value)
      .filter(once),
  );
}

/** The same by the trace. */
function statesIn(events: ReturnType<typeof parseTrace>['events']): string[][] {
  return ['client', 'server'].map((name) => {
    const transitions = events.flatMap((event) =>
      event.kind === 'transition' && event.chart === 'connection' && event.end === name ? [event] : [],
    );
    return [transitions[0]!.from, ...transitions.map(({ to }) => to)].filter(once);
  });
}
