/** What a search remembers of a step is what the step does; what is told of a path is what happens on it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CheckOptions, type Move, scriptEnd, scriptOf, tell } from '../../src/check/index.ts';
import { placeText } from '../../src/check/key.ts';
import { Story } from '../../src/check/story.ts';
import { Workshop } from '../../src/check/workshop.ts';
import { parseScript, runScript } from '../../src/packetdrill/index.ts';
import { MANY, options, pathOf, told, walk } from './walk.ts';

const choices = fc.array(fc.nat(20), { minLength: 5, maxLength: 60 });
const settings = fc.record({
  window: fc.constantFrom(1, 2, 4),
  slow: fc.boolean(),
  sack: fc.boolean(),
  delayedAck: fc.constantFrom(0, 40),
  // So that it matters how long a round trip took, and when a segment was first sent
  minimumRto: fc.constantFrom(0, 200),
  userTimeout: fc.constantFrom(0, 500),
  challengeAckLimit: fc.constantFrom(1, 1000),
});

function given({ window, slow, ...tcp }: typeof settings extends fc.Arbitrary<infer T> ? T : never) {
  return options(MANY, { window, slow, tcp });
}

describe('a workshop', () => {
  test('remembers of a step what the step does: paths gone before change nothing', () => {
    fc.assert(
      fc.property(settings, fc.array(choices, { minLength: 2, maxLength: 6 }), (setting, paths) => {
        const all = given(setting);
        const shared = new Workshop(all);
        for (const path of paths) {
          const fresh = pathOf(all, path);
          let world = shared.start();
          fresh.moves.forEach((move, i) => {
            world = shared.after(world, move);
            expect(told(world)).toEqual(told(fresh.worlds[i + 1]!));
          });
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Where hosts that run on, and are never taken apart, are at the end of a path. */
function endOf(all: CheckOptions, moves: readonly Move[]): object {
  const story = new Story(all);
  for (const move of moves) story.play(move);
  return {
    texts: story.places().map(({ host, user }) => placeText(host, user, story.now)),
    wires: story.wires.map((wire) => wire.map(({ bytes }) => bytes.join())),
  };
}

describe('what is told of a path', () => {
  test('ends where the search ends', () => {
    fc.assert(
      fc.property(settings, choices, (setting, path) => {
        const all = given(setting);
        const { moves, worlds } = pathOf(all, path);
        expect(told(worlds[worlds.length - 1]!)).toMatchObject(endOf(all, moves));
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    ['without faults', [], {}],
    ['with a lost SYN and a lost FIN', ['lose', 'lose'] as const, {}],
    ['with two duplicates', ['duplicate', 'duplicate'] as const, {}],
    ['with an overtaking', ['overtake'] as const, {}],
    ['with users who read late', ['read', 'user', 'user', 'read'] as const, { slow: true }],
  ])('%s: each end’s script passes as packetdrill', (_, faults, more) => {
    const all = options(MANY, more);
    const events = tell(all, walk(faults, all));
    expect(events.filter((event) => event.kind === 'call' && event.call === 'SEND')).toHaveLength(3);
    for (const side of [0, 1] as const) {
      const script = scriptOf(events, scriptEnd(all, side));
      expect(() => runScript(parseScript(script, 'story')), script).not.toThrow();
    }
  });

  test('a path that cannot be gone to its end is told as far as it goes', () => {
    const events = tell(options(), [{ kind: 'user', side: 0 }]);
    expect(events.some(({ kind }) => kind === 'send')).toBe(true);
  });
});
