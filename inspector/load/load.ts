/**
 * Traces and captures into runs: from a file, an address, the page itself. Large traces are read in pieces, so that the
 * page lives.
 */
import { batch } from '@preact/signals';
import { MAGIC, PACKED_TYPE, SIZE_HEADER } from '../../src/trace/packed/pack.ts';
import { NONE } from '../model/eventTable.ts';
import { TraceReader } from '../model/reader.ts';
import { TraceModel } from '../model/traceModel.ts';
import { cursor, type Moment, moveToTime, selection } from '../state/cursor.ts';
import { fittingSpeed, playing, speed } from '../state/play.ts';
import { loading, nextRunId, putRun, type Run, runs, showRun } from '../state/run.ts';
import { chosenSpan } from '../state/span.ts';
import { goToAddress } from '../state/url.ts';
import { type Bytes, Source } from './source.ts';

/** Bytes that tell what a file is. */
const START = 12;

/** Reads a file that was dropped or chosen. */
export async function loadFile(file: File): Promise<void> {
  await loadStream(file.name, file.stream() as Bytes, file.size);
}

/** Reads a trace from an address. */
export async function loadAddress(address: string): Promise<void> {
  const name = nameOf(address);
  loading.value = { phase: 'busy', name, share: undefined };
  try {
    const response = await fetch(address, { headers: { Accept: `${PACKED_TYPE}, */*;q=0.5` } });
    if (!response.ok || response.body === null)
      throw new Error(`the server answers ${response.status} ${response.statusText}`.trim());
    const { headers } = response;
    const size = Number(headers.get(SIZE_HEADER) ?? headers.get('content-length') ?? Number.NaN);
    await loadStream(name, response.body as Bytes, size);
  } catch (error) {
    loading.value = { phase: 'failed', name, reason: (error as Error).message };
  }
}

/** What a person would call it: the last part of its path. */
function nameOf(address: string): string {
  const last = new URL(address, location.href).pathname.split('/').at(-1)!;
  try {
    return decodeURIComponent(last) || address;
  } catch {
    return last;
  }
}

/**
 * Reads a trace as its bytes come, or a capture when all of it is there; packed ones (gzip) are known by how they begin.
 * `size` may be NaN.
 */
export async function loadStream(name: string, stream: Bytes, size: number): Promise<void> {
  const progress: Progress = (share) => {
    loading.value = { phase: 'busy', name, share: Number.isNaN(share) ? undefined : share };
  };
  progress(0);
  const id = nextRunId();
  /** What was shown of it while it was read. */
  let first: First | undefined;
  const begun = (loaded: Loaded): void => {
    first = showFirst({ id, name, ...loaded, live: false });
  };
  try {
    const loaded = await read(new Source(stream), progress, size, begun);
    const whole = { id, name, ...loaded, live: false };
    batch(() => {
      if (first === undefined) show(whole);
      else showWhole(whole, first);
      loading.value = { phase: 'none' };
    });
  } catch (error) {
    loading.value = { phase: 'failed', name, reason: (error as Error).message };
  }
}

type Progress = (share: number) => void;
type Loaded = Pick<Run, 'model' | 'problems' | 'bad' | 'notes' | 'damage'>;

/** What a trace begins with. */
const BRACE = 0x7b;

/** The code that reads captures: most who come do not need it. */
export function captures(): Promise<typeof import('./capture.ts')> {
  return import('./capture.ts');
}

/** How long the page is kept from anything else, ms. */
const SLICE = 50;
/** How often it shows how far it is, ms: drawing takes time too. */
const SHOWN = 200;
/** From so many bytes of events it is told how many all are; there may be that many at most, or they come as they do. */
const SAMPLE = 1 << 22;
const MOST_RESERVED = 1 << 23;
/** What there is of a trace is shown after so long, when the rest takes so long too; drawing takes time as well, ms. */
const FIRST_LOOK = { after: 2000, before: 1500 };
/** A capture is read as a whole, bytes. */
const LARGEST_CAPTURE = 1 << 29;

async function read(
  source: Source,
  progress: Progress,
  size: number,
  begun: (loaded: Loaded) => void,
): Promise<Loaded> {
  const start = await source.peek(START);
  if (start[0] === 0x1f && start[1] === 0x8b)
    return read(new Source(source.unpacked()), progress, Number.NaN, begun);
  if (MAGIC.every((byte, i) => byte === start[i])) return readTrace(source, progress, size, true, begun);
  if (start[0] === BRACE || !(await captures()).isCapture(start))
    return readTrace(source, progress, size, false, begun);
  return readCapture(source, progress);
}

/** Reads a trace; `begun` is given what there is after some time, when the rest takes some more. */
async function readTrace(
  source: Source,
  progress: Progress,
  size: number,
  packed: boolean,
  begun: (loaded: Loaded) => void,
): Promise<Loaded> {
  const model = new TraceModel();
  const reader = new TraceReader(model);
  const start = performance.now();
  let heard = start;
  let shown = start;
  let isBegun = false;
  /** What had come with the first events: a header may be long. */
  let first: { readonly read: number; readonly rows: number } | undefined;
  let reserved = false;
  for (;;) {
    const piece = await source.next().catch((error: Error) => reader.breakOff(unread(error)));
    if (piece === undefined || reader.stopped) break;
    if (!packed) reader.push(piece);
    const read = packed ? reader.pushPacked(piece) : source.read;
    if (model.length > 0) first ??= { read, rows: model.length };
    if (!reserved && first !== undefined && read - first.read > SAMPLE) {
      reserved = true;
      const rows = model.length + ((model.length - first.rows) * (size - read) * 1.05) / (read - first.read);
      if (rows < MOST_RESERVED) model.reserve(Math.ceil(rows));
    }
    const now = performance.now();
    if (now - heard < SLICE) continue;
    if (now - shown > SHOWN) {
      progress(read / size);
      shown = now;
    }
    const rest = ((now - start) * (size - read)) / read;
    if (!isBegun && model.length > 0 && now - start > FIRST_LOOK.after && !(rest < FIRST_LOOK.before)) {
      isBegun = true;
      begun({ model, problems: reader.problems, bad: reader.bad });
    }
    await turn();
    heard = performance.now();
  }
  if (reader.stopped) await source.cancel().catch(() => {});
  reader.finish();
  const { problems, bad } = reader;
  const [problem] = problems;
  if (model.header === undefined || model.length === 0)
    throw new Error(problem === undefined ? 'it has no events' : `line ${problem.line}: ${problem.reason}`);
  return { model, problems, bad };
}

/** Why bytes that should be there cannot be had, as of a packed file that was cut off. */
function unread({ message }: Error): string {
  return `what follows cannot be read${message === '' ? '' : `: ${message}`}`;
}

async function readCapture(source: Source, progress: Progress): Promise<Loaded> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let piece = await source.next(); piece !== undefined; piece = await source.next()) {
    pieces.push(piece);
    if (source.read > LARGEST_CAPTURE) {
      await source.cancel();
      throw new Error(`a capture may have ${LARGEST_CAPTURE >> 20} MiB at most`);
    }
  }
  progress(Number.NaN);
  await turn();
  const { modelOfCapture } = await captures();
  const captured = await modelOfCapture(new Uint8Array(await new Blob(pieces).arrayBuffer()), (share) => {
    progress(share);
    return turn();
  });
  return { ...captured, problems: [], bad: 0 };
}

/** Lets the page draw and hear. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Shows a run in place of all others, from its start or from where the address says. */
function show(shown: Run): void {
  const { model } = shown;
  batch(() => {
    playing.value = false;
    chosenSpan.value = undefined;
    selection.value = NONE;
    showRun(shown);
    speed.value = fittingSpeed(model.finish - model.start);
    moveToTime(model.start);
    goToAddress(location.search);
  });
}

/** How a run stood when its first part was shown. */
interface First {
  readonly address: string;
  readonly cursor: Moment;
  readonly speed: number;
}

/** Shows what there is of a run, to be looked at while the rest is read. */
function showFirst(part: Run): First {
  const address = location.search;
  show(part);
  return { address, cursor: cursor.peek(), speed: speed.peek() };
}

/** Shows the rest too, unless the person has opened something else. Who has gone somewhere or set the speed is left it. */
function showWhole(whole: Run, first: First): void {
  const { model } = whole;
  if (!runs.peek().some(({ id }) => id === whole.id)) return;
  batch(() => {
    putRun(whole);
    if (speed.peek() === first.speed) speed.value = fittingSpeed(model.finish - model.start);
    if (cursor.peek() === first.cursor) goToAddress(first.address);
  });
}
