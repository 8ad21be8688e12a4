import { describe, expect, it } from 'vitest';
import { TraceModel } from '../../inspector/model/traceModel.ts';
import { fileOfRun } from '../../inspector/save/run.ts';
import type { TraceEvent, TraceHeader } from '../../src/trace/event.ts';
import { eventLine, headerLine } from '../../src/trace/json.ts';
import { pcapngSink } from '../../src/trace/pcapng.ts';
import { roughEvents } from './traces.ts';

const header: TraceHeader = {
  statewire: 1,
  version: '0',
  engine: 'compiled',
  seed: 1,
  configuration: {},
  inputs: ['LIST'],
};
const rough = roughEvents();
const last = rough.at(-1)!;
const unreachable: TraceEvent = {
  ...{ n: last.n + 1, t: last.t, end: 'server', cause: 0, kind: 'icmp', what: 'port unreachable' },
  bytes: Uint8Array.of(0x45, 0, 0, 28, 1, 2, 3),
} as TraceEvent;
const events = [...rough, unreachable];

function modelOf(all: readonly TraceEvent[]): TraceModel {
  const model = new TraceModel();
  model.header = header;
  for (const event of all) model.add(event);
  return model;
}

describe('a run is saved', () => {
  it('as the lines that it was read from', async () => {
    let pauses = 0;
    const pause = async (): Promise<void> => {
      pauses += 1;
    };
    const file = await fileOfRun(modelOf(events), 'jsonl', pause);
    const text = [headerLine(header), ...events.map(eventLine), ''].join('\n');
    expect((await file.text()) === text).toBe(true);
    expect(pauses).toBe(Math.floor(events.length / 5000));
  });

  it('as the capture that the program writes of it', async () => {
    const pieces: Uint8Array[] = [];
    const { sink, end } = pcapngSink((chunk) => pieces.push(chunk));
    for (const event of events) sink(event);
    end();
    const file = await fileOfRun(modelOf(events), 'pcapng', async () => {});
    expect(Buffer.from(await file.arrayBuffer()).equals(Buffer.concat(pieces))).toBe(true);
  });

  it('not when bytes of its packets are missing', async () => {
    const bytes = new Uint8Array(60_000).fill(7);
    const [send] = events.filter((event) => event.kind === 'send');
    const many = Array.from({ length: 1200 }, (_, i) => ({ ...send!, n: i + 1, cause: 0, bytes }));
    await expect(fileOfRun(modelOf(many), 'jsonl', async () => {})).rejects.toThrow('only the heads');
  });
});
