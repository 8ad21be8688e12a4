/** Random packets for the tests of src/wire, IPv4 and IPv6 with every field and option. */
import fc from 'fast-check';
import { SYN, type TcpPacketFields } from '../../src/wire/index.ts';

export const uint16 = fc.integer({ min: 0, max: 0xffff });
/** Near the wrap and the sign bit as often as anywhere. */
export const uint32 = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.integer({ min: 0x7ffffff0, max: 0x80000010 }),
  fc.integer({ min: 0xfffffff0, max: 0xffffffff }),
);

export function bytes(minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength, maxLength });
}

/** Only what a segment may carry: some options on SYN only, SACK on others, and only as many blocks as fit. */
function options(syn: boolean): fc.Arbitrary<Partial<TcpPacketFields>> {
  const timestamps = fc.option(fc.tuple(uint32, uint32), { nil: undefined });
  return timestamps.chain((pair) => {
    const common = pair === undefined ? {} : { timestamps: pair };
    if (syn) {
      return fc
        .record(
          {
            mss: fc.integer({ min: 1, max: 0xffff }),
            windowScale: fc.integer({ min: 0, max: 14 }),
            sackPermitted: fc.constant(true),
          },
          { requiredKeys: [] },
        )
        .map((fields) => ({ ...common, ...fields }));
    }
    const maxLength = pair === undefined ? 4 : 3;
    return fc
      .array(fc.tuple(uint32, uint32), { minLength: 0, maxLength })
      .map((sack) => (sack.length === 0 ? common : { ...common, sack }));
  });
}

function ipFields(addressLength: number) {
  return fc.record({
    source: bytes(addressLength, addressLength),
    destination: bytes(addressLength, addressLength),
    ttl: fc.integer({ min: 0, max: 255 }),
    dscp: fc.integer({ min: 0, max: 63 }),
    ecn: fc.integer({ min: 0, max: 3 }),
    identification: addressLength === 4 ? uint16 : fc.constant(0),
    dontFragment: addressLength === 4 ? fc.boolean() : fc.constant(true),
    flowLabel: addressLength === 4 ? fc.constant(0) : fc.integer({ min: 0, max: 0xfffff }),
  });
}

const tcpFields = fc.record({
  sourcePort: uint16,
  destinationPort: uint16,
  seq: uint32,
  ack: uint32,
  flags: fc.integer({ min: 0, max: 511 }),
  window: uint16,
  urgentPointer: uint16,
  payload: bytes(0, 100),
});

export type FullFields = TcpPacketFields & Required<Pick<TcpPacketFields, 'flags' | 'payload'>>;

/** Every field of a packet, ready for `buildTcpPacket`. */
export function packetFields(addressLength: 4 | 16): fc.Arbitrary<FullFields> {
  return fc
    .tuple(ipFields(addressLength), tcpFields)
    .chain(([ip, tcp]) =>
      options((tcp.flags & SYN) !== 0).map((chosen): FullFields => ({ ...ip, ...tcp, ...chosen })),
    );
}

export const anyPacketFields = fc.oneof(packetFields(4), packetFields(16));
