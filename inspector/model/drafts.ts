/** For each template of lines (`src/trace/packed`) a draft of its event, of which only what is in the blanks changes. */
import type { TraceEvent } from '../../src/trace/event.ts';
import type { BlankPath } from '../../src/trace/packed/blanks.ts';
import type { Lines } from '../../src/trace/packed/lines.ts';
import type { Words } from '../../src/trace/packed/words.ts';
import { Draft } from './draft.ts';

/** Where in a draft what is in a blank goes: numbers, as it is a switch over them that takes the time. */
const PLACES: Readonly<Record<BlankPath, number>> = {
  n: 0,
  t: 1,
  end: 2,
  cause: 3,
  connection: 4,
  instance: 5,
  packet: 6,
  deadline: 7,
  queue: 8,
  copy: 8,
  bit: 8,
  by: 8,
  direction: 9,
  bytes: 10,
  'segment.source': 11,
  'segment.destination': 12,
  'segment.seq': 13,
  'segment.ack': 14,
  'segment.window': 15,
  'segment.length': 16,
  'segment.options.mss': 17,
  'segment.options.windowScale': 18,
  'segment.options.timestamps': 19,
  'segment.options.sack': 20,
  values: 21,
  detail: 22,
  text: 22,
};

/** Blanks that all lines have, first and in the order of their places: n, t, end, cause. */
const OF_ALL = 4;

interface Filled {
  readonly draft: Draft;
  readonly places: Uint8Array;
  readonly indexes: Uint8Array;
}

const decoder = new TextDecoder();

export class Drafts {
  readonly #lines: Lines;
  readonly #words: Words;
  /** By template. */
  readonly #all: Filled[] = [];

  constructor(lines: Lines, words: Words) {
    this.#lines = lines;
    this.#words = words;
  }

  /** Of a line that the parser has read, and `lines` has learnt or adopted: the next ones like it will need no parser. */
  add(event: TraceEvent): void {
    const draft = new Draft();
    draft.read(event, this.#words);
    const blanks = this.#lines.blanksOf(this.#all.length);
    this.#all.push({
      draft,
      places: Uint8Array.from(blanks, ({ path }) => PLACES[path]),
      indexes: Uint8Array.from(blanks, ({ index }) => index),
    });
  }

  /** The event of a line, until the next one: of a template, with what is now in the blanks. */
  filled(template: number): Draft {
    const { draft, places, indexes } = this.#all[template]!;
    const { numbers } = this.#lines;
    draft.n = numbers[0]!;
    draft.t = numbers[1]!;
    draft.end = numbers[2]!;
    draft.cause = numbers[3]!;
    for (let i = OF_ALL; i < places.length; i++) {
      const place = places[i]!;
      if (place < 10) put(draft, place, numbers[i]!);
      else if (place === 10) this.#putBytes(draft, numbers[i]!);
      else if (place < 19) putSegment(draft, place, numbers[i]!);
      else if (place < 22) putListed(draft, place, numbers[i]!, indexes[i]!);
      else draft.text = decoder.decode(this.#lines.text);
    }
    return draft;
  }

  #putBytes(draft: Draft, length: number): void {
    draft.bytes = this.#lines.bytes;
    draft.bytesFrom = this.#lines.bytesFrom;
    draft.bytesLength = length;
  }
}

function put(draft: Draft, place: number, value: number): void {
  switch (place) {
    case 4:
      draft.connection = value;
      break;
    case 5:
      draft.instance = value;
      break;
    case 6:
      draft.packet = value;
      break;
    case 7:
      draft.deadline = value;
      break;
    case 8:
      draft.value = value;
      break;
    default:
      draft.direction = value;
  }
}

function putSegment({ segment }: Draft, place: number, value: number): void {
  switch (place) {
    case 11:
      segment.source = value;
      break;
    case 12:
      segment.destination = value;
      break;
    case 13:
      segment.seq = value;
      break;
    case 14:
      segment.ack = value;
      break;
    case 15:
      segment.window = value;
      break;
    case 16:
      segment.length = value;
      break;
    case 17:
      segment.mss = value;
      break;
    default:
      segment.windowScale = value;
  }
}

/** Numbers of which there are several. */
function putListed({ segment, values }: Draft, place: number, value: number, index: number): void {
  if (place === 21) values[index] = value;
  else if (place === 20) segment.sack[index] = value;
  else if (index === 0) segment.tsVal = value;
  else segment.tsEcr = value;
}
