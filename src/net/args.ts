/** How `connect` and `listen` take their arguments: options, or port and host, and a callback last. */
import type { AddressInfo, Socket as NodeSocket } from 'node:net';
import type { Lookup } from './lookup.ts';

/** All that `connect` and `listen` know of. */
export interface Options {
  port?: unknown;
  host?: unknown;
  path?: unknown;
  fd?: unknown;
  handle?: unknown;
  _handle?: unknown;
  backlog?: unknown;
  exclusive?: unknown;
  ipv6Only?: unknown;
  signal?: unknown;
  localAddress?: string;
  localPort?: unknown;
  family?: unknown;
  hints?: number;
  lookup?: Lookup;
  timeout?: number;
  autoSelectFamily?: unknown;
  autoSelectFamilyAttemptTimeout?: unknown;
}

export type Callback = (...args: unknown[]) => void;

const NORMALIZED = Symbol('normalized arguments');

export type Normalized = [options: Options, callback: Callback | null] & { [NORMALIZED]?: true };

export function isPipeName(value: unknown): value is string {
  return typeof value === 'string' && !(Number(value) >= 0);
}

/** `[options, callback]` of whatever was given; what it returned once it returns again. */
export function normalizeArgs(args: readonly unknown[]): Normalized {
  const first = args[0];
  if (Array.isArray(first) && (first as Normalized)[NORMALIZED]) return first as Normalized;
  let options: Options = {};
  if (typeof first === 'object' && first !== null) options = first as Options;
  else if (isPipeName(first)) options.path = first;
  else if (args.length > 0) {
    options.port = first;
    if (args.length > 1 && typeof args[1] === 'string') options.host = args[1];
  }
  const last = args[args.length - 1];
  const normalized: Normalized = [options, typeof last === 'function' ? (last as Callback) : null];
  normalized[NORMALIZED] = true;
  return normalized;
}

export type { AddressInfo, NodeSocket };
