/** Where a received file is put: what `--out` means, what is in the way, and what the peer's name for it is worth. */
import { lstatSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { safeName, TransferError } from '../src/app/transfer.ts';
import { EXIT, Failure } from './failure.ts';
import { systemReason } from './systemReason.ts';

/** What the user said. */
export interface Target {
  /** A path, a folder, or `-` for standard output; the current folder when not given. */
  readonly out?: string;
  /** Replace what is there. */
  readonly force?: true;
}

/** A path, and whether it is written as it stands: a device such as /dev/null. */
export interface Place {
  readonly path: string;
  readonly device: boolean;
}

/**
 * Finds out before anybody connects that a file cannot be put there.
 * @throws {Failure} saying why
 */
export function checkTarget({ out = '.', force }: Target): void {
  if (out === '-') return;
  const refuse = (why: string): never => {
    throw new Failure(EXIT.application, `--out: ${why}`);
  };
  try {
    if (!isFolder(out)) placeOf(out, force === true);
  } catch (error) {
    if (error instanceof TransferError) refuse(error.message);
    throw error;
  }
  const folder = isFolder(out) ? out : dirname(out);
  if (!isFolder(folder)) refuse(`there is no folder '${folder}'`);
}

/** Is `--out` a folder, in which each file gets its own name? */
export function isFolder(path: string): boolean {
  return statOf(path, statSync)?.isDirectory() === true;
}

/**
 * Where a file that the peer calls `name` is put.
 * @throws {TransferError} when something is there, or no file can be
 */
export function placeFor(name: string, { out = '.', force }: Target): Place {
  return placeOf(isFolder(out) ? join(out, safeName(name)) : out, force === true);
}

function placeOf(path: string, force: boolean): Place {
  // What a link points to is not asked for: a file takes the link's place, or is refused
  const found = statOf(path, lstatSync);
  if (found?.isCharacterDevice()) return { path, device: true };
  if (found !== undefined && !force) throw new TransferError(`'${path}' exists; --force replaces it`);
  if (found !== undefined && !found.isFile() && !found.isSymbolicLink()) {
    throw new TransferError(`'${path}' is no file that could be replaced`);
  }
  return { path, device: false };
}

function statOf(path: string, stat: (path: string) => Stats): Stats | undefined {
  try {
    return stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new TransferError(`'${path}': ${systemReason(error)}`);
  }
}
