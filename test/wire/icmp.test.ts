import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildIcmpPacket,
  buildTcpPacket,
  decodeIcmp,
  decodeIp,
  decodeQuote,
  fold,
  type IcmpFields,
  IcmpMessage,
  IpHeader,
  isIcmpError,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  parseAddress,
  QuotedPacket,
  quoteOf,
  sum,
} from '../../src/wire/index.ts';
import { anyPacketFields, bytes, uint16, uint32 } from './arbitraries.ts';

const kinds = [
  'echoRequest',
  'echoReply',
  'unreachable',
  'packetTooBig',
  'timeExceeded',
  'parameterProblem',
  'sourceQuench',
] as const;

/** A message whose fields are those that its kind has. */
function messages(addressLength: 4 | 16): fc.Arbitrary<IcmpFields> {
  const base = fc.record({
    source: bytes(addressLength, addressLength),
    destination: bytes(addressLength, addressLength),
    body: bytes(0, 100),
  });
  const has = addressLength === 4 ? kinds : kinds.slice(0, -1);
  return fc
    .tuple(base, fc.constantFrom(...has), uint16, uint32, fc.integer({ min: 0, max: 255 }))
    .map(([fields, kind, word, long, byte]): IcmpFields => {
      if (kind === 'echoRequest' || kind === 'echoReply') {
        return { ...fields, kind, identifier: word, sequence: long & 0xffff };
      }
      if (kind === 'packetTooBig') return { ...fields, kind, mtu: addressLength === 4 ? word : long };
      if (kind === 'parameterProblem') {
        return { ...fields, kind, code: byte, pointer: addressLength === 4 ? byte : long };
      }
      if (kind === 'sourceQuench') return { ...fields, kind };
      return { ...fields, kind, code: kind === 'unreachable' && byte === 4 ? 3 : byte };
    });
}

function decoded(packet: Uint8Array): IcmpMessage | string {
  const ip = new IpHeader();
  const message = new IcmpMessage();
  const flaw = decodeIp(packet, ip);
  if (flaw !== 'ok') return flaw;
  const reason = decodeIcmp(packet, ip, message);
  return reason === 'ok' ? message : reason;
}

function message(packet: Uint8Array): IcmpMessage {
  const result = decoded(packet);
  if (typeof result === 'string') throw new Error(result);
  return result;
}

describe.each([
  ['ICMP', 4, PROTOCOL_ICMP],
  ['ICMPv6', 16, PROTOCOL_ICMPV6],
] as const)('%s', (_, addressLength, protocol) => {
  test('what is built is read back, every field', () => {
    fc.assert(
      fc.property(messages(addressLength), (fields) => {
        const packet = buildIcmpPacket(fields);
        const read = message(packet);
        expect(packet[addressLength === 4 ? 9 : 6]).toBe(protocol);
        expect(read.kind).toBe(fields.kind);
        expect(read.body()).toEqual(fields.body);
        for (const name of ['code', 'identifier', 'sequence', 'mtu', 'pointer'] as const) {
          if (fields[name] !== undefined) expect(read[name], name).toBe(fields[name]);
        }
      }),
    );
  });

  test('one bit flipped anywhere in the message is found by the checksum', () => {
    fc.assert(
      fc.property(messages(addressLength), fc.nat(), (fields, place) => {
        const packet = buildIcmpPacket(fields);
        const header = addressLength === 4 ? 20 : 40;
        const bit = header * 8 + (place % ((packet.length - header) * 8));
        packet[bit >> 3]! ^= 1 << (bit & 7);
        expect(decoded(packet)).toBe('badChecksum');
      }),
    );
  });

  test('any bytes at all are read without a throw, and never past the end', () => {
    const ip = new IpHeader();
    const read = new IcmpMessage();
    const quote = new QuotedPacket();
    fc.assert(
      fc.property(bytes(0, 120), fc.nat(130), fc.nat(130), (packet, offset, length) => {
        Object.assign(ip, { protocol, addressLength, payloadOffset: offset, payloadLength: length });
        Object.assign(ip, { sourceOffset: 0, destinationOffset: 0 });
        if (packet.length < 2 * addressLength) return;
        decodeIcmp(packet, ip, read);
        Object.assign(read, { bytes: packet, bodyOffset: 0, bodyLength: packet.length });
        if (!decodeQuote(read, quote)) return;
        expect(quote.destinationOffset + quote.addressLength + 8).toBeLessThanOrEqual(packet.length);
      }),
      { numRuns: 1000 },
    );
  });
});

test('an error is matched by what it quotes: addresses, ports and sequence number, however short it is cut', () => {
  fc.assert(
    fc.property(anyPacketFields, fc.nat(2000), (fields, spare) => {
      const packet = buildTcpPacket({ ...fields, ttl: 1 });
      const { source, destination, sourcePort, destinationPort, seq } = fields;
      const header = source.length === 4 ? 20 : 40;
      const body = packet.subarray(0, header + 8 + spare);
      const read = message(
        buildIcmpPacket({ kind: 'timeExceeded', source: destination, destination: source, body }),
      );
      const quote = new QuotedPacket();
      expect(decodeQuote(read, quote)).toBe(true);
      expect(quote).toMatchObject({
        sourcePort,
        destinationPort,
        seq,
        protocol: 6,
        totalLength: packet.length,
      });
      const at = (offset: number) => quote.bytes.subarray(offset, offset + quote.addressLength);
      expect([at(quote.sourceOffset), at(quote.destinationOffset)]).toEqual([source, destination]);
    }),
  );
});

test('seven bytes of TCP are too few, a later fragment has none of its own', () => {
  const fields = { source: parseAddress('10.0.0.1'), destination: parseAddress('10.0.0.2') };
  const packet = buildTcpPacket(fields);
  const quoted = (body: Uint8Array) =>
    decodeQuote(message(buildIcmpPacket({ kind: 'unreachable', ...fields, body })), new QuotedPacket());
  expect(quoted(packet.subarray(0, 28))).toBe(true);
  expect(quoted(packet.subarray(0, 27))).toBe(false);
  const fragment = packet.slice();
  fragment[7] = 1;
  expect(quoted(fragment)).toBe(false);
});

test('the messages of RFC 792, RFC 1191 and RFC 4443 have their types and codes', () => {
  const [a, b] = [parseAddress('10.0.0.1'), parseAddress('10.0.0.2')];
  const [c, d] = [parseAddress('fd00::1'), parseAddress('fd00::2')];
  const v4 = (kind: IcmpFields['kind'], rest = {}) => [
    ...buildIcmpPacket({ kind, source: a, destination: b, ...rest }).subarray(20),
  ];
  const v6 = (kind: IcmpFields['kind'], rest = {}) => [
    ...buildIcmpPacket({ kind, source: c, destination: d, ...rest }).subarray(40),
  ];
  // Type 8, checksum ~(0x0800 + 0x1234 + 0x0001), identifier, sequence
  expect(v4('echoRequest', { identifier: 0x1234, sequence: 1 })).toEqual([
    8, 0, 0xe5, 0xca, 0x12, 0x34, 0, 1,
  ]);
  // RFC 1191: type 3, code 4, the MTU in the lower half
  expect(v4('packetTooBig', { mtu: 1400 })).toEqual([3, 4, 0xf7, 0x83, 0, 0, 5, 0x78]);
  expect(v4('parameterProblem', { pointer: 9 }).slice(4)).toEqual([9, 0, 0, 0]);
  expect(v6('packetTooBig', { mtu: 70_000 }).filter((_, i) => i < 2 || i > 3)).toEqual([
    2, 0, 0, 1, 0x11, 0x70,
  ]);
  expect(v6('unreachable', { code: 4 }).slice(0, 2)).toEqual([1, 4]);
  expect(() => v6('sourceQuench')).toThrow("ICMPv6 has no message 'sourceQuench'");
  const reply = buildIcmpPacket({
    kind: 'echoReply',
    source: c,
    destination: d,
    body: Uint8Array.of(1, 2, 3),
  });
  // RFC 8200 section 8.1: with the pseudo-header all sums to 0xffff
  expect(fold(sum(reply, 8, 32, sum(reply, 40, 11, 58 + 11)))).toBe(0xffff);
});

test('errors are errors, and quote no more than fits', () => {
  expect(kinds.filter(isIcmpError)).toEqual([
    'unreachable',
    'packetTooBig',
    'timeExceeded',
    'parameterProblem',
  ]);
  const long = new Uint8Array(3000);
  long[0] = 0x45;
  expect(quoteOf(long).length).toBe(576 - 28);
  long[0] = 0x60;
  expect(quoteOf(long).length).toBe(1280 - 48);
});
