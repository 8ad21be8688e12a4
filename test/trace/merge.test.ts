/** A run is taken apart, as if each end and the network had been a process, and laid together again. */
import { describe, expect, test } from 'vitest';
import { Demo } from '../../src/app/demo.ts';
import { seven } from '../../src/app/seven.ts';
import { profileNamed } from '../../src/channel/profiles.ts';
import { engineNamed } from '../../src/chart/index.ts';
import type { TraceEvent, TraceHeader } from '../../src/trace/event.ts';
import { mergeTraces, type TracePart } from '../../src/trace/merge.ts';
import { Trace } from '../../src/trace/trace.ts';

function runOf(profile: string, seed: number): TraceEvent[] {
  const { link, endpoint } = profileNamed(profile);
  const events: TraceEvent[] = [];
  const trace = new Trace();
  trace.listen((event) => events.push(event));
  new Demo({
    seed,
    link,
    engine: engineNamed('compiled'),
    tcp: endpoint,
    commands: seven,
    trace,
  }).run();
  return events;
}

const header = (program: string, start: number): TraceHeader => ({
  statewire: 1,
  version: '0',
  engine: 'compiled',
  seed: 1,
  start,
  configuration: { program },
  inputs: [program],
});

/** One process's events: numbered by itself, in its own time, knowing nothing of what others did. */
class Process {
  readonly #numbers = new Map<number, number>();
  readonly events: TraceEvent[] = [];
  readonly header: TraceHeader;
  readonly #delay: number;

  constructor(program: string, delay: number) {
    this.header = header(program, 1_000_000 + delay / 1000);
    this.#delay = delay;
  }

  add(event: TraceEvent): number {
    const n = this.events.length + 1;
    this.#numbers.set(event.n, n);
    const cause = this.#numbers.get(event.cause) ?? 0;
    // Its clock began later: what was before has no place in this test
    this.events.push({ ...event, n, cause, t: event.t - this.#delay });
    return n;
  }
}

/** The run as the two ends and a network would have written it. */
function apart(events: readonly TraceEvent[]): TracePart[] {
  const [client, server, network] = [
    new Process('client', 0),
    new Process('server', -3000),
    new Process('network', -5000),
  ];
  const came = new Map<number, number>();
  for (const event of events) {
    const own = event.end === 'client' ? client : event.end === 'server' ? server : network;
    if (event.kind === 'link') network.add({ ...event, packet: came.get(event.packet)! });
    else if (event.kind === 'receive') {
      // It goes out of the network as it arrives
      const out = event.end === 'client' ? 'a' : 'b';
      network.add({ ...event, n: -event.n, end: out, packet: came.get(event.packet)! });
      own.add({ ...event, packet: 0, cause: 0 });
    } else own.add(event.kind === 'discard' ? { ...event, packet: 0 } : event);
    if (event.kind !== 'send') continue;
    const { n, t, bytes } = event;
    const end = event.end === 'client' ? 'a' : 'b';
    // Numbered by the process itself: what the link did names this event
    came.set(n, network.add({ n: -n, t, end, cause: 0, kind: 'receive', packet: 0, bytes }));
  }
  return [client, server, network].map(({ header, events }) => ({ header, events }));
}

/** What is said of packets, by the order in which they were sent. */
function story(events: readonly TraceEvent[]): string[] {
  const names = new Map<number, number>();
  const lines: string[] = [];
  for (const event of events) {
    if (event.kind === 'send') names.set(event.n, names.size + 1);
    if (event.kind === 'send') lines.push(`${event.t} ${event.end} sends ${names.get(event.n)}`);
    if (event.kind === 'link') lines.push(`${event.t} ${names.get(event.packet)} ${event.what}`);
    if (event.kind === 'receive' && event.end.length > 1)
      lines.push(`${event.t} ${event.end} gets ${names.get(event.packet)}`);
    if (event.kind === 'discard') lines.push(`${event.t} ${event.end} drops ${names.get(event.packet)}`);
  }
  return lines.sort();
}

describe('merged traces', () => {
  test.each([
    ['classroom', 1],
    // Not 5: there both ends send at one microsecond, in an order that nobody can know
    ['classroom', 6],
    ['lossy', 2],
    ['lossy', 4],
  ])('of %s, seed %i, tell each packet’s way as the whole run did', (profile, seed) => {
    const whole = runOf(profile, seed);
    expect(whole.filter(({ kind }) => kind === 'discard').length).toBeGreaterThan(0);
    const { events, header } = mergeTraces(apart(whole));
    expect(story(events)).toEqual(story(whole.map((event) => ({ ...event, t: event.t + 5000 }))));
    expect(header.configuration).toEqual({
      parts: [{ program: 'client' }, { program: 'server' }, { program: 'network' }],
    });
    expect(header.start).toBe(999_995);
  });

  test('are numbered from 1, in order of time, and causes come before what they bring about', () => {
    const { events } = mergeTraces(apart(runOf('lossy', 3)));
    expect(events.map(({ n }) => n)).toEqual(events.map((_, i) => i + 1));
    expect(events.every((event, i) => i === 0 || events[i - 1]!.t <= event.t)).toBe(true);
    expect(events.every(({ n, cause }) => cause < n)).toBe(true);
    const arrivals = events.filter(({ kind, end }) => kind === 'receive' && end.length > 1);
    const causes = arrivals.map(({ cause }) => events[cause - 1]);
    expect(causes.every((event) => event?.kind === 'receive' && /^[ab]$/.test(event.end))).toBe(true);
    const before = causes.map((event) => events[event!.cause - 1]);
    expect(before.every((event) => event?.kind === 'link' && event.what === 'delivered')).toBe(true);
  });

  test('without a network: packets go from end to end', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const segment = {
      source: '',
      destination: '',
      flags: 'S',
      seq: 0,
      ack: 0,
      window: 0,
      length: 0,
    };
    const a: TraceEvent = {
      n: 1,
      t: 10,
      end: 'client',
      cause: 0,
      kind: 'send',
      connection: 1,
      why: 'open',
      segment,
      bytes,
    };
    const b: TraceEvent = { n: 1, t: 5, end: 'client', cause: 0, kind: 'receive', packet: 0, bytes };
    const parts = [
      { header: header('client', 7), events: [a] },
      { header: header('client', 7.01), events: [b, { ...b, n: 2 }] },
    ];
    expect(mergeTraces(parts).events).toEqual([
      a,
      { ...b, n: 2, t: 15, end: 'client 2', packet: 1, cause: 1 },
      { ...b, n: 3, t: 15, end: 'client 2' },
    ]);
  });
});
