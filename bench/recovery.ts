/**
 * Goodput over an impaired link, in virtual time, beside what Linux 6.18 reached over the same kind of link: one way,
 * bulk, a queue first, then loss in each direction, MTU 1500, SACK and timestamps on (docs/recovery.md).
 *
 * SEEDS=20 for the number of runs whose median is shown; ROWS=text for the rows that contain it; ALGORITHMS=a,b.
 */
import type { DirectionConfig } from '../src/channel/config.ts';
import type { TcpConfig } from '../src/tcp/config.ts';
import { type Figure, median } from './figure.ts';
import { type FlowResult, jain, runFlows } from './flows.ts';

const SEEDS = Number(process.env.SEEDS ?? 20);
const ROWS = process.env.ROWS ?? '';
const ALGORITHMS = (process.env.ALGORITHMS ?? 'cubic,newreno').split(',') as TcpConfig['congestion'][];
/** The receiver's buffer tunes itself, as Linux's did; the sender's must hold any window. */
const LARGE: Partial<TcpConfig> = { sendBuffer: 4 << 20 };

/** Mbit/s by Linux, in the order CUBIC, Reno, BBR. */
type Row = readonly [name: string, impairment: DirectionConfig, linux: readonly [number, number, number]];

const burst = (share: number): DirectionConfig => ({
  gilbertElliott: {
    goodSojourn: Math.round((6000 * (1 - share)) / share),
    badSojourn: 6000,
    lossInGood: 0,
    lossInBad: 1,
  },
});

const late: DirectionConfig = { reorder: { probability: 0.1, by: 5000 } };

interface Path {
  readonly name: string;
  readonly link: DirectionConfig;
  readonly seconds: number;
  readonly rows: readonly Row[];
}

export const paths: readonly Path[] = [
  {
    name: '10 Mbit/s, 40 ms, queue 100',
    link: { rate: 10e6, delay: 20_000, queue: 100 },
    seconds: 10,
    rows: [
      ['no loss', {}, [9.55, 9.55, 9.55]],
      ['0.1 %', { loss: 0.001 }, [9.33, 8.5, 9.54]],
      ['1 %', { loss: 0.01 }, [3.23, 3.47, 9.24]],
      ['3 %', { loss: 0.03 }, [1.36, 1.55, 9.21]],
      ['5 %', { loss: 0.05 }, [0.97, 1.1, 8.97]],
      ['10 % late by 5 ms', late, [9.54, 9.54, 9.55]],
      ['10 % corrupted', { corrupt: 0.1 }, [0.56, 0.6, 8.3]],
      ['bursts of 6 ms, 1 %', burst(0.01), [7.67, 7.63, 9.25]],
      ['bursts of 6 ms, 3 %', burst(0.03), [3.8, 3.7, 9.13]],
    ],
  },
  {
    name: '100 Mbit/s, 20 ms, queue 500',
    link: { rate: 100e6, delay: 10_000, queue: 500 },
    seconds: 10,
    rows: [
      ['no loss', {}, [95.1, 95.2, 95.1]],
      ['0.1 %', { loss: 0.001 }, [22.1, 24.1, 94.9]],
      ['1 %', { loss: 0.01 }, [6.3, 7.0, 93.3]],
      ['10 % late by 5 ms', late, [93.9, 76.1, 94.8]],
    ],
  },
];

/** Whose column of a row is beside an algorithm. */
export const column = { cubic: 0, newreno: 1, bbr: 2, bbr3: 2 } as Readonly<Record<string, number>>;

function middle(results: readonly FlowResult[], of: (result: FlowResult) => number): number {
  return median(results.map(of));
}

function seeds(run: (seed: number) => FlowResult): FlowResult[] {
  return Array.from({ length: SEEDS }, (_, i) => run(i + 1));
}

function pathFigures({ name, link, seconds, rows }: Path): Figure[] {
  const figures: Figure[] = [];
  for (const [row, impairment, linux] of rows) {
    if (!`${name} ${row}`.includes(ROWS)) continue;
    for (const congestion of ALGORITHMS) {
      const results = seeds(
        (seed) =>
          runFlows({
            ...{ link: { ...link, ...impairment }, seed, seconds },
            ...{ senders: [{ ...LARGE, congestion }] },
          })[0] as FlowResult,
      );
      const mbit = middle(results, ({ goodput }) => goodput * 8e-6);
      const reference = linux[column[congestion] as number] as number;
      const stalls = results.filter(({ longestSilence, longestRto }) => longestSilence > longestRto + 0.3);
      const more = [
        `${Math.round((mbit * 1e8) / (link.rate as number))} % of the link`,
        `sent again ${middle(results, ({ retransmissions }) => retransmissions)}`,
        `needlessly ${middle(results, ({ needless }) => needless)}`,
        `timeouts ${middle(results, ({ timeouts }) => timeouts)}`,
        `stalls ${stalls.length}`,
      ];
      figures.push({
        name: `${name}, ${row}: ${congestion}`,
        value: mbit,
        unit: 'Mbit/s',
        ratio: mbit / reference,
        beside: `Linux ${reference}; ${more.join(', ')}`,
      });
    }
  }
  return figures;
}

/**
 * Round trips of nothing, of 10 us and of 10 s, and a rate beyond what matters, with and without losses: no stall, and
 * no storm, which is more segments than there is data, what is lost and sent again, and a handful.
 */
function distanceFigures(): Figure[] {
  const figures: Figure[] = [];
  for (const delay of [0, 5, 5_000_000]) {
    const name = `round trip of ${delay === 5_000_000 ? '10 s' : `${2 * delay} us`}`;
    for (const loss of [0, 0.02]) {
      if (!`${name}, ${loss * 100} %`.includes(ROWS)) continue;
      for (const congestion of ALGORITHMS) {
        const bytes = 1_000_000;
        const results = seeds(
          (seed) =>
            runFlows({
              ...{ link: { delay, loss }, seed, seconds: 100_000, bytes },
              ...{ senders: [{ ...LARGE, congestion }] },
            })[0] as FlowResult,
        );
        const stalls = results.filter(({ longestSilence, longestRto }) => longestSilence > longestRto + 0.3);
        const ratio = (middle(results, ({ segments }) => segments) * 1448) / bytes;
        figures.push({
          ...{ name: `${name}, ${loss * 100} %: ${congestion}`, unit: 's' },
          ...{ value: middle(results, ({ took }) => took), ratio },
          beside: `segments to data; timeouts ${middle(results, ({ timeouts }) => timeouts)}, stalls ${stalls.length}`,
        });
      }
    }
  }
  return figures;
}

/** Small buffers: kB/s that lwIP 2 and smoltcp (which has no congestion control) publish or reached. */
const SMALL = {
  loss: [0, 0.01, 0.02, 0.05, 0.1],
  lwip: [301, 132, 85, 25, 8.8],
  smoltcp: [323, 220, 167, 77, 38],
};

function smallFigures(): Figure[] {
  const figures: Figure[] = [];
  const small: Partial<TcpConfig> = { sendBuffer: 32 << 10, receiveBuffer: 32 << 10 };
  SMALL.loss.forEach((loss, i) => {
    if (!`32 KiB ${loss * 100} %`.includes(ROWS)) return;
    for (const congestion of ALGORITHMS) {
      const beside = congestion.startsWith('bbr') ? 'smoltcp' : 'lwip';
      const results = seeds(
        (seed) =>
          runFlows({
            ...{ link: { delay: 50_000, loss }, seed, seconds: 20_000, bytes: 10 << 20 },
            ...{ senders: [{ ...small, congestion, nagle: false }], receiver: small },
          })[0] as FlowResult,
      );
      const value = middle(results, ({ goodput }) => goodput / 1000);
      const name = `10 MiB at 100 ms, buffers of 32 KiB, ${loss * 100} %: ${congestion}`;
      const reference = SMALL[beside][i] as number;
      figures.push({
        ...{ name, value, unit: 'kB/s', ratio: value / reference },
        beside: `${beside} ${reference}; timeouts ${middle(results, ({ timeouts }) => timeouts)}`,
      });
    }
  });
  return figures;
}

/**
 * ms to the last byte by Linux: median and 95th percentile. Without Nagle's rule: Linux has Minshall's, which lets the
 * last, short segment go when all before it are full.
 */
const COMPLETION: readonly (readonly [bytes: number, loss: number, cubic: string, bbr: string])[] = [
  [10_000, 0.01, '69/110', '69/110'],
  [10_000, 0.05, '69/1087', '69/1087'],
  [100_000, 0.01, '196/366', '200/256'],
  [100_000, 0.05, '334/1267', '247/1272'],
];

function completionFigures(): Figure[] {
  const figures: Figure[] = [];
  for (const [bytes, loss, cubic, bbr] of COMPLETION) {
    if (!`completion ${bytes} ${loss * 100} %`.includes(ROWS)) continue;
    for (const congestion of ALGORITHMS) {
      const link = { rate: 10e6, delay: 20_000, queue: 100, loss };
      const times = Array.from({ length: 10 * SEEDS }, (_, seed) => {
        const [flow] = runFlows({ link, seed, seconds: 100, bytes, senders: [{ congestion, nagle: false }] });
        return (flow as FlowResult).took * 1000;
      }).sort((a, b) => a - b);
      const p95 = times[Math.floor(times.length * 0.95)] as number;
      const name = `${bytes / 1000} kB at ${loss * 100} %, median time: ${congestion}`;
      const linux = congestion.startsWith('bbr') ? bbr : cubic;
      const ratio = median(times) / Number(linux.split('/')[0]);
      const beside = `Linux ${linux}; 95 % within ${Math.round(p95)} ms`;
      figures.push({ name, value: median(times), unit: 'ms', ratio, beside });
    }
  }
  return figures;
}

/** Two flows that start a second apart share 10 Mbit/s for a minute. */
function fairnessFigures(): Figure[] {
  const pairs = ALGORITHMS.map((one) => [one, one]);
  if (ALGORITHMS.includes('cubic') && ALGORITHMS.includes('newreno')) pairs.push(['cubic', 'newreno']);
  const link = { rate: 10e6, delay: 20_000, queue: 100 };
  return pairs
    .filter((pair) => `fairness ${pair.join(' ')}`.includes(ROWS))
    .map((pair) => {
      const runs = Array.from({ length: Math.min(SEEDS, 5) }, (_, seed) =>
        runFlows({
          ...{ link, seed, seconds: 60, stagger: 1_000_000, receiver: LARGE },
          senders: pair.map((congestion) => ({ ...LARGE, congestion }) as Partial<TcpConfig>),
        }),
      );
      const value = median(runs.map((run) => jain(run.map(({ goodput }) => goodput))));
      const shares = (runs[0] as FlowResult[]).map(({ goodput }) => (goodput * 8e-6).toFixed(2));
      return {
        name: `fairness of ${pair.join(' and ')}`,
        value,
        unit: `Jain's index (${shares.join(' + ')} Mbit/s)`,
      };
    });
}

export function benchRecovery(): Figure[] {
  return [
    ...[...paths.flatMap(pathFigures), ...distanceFigures(), ...smallFigures()],
    ...[...completionFigures(), ...fairnessFigures()],
  ];
}
