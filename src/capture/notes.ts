/** What a reader of a capture should know beside the pictures, in words. */
import type { CapturedConnection } from './connections.ts';
import type { NotShown } from './ipLayer.ts';
import type { CapturedAt, Passages } from './passages.ts';
import type { CaptureResult } from './read.ts';

const REASONS: Readonly<Record<NotShown, string>> = {
  unknownLink: 'of a link type that is not known here',
  notIp: 'not IP',
  notTcp: 'IP but not TCP',
  fragment: 'later fragments of a packet, which have no ports',
  cutShort: 'cut short before the end of the TCP header',
  malformed: 'malformed',
};

/** Of the file. */
export function captureNotes({ warnings, notShown, packets }: CaptureResult): string[] {
  const notes = warnings.map(({ offset, reason }) => `byte ${offset}: ${reason}`);
  for (const [reason, count] of Object.entries(notShown)) {
    notes.push(`not shown, ${REASONS[reason as NotShown]}: ${frames(count)}`);
  }
  if (packets.length > 0) {
    notes.push(
      'inferred from the packets: the states of both ends, why segments were sent, and the variables',
    );
  }
  return notes;
}

/** Of a connection. */
export function connectionNotes(conversation: {
  readonly connection: CapturedConnection;
  readonly passages: Passages;
}): string[] {
  const { connection, passages } = conversation;
  const { number, client, server, opening, passed } = connection;
  const notes = [`connection ${number}, ${client} to ${server}: ${where(passages)}`];
  if (opening === 'middle') notes.push(`connection ${number}: its beginning is not in the capture`);
  const damaged = passed.filter((each) => each.damaged).length;
  if (damaged > 0) notes.push(`connection ${number}: wrong checksum, taken as damaged: ${frames(damaged)}`);
  if (passages.repeated > 0) {
    notes.push(
      `connection ${number}: seen at another interface as well, not shown: ${frames(passages.repeated)}`,
    );
  }
  return notes;
}

function where({ capturedAt, distances }: Passages): string {
  const [client, server] = distances.map((us) => `${us / 1000} ms`) as [string, string];
  const places: Readonly<Record<CapturedAt, string>> = {
    both: 'captured at both ends',
    client: `captured at the client; to the server ${server}, estimated`,
    server: `captured at the server; to the client ${client}, estimated`,
    between: `captured between them; to the client ${client}, to the server ${server}, estimated`,
    unknown: 'where it was captured cannot be told',
  };
  return places[capturedAt];
}

function frames(count: number): string {
  return count === 1 ? '1 frame' : `${count} frames`;
}
