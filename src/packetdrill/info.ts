/** What an assertion may ask of a connection: `chart.NAME` and Linux's `tcpi_` values. */
import type { Connection } from '../tcp/connection.ts';
import { Mark } from '../tcp/record.ts';
import type { CodeValue } from './code.ts';
import { codeConstant, congestionStates, stateNumbers } from './constants.ts';

/** Linux's TCP_INFINITE_SSTHRESH: no loss has been seen. */
const NO_SSTHRESH = 0x7fffffff;

/** The state that a name under `chart.` stands for. `state` is the connection's, also when there is none. */
export function chartState(name: string, c: Connection | undefined, state: string): CodeValue | undefined {
  if (name === 'chart.connection') return state;
  if (c === undefined) return undefined;
  if (name === 'chart.recovery') return c.sender.recovery.state;
  if (name === 'chart.growth') return c.sender.growth.state;
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
  const ours = values[name];
  if (ours !== undefined) return ours(c);
  const status = c.status() as unknown as Readonly<Record<string, number>>;
  return Object.hasOwn(status, name) ? status[name] : undefined;
}

/** The values in which we do not say what Linux says. */
const values: Readonly<Record<string, (c: Connection) => number>> = {
  tcpi_ca_state: caState,
  tcpi_snd_ssthresh: (c) => {
    const { ssthresh } = c.sender.congestion;
    return ssthresh >= NO_SSTHRESH ? NO_SSTHRESH : Math.floor(ssthresh / c.snd.mss);
  },
};

function caState(c: Connection): number {
  const { state } = c.sender.recovery;
  if (state === 'recovery') return congestionStates.TCP_CA_Recovery;
  if (state === 'loss') return congestionStates.TCP_CA_Loss;
  const disordered = c.sender.dupAcks > 0 || c.sender.marked[Mark.sacked] > 0;
  return disordered ? congestionStates.TCP_CA_Disorder : congestionStates.TCP_CA_Open;
}
