/** `udp:LOCAL,PEER` as people write it: which two addresses, and what is wrong with others. */
import { formatAddress, parseAddress } from '../wire/address.ts';

/** Where a socket is. */
export interface UdpAddress {
  /** IPv4 or IPv6, as numbers. */
  readonly address: string;
  readonly port: number;
}

/** The two ends of a carrier: both IPv4 or both IPv6. */
export interface UdpSpec {
  readonly local: UdpAddress;
  readonly peer: UdpAddress;
}

/** An address whose host was left out or is `localhost` has none yet. */
interface Half {
  readonly address: string | undefined;
  readonly port: number;
}

const FORM = 'LOCAL,PEER, each HOST:PORT or PORT, such as 127.0.0.1:9000,127.0.0.1:9001';

/**
 * Reads `LOCAL,PEER`: `127.0.0.1:9000,127.0.0.1:9001`, `9000,9001`, `[::1]:9000,localhost:9001`. A port alone and
 * `localhost` mean the loopback address of the other's family, 127.0.0.1 when neither says.
 * @throws {RangeError} quoting what is wrong
 */
export function parseUdpSpec(text: string): UdpSpec {
  const parts = text.split(',');
  if (parts.length !== 2) throw new RangeError(`${quote(text)} is not ${FORM}`);
  const [local, peer] = parts.map(parseHalf) as [Half, Half];
  const loopback = (local.address ?? peer.address)?.includes(':') ? '::1' : '127.0.0.1';
  return checkUdpSpec({
    local: { address: local.address ?? loopback, port: local.port },
    peer: { address: peer.address ?? loopback, port: peer.port },
  });
}

/**
 * The same addresses, written in one way (RFC 5952).
 * @throws {RangeError} when they make no carrier
 */
export function checkUdpSpec(spec: UdpSpec): UdpSpec {
  const local = checkAddress(spec.local);
  const peer = checkAddress(spec.peer);
  const [ours, theirs] = [formatUdpAddress(local), formatUdpAddress(peer)];
  if (isIpv6(local) !== isIpv6(peer)) {
    throw new RangeError(`${ours} and ${theirs}: both must be IPv4, or both IPv6`);
  }
  if (/^(0\.0\.0\.0|::)$/.test(peer.address)) throw new RangeError(`${theirs} is no address to send to`);
  if (ours === theirs) throw new RangeError(`${ours} cannot be its own peer`);
  return { local, peer };
}

/** `127.0.0.1:9000`, `[::1]:9000` */
export function formatUdpAddress({ address, port }: UdpAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** By how its address is written. */
export function isIpv6({ address }: UdpAddress): boolean {
  return address.includes(':');
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function checkAddress({ address, port }: UdpAddress): UdpAddress {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new RangeError(`a port is a number from 1 to 65535, not ${port}`);
  }
  return { address: formatAddress(parseAddress(address)), port };
}

function parseHalf(whole: string): Half {
  const text = whole.trim();
  const [, host, port] = /^(?:(\[[^\]]*\]|[^:]*):)?([^:[\]]*)$/.exec(text) ?? [];
  if (port === undefined) {
    const hint = text.includes('::') || text.split(':').length > 2 ? ': IPv6 is written [::1]:9000' : '';
    throw new RangeError(`${quote(text)} is not HOST:PORT${hint}`);
  }
  if (!/^[0-9]{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    throw new RangeError(`${quote(text)} needs a port from 1 to 65535, not ${quote(port)}`);
  }
  return { address: parseHost(host, text), port: Number(port) };
}

function parseHost(host: string | undefined, text: string): string | undefined {
  if (host === undefined || host === '' || host === 'localhost') return undefined;
  const inBrackets = /^\[(.*)\]$/.exec(host)?.[1];
  if (inBrackets === undefined && !/^[0-9.]+$/.test(host)) {
    throw new RangeError(`${quote(text)}: names are not looked up: give an IP address, or localhost`);
  }
  if (inBrackets !== undefined && !inBrackets.includes(':')) {
    throw new RangeError(`${quote(text)}: only IPv6 addresses stand in brackets`);
  }
  return formatAddress(parseAddress(inBrackets ?? host));
}
