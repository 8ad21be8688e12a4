import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatAddress,
  formatEndpoint,
  isBroadcast,
  isMulticast,
  isUnspecified,
  parseAddress,
} from '../../src/wire/address.ts';

describe('reading addresses', () => {
  test.each([
    ['10.0.0.1', [10, 0, 0, 1]],
    ['255.255.255.255', [255, 255, 255, 255]],
    ['::', new Array(16).fill(0)],
    ['fd00::1', [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ['1::', [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['::ffff:10.0.0.1', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1]],
    ['1:2:3:4:5:6:7.8.9.10', [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 7, 8, 9, 10]],
    ['FD00:0:0:0:0:0:0:ABCD', [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xab, 0xcd]],
  ])('%s', (text, bytes) => {
    expect([...parseAddress(text)]).toEqual(bytes);
  });

  test.each([
    ['', 'IPv4 has four numbers'],
    ['10.0.0', 'IPv4 has four numbers'],
    ['10.0.0.256', '"256" is not a number from 0 to 255'],
    ['10.0.0.01', '"01" is not a number from 0 to 255'],
    ['10.0.0. 1', '" 1" is not a number'],
    ['localhost', 'IPv4 has four numbers'],
    [':', '"" is not a group'],
    [':1::', '"" is not a group'],
    ['1::2::3', '"::" may stand only once'],
    [':::', '"" is not a group'],
    ['1:2:3:4:5:6:7', 'IPv6 has eight groups, 7 are given'],
    ['1:2:3:4:5:6:7:8:9', 'IPv6 has eight groups, 9 are given'],
    ['1:2:3:4::5:6:7:8', 'IPv6 has eight groups, 8 are given with "::"'],
    ['12345::', '"12345" is not a group'],
    ['1.2.3.4::', '"1.2.3.4" is not a group'],
    ['::1.2.3.4:5', '"1.2.3.4" is not a group'],
    ['::1.2.3', 'IPv4 has four numbers'],
    ['[::1]', '"[" is not a group'],
    ['fe80::1%eth0', '"1%eth0" is not a group'],
  ])('refuses %j', (text, why) => {
    expect(() => parseAddress(text)).toThrow(RangeError);
    expect(() => parseAddress(text)).toThrow(`not an IP address: ${JSON.stringify(text)}`);
    expect(() => parseAddress(text)).toThrow(why);
  });

  test('takes and refuses the same texts as Node', () => {
    const part = fc.oneof(
      fc.constantFrom(':', '::', '.', '1', 'ab', '0', '00', 'ffff', '12345', '256', 'g', '1.2.3.4', ''),
      fc.integer({ min: 0, max: 0xffff }).map((n) => `${n.toString(16)}:`),
    );
    const text = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (candidate) => {
        let taken = true;
        try {
          parseAddress(candidate);
        } catch {
          taken = false;
        }
        expect(taken).toBe(isIPv4(candidate) || isIPv6(candidate));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('writing addresses (RFC 5952)', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['2001:0DB8::0001', '2001:db8::1'],
    // 4.2.2: a single zero group is not shortened
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    // 4.2.3: the longest run, of equals the first
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    // 5: an address that holds an IPv4 address
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
  ])('%s is written %s', (text, written) => {
    expect(formatAddress(parseAddress(text))).toBe(written);
  });

  test('what is written is read back', () => {
    const sparse = fc
      .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 })
      .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 0xff])));
    fc.assert(
      fc.property(fc.oneof(sparse, fc.uint8Array({ minLength: 4, maxLength: 4 })), (address) => {
        expect(parseAddress(formatAddress(address))).toEqual(address);
      }),
    );
  });

  test('endpoints', () => {
    expect(formatEndpoint(parseAddress('10.0.0.1'), 50)).toBe('10.0.0.1:50');
    expect(formatEndpoint(parseAddress('fd00::1'), 50)).toBe('[fd00::1]:50');
  });

  test('other lengths are refused', () => {
    expect(() => formatAddress(new Uint8Array(5))).toThrow('an address has 4 or 16 bytes, not 5');
  });
});

test.each([
  ['10.0.0.1', ''],
  ['223.255.255.255', ''],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.255', 'multicast'],
  ['240.0.0.0', ''],
  ['255.255.255.254', ''],
  ['255.255.255.255', 'broadcast'],
  ['0.0.0.0', 'unspecified'],
  ['::', 'unspecified'],
  ['::1', ''],
  ['ff02::1', 'multicast'],
  ['fe80::1', ''],
  ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'multicast'],
])('%s is %s', (text, kind) => {
  const address = parseAddress(text);
  expect({
    multicast: isMulticast(address),
    broadcast: isBroadcast(address),
    unspecified: isUnspecified(address),
  }).toEqual({
    multicast: kind === 'multicast',
    broadcast: kind === 'broadcast',
    unspecified: kind === 'unspecified',
  });
  const packet = new Uint8Array(40).fill(0x55);
  packet.set(address, 12);
  expect(isMulticast(packet, 12, address.length)).toBe(kind === 'multicast');
  expect(isBroadcast(packet, 12, address.length)).toBe(kind === 'broadcast');
  expect(isUnspecified(packet, 12, address.length)).toBe(kind === 'unspecified');
});
