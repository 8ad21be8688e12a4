/** The playground: the same inputs give the same run, byte for byte, and what is changed changes nothing before it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Playground } from '../../src/app/playground.ts';
import { inputText, type PlaygroundAction, parseInput } from '../../src/app/playgroundInput.ts';
import { recipeOf } from '../../src/app/playgroundRerun.ts';
import {
  CLASSROOM,
  configurationOf,
  needsRestart,
  type PlaygroundSettings,
  partsOf,
  settingsIn,
} from '../../src/app/playgroundSettings.ts';
import { WhatIf, type WhatIfChange } from '../../src/app/playgroundWhatIf.ts';
import { seven } from '../../src/app/seven.ts';
import { profiles } from '../../src/channel/profiles.ts';
import type { TraceEvent, TraceHeader } from '../../src/trace/event.ts';
import { eventLine, headerLine } from '../../src/trace/json.ts';
import { TraceParser } from '../../src/trace/jsonParse.ts';
import { Trace } from '../../src/trace/trace.ts';

const LAN: PlaygroundSettings = { ...CLASSROOM, profile: 'lan', delay: [5000, 5000], mss: 100 };
const LOSSY: PlaygroundSettings = { ...CLASSROOM, profile: 'lossy', mss: 50, seed: 3 };

interface Played {
  readonly playground: Playground;
  readonly events: TraceEvent[];
}

function play(settings: PlaygroundSettings, inputs: Playground['inputs'] = []): Played {
  const trace = new Trace();
  const events: TraceEvent[] = [];
  trace.listen((event) => events.push(event));
  return { playground: new Playground({ settings, inputs, trace }), events };
}

function finish({ playground, events }: Played): TraceEvent[] {
  while (playground.step());
  return events;
}

const lines = (events: readonly TraceEvent[]): string[] => events.map(eventLine);
const words = (events: readonly TraceEvent[], what: string): string[] =>
  events.flatMap((event) => (event.kind === 'app' && event.what === what ? [event.text] : []));

function commands(texts: readonly string[], playground: Playground): void {
  for (const text of texts) playground.act({ kind: 'command', text });
}

/** What the seven inputs come to over a link. */
function sevenOver(settings: PlaygroundSettings): Played {
  const run = play(settings);
  commands(
    seven.map(({ command }) => command),
    run.playground,
  );
  run.playground.act({ kind: 'close' });
  finish(run);
  return run;
}

describe('a playground', () => {
  it.each([
    ['classroom', CLASSROOM],
    ['lan', LAN],
    ['lossy', LOSSY],
    ['perfect', { ...CLASSROOM, profile: 'perfect' }],
  ])('answers the seven inputs over %s', (_name, settings) => {
    const { events } = sevenOver(settings);
    expect(words(events, 'answer')).toEqual(seven.map(({ answer }) => answer));
  });

  it('keeps its connection between commands, and opens another after it was closed', () => {
    const run = play(LAN);
    commands(['PUT,a,1'], run.playground);
    finish(run);
    commands(['GET,a'], run.playground);
    finish(run);
    run.playground.act({ kind: 'close' });
    commands(['LIST'], run.playground);
    finish(run);
    expect(words(run.events, 'answer')).toEqual(['Success!', '1', '[a,1]']);
    const opened = run.events.filter((event) => event.kind === 'call' && event.call === 'OPEN');
    expect(new Set(opened.map((event) => 'connection' in event && event.connection)).size).toBe(
      opened.length,
    );
    const syns = run.events.filter((event) => event.kind === 'send' && event.segment.flags === 'S');
    expect(syns).toHaveLength(2);
  });

  it('sends files, made up or one’s own', () => {
    const run = play(LOSSY);
    run.playground.act({ kind: 'file', name: 'made.bin', size: 3000 });
    run.playground.act({ kind: 'file', name: 'own.txt', size: 3, bytes: new Uint8Array([1, 2, 3]) });
    finish(run);
    expect(words(run.events, 'file received').toSorted()).toEqual([
      'made.bin: complete, 3000 bytes',
      'own.txt: complete, 3 bytes',
    ]);
  });

  it('changes the link while packets are under way, which arrive all the same', () => {
    const run = play(LAN);
    commands(['PUT,a,1'], run.playground);
    while (run.playground.now() < 5000) run.playground.step();
    run.playground.act({ kind: 'link', settings: { ...LAN, delay: [100_000, 100_000] } });
    finish(run);
    expect(run.events.filter(({ kind }) => kind === 'receive')).toHaveLength(
      run.events.filter(({ kind }) => kind === 'send').length,
    );
    const delays = run.events.flatMap((e) => (e.kind === 'link' && e.what === 'delayed' ? [e.by] : []));
    expect(new Set(delays)).toEqual(new Set([5000, 100_000]));
    expect(words(run.events, 'answer')).toEqual(['Success!']);
    expect(run.events.some((event) => event.kind === 'link' && event.what === 'lost')).toBe(false);
  });

  it('goes on counting for a rule when something else of the link changes', () => {
    // Data of the client's: the commands, one segment each
    const rule = 'drop client>server data 3';
    const run = play({ ...LAN, faults: [rule] });
    for (const [i, delay] of [6000, 7000, 8000, 9000, 10_000].entries()) {
      commands(['GET,a'], run.playground);
      finish(run);
      run.playground.act({ kind: 'link', settings: { ...LAN, faults: [rule], delay: [delay, delay] } });
      finish(run);
      const dropped = run.events.flatMap((e) => (e.kind === 'link' && e.what === 'lost' ? [e.reason] : []));
      expect(dropped).toEqual(i < 2 ? [] : ['fault']);
    }
  });

  it('begins to count anew for a rule that was taken away', () => {
    const rule = 'drop client>server data 1';
    const run = play({ ...LAN, faults: [rule] });
    for (const faults of [[], [rule]]) {
      commands(['GET,a'], run.playground);
      finish(run);
      run.playground.act({ kind: 'link', settings: { ...LAN, faults } });
    }
    commands(['GET,a'], run.playground);
    finish(run);
    expect(run.events.filter((event) => event.kind === 'link' && event.what === 'lost')).toHaveLength(2);
  });

  it('closes its connection when told to, in order', () => {
    const run = play(LAN);
    commands(['GET,a'], run.playground);
    run.playground.act({ kind: 'close' });
    finish(run);
    const states = run.events.flatMap((e) =>
      e.kind === 'transition' && e.chart === 'connection' ? [e.to] : [],
    );
    expect(states.filter((state) => state === 'CLOSED')).toHaveLength(2);
    expect(states).toContain('TIME_WAIT');
  });

  it('says what it cannot do, and does nothing then', () => {
    const { playground } = play(LAN);
    const refuse = (action: PlaygroundAction, why: RegExp): void => {
      expect(() => playground.act(action)).toThrow(why);
      expect(playground.inputs).toHaveLength(0);
    };
    refuse({ kind: 'command', text: 'PUT,"a' }, /quote/);
    refuse({ kind: 'command', text: 'LIST\nLIST' }, /line end/);
    refuse({ kind: 'file', name: 'x', size: 1e9 }, /bytes/);
    refuse({ kind: 'file', name: 'x', size: 4_000_000 }, /segments/);
    refuse({ kind: 'file', name: '../x', size: 1 }, /called/);
    refuse({ kind: 'link', settings: { ...LAN, mss: 5 } }, /new run/);
    refuse({ kind: 'link', settings: { ...LAN, loss: [2, 2] } }, /probability/);
    expect(() => play({ ...LAN, profile: 'moon' })).toThrow(/moon/);
  });

  it('knows which settings need a new run', () => {
    expect(needsRestart(LAN, { ...LAN, loss: [0.5, 0] })).toBe(false);
    expect(needsRestart(LAN, { ...LAN, seed: 2 })).toBe(true);
    expect(needsRestart(LAN, { ...LAN, knobs: { sack: false } })).toBe(true);
  });
});

/** Things a person may do, and how many steps of the run pass before each. */
const doings = fc.array(
  fc.tuple(
    fc.nat(60),
    fc.oneof(
      fc
        .constantFrom('PUT,a,1', 'GET,a', 'LIST', 'DELETE,a', 'what')
        .map((text) => ({ kind: 'command', text }) as const),
      fc.constant({ kind: 'close' } as const),
      fc.nat(600).map((size) => ({ kind: 'file', name: 'f', size }) as const),
      fc
        .tuple(fc.constantFrom(0, 0.1, 0.3), fc.constantFrom(0, 1000, 30_000))
        .map(([p, d]) => ({ kind: 'link', settings: { ...LOSSY, loss: [p, 0], delay: [d, d] } }) as const),
    ),
  ),
  { maxLength: 8 },
);

function live(steps: readonly (readonly [number, PlaygroundAction])[]): Played {
  const run = play(LOSSY);
  for (const [pause, action] of steps) {
    for (let i = 0; i < pause; i++) run.playground.step();
    const { nextTimeout } = run.playground;
    // A person may act between two things that are due
    const now = run.playground.now();
    run.playground.act(action, nextTimeout === Infinity ? now : now + Math.floor((nextTimeout - now) / 2));
  }
  return run;
}

describe('a run again', () => {
  it('is the same, byte for byte, whatever was done when', () => {
    fc.assert(
      fc.property(doings, (steps) => {
        const run = live(steps);
        finish(run);
        const again = finish(play(LOSSY, run.playground.inputs));
        expect(lines(again)).toEqual(lines(run.events));
      }),
      { numRuns: 30 },
    );
  });

  it('can be had from the header of its trace', () => {
    fc.assert(
      fc.property(doings, (steps) => {
        const run = live(steps);
        finish(run);
        const parser = new TraceParser();
        parser.push(headerLine(run.playground.header('0.1.0')));
        const recipe = recipeOf(parser.header!);
        expect(recipe.kind).toBe('playground');
        if (recipe.kind !== 'playground') return;
        expect(lines(finish(play(recipe.settings, recipe.inputs)))).toEqual(lines(run.events));
      }),
      { numRuns: 10 },
    );
  });

  it('reads inputs as it writes them', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string(), (at, text) => {
        const input = { at, action: { kind: 'command', text } } as const;
        expect(parseInput(inputText(input))).toEqual(input);
      }),
    );
    const own = { kind: 'file', name: 'x', size: 1, bytes: new Uint8Array(1) } as const;
    expect(() => parseInput(inputText({ at: 0, action: own }))).toThrow(/not in the trace/);
    expect(() => parseInput('hello')).toThrow(RangeError);
  });
});

interface Both {
  readonly before: TraceEvent[];
  readonly after: TraceEvent[];
}

function whatIf(run: Played, change: WhatIfChange): Both {
  const both: Both = { before: [], after: [] };
  const recipe = recipeOf(run.playground.header('0.1.0'));
  const work = new WhatIf({
    recipe,
    change,
    before: (event) => both.before.push(event),
    after: (event) => both.after.push(event),
  });
  while (!work.work(() => true));
  expect(work.cut).toBe(false);
  return both;
}

describe('what if', () => {
  it('nothing changes: nothing changes', () => {
    const run = sevenOver(LOSSY);
    const { before, after } = whatIf(run, { settings: LOSSY });
    expect(lines(before)).toEqual(lines(run.events));
    expect(lines(after)).toEqual(lines(run.events));
  });

  it('a packet is dropped, corrupted, doubled or held up: nothing changes before it, and that very packet meets it', () => {
    const run = sevenOver(LOSSY);
    const sends = run.events.filter((event) => event.kind === 'send');
    const actions = ['drop', 'corrupt', 'duplicate', 'delay'] as const;
    for (const [i, { n }] of sends.entries()) {
      if (i % 5 !== 0) continue;
      const action = actions[(i / 5) % 4]!;
      const { before, after } = whatIf(run, { packet: n, action, delay: action === 'delay' ? 77_000 : 0 });
      expect(lines(before)).toEqual(lines(run.events));
      // Event n is the packet's own
      expect(lines(after.slice(0, n))).toEqual(lines(before.slice(0, n)));
      if (action !== 'drop') continue;
      const fate = after.find(
        (event) => event.kind === 'link' && event.packet === n && event.what === 'lost',
      );
      expect(fate).toMatchObject({ what: 'lost', reason: 'fault' });
    }
  });

  it('after the link has changed as well', () => {
    const run = play(LAN);
    commands(['PUT,a,1', 'GET,a'], run.playground);
    finish(run);
    run.playground.act({ kind: 'link', settings: { ...LAN, delay: [9000, 9000] } });
    commands(['LIST'], run.playground);
    finish(run);
    const last = run.events.findLast(
      (event) => event.kind === 'send' && event.end === 'client' && event.segment.length > 0,
    )!;
    const { after } = whatIf(run, { packet: last.n, action: 'drop', delay: 0 });
    const lost = after.filter((event) => event.kind === 'link' && event.what === 'lost');
    expect(lost).toMatchObject([{ packet: last.n, reason: 'fault' }]);
    expect(words(after, 'answer')).toEqual(['Success!', '1', '[a,1]']);
  });

  it('a packet that is not in the run', () => {
    expect(() => whatIf(sevenOver(LAN), { packet: 999_999, action: 'drop', delay: 0 })).toThrow(/999999/);
  });

  it('runs that cannot be had again say why', () => {
    const header = sevenOver(LAN).playground.header('0.1.0');
    expect(() => recipeOf({ ...header, start: 5 })).toThrow(/real time/);
    expect(() => recipeOf({ ...header, configuration: {} })).toThrow(/no settings/);
    for (const playground of [null, 5, { profile: 7 }, { ...LAN, faults: 3 }])
      expect(() => recipeOf({ ...header, configuration: { playground } })).toThrow(RangeError);
    for (const link of [null, 5, { forward: 3 }])
      expect(() => recipeOf({ ...header, configuration: { link, tcp: 3, faults: [7] } })).toThrow(RangeError);
  });
});

describe("a demo's settings, from the header of its trace", () => {
  /** The header of a demo with these settings, written and read again. */
  const headerOf = (settings: PlaygroundSettings): TraceHeader => {
    const { playground: _, ...configuration } = configurationOf(settings);
    const header = { statewire: 1, version: '0', engine: 'compiled', seed: settings.seed, inputs: [] };
    const parser = new TraceParser();
    parser.push(headerLine({ ...header, configuration } as TraceHeader));
    return parser.header!;
  };

  it.each([...profiles.keys()])('of %s are the profile and nothing over it', (profile) => {
    const settings = { profile, faults: [], seed: 7, stack: 'linux' } as const;
    expect(settingsIn(headerOf(settings))).toEqual(settings);
  });

  it('are what was set over the profile, and come to the same', () => {
    const settings: PlaygroundSettings = {
      profile: 'lossy',
      faults: ['drop client>server data 3'],
      seed: 5,
      stack: 'freebsd',
      arq: 'go-back-n',
      mss: 100,
      loss: [0.1, 0],
      delay: [20_000, 30_000],
      reorder: [0.25, 0.25],
      ecnThreshold: [5, 5],
      knobs: { nagle: false, window: 4 },
    };
    const found = settingsIn(headerOf(settings));
    expect(found).toEqual(settings);
    expect(partsOf(found)).toEqual(partsOf(settings));
  });

  it('of a link that cannot be set here are an error', () => {
    const { configuration, ...header } = headerOf({ ...CLASSROOM, profile: 'lan' });
    const link = configuration.link as { forward: object };
    const other = { ...link, forward: { ...link.forward, outages: [{ from: 0, to: 1000 }] } };
    expect(() => settingsIn({ ...header, configuration: { ...configuration, link: other } })).toThrow(
      'its link is none that can be set here',
    );
    expect(() => settingsIn({ ...header, configuration: {} })).toThrow('has no settings of a demo');
  });
});
