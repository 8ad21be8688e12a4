/** Traces into runs: from a file, an address, the page itself. Large ones are read in pieces, so that the page lives. */
import { batch } from '@preact/signals';
import { NONE } from '../model/eventTable.ts';
import { TraceReader } from '../model/reader.ts';
import { TraceModel } from '../model/traceModel.ts';
import { moveToTime, selection } from '../state/cursor.ts';
import { fittingSpeed, playing, speed } from '../state/play.ts';
import { loading, nextRunId, showRun } from '../state/run.ts';
import { chosenSpan } from '../state/span.ts';
import { goToAddress } from '../state/url.ts';

type Bytes = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Reads a file that was dropped or chosen. */
export async function loadFile(file: File): Promise<void> {
  await loadStream(file.name, file.stream() as Bytes, file.size);
}

/** Reads a trace from an address. */
export async function loadAddress(address: string): Promise<void> {
  const name = address.slice(address.lastIndexOf('/') + 1) || address;
  loading.value = { phase: 'busy', name, share: undefined };
  try {
    const response = await fetch(address);
    if (!response.ok || response.body === null)
      throw new Error(`the server answers ${response.status} ${response.statusText}`.trim());
    const size = Number(response.headers.get('content-length') ?? Number.NaN);
    await loadStream(name, response.body as Bytes, size);
  } catch (error) {
    loading.value = { phase: 'failed', name, reason: (error as Error).message };
  }
}

/** Reads a trace as its bytes come; packed ones (gzip) are known by how they begin. `size` may be NaN. */
export async function loadStream(name: string, stream: Bytes, size: number): Promise<void> {
  loading.value = { phase: 'busy', name, share: 0 };
  const model = new TraceModel();
  const reader = new TraceReader(model);
  try {
    await readAll(
      stream,
      reader,
      (share) => {
        loading.value = { phase: 'busy', name, share: Number.isNaN(share) ? undefined : share };
      },
      size,
    );
    finish(name, model, reader);
  } catch (error) {
    loading.value = { phase: 'failed', name, reason: (error as Error).message };
  }
}

/** How long the page is kept from anything else, ms. */
const SLICE = 50;

async function readAll(
  stream: Bytes,
  reader: TraceReader,
  progress: (share: number) => void,
  size: number,
): Promise<void> {
  const source = stream.getReader();
  let read = 0;
  let shown = performance.now();
  for (;;) {
    const { done, value } = await source.read();
    if (done || reader.stopped) break;
    if (read === 0 && value[0] === 0x1f && value[1] === 0x8b) {
      await readAll(unpacked(value, source), reader, progress, Number.NaN);
      return;
    }
    read += value.length;
    reader.push(value);
    if (performance.now() - shown < SLICE) continue;
    progress(read / size);
    await new Promise((resolve) => setTimeout(resolve));
    shown = performance.now();
  }
  await source.cancel();
  reader.finish();
}

/** What gzip packed: `first` and what is still to be read. */
function unpacked(
  first: Uint8Array<ArrayBuffer>,
  rest: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
): Bytes {
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(first),
    async pull(controller) {
      const { done, value } = await rest.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  return packed.pipeThrough(new DecompressionStream('gzip')) as Bytes;
}

function finish(name: string, model: TraceModel, { problems, bad }: TraceReader): void {
  const [first] = problems;
  if (model.header === undefined || model.length === 0) {
    const reason = first === undefined ? 'it has no events' : `line ${first.line}: ${first.reason}`;
    loading.value = { phase: 'failed', name, reason };
    return;
  }
  batch(() => {
    playing.value = false;
    chosenSpan.value = undefined;
    selection.value = NONE;
    showRun({ id: nextRunId(), name, model, problems, bad, live: false });
    speed.value = fittingSpeed(model.finish - model.start);
    moveToTime(model.start);
    goToAddress();
    loading.value = { phase: 'none' };
  });
}
