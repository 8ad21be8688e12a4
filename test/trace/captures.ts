/** Small traces, and a file in memory, for the tests of captures. */
import type { LinkAction, TraceBody, TraceEvent } from '../../src/trace/event.ts';
import { summarizePacket } from '../../src/trace/summary.ts';
import { ACK, buildTcpPacket, parseAddress } from '../../src/wire/index.ts';

/** A file in memory. */
export function recorder() {
  const chunks: Uint8Array[] = [];
  return {
    write: (chunk: Uint8Array) => void chunks.push(chunk),
    bytes: () => Buffer.concat(chunks),
    chunks,
  };
}

/** A trace as events, numbered from 1. */
export function trace(...bodies: [end: string, t: number, body: TraceBody][]): TraceEvent[] {
  return bodies.map(([end, t, body], i) => ({ n: i + 1, t, end, cause: 0, ...body }));
}

export const ADDRESSES = { source: parseAddress('10.0.0.1'), destination: parseAddress('10.0.0.2') };

export function send(seq: number): TraceBody {
  const bytes = buildTcpPacket({ ...ADDRESSES, seq, flags: ACK });
  return { kind: 'send', connection: 1, why: 'data', segment: summarizePacket(bytes)!, bytes };
}

export function receive(packet: number, seq: number): TraceBody {
  return { kind: 'receive', packet, bytes: buildTcpPacket({ ...ADDRESSES, seq, flags: ACK }) };
}

export function link(packet: number, action: LinkAction): TraceBody {
  return { kind: 'link', packet, direction: 'client>server', ...action };
}
