/**
 * Links with a name: what each sets on both directions, and at the ends where the name promises that too.
 * Flags given besides go over a profile: merging is the caller's business.
 */
import { bothWays, type DirectionConfig, type LinkConfig } from './config.ts';

export {
  bothWays,
  checkLinkConfig,
  type DelayTable,
  type DirectionConfig,
  type GilbertElliott,
  type LinkConfig,
  type Outage,
} from './config.ts';

/** What a profile sets at both ends of the connection. What is absent keeps its default. */
export interface EndpointSettings {
  /** bytes */
  readonly mss?: number;
  /** bytes */
  readonly receiveBuffer?: number;
  readonly arq?: 'tcp' | 'selective-repeat' | 'go-back-n';
  /** A fixed window, in segments. */
  readonly window?: number;
}

export interface Profile {
  readonly name: string;
  /** One line. */
  readonly description: string;
  readonly link: LinkConfig;
  readonly endpoint: EndpointSettings;
}

const MS = 1000;
const SECOND = 1_000_000;
const MBIT = 1_000_000;

/** A tick of the student project that `classroom` repeats. */
const TICK = 100 * MS;

const classroom: DirectionConfig = {
  corrupt: 0.1,
  distribution: [
    [0, 0.5],
    [1 * TICK, 0.3],
    [3 * TICK, 0.15],
    [6 * TICK, 0.04],
    [10 * TICK, 0.01],
  ],
  slot: { interval: TICK, packets: 1 },
};

const lossy: DirectionConfig = {
  loss: 0.2,
  duplicate: 0.05,
  corrupt: 0.1,
  delay: 10 * MS,
  reorder: { probability: 0.2, by: 15 * MS },
};

const wifi: DirectionConfig = {
  rate: 50 * MBIT,
  queue: 300,
  loss: 0.001,
  gilbertElliott: { goodSojourn: 2 * SECOND, badSojourn: 30 * MS, lossInGood: 0, lossInBad: 0.3 },
  delay: 1 * MS,
  // Frames are sent in bunches, so jitter comes without reordering.
  slot: { interval: 2 * MS, packets: 32 },
};

const mobile: DirectionConfig = {
  rate: 5 * MBIT,
  queue: 300,
  gilbertElliott: { goodSojourn: 5 * SECOND, badSojourn: 200 * MS, lossInGood: 0.0005, lossInBad: 0.2 },
  delay: 35 * MS,
  slot: { interval: 5 * MS, packets: 64 },
};

const satellite: DirectionConfig = { rate: 3 * MBIT, queue: 500, loss: 0.001, delay: 270 * MS };

const bufferbloat: DirectionConfig = { rate: 1 * MBIT, queue: 1000, delay: 10 * MS };

const table: readonly Profile[] = [
  {
    name: 'perfect',
    description: 'no delay, no loss, no limit',
    link: bothWays({}),
    endpoint: {},
  },
  {
    name: 'lan',
    description: '1 Gbit/s, 0.1 ms one way',
    link: bothWays({ rate: 1000 * MBIT, queue: 1000, delay: 100 }),
    endpoint: {},
  },
  {
    name: 'wifi',
    description: '50 Mbit/s in bunches every 2 ms, short bad spells',
    link: bothWays(wifi),
    endpoint: {},
  },
  {
    name: 'mobile',
    description: '5 Mbit/s up, 30 Mbit/s down, 35 ms one way, bad spells of 0.2 s',
    link: { forward: mobile, backward: { ...mobile, rate: 30 * MBIT } },
    endpoint: {},
  },
  {
    name: 'satellite',
    description: '3 Mbit/s up, 50 Mbit/s down, 270 ms one way, 0.1 % loss',
    link: { forward: satellite, backward: { ...satellite, rate: 50 * MBIT } },
    endpoint: {},
  },
  {
    name: 'lossy',
    description: '20 % loss, 10 % corruption, 20 % reordering, 5 % duplication each way',
    link: bothWays(lossy),
    endpoint: {},
  },
  {
    name: 'bufferbloat',
    description: '1 Mbit/s up, 10 Mbit/s down, behind queues of 1000 packets',
    link: { forward: bufferbloat, backward: { ...bufferbloat, rate: 10 * MBIT } },
    endpoint: {},
  },
  {
    name: 'classroom',
    description: 'ticks of 100 ms, one packet each, delays of 0 to 10 ticks, 10 % corrupted, MSS 5',
    link: bothWays(classroom),
    endpoint: { mss: 5, receiveBuffer: 15, arq: 'selective-repeat', window: 2 },
  },
];

/** The profiles under their names. */
export const profiles: ReadonlyMap<string, Profile> = new Map(
  table.map((profile) => [profile.name, profile]),
);

/** The profile of that name; throws a RangeError that lists the names there are. */
export function profileNamed(name: string): Profile {
  const profile = profiles.get(name);
  if (profile === undefined) {
    throw new RangeError(`no profile is called '${name}'; there are ${[...profiles.keys()].join(', ')}`);
  }
  return profile;
}
