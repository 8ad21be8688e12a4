/** Traces of runs, for tests of the inspector. */
import { Demo } from '../../src/app/demo.ts';
import { seven } from '../../src/app/seven.ts';
import { bothWays, type DirectionConfig } from '../../src/channel/config.ts';
import { compiledEngine } from '../../src/chart/compiled.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import type { TraceEvent, TraceHeader } from '../../src/trace/event.ts';
import { eventLine, headerLine } from '../../src/trace/json.ts';
import { Trace } from '../../src/trace/trace.ts';

export const HEADER: TraceHeader = {
  statewire: 1,
  version: '0.1.0',
  engine: 'compiled',
  seed: 1,
  configuration: {},
  inputs: [],
};

/** All events of a demo over a link. */
export function demoEvents(seed: number, link: DirectionConfig, tcp: Partial<TcpConfig> = {}): TraceEvent[] {
  const events: TraceEvent[] = [];
  const trace = new Trace();
  trace.listen((event) => events.push(event));
  new Demo({ seed, engine: compiledEngine, link: bothWays(link), tcp, commands: seven, trace }).run();
  return events;
}

/** A link that does everything there is, and small segments, so that much happens. */
export function roughEvents(seed = 1): TraceEvent[] {
  const link = { delay: 20_000, loss: 0.1, duplicate: 0.1, corrupt: 0.1, jitter: 15_000, rate: 200_000 };
  return demoEvents(seed, link, { mss: 20, nagle: false });
}

/** The file of a trace. */
export function fileOf(events: readonly TraceEvent[]): Uint8Array<ArrayBuffer> {
  const lines = [headerLine(HEADER), ...events.map(eventLine)];
  return new TextEncoder().encode(`${lines.join('\n')}\n`);
}
