import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bothWays,
  checkLinkConfig,
  type DirectionConfig,
  Link,
  profileNamed,
  profiles,
} from '../../src/channel/index.ts';
import { anyConfig } from './drive.ts';

describe('profiles', () => {
  it('are the named ones, each valid and described in a line', () => {
    expect([...profiles.keys()]).toEqual([
      'perfect',
      'lan',
      'wifi',
      'mobile',
      'satellite',
      'lossy',
      'bufferbloat',
      'classroom',
    ]);
    for (const [name, profile] of profiles) {
      expect(profile.name).toBe(name);
      expect(profile.description).toMatch(/^[^\n]{10,80}$/);
      checkLinkConfig(profile.link);
      expect(JSON.parse(JSON.stringify(profile))).toEqual(profile);
    }
  });

  it('an unknown name is refused with the names there are', () => {
    expect(() => profileNamed('moon')).toThrow("no profile is called 'moon'; there are perfect, lan, wifi");
    expect(() => profileNamed('constructor')).toThrow(RangeError);
  });

  it('classroom is the student project that it repeats', () => {
    const { link, endpoint } = profileNamed('classroom');
    expect(endpoint).toEqual({ mss: 5, receiveBuffer: 15, arq: 'selective-repeat', window: 2 });
    expect(link.forward).toEqual(link.backward);
    expect(link.forward).toMatchObject({ corrupt: 0.1, slot: { interval: 100_000, packets: 1 } });
  });
});

describe('checkLinkConfig', () => {
  it('takes every configuration that the properties use', () => {
    fc.assert(fc.property(anyConfig, (config) => checkLinkConfig(config)));
  });

  const gilbertElliott = { goodSojourn: 1000, badSojourn: 1000, lossInGood: 0, lossInBad: 1 };
  it.each<[DirectionConfig, string]>([
    [{ rate: 0 }, 'forward.rate must be a whole number of bits per second from 1 to 1000000000000, not 0'],
    [{ rate: 1.5 }, 'forward.rate'],
    [{ queue: 0 }, 'forward.queue must be a whole number of packets from 1 to 1000000, not 0'],
    [{ loss: 1.5 }, 'forward.loss must be a probability from 0 to 1, not 1.5'],
    [{ loss: Number.NaN }, 'forward.loss must be a probability from 0 to 1'],
    [{ duplicate: -1 }, 'forward.duplicate'],
    [{ corrupt: 2 }, 'forward.corrupt'],
    [{ delay: -1 }, 'forward.delay must be a whole number of us from 0 to 86400000000, not -1'],
    [{ delay: 0.5 }, 'forward.delay'],
    [{ jitter: 3_000_000_000 }, 'forward.jitter'],
    [{ mtu: 0 }, 'forward.mtu'],
    [{ reorder: { probability: 2, by: 0 } }, 'forward.reorder.probability'],
    [{ reorder: { probability: 1, by: -1 } }, 'forward.reorder.by'],
    [{ slot: { interval: 0, packets: 1 } }, 'forward.slot.interval'],
    [{ slot: { interval: 1, packets: 0 } }, 'forward.slot.packets'],
    [{ gilbertElliott: { ...gilbertElliott, goodSojourn: 99 } }, 'forward.gilbertElliott.goodSojourn'],
    [{ gilbertElliott: { ...gilbertElliott, badSojourn: 0 } }, 'forward.gilbertElliott.badSojourn'],
    [{ gilbertElliott: { ...gilbertElliott, lossInGood: -1 } }, 'forward.gilbertElliott.lossInGood'],
    [{ gilbertElliott: { ...gilbertElliott, lossInBad: 2 } }, 'forward.gilbertElliott.lossInBad'],
    [{ distribution: [] }, 'forward.distribution'],
    [
      { distribution: [[0, 0.5]] },
      'forward.distribution must be a table whose probabilities add up to 1, not 0.5',
    ],
    [{ distribution: [[-1, 1]] }, 'forward.distribution[0] delay'],
    [{ distribution: [[0, 2]] }, 'forward.distribution[0] probability'],
    [{ jitter: 1, distribution: [[0, 1]] }, 'forward.jitter must be 0 beside a table'],
    [{ outages: [{ start: -1, end: 2 }] }, 'forward.outages[0].start'],
    [{ outages: [{ start: 2, end: 2 }] }, 'forward.outages[0].end must be after its start 2, not 2'],
    [
      {
        outages: [
          { start: 1, end: 2 },
          { start: 2, end: 3 },
        ],
      },
      'forward.outages[1].start must be after the end 2 of the one before, not 2',
    ],
  ])('refuses %j', (direction, complaint) => {
    expect(() => checkLinkConfig({ forward: direction, backward: {} })).toThrow(complaint);
    expect(() => checkLinkConfig({ forward: {}, backward: direction })).toThrow('backward.');
    expect(() => new Link({ config: bothWays(direction), seed: 1 })).toThrow(RangeError);
  });

  it('refuses a distribution of an unknown name', () => {
    const distribution = 'pareto' as 'normal';
    expect(() => checkLinkConfig(bothWays({ distribution }))).toThrow(`not "pareto"`);
  });
});
