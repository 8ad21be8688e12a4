/** What `send` and `receive` have in common: their flags, how patient they are, and how bytes are written. */
import { createHash } from 'node:crypto';
import type { Option } from 'commander';
import type { Hasher, TransferEnd } from '../src/app/transfer.ts';
import type { TcpConfig } from '../src/tcp/config.ts';
import type { Connection } from '../src/tcp/connection.ts';
import { EXIT, Failure } from './failure.ts';
import { flag, wholeNumber } from './flag.ts';
import { keepAliveTcp, silence } from './keepAlive.ts';
import { endCodes, endText } from './sessionEnd.ts';

/** s */
const USUAL = 300;
const LONGEST = 86_400;
/** RFC 9293 section 3.8.3: a SYN is repeated for 3 minutes at least (MUST-23), s. */
const SYN_R2 = 180;

/** Besides those of every program with a TCP of its own. */
export interface TransferFlags {
  /** s; 0 for never */
  readonly timeout: number;
  /** s; 0 for never */
  readonly keepalive: number;
}

export function timeoutFlag(): Option {
  return flag('--timeout <s>', 'give up when no byte has moved for so long; 0: never', (text) =>
    wholeNumber(text, 0, LONGEST, 'a time in seconds'),
  ).default(USUAL);
}

/** TCP's own patience must not end before the user's. */
export function patientTcp({ keepalive, timeout }: TransferFlags): Partial<TcpConfig> {
  const patience = Math.max(SYN_R2, timeout === 0 ? LONGEST : timeout) * 1000;
  return { ...keepAliveTcp(keepalive), r2: patience, synR2: patience };
}

/** Says when too much time has passed without a byte. */
export class Patience {
  readonly #timeout: number;
  #moved: number;
  #bytes = -1;

  /** `timeout` in s, 0 for for ever; `now` in us. */
  constructor(timeout: number, now: number) {
    this.#timeout = timeout === 0 ? Number.POSITIVE_INFINITY : timeout * 1_000_000;
    this.#moved = now;
  }

  /** `bytes`: whatever grows or changes as long as the other end does something. */
  isOver(bytes: number, now: number): boolean {
    if (bytes !== this.#bytes) this.#moved = now;
    this.#bytes = bytes;
    return now - this.#moved > this.#timeout;
  }
}

/** A new SHA-256. */
export function sha256(): Hasher {
  const hash = createHash('sha256');
  return {
    update: (bytes) => {
      hash.update(bytes);
    },
    digest: () => hash.digest(),
  };
}

/** What the shell and the user are told of a transfer that did not come to its end. */
export function transferFailure(end: TransferEnd, peer: string, connection: Connection): Failure {
  const { what, why } = end;
  if (what === 'failed' || what === 'complete') return new Failure(EXIT.application, why);
  return new Failure(endCodes[what], endText(what, peer, silence(connection)));
}

/** `999 bytes`, `1.2 kB`, `34.5 MB`: thousands, as link rates are. */
export function byteText(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} byte${Math.round(bytes) === 1 ? '' : 's'}`;
  let [value, unit] = [bytes / 1000, 0];
  while (value >= 999.95 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value.toFixed(1)} ${UNITS[unit]}`;
}

const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'];
