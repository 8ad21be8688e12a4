/** What an assertion may ask of a connection: `chart.NAME` and Linux's `tcpi_` values. */
import type { Connection } from '../tcp/connection.ts';
import { stateNumbers } from '../tcp/info.ts';
import type { CodeValue } from './code.ts';
import { codeConstant } from './constants.ts';

/** The state that a name under `chart.` stands for. `state` is the connection's, also when there is none. */
function chartState(name: string, c: Connection | undefined, state: string): CodeValue | undefined {
  if (name === 'chart.connection') return state;
  if (c === undefined) return undefined;
  if (name === 'chart.recovery') return c.sender.recovery.state;
  if (name === 'chart.growth') return c.sender.congestion.chart.state;
  if (name === 'chart.delayedAck') return c.receiver.chart.state;
  if (name === 'chart.persist') return c.persist.state;
  if (name === 'chart.keepAlive') return c.keepAlive.state;
  return undefined;
}

/** A name in an assertion: constants, charts, and values in the units of Linux's tcp_info. */
export function infoValue(name: string, c: Connection | undefined, state: string): CodeValue | undefined {
  if (name.startsWith('chart.')) return chartState(name, c, state);
  if (name === 'tcpi_state') return stateNumbers[state];
  const constant = codeConstant(name);
  if (constant !== undefined || c === undefined) return constant;
  const status = c.status() as unknown as Readonly<Record<string, number>>;
  return Object.hasOwn(status, name) ? status[name] : undefined;
}
