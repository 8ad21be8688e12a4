/**
 * The posts of a ladder: which ends stand where, and at which of them an address is. Ports of a network between the ends
 * have no post, unless the trace has nothing else.
 */
import type { Conversation } from '../../model/conversations.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';

export interface Post {
  /** What stands over it. */
  readonly name: string;
  /** Word of the end; NONE for one that has no trace of its own. */
  readonly end: number;
}

export interface Posts {
  /** From left to right, two at the least. */
  readonly all: readonly Post[];
  /** Place of the post at which an address (a word) is, NONE for an address of others. */
  postOf(address: number): number;
}

/** More ends than these share the last post. */
const MOST = 6;

/** The posts of one conversation. */
export function postsOf(model: TraceModel, { a, b }: Conversation): Posts {
  const at = new Map<number, number>();
  const put = (address: string, post: number): void => {
    const word = model.words.find(address);
    if (word !== undefined && address !== '') at.set(word, post);
  };
  put(a.local, 0);
  put(b?.local ?? a.remote, 1);
  const other = b === undefined ? { name: a.remote || 'peer', end: NONE } : { name: b.end, end: b.endId };
  return { all: [{ name: a.end, end: a.endId }, other], postOf: (address) => at.get(address) ?? NONE };
}

/** The posts of all conversations; of a trace without any, its ends. */
export function allPosts(model: TraceModel): Posts {
  const names: Post[] = [];
  const at = new Map<number, number>();
  const postAt = (name: string, end: number): number => {
    const known = names.findIndex((post) => post.name === name && post.end === end);
    if (known >= 0) return known;
    return names.length < MOST ? names.push({ name, end }) - 1 : MOST - 1;
  };
  const put = (address: string, post: number): void => {
    const word = model.words.find(address);
    if (word !== undefined && !at.has(word)) at.set(word, post);
  };
  for (const { a, b } of model.conversations.all) {
    put(a.local, postAt(a.end, a.endId));
    if (b !== undefined) put(b.local, postAt(b.end, b.endId));
    else if (a.remote !== '') put(a.remote, postAt('peers', NONE));
  }
  if (names.length === 0) putSources(model, at, (end) => postAt(model.words.text(end), end));
  while (names.length < 2) names.push({ name: 'peer', end: NONE });
  return { all: names, postOf: (address) => at.get(address) ?? NONE };
}

/** Of a network alone: an address is at the port where packets from it came in. */
function putSources(model: TraceModel, at: Map<number, number>, postAt: (end: number) => number): void {
  const { packets, events } = model;
  for (let packet = 0; packet < packets.length; packet++) {
    const source = packets.source.at(packet);
    if (source !== 0 && !at.has(source)) at.set(source, postAt(events.end[packets.row.at(packet)]!));
  }
}
