/** How connections ended, whom they mistrusted, and what the link did on the way that is worth a remark. */
import { kindId } from '../model/draft.ts';
import { NONE } from '../model/traceModel.ts';
import type { NoteKind } from './note.ts';
import { type Scan, seqDistance } from './scan.ts';

/** What the user was told at the end: which kind it is, in words. */
const ENDS: Readonly<Record<string, readonly [NoteKind, string]>> = {
  timedOut: ['gaveUp', 'was given up: the peer did not answer for too long'],
  unreachable: ['gaveUp', 'was given up: the peer cannot be reached'],
  reset: ['reset', 'was reset by the peer'],
  refused: ['reset', 'was refused by the peer'],
};

/** The user is told something. */
export function noteReport(scan: Scan, row: number): void {
  if (scan.word(scan.model.events.b[row]!) !== 'closed') return;
  const [kind, text] = ENDS[scan.model.textAt(row) ?? ''] ?? [];
  if (kind === undefined) return;
  const owner = scan.ownerOf(row);
  scan.add(kind, row, owner, `${scan.word(owner.endId)}'s connection ${text}.`);
}

/** The keep-alive chart gives up. */
export function noteGiveUp(scan: Scan, row: number): void {
  const text = 'The peer was silent, and so it was to every keep-alive probe.';
  scan.add('gaveUp', row, scan.ownerOf(row), text);
}

/** A RST or a challenge ACK is sent. */
export function noteDefence(scan: Scan, row: number, kind: 'reset' | 'challenge'): void {
  const { events } = scan.model;
  const arrival = scan.behind(row, 8, (at) => events.kind[at] === kindId.receive);
  const other = arrival === NONE ? NONE : events.a[arrival]! - 1;
  const answered = other === NONE ? '' : ` in answer to ${scan.name(other)}`;
  const text =
    kind === 'reset'
      ? `${scan.word(events.end[row]!)} sends a RST${answered}.`
      : `${scan.word(events.end[row]!)} sends a challenge ACK${answered}: only a real peer can react rightly.`;
  scan.add(kind, row, scan.ownerOf(row), text, [{ text: 'arrival', row: arrival }]);
}

const REASONS: Readonly<Record<string, string>> = {
  queue: 'the queue was full',
  mtu: 'it is larger than the MTU',
  outage: 'the link was down',
  fault: 'the script says so',
};

/** The link lost a packet. */
export function noteLoss(scan: Scan, row: number): void {
  const { events, packets } = scan.model;
  const packet = events.a[row]! - 1;
  if (packet < 0) return;
  const reason = REASONS[scan.word(events.c[row]!)];
  const owner = scan.senderOf(packet);
  if (reason !== undefined)
    scan.add('queueLoss', row, owner, `${scan.name(packet)} was dropped: ${reason}.`, [
      { text: 'sending', row: packets.row.at(packet) },
    ]);
  if (scan.word(packets.flags.at(packet)) !== '.' || packets.dataLength.at(packet) > 0) return;
  const made = madeUpFor(scan, packet);
  if (made === NONE) return;
  const text = `${scan.name(packet)} was lost, but ${scan.name(packets.copyPacket.at(made))} says as much and arrived before anything was sent again.`;
  scan.add('ackLost', row, owner, text, [
    { text: 'sending', row: packets.row.at(packet) },
    { text: 'made up for', row: packets.copyEndRow.at(made) },
  ]);
}

/** Packets that are looked at for one lost ACK. */
const REACH = 400;

/** The copy of a later packet that said the same in time; NONE when something was sent again for want of it. */
function madeUpFor(scan: Scan, lost: number): number {
  const { packets } = scan.model;
  const [own, peer, ack] = [packets.source.at(lost), packets.destination.at(lost), packets.ack.at(lost)];
  let found = NONE;
  let foundRow = Number.POSITIVE_INFINITY;
  for (let at = lost + 1; at < Math.min(packets.length, lost + REACH); at++) {
    const row = packets.row.at(at);
    if (row > foundRow) break;
    if (packets.source.at(at) === peer && packets.destination.at(at) === own) {
      const why = scan.word(packets.why.at(at));
      const again = why === 'timer' || why === 'fast';
      if (again && seqDistance(packets.seq.at(at), ack) < 0) return NONE;
    }
    if (packets.source.at(at) !== own || packets.destination.at(at) !== peer) continue;
    if (seqDistance(packets.ack.at(at), ack) < 0) continue;
    for (const copy of packets.copiesOf(at)) {
      if (packets.fateOf(copy) !== 'received' || packets.copyEndRow.at(copy) >= foundRow) continue;
      found = copy;
      foundRow = packets.copyEndRow.at(copy);
    }
  }
  return found;
}
