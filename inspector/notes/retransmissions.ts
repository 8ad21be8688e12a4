/** What was sent again: why only then, and whether it had to be. */
import { kindId } from '../model/draft.ts';
import { NONE } from '../model/traceModel.ts';
import type { NoteLink } from './note.ts';
import { counted, type Owner, roughTime, type Scan, seqDistance } from './scan.ts';

/** Rows that are looked over for one finding, at the most. */
const REACH = 20_000;

/** A transition of a segment's chart: its timer ran out. */
export function noteTimeout(scan: Scan, row: number): void {
  const { tracks, packets, words } = scan.model;
  const sent = scan.sendings.upTo(tracks.trackOf(row), row);
  const last = sent.at(-1);
  if (last === undefined) return;
  const owner = scan.ownerOf(row);
  const waited = roughTime(scan.time(row) - scan.time(packets.row.at(last)));
  const next = scan.armedAfter(row, 'rto');
  const doubled = next > 0 ? ` The next timeout is ${roughTime(next)}.` : '';
  const fate = fateText(scan, last, row);
  const links: NoteLink[] = [{ text: 'sending', row: packets.row.at(last) }, ...lossLinks(scan, last)];
  if (words.text(packets.flags.at(last)).includes('S'))
    scan.add('synRepeated', row, owner, `No answer to the SYN for ${waited}: ${fate}.${doubled}`, links);
  else if (sent.length > 1)
    scan.add(
      'backoff',
      row,
      owner,
      `Timeout ${sent.length} for the same segment, ${scan.name(last)}: ${fate}.${doubled}`,
      links,
    );
  else {
    const text = `${scan.name(last)} was not acknowledged for ${waited}: ${fate}.${whyNotFast(scan, row, last)}`;
    scan.add('timeout', row, owner, `${text}${doubled}`, links);
  }
}

/** What the timeout was about: what became of the sending, and of the answer to it. */
function fateText(scan: Scan, packet: number, row: number): string {
  const { packets } = scan.model;
  const arrived = scan.arrivalOf(packet);
  if (arrived !== NONE && arrived < row) return answerText(scan, packet, arrived, row);
  if (arrived !== NONE) return `it was still on its way (it arrives ${gap(scan, row, arrived)} later)`;
  const fates = packets.copiesOf(packet).map((copy) => packets.fateOf(copy));
  if (fates.includes('discarded')) return 'it was damaged on the way and dropped';
  return fates.includes('lost') ? 'it was lost' : 'what became of it is not in the trace';
}

/** What became of the acknowledgment of a packet that had arrived. */
function answerText(scan: Scan, packet: number, arrived: number, row: number): string {
  const { packets } = scan.model;
  const before = `it had arrived ${gap(scan, arrived, row)} before`;
  const end = (packets.seq.at(packet) + Math.max(1, packets.dataLength.at(packet))) >>> 0;
  let answers = 0;
  let lost = 0;
  // Answers were sent after the packet; a round trip's worth of packets is looked at.
  for (let at = packet + 1; at < packets.length && packets.row.at(at) < row; at++) {
    if (at - packet > REACH) break;
    const answer =
      packets.row.at(at) >= arrived &&
      packets.source.at(at) === packets.destination.at(packet) &&
      packets.destination.at(at) === packets.source.at(packet) &&
      seqDistance(packets.ack.at(at), end) >= 0;
    if (!answer) continue;
    answers += 1;
    if (packets.copiesOf(at).every((copy) => /lost|discarded/.test(packets.fateOf(copy)))) lost += 1;
  }
  if (answers === 0) return `${before}, but was not acknowledged yet`;
  if (lost === answers)
    return `${before}; ${answers === 1 ? 'its ACK was' : `all ${answers} ACKs of it were`} lost`;
  return `${before}; its ACK was still on its way`;
}

/** Why duplicate ACKs did not bring it about sooner (RFC 5681 section 3.2). */
function whyNotFast(scan: Scan, row: number, packet: number): string {
  const owner = scan.ownerOf(row);
  if (scan.word(scan.model.events.c[row]!) === 'timerPerSegment') return '';
  if (scan.stateOf(owner, 'recovery', row - 1) === '') return '';
  const needed = thresholdOf(scan);
  const followers = followersOf(scan, packet, row);
  if (followers < needed)
    return ` Fast retransmit needs ${needed} duplicate ACKs, and ${followers === 0 ? 'nothing' : `only ${counted(followers, 'segment')}`} followed it.`;
  const duplicates = duplicatesOf(scan, packet, row);
  if (duplicates < needed)
    return ` Only ${counted(duplicates, 'duplicate ACK')} came of the ${needed} needed.`;
  return ' Another loss was being repaired, so that duplicate ACKs did not count.';
}

/** Duplicate ACKs that tell of a loss. */
function thresholdOf({ model }: Scan): number {
  const tcp = model.header?.configuration.tcp as Readonly<Record<string, unknown>> | undefined;
  return typeof tcp?.dupThresh === 'number' ? tcp.dupThresh : 3;
}

/** Segments with data sent after a packet by the same connection, before a row. */
function followersOf({ model }: Scan, packet: number, row: number): number {
  const { source, destination, dataLength, length, row: rows } = model.packets;
  let count = 0;
  for (let at = packet + 1; at < length && at < packet + REACH && rows.at(at) < row; at++) {
    const own = source.at(at) === source.at(packet) && destination.at(at) === destination.at(packet);
    if (own && dataLength.at(at) > 0) count += 1;
  }
  return count;
}

/** ACKs of what comes before a packet that arrived between its sending and a row and said nothing else. */
function duplicatesOf({ model }: Scan, packet: number, row: number): number {
  const { events, packets } = model;
  let count = 0;
  for (let at = Math.max(packets.row.at(packet), row - REACH); at < row; at++) {
    if (events.kind[at] !== kindId.receive) continue;
    const other = events.a[at]! - 1;
    const duplicate =
      other >= 0 &&
      packets.source.at(other) === packets.destination.at(packet) &&
      packets.ack.at(other) === packets.seq.at(packet) &&
      packets.dataLength.at(other) === 0;
    if (duplicate) count += 1;
  }
  return count;
}

/** A transition of `recovery` from `open` to `recovery`. */
export function noteFastRetransmit(scan: Scan, row: number): void {
  const { events, packets, tracks } = scan.model;
  const owner = scan.ownerOf(row);
  const sending = scan.ahead(
    row,
    80,
    (at) => events.kind[at] === kindId.send && isOf(scan, at, owner) && scan.word(events.b[at]!) === 'fast',
  );
  if (sending === NONE) return;
  const packet = events.a[sending]! - 1;
  const first = scan.sendings.before(packet);
  if (first === NONE) return;
  const track = packets.track.at(packet);
  const duplicates = duplicatesOf(scan, first, row);
  const elapsed = gap(scan, packets.row.at(first), row);
  const deadline = tracks.timersAt(track, row - 1).get('rto');
  const saved =
    deadline === undefined
      ? ''
      : `; the timer would have waited ${roughTime(deadline - scan.time(row))} more`;
  scan.add(
    'fast',
    row,
    owner,
    `${scan.name(packet)} goes out again ${elapsed} after its first sending, for ${counted(duplicates, 'duplicate ACK')}${saved}.`,
    [
      { text: 'first sending', row: packets.row.at(first) },
      { text: 'sent again', row: sending },
      ...lossLinks(scan, first),
    ],
  );
}

/** A sending by `timer` or `fast`: had one before it arrived, or does it yet? */
export function noteSpurious(scan: Scan, row: number, previous: number): void {
  const { packets } = scan.model;
  for (let before = previous; before !== NONE; before = scan.sendings.before(before)) {
    const arrived = scan.arrivalOf(before);
    if (arrived === NONE) continue;
    const packet = scan.model.events.a[row]! - 1;
    const why =
      arrived < row
        ? answerText(scan, before, arrived, row)
        : `the one before was only slow and arrives ${gap(scan, row, arrived)} later`;
    scan.add('spurious', row, scan.ownerOf(row), `${scan.name(packet)} need not have been sent: ${why}.`, [
      { text: 'sent before', row: packets.row.at(before) },
      { text: 'arrival', row: arrived },
    ]);
    return;
  }
}

function lossLinks({ model }: Scan, packet: number): NoteLink[] {
  const { packets } = model;
  return packets.copiesOf(packet).flatMap((copy) => {
    const fate = packets.fateOf(copy);
    return fate === 'lost' || fate === 'discarded' ? [{ text: fate, row: packets.copyEndRow.at(copy) }] : [];
  });
}

function isOf({ model }: Scan, row: number, { endId, connection }: Owner): boolean {
  return model.events.end[row] === endId && model.events.connection[row] === connection;
}

/** Time from one row to another. */
function gap(scan: Scan, from: number, to: number): string {
  return roughTime(scan.time(to) - scan.time(from));
}
