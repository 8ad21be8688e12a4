/**
 * What both ends of a file transfer have in common: how one ends, who hashes, and which name of a file may be believed.
 * The two ends are `transferSender.ts` and `transferReceiver.ts`, what is on the wire is `transferFrames.ts`.
 */
import type { CloseReason } from '../tcp/user.ts';

/** How a transfer ended. */
export interface TransferEnd {
  /**
   * `complete`: all bytes are at the receiver's, their SHA-256 is right and they are kept. `failed`: one of the ends
   * could or would not. Otherwise why the connection broke.
   */
  readonly what: 'complete' | 'failed' | Exclude<CloseReason, 'closed'>;
  /** What went wrong when it failed, in words; else empty. */
  readonly why: string;
}

/** Takes bytes one part after the other; SHA-256, from wherever the program has it. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** 32 bytes, once. */
  digest(): Uint8Array;
}

/** Something that a program cannot do with its file, in words for both ends. */
export class TransferError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TransferError';
  }
}

/** A digest as people write it. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Longest name of a file that every usual file system takes, bytes of UTF-8. */
const NAME_LIMIT = 255;
const NAMELESS = 'received';

/**
 * A name that can be used in a folder, whatever the peer calls the file: no folders, no control characters, nothing
 * hidden (a leading dot becomes `_.`), 255 bytes at most. `received` when nothing is left of it.
 */
export function safeName(name: string): string {
  const base = name.split(/[/\\]/).at(-1)!;
  const plain = base.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').trim();
  const shown = plain.startsWith('.') ? `_${plain}` : plain;
  return shorten(shown) || NAMELESS;
}

/** Cut from behind, between characters. */
function shorten(text: string): string {
  const encoder = new TextEncoder();
  let length = 0;
  let short = '';
  for (const character of text) {
    length += encoder.encode(character).length;
    if (length > NAME_LIMIT) break;
    short += character;
  }
  return short;
}
