/** A capture of tcpdump or Wireshark as a run: what the packets do not tell is inferred (`src/capture`). */
import { readCapture, traceOf } from '../../src/capture/index.ts';
import { TraceModel } from '../model/traceModel.ts';

export { isCapture } from '../../src/capture/index.ts';

export interface CapturedRun {
  readonly model: TraceModel;
  /** What a person should know of how it was read, in sentences. */
  readonly notes: readonly string[];
  /** Where the file is damaged or cut off, and why that is known. */
  readonly damage: readonly string[];
}

/** Events taken in before the page may draw. */
const SLICE = 20_000;

/**
 * Reads a whole file. `pause` is awaited now and then.
 * @throws {Error} when there is not one TCP segment in it
 */
export async function modelOfCapture(
  file: Uint8Array,
  pause: (share: number) => Promise<void>,
): Promise<CapturedRun> {
  const capture = readCapture(file);
  const { header, events, notes } = traceOf(capture);
  if (events.length === 0) throw new Error(['it has no TCP segment', ...notes].join('; '));
  const model = new TraceModel();
  model.header = header;
  for (const [i, event] of events.entries()) {
    model.add(event);
    if (i % SLICE === SLICE - 1) await pause(i / events.length);
  }
  const damage = capture.warnings.map(({ offset, reason }) => `byte ${offset}: ${reason}`);
  return { model, notes: notes.filter((note) => !damage.includes(note)), damage };
}
