/** The path MTU of a connection (RFC 1191, RFC 8201): what "packet too big" does to it. */
import type { Connection } from './connection.ts';
import type { IcmpError } from './icmpError.ts';

/**
 * "Fragmentation needed" or "packet too big" about a segment that is outstanding: `error.mtu` is what the next hop
 * takes. Nothing is done about it yet: the connection's segments keep their size.
 */
export function packetTooBig(_connection: Connection, _error: IcmpError): void {}
