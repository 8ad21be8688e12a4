/**
 * Addresses as people write them and as packets hold them: 4 bytes (IPv4) or 16 (IPv6). Reads what RFC 4291 section
 * 2.2 allows, writes what RFC 5952 recommends. What an address is used for is left to the host.
 */

/**
 * The bytes of an address: `10.0.0.1`, `fd00::1`, `::ffff:10.0.0.1`. No brackets, no zone, no leading zeros in IPv4
 * (some readers take those as octal). Throws a RangeError that quotes the text and says what is wrong.
 */
export function parseAddress(text: string): Uint8Array {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text, text);
}

function refuse(text: string, why: string): RangeError {
  return new RangeError(`not an IP address: ${JSON.stringify(text)} (${why})`);
}

function parseIpv4(text: string, whole: string): Uint8Array {
  const parts = text.split('.');
  if (parts.length !== 4) throw refuse(whole, 'IPv4 has four numbers with dots between');
  const bytes = new Uint8Array(4);
  parts.forEach((part, i) => {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) {
      throw refuse(whole, `${JSON.stringify(part)} is not a number from 0 to 255`);
    }
    bytes[i] = Number(part);
  });
  return bytes;
}

function parseIpv6(text: string): Uint8Array {
  const halves = text.split('::');
  if (halves.length > 2) throw refuse(text, '"::" may stand only once');
  const head = parseGroups(halves[0]!, text, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, text, true) : [];
  const given = head.length + tail.length;
  if (halves.length === 1 ? given !== 16 : given > 14) {
    throw refuse(
      text,
      `IPv6 has eight groups, ${given / 2} are given${halves.length === 2 ? ' with "::"' : ''}`,
    );
  }
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** The bytes of groups with single colons between; the last may be an IPv4 address where `mayEndInIpv4`. */
function parseGroups(text: string, whole: string, mayEndInIpv4: boolean): number[] {
  if (text === '') return [];
  const groups = text.split(':');
  const bytes: number[] = [];
  groups.forEach((group, i) => {
    if (mayEndInIpv4 && i === groups.length - 1 && group.includes('.')) {
      bytes.push(...parseIpv4(group, whole));
      return;
    }
    if (!/^[0-9a-f]{1,4}$/i.test(group)) {
      throw refuse(whole, `${JSON.stringify(group)} is not a group of one to four hexadecimal digits`);
    }
    const value = Number.parseInt(group, 16);
    bytes.push(value >>> 8, value & 0xff);
  });
  return bytes;
}

/** The text of an address of 4 or 16 bytes, IPv6 as RFC 5952 section 4. Throws a RangeError for any other length. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
  if (isIpv4Mapped(bytes)) return `::ffff:${bytes.subarray(12).join('.')}`;
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i]! << 8) | bytes[i + 1]!).toString(16));
  const { start, length } = longestZeroRun(groups);
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

/** The first of the longest runs of zero groups (RFC 5952 section 4.2.3). */
function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  groups.forEach((group, i) => {
    length = group === '0' ? length + 1 : 0;
    if (length > best.length) best = { start: i - length + 1, length };
  });
  return best;
}

function isIpv4Mapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

/** `10.0.0.1:50`, `[fd00::1]:50`. */
export function formatEndpoint(address: Uint8Array, port: number): string {
  const text = formatAddress(address);
  return address.length === 4 ? `${text}:${port}` : `[${text}]:${port}`;
}

/** 224.0.0.0/4 or ff00::/8. The address may stand inside a packet. */
export function isMulticast(bytes: Uint8Array, offset = 0, length: number = bytes.length): boolean {
  return length === 4 ? (bytes[offset]! & 0xf0) === 0xe0 : bytes[offset] === 0xff;
}

/** 255.255.255.255; no IPv6 address is a broadcast. */
export function isBroadcast(bytes: Uint8Array, offset = 0, length: number = bytes.length): boolean {
  if (length !== 4) return false;
  return (bytes[offset]! & bytes[offset + 1]! & bytes[offset + 2]! & bytes[offset + 3]!) === 0xff;
}

/** 0.0.0.0 or `::`. */
export function isUnspecified(bytes: Uint8Array, offset = 0, length: number = bytes.length): boolean {
  for (let i = offset; i < offset + length; i++) if (bytes[i] !== 0) return false;
  return true;
}
