/** Names become addresses: with the signature of `dns.lookup`, so that either can stand in for the other. */
import { isIP } from 'node:net';
import { invalidType, notFound, type SystemError } from './errors.ts';
import type { Later } from './loop.ts';

export interface LookupAddress {
  readonly address: string;
  readonly family: number;
}

export interface LookupOptions {
  readonly family?: number | 'IPv4' | 'IPv6' | undefined;
  readonly hints?: number | undefined;
  readonly all?: boolean | undefined;
}

/** Called with an address and its family, or with the list of all of them. */
export type LookupCallback = (
  error: SystemError | null,
  address?: string | readonly LookupAddress[],
  family?: number,
) => void;

/** Finds the addresses of a name: `dns.lookup`'s signature. */
export type Lookup = (hostname: string, options: LookupOptions, callback: LookupCallback) => void;

/** Names and their addresses, IPv4 or IPv6. */
export type HostNames = Readonly<Record<string, string | readonly string[]>>;

/** A lookup in a table that may grow; names are compared without regard to case. It answers in a turn of its own. */
export function tableLookup(names: () => HostNames, later: Later): Lookup {
  return (hostname, options, callback) => {
    if (typeof hostname !== 'string') throw invalidType('hostname', 'string', hostname);
    const found = find(names(), hostname).filter(({ family }) => wanted(options.family, family));
    later(() => {
      const first = found[0];
      if (first === undefined) callback(notFound(hostname));
      else if (options.all === true) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
}

function find(names: HostNames, hostname: string): LookupAddress[] {
  if (isIP(hostname) !== 0) return [{ address: hostname, family: isIP(hostname) }];
  const key = hostname.toLowerCase().replace(/\.$/, '');
  const entry = Object.entries(names).find(([name]) => name.toLowerCase() === key);
  const addresses = entry === undefined ? [] : typeof entry[1] === 'string' ? [entry[1]] : entry[1];
  return addresses.map((address) => ({ address, family: isIP(address) }));
}

function wanted(family: LookupOptions['family'], found: number): boolean {
  if (family === undefined || family === 0) return true;
  return found === (family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : family);
}
