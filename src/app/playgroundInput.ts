/**
 * What a person does in a playground, with the virtual time at which it was done: all that a run depends on besides its
 * settings. As text it is what a trace's header keeps, so that a saved run can be had again.
 */
import { checkCommand } from './keyValueClient.ts';
import { type PlaygroundSettings, partsOf } from './playgroundSettings.ts';
import { safeName } from './transfer.ts';

export type PlaygroundAction =
  /** A line for the key-value server; the connection is opened when there is none. */
  | { readonly kind: 'command'; readonly text: string }
  /** No more commands on this connection: it is closed when all have their answers. */
  | { readonly kind: 'close' }
  /** A file to the server; without `bytes` its content is made up from its size. */
  | { readonly kind: 'file'; readonly name: string; readonly size: number; readonly bytes?: Uint8Array }
  /** The link is another from now on; what is under way arrives as it would have. */
  | { readonly kind: 'link'; readonly settings: PlaygroundSettings };

export interface PlaygroundInput {
  /** us */
  readonly at: number;
  readonly action: PlaygroundAction;
}

/** Largest file, bytes: a run is to be looked at, and is kept whole. */
export const FILE_LIMIT = 1 << 22;
/** Segments that a file may take. */
const SEGMENT_LIMIT = 20_000;
/** Longest line for the server, characters. */
const COMMAND_LIMIT = 1 << 16;

/**
 * Is this something a run can take? `mss`: bytes of a segment of the run's, 0 for the usual.
 * @throws {RangeError} saying why not
 */
export function checkAction(action: PlaygroundAction, mss: number): void {
  if (action.kind === 'command') checkLine(action.text);
  else if (action.kind === 'file') checkFile(action, mss);
  else if (action.kind === 'link') partsOf(action.settings);
}

function checkLine(text: string): void {
  if (text.length > COMMAND_LIMIT) throw new RangeError(`a command has at most ${COMMAND_LIMIT} characters`);
  try {
    checkCommand(text);
  } catch (error) {
    throw new RangeError((error as Error).message);
  }
}

function checkFile({ name, size, bytes }: PlaygroundAction & { kind: 'file' }, mss: number): void {
  if (!Number.isSafeInteger(size) || size < 0 || size > FILE_LIMIT)
    throw new RangeError(`a file has from 0 to ${FILE_LIMIT} bytes here, not ${size}`);
  const segments = Math.ceil(size / (mss === 0 ? 1448 : mss));
  if (segments > SEGMENT_LIMIT)
    throw new RangeError(
      `${size} bytes would be ${segments} segments of ${mss}; a run here takes ${SEGMENT_LIMIT}`,
    );
  if (bytes !== undefined && bytes.length !== size)
    throw new RangeError(`a file of ${size} bytes with ${bytes.length}`);
  if (safeName(name) !== name) throw new RangeError(`a file cannot be called ${JSON.stringify(name)}`);
}

/** Bytes that look like nothing, the same for the same size. */
export function madeUp(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = size | 1;
  for (let i = 0; i < size; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** `1500 command GET,city`, for a trace's header. */
export function inputText({ at, action }: PlaygroundInput): string {
  switch (action.kind) {
    case 'command':
      return `${at} command ${action.text}`;
    case 'close':
      return `${at} close`;
    case 'file':
      return `${at} ${action.bytes === undefined ? 'file' : 'own-file'} ${action.size} ${action.name}`;
    case 'link':
      return `${at} link ${JSON.stringify(action.settings)}`;
  }
}

/**
 * Reads what `inputText` wrote.
 * @throws {RangeError} for other text, and for a file of the user's own, whose bytes are not in it
 */
export function parseInput(text: string): PlaygroundInput {
  const [, at, word, rest = ''] = /^(\d{1,15}) ([a-z-]+)(?: (.*))?$/s.exec(text) ?? [];
  if (at === undefined) throw new RangeError(`no input of a playground: ${JSON.stringify(text)}`);
  return { at: Number(at), action: parseAction(word!, rest) };
}

function parseAction(word: string, rest: string): PlaygroundAction {
  switch (word) {
    case 'command':
      return { kind: 'command', text: rest };
    case 'close':
      return { kind: 'close' };
    case 'file': {
      const [, size, name] = /^(\d{1,9}) (.*)$/s.exec(rest) ?? [];
      if (size !== undefined) return { kind: 'file', size: Number(size), name: name! };
      throw new RangeError(`no file: ${JSON.stringify(rest)}`);
    }
    case 'own-file':
      throw new RangeError('a file of the user’s own was sent, and its bytes are not in the trace');
    case 'link':
      return { kind: 'link', settings: JSON.parse(rest) as PlaygroundSettings };
    default:
      throw new RangeError(`unknown input of a playground: ${JSON.stringify(word)}`);
  }
}
