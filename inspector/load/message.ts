/**
 * What a running program sends over the WebSocket (docs/inspect.md): lines of its trace, and two notices that are no
 * part of the trace.
 */

/** A message, the notices taken out of it. */
export interface Message {
  /** Lines of the trace, each ended by a line feed; empty when there are none. */
  readonly lines: string;
  /** Events that the program no longer had when the page came. */
  readonly dropped: number;
  /** The run is over: no event follows. */
  readonly over: boolean;
}

const DROPPED = /^([^\n]*\n)\{"dropped":(\d{1,15})\}(?:\n|$)/;
const OVER = /^\{"end":true\}\n?$/;

/** Reads a message; only the `first` one says what was dropped, behind the header's line. */
export function readMessage(text: string, first: boolean): Message {
  if (OVER.test(text)) return { lines: '', dropped: 0, over: true };
  const notice = first ? DROPPED.exec(text) : null;
  const rest = notice === null ? text : notice[1]! + text.slice(notice[0].length);
  const lines = rest === '' || rest.endsWith('\n') ? rest : `${rest}\n`;
  return { lines, dropped: Number(notice?.[2] ?? 0), over: false };
}
