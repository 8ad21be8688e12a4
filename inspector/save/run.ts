/** A run as a file: its trace as JSON lines (`docs/trace.md`), or its packets as pcapng for Wireshark. */
import { eventLine, headerLine } from '../../src/trace/json.ts';
import { pcapngSink } from '../../src/trace/pcapng.ts';
import type { TraceModel } from '../model/traceModel.ts';

export type RunFormat = 'jsonl' | 'pcapng';

type Piece = string | Uint8Array<ArrayBuffer>;

/** Events written before the page may draw. */
const SLICE = 5000;

/**
 * The file of a run as it is now. `pause` is awaited now and then; what a run that grows gets meanwhile is not in it.
 * @throws {Error} when the page has not kept all of the run's bytes
 */
export async function fileOfRun(
  model: TraceModel,
  format: RunFormat,
  pause: () => Promise<void>,
): Promise<Blob> {
  if (!model.packets.whole)
    throw new Error(
      'of so long a run the page keeps only the heads of packets: take the file that it came from',
    );
  const pieces: Piece[] = [];
  const add = format === 'jsonl' ? lines(model, pieces) : packets(pieces);
  const { length } = model;
  for (let row = 0; row < length; row++) {
    add.event(model.eventAt(row));
    if (row % SLICE === SLICE - 1) await pause();
  }
  add.end();
  return new Blob(pieces, { type: format === 'jsonl' ? 'application/x-ndjson' : 'application/octet-stream' });
}

interface Writer {
  event(event: ReturnType<TraceModel['eventAt']>): void;
  end(): void;
}

function lines({ header }: TraceModel, pieces: Piece[]): Writer {
  if (header !== undefined) pieces.push(`${headerLine(header)}\n`);
  let text = '';
  const flush = (): void => {
    pieces.push(text);
    text = '';
  };
  return {
    event: (event) => {
      text += `${eventLine(event)}\n`;
      if (text.length > 1 << 20) flush();
    },
    end: flush,
  };
}

function packets(pieces: Piece[]): Writer {
  const { sink, end } = pcapngSink((chunk) => pieces.push(chunk as Uint8Array<ArrayBuffer>));
  return { event: sink, end };
}
