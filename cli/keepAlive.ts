/** How long a program of two that talk waits for a peer that has gone silent: its flag, TCP's settings, its words. */
import type { Option } from 'commander';
import type { TcpConfig } from '../src/tcp/config.ts';
import type { Connection } from '../src/tcp/connection.ts';
import { flag, wholeNumber } from './flag.ts';

/** s */
const USUAL = 30;
/** A day, s. */
const LONGEST = 86_400;
const PROBES = 6;
/** Shorter than this a bad link's delays would look like silence, ms. */
const SHORTEST_INTERVAL = 1000;
/** RFC 9293 section 3.8.3: R2 is 100 s at least (SHLD-11), ms. */
const SHORTEST_R2 = 100_000;

export function keepAliveFlag(): Option {
  return flag(
    '--keepalive <s>',
    'probe a peer silent for so long, and give it up after as long again; 0: never',
    (text) => wholeNumber(text, 0, LONGEST, 'a time in seconds'),
  ).default(USUAL);
}

/**
 * A peer that was killed says nothing: it is probed after `seconds` of silence, six times until as much again has
 * passed. One that was killed while data was on its way to it is given up after twice that, 100 s at least.
 */
export function keepAliveTcp(seconds: number): Partial<TcpConfig> {
  if (seconds === 0) return {};
  const idle = seconds * 1000;
  return {
    keepAlive: true,
    keepAliveIdle: idle,
    keepAliveInterval: Math.max(idle / PROBES, SHORTEST_INTERVAL),
    keepAliveProbes: PROBES,
    r2: Math.max(2 * idle, SHORTEST_R2),
  };
}

/** What a connection that timed out waited for. */
export function silence(connection: Connection): string {
  const { keepAlive, config } = connection;
  return keepAlive.probes >= config.keepAliveProbes
    ? 'no answer to keep-alive'
    : 'no answer to what was sent';
}
