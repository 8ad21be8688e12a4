/** What an assertion may ask of a connection: `chart.NAME` and Linux's `tcpi_` values. */
import { charts } from '../../machines/index.ts';
import { chartTable } from '../chart/index.ts';
import type { Connection } from '../tcp/connection.ts';
import { chartsOf } from '../tcp/connectionSnapshot.ts';
import { stateNumbers } from '../tcp/info.ts';
import type { CodeValue } from './code.ts';
import { codeConstant } from './constants.ts';

/** The state that a name under `chart.` stands for. `state` is the connection's, also when there is none. */
function chartState(name: string, c: Connection | undefined, state: string): CodeValue | undefined {
  if (name === 'connection') return state;
  if (c === undefined) return undefined;
  const running = chartsOf(c);
  if (!Object.hasOwn(running, name)) return undefined;
  return running[name]?.state ?? initialState(name);
}

/** Where a chart is that has not been started yet. */
function initialState(name: string): string | undefined {
  return chartTable(charts[name]!).states.find(({ initial }) => initial)?.path;
}

/** ssthresh at first, as FreeBSD has it (65,535 << 14). */
const UNLIMITED = 0x3fff_c000;
/** Counted in segments by Linux, in bytes by FreeBSD. */
const WINDOWS: readonly string[] = ['tcpi_snd_cwnd', 'tcpi_snd_ssthresh'];

/** A name in an assertion: constants, charts, and values in the units of Linux's tcp_info; `inBytes`: of FreeBSD's. */
export function infoValue(
  name: string,
  c: Connection | undefined,
  state: string,
  inBytes: boolean,
): CodeValue | undefined {
  if (name.startsWith('chart.')) return chartState(name.slice('chart.'.length), c, state);
  if (name === 'tcpi_state') return stateNumbers[state];
  const constant = codeConstant(name);
  if (constant !== undefined || c === undefined) return constant;
  if (inBytes && WINDOWS.includes(name)) {
    const { cwnd, ssthresh } = c.sender.congestion;
    return name === 'tcpi_snd_cwnd' ? cwnd : Math.min(ssthresh, UNLIMITED);
  }
  const status = c.status() as unknown as Readonly<Record<string, number>>;
  return Object.hasOwn(status, name) ? status[name] : undefined;
}
