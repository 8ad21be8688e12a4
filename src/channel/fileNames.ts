/** The names in a file channel's directory. What stands in the files is left to the others. */
import { opendirSync, unlinkSync } from 'node:fs';

/** Who opened the channel: its process and a random number, as two threads of a process may. */
export type Id = string;

/** A part of an opener's log. */
export interface Piece {
  readonly id: Id;
  /** 1, 2, 3, ... */
  readonly number: number;
}

/** The folder where each opener says that it is there and how far it has read. */
export const READERS = 'readers';

/** What the file system says when the disk is full or the process has too many files open: it may pass. */
export const PASSING: readonly string[] = ['ENOSPC', 'EDQUOT', 'EAGAIN', 'EINTR', 'EMFILE', 'ENFILE'];

const ID = /^[0-9]{1,10}-[0-9a-f]{8}$/;
const PIECE = /^([0-9]{1,10}-[0-9a-f]{8})\.([1-9][0-9]{0,8})\.log$/;

/** So many names of a directory are looked at: one that is fuller is none of ours. */
const NAMES = 16_384;

/** `4711-9f3a2b1c.1.log` */
export function pieceName({ id, number }: Piece): string {
  return `${id}.${number}.log`;
}

/** Undefined for a name that is no piece's. */
export function parsePiece(name: string): Piece | undefined {
  const match = PIECE.exec(name);
  return match === null ? undefined : { id: match[1]!, number: Number(match[2]) };
}

export function isId(name: string): boolean {
  return ID.test(name);
}

/** The numbers of the pieces that are there, by opener, ascending. Throws what the file system says. */
export function listPieces(directory: string): Map<Id, number[]> {
  const logs = new Map<Id, number[]>();
  for (const name of names(directory)) {
    const piece = parsePiece(name);
    if (piece === undefined) continue;
    const numbers = logs.get(piece.id);
    if (numbers === undefined) logs.set(piece.id, [piece.number]);
    else numbers.push(piece.number);
  }
  for (const numbers of logs.values()) numbers.sort((a, b) => a - b);
  return logs;
}

/** The openers that have a file in the readers' folder. Throws what the file system says. */
export function listIds(folder: string): Id[] {
  return names(folder).filter(isId);
}

function names(directory: string): string[] {
  const found: string[] = [];
  const handle = opendirSync(directory);
  try {
    for (let entry = handle.readSync(); entry !== null && found.length < NAMES; entry = handle.readSync()) {
      found.push(entry.name);
    }
  } finally {
    handle.closeSync();
  }
  return found;
}

/** Removes a file. One that is not there, or not to be removed, stays as it is. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Somebody was faster, or put a folder there.
  }
}
