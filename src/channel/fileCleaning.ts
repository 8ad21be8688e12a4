/**
 * What openers that are gone have left in a file channel's directory, and when it may be removed: a piece of a log when
 * everybody has read it, a notice at once. Any opener does it for all; doing it twice does no harm.
 */
import { join } from 'node:path';
import { type Id, pieceName, removeFile } from './fileNames.ts';
import type { Presence, PresenceBoard } from './filePresence.ts';

/** The openers that have not gone. */
export function livingAmong(presences: readonly Presence[]): Set<Id> {
  return new Set(presences.filter(({ gone }) => !gone).map(({ id }) => id));
}

/**
 * Removes what is left of those that are gone. `ownPiece`: the oldest piece of a log that this opener has not read.
 */
export function cleanUp(
  directory: string,
  board: PresenceBoard,
  logs: ReadonlyMap<Id, readonly number[]>,
  presences: readonly Presence[],
  ownPiece: (id: Id) => number,
): void {
  for (const { id, gone } of presences) if (gone) board.remove(id);
  const readers = presences.filter(({ awaited }) => awaited);
  const living = livingAmong(presences);
  for (const [id, numbers] of logs) {
    if (living.has(id)) continue;
    const wanted = readers.map(({ positions }) => positions.get(id)?.piece ?? 0);
    const oldest = Math.min(ownPiece(id), ...wanted);
    for (const number of numbers) {
      if (number < oldest) removeFile(join(directory, pieceName({ id, number })));
    }
  }
}
