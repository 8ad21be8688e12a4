/** Reads packets: `< S 0:0(0) win 1000 <mss 1000>`, and ICMP messages. */
import { MAX_OPTIONS_LENGTH } from '../wire/options.ts';
import { ACK, AE, CWR, ECE, FIN, PSH, RST, SYN, URG } from '../wire/tcp.ts';

import { encodeOptions } from './optionBytes.ts';
import { parseOptions } from './parseOptions.ts';
import type { Scanner } from './scanner.ts';
import type { Action, IcmpAction, IpInfo, PacketAction, QuotedSegment } from './script.ts';

const FLAGS: Readonly<Record<string, number>> = {
  F: FIN,
  S: SYN,
  R: RST,
  P: PSH,
  '.': ACK,
  U: URG,
  E: ECE,
  W: CWR,
  A: AE,
};

/** Other protocols, and packets within packets: read to the end of the line, not played. */
const FOREIGN = /(?:sctp|udp|udplite|gre|GREv0|mpls|ipv4|ipv6|psp)\b/y;

/** A packet whose direction has been read. */
export function parsePacket(scanner: Scanner, inbound: boolean): Action {
  const quoted = parseQuoted(scanner);
  const ip = parseIpInfo(scanner);
  const ports = parsePorts(scanner);
  const foreign = scanner.match(FOREIGN);
  if (foreign !== undefined) {
    scanner.restOfLine();
    return { kind: 'unsupported', what: `${foreign} packets` };
  }
  if (scanner.keyword('icmp')) return parseIcmp(scanner, inbound, quoted);
  if (quoted !== undefined) scanner.fail("only an ICMP message quotes a segment: 'icmp' is missing");
  return parseTcp(scanner, inbound, ip, ports);
}

function parseIpInfo(scanner: Scanner): IpInfo {
  const close = scanner.take('(') ? ')' : scanner.take('[') ? ']' : '';
  const info: { -readonly [Key in keyof IpInfo]: IpInfo[Key] } = {};
  if (close === '') return info;
  while (!scanner.take(close)) {
    const word = scanner.word();
    if (word === 'ecn') continue;
    if (word === 'ect0' || word === 'ect1' || word === 'ce' || word === 'noecn' || word === 'ect01') {
      info.ecn = word;
    } else if (word === 'tos') info.tos = scanner.expectInteger('a type of service', 0, 255);
    else if (word === 'class' || word === 'dscp')
      info.tos = scanner.expectInteger(`a value for ${word}`, 0, 255);
    else if (word === 'ttl' || word === 'hlim')
      info.ttl = scanner.expectInteger(`a value for ${word}`, 0, 255);
    else if (word === 'flowlabel') info.flowLabel = scanner.expectInteger('a flow label', 0, 0xfffff);
    else scanner.fail(`expected what the IP header shall have, found ${word ?? scanner.next}`);
    scanner.take(',');
  }
  return info;
}

function parsePorts(scanner: Scanner): PacketAction['ports'] {
  const before = scanner.at;
  const text = scanner.match(/[0-9]+\s*>\s*[0-9]+(?=\s)/y);
  if (text === undefined) return undefined;
  const [source = 0, destination = 0] = text.split('>').map(Number);
  if (source > 65_535 || destination > 65_535) scanner.fail('a port must be at most 65535', before);
  return { source, destination };
}

function parseTcp(
  scanner: Scanner,
  inbound: boolean,
  ip: IpInfo,
  ports: PacketAction['ports'],
): PacketAction {
  const { flags, ace } = parseFlags(scanner);
  const sequence = parseSequence(scanner);
  const ack = scanner.keyword('ack') ? scanner.expectInteger('an acknowledgment number') : undefined;
  const window = scanner.keyword('win') ? scanner.expectInteger('a window', 0, 65_535) : undefined;
  const urgent = scanner.keyword('urg') ? scanner.expectInteger('an urgent pointer', 0, 65_535) : undefined;
  const options = scanner.take('<') ? parseOptions(scanner) : [];
  const taken = encodeOptions(options ?? []).length;
  if (taken > MAX_OPTIONS_LENGTH)
    scanner.fail(`these options take ${taken} bytes, more than ${MAX_OPTIONS_LENGTH}`);
  if ((flags & ACK) !== 0 && ack === undefined && !inbound) {
    scanner.fail("a packet with the ACK flag ('.') needs 'ack N'");
  }
  let unsupported = ace ? 'the ACE field' : undefined;
  if (scanner.match(/\/udp\s*\([^)\n]*\)/y) !== undefined) unsupported = 'UDP encapsulation';
  if (scanner.match(/\{[^}\n]*\}/y) !== undefined) unsupported = 'changes to the bytes of a packet';
  if (scanner.match(/"[^"\n]*"|\[[^\]\n]*\]/y) !== undefined) unsupported = 'reset diagnostics';
  return {
    kind: 'packet',
    inbound,
    ip,
    ports,
    flags,
    ...sequence,
    ack,
    window,
    urgent,
    options,
    unsupported,
  };
}

function parseFlags(scanner: Scanner): { flags: number; ace: boolean } {
  const start = scanner.at;
  const text = scanner.match(/[^\s:()<>0-9]*[0-9]{0,2}[^\s:()<>0-9]*(?=\s)/y);
  if (text === undefined || text === '')
    scanner.fail(`expected the flags of a packet, found ${scanner.next}`);
  if (text === '-') return { flags: 0, ace: false };
  let flags = 0;
  let ace = false;
  for (const letter of text) {
    const bit = FLAGS[letter];
    if (bit !== undefined) flags |= bit;
    else if (letter >= '0' && letter <= '9') ace = true;
    else scanner.fail(`unknown flag '${letter}': the flags are F S R P . U E W A, or - for none`, start);
  }
  return { flags, ace };
}

/** `1:1001(1000)`, `...(1000)`, and `!` for a number that is not relative. */
function parseSequence(scanner: Scanner): Pick<PacketAction, 'seq' | 'length' | 'absolute'> {
  if (scanner.take('...')) {
    const length = parseLength(scanner);
    return { seq: undefined, length, absolute: false };
  }
  const start = scanner.at;
  const seq = scanner.expectInteger('a sequence number');
  let absolute = scanner.take('!');
  scanner.expect(':', 'after the first sequence number');
  const end = scanner.expectInteger('the sequence number after the last byte');
  if (scanner.take('!')) absolute = true;
  const length = parseLength(scanner);
  if (scanner.take('!')) absolute = true;
  if ((seq + length) % 0x1_0000_0000 !== end) {
    scanner.fail(`${seq} and ${length} bytes make ${(seq + length) % 0x1_0000_0000}, not ${end}`, start);
  }
  return { seq, length, absolute };
}

function parseLength(scanner: Scanner): number {
  scanner.expect('(', 'and the number of bytes');
  const length = scanner.expectInteger('the number of bytes', 0, 65_535);
  scanner.expect(')', 'after the number of bytes');
  return length;
}

/** The segment that an ICMP message quotes: `[1:1001(1000)]`, before `icmp` or at the end. */
function parseQuoted(scanner: Scanner): QuotedSegment | undefined {
  if (scanner.match(/\[(?=\s*(?:[0-9]+!?\s*:|\.\.\.))/y) === undefined) return undefined;
  const { seq, length } = parseSequence(scanner);
  scanner.expect(']', 'after the quoted sequence number');
  return { seq, length };
}

/** `icmp unreachable frag_needed mtu 1200` */
function parseIcmp(scanner: Scanner, inbound: boolean, before: QuotedSegment | undefined): IcmpAction {
  const type = scanner.word();
  if (type === undefined) scanner.fail(`expected an ICMP type, found ${scanner.next}`);
  let code: string | undefined;
  let mtu: number | undefined;
  let id: number | undefined;
  for (let word = scanner.word(); word !== undefined; word = scanner.word()) {
    if (word === 'mtu') mtu = scanner.expectInteger('an MTU', 0, 65_535);
    else if (word === 'id') id = scanner.expectInteger('an id', 0, 65_535);
    else code = word;
  }
  return { kind: 'icmp', inbound, type, code, mtu, id, quoted: parseQuoted(scanner) ?? before };
}
