/** What arrived, and could not be used, or not as it was meant. */
import { kindId } from '../model/draft.ts';
import { MARK, NONE } from '../model/traceModel.ts';
import { counted, type Owner, roughTime, type Scan, seqDistance } from './scan.ts';

/** Reasons of `discard` in words. */
const REASONS: Readonly<Record<string, string>> = {
  noListener: 'nobody listens at its port',
  noSyn: 'there is no connection for it, and it does not ask for one',
  backlogFull: 'too many connections wait to be accepted',
  truncated: 'it is shorter than its headers say',
  notTcp: 'it is no TCP',
  notOurs: 'it is for another address',
  badSource: 'no single host can have sent it',
  notIp: 'it is no IP packet',
};

/** An end dropped a packet. */
export function noteDiscard(scan: Scan, row: number): void {
  const { events } = scan.model;
  const packet = events.a[row]! - 1;
  if (packet < 0) return;
  const owner = { endId: events.end[row]!, connection: scan.receiverOf(packet)?.connection ?? 0 };
  const reason = scan.word(events.b[row]!);
  const damage = scan.behind(row, 8, (at) => isLink(scan, at, 'corrupted'));
  const links = [
    { text: 'sending', row: scan.model.packets.row.at(packet) },
    { text: 'damage', row: damage },
  ];
  if (damage === NONE) {
    const why = REASONS[reason] ?? reason;
    scan.add('discarded', row, owner, `${scan.name(packet)} was dropped: ${why}.`, links);
    return;
  }
  const found = /checksum/i.test(reason) ? 'the checksum does not fit' : `it is unusable (${reason})`;
  const text = `Bit ${events.x[damage]} of ${scan.name(packet)} was flipped on the way; ${found}, so it was dropped.`;
  scan.add('corrupted', row, owner, text, links);
}

function isLink({ model }: Scan, row: number, what: string): boolean {
  return model.events.kind[row] === kindId.link && model.words.text(model.events.b[row]!) === what;
}

/** A packet reached an end: was it news, and was it whole? */
export function noteArrival(scan: Scan, row: number): void {
  const { events, packets } = scan.model;
  const packet = events.a[row]! - 1;
  const copy = events.d[row]! - 1;
  if (packet < 0 || copy < 0 || packets.fateOf(copy) !== 'received') return;
  const owner = scan.receiverOf(packet);
  const marks = packets.copyMarks.at(copy);
  if ((marks & MARK.corrupted) !== 0) {
    const text = `${scan.name(packet)} was damaged on the way, and nothing at the end noticed.`;
    scan.add('undetected', row, owner, text, [{ text: 'sending', row: packets.row.at(packet) }]);
  }
  const length = packets.dataLength.at(packet);
  if (owner === undefined || length === 0) return;
  const next = scan.value(owner, 'rcv.nxt', row);
  if (next === undefined || next === 0) return;
  notePlace(scan, row, packet, owner, next, (marks & MARK.duplicate) !== 0);
}

/** Data that lies outside of what is awaited. */
function notePlace(
  scan: Scan,
  row: number,
  packet: number,
  owner: Owner,
  next: number,
  copied: boolean,
): void {
  const { packets } = scan.model;
  const seq = packets.seq.at(packet);
  const end = seq + packets.dataLength.at(packet);
  const links = [{ text: 'sending', row: packets.row.at(packet) }];
  if (seqDistance(end, next) <= 0) {
    const origin = copied ? 'the link made a copy of it' : 'it had been sent more than once';
    const text = `All of ${scan.name(packet)} had been received before: ${origin}. It is answered with an ACK.`;
    scan.add('duplicate', row, owner, text, links);
    return;
  }
  const window = scan.value(owner, 'rcv.wnd', row);
  if (window === undefined || seqDistance(seq, next + window) < 0) return;
  const text = `${scan.name(packet)} lies ${seqDistance(seq, next + window)} bytes beyond the window of ${window} bytes.`;
  scan.add('outOfWindow', row, owner, text, links);
}

/** A packet arrived after one that was sent later. */
export function noteReordered(scan: Scan, row: number): void {
  const { events, packets } = scan.model;
  const packet = events.a[row]! - 1;
  if (packet < 0) return;
  let overtaken = 0;
  let first = NONE;
  for (let later = packet + 1; later < Math.min(packets.length, packet + 2000); later++) {
    if (packets.row.at(later) > row) break;
    if (packets.source.at(later) !== packets.source.at(packet)) continue;
    for (const copy of packets.copiesOf(later)) {
      const arrived = packets.copyEndRow.at(copy);
      if (packets.fateOf(copy) === 'lost' || arrived === NONE || arrived >= row) continue;
      overtaken += 1;
      if (first === NONE || arrived < first) first = arrived;
    }
  }
  if (first === NONE) return;
  const late = roughTime(scan.time(row) - scan.time(first));
  const text = `${scan.name(packet)} arrived ${late} after the first of ${counted(overtaken, 'packet')} sent later.`;
  scan.add('reordered', row, scan.senderOf(packet), text, [
    { text: 'sending', row: packets.row.at(packet) },
    { text: 'overtaken by', row: first },
  ]);
}

/** What RFC 7323 section 5.3 keeps of a connection: the newest timestamp and the last ACK sent. */
interface Recent {
  tsVal: number;
  lastAck: number;
}

/** Follows TS.Recent of every connection, and remarks on what is older. */
export class TimestampWatch {
  readonly #recent = new Map<number, Recent>();

  /** A sending: the ACK that it carries. */
  sent(scan: Scan, row: number): void {
    const { events, packets } = scan.model;
    const packet = events.a[row]! - 1;
    const recent = this.#recent.get(keyOf(scan.ownerOf(row)));
    if (recent !== undefined && scan.word(packets.flags.at(packet)).includes('.'))
      recent.lastAck = packets.ack.at(packet);
  }

  /** An arrival: its timestamp. */
  arrived(scan: Scan, row: number): void {
    const { events, packets } = scan.model;
    const packet = events.a[row]! - 1;
    const copy = events.d[row]! - 1;
    if (packet < 0 || copy < 0 || packets.fateOf(copy) !== 'received') return;
    const owner = scan.receiverOf(packet);
    const stamps = packets.optionsOf(packet)?.timestamps;
    const flags = scan.word(packets.flags.at(packet));
    if (owner === undefined || stamps === undefined || flags.includes('R')) return;
    const known = this.#recent.get(keyOf(owner));
    if (known === undefined || flags.includes('S')) {
      this.#recent.set(keyOf(owner), { tsVal: stamps[0], lastAck: known?.lastAck ?? packets.seq.at(packet) });
      return;
    }
    const age = seqDistance(known.tsVal, stamps[0]);
    if (age > 0) {
      const text = `${scan.name(packet)} carries a timestamp ${age} ms older than the newest: it is acknowledged and dropped.`;
      scan.add('paws', row, owner, text, [{ text: 'sending', row: packets.row.at(packet) }]);
    } else if (seqDistance(packets.seq.at(packet), known.lastAck) <= 0) known.tsVal = stamps[0];
  }
}

function keyOf({ endId, connection }: Owner): number {
  return endId * 0x1_0000_0000 + connection;
}
