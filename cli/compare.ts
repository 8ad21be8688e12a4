/** `statewire demo --compare`: the three ways to repeat what is lost, each on the same link with the same seed. */
import { Demo } from '../src/app/demo.ts';
import type { Arq } from '../src/tcp/config.ts';
import { headerLine } from '../src/trace/json.ts';
import { Trace } from '../src/trace/trace.ts';
import type { DemoFlags } from './demoFlags.ts';
import { EXIT } from './failure.ts';
import { ARQS } from './flag.ts';
import type { Io } from './io.ts';
import { linkHeading } from './linkText.ts';
import { exitCode, type Figures, type Measured, measure } from './measure.ts';
import { paintFor, widthOf } from './paint.ts';
import { play } from './play.ts';
import { setUp } from './setup.ts';
import { numberTable, wrap } from './table.ts';

/** One of the three. */
interface Contender {
  readonly arq: Arq;
  readonly measured: Measured;
  /** IP packets given to the link, both ways. */
  readonly bytes: number;
}

/** Returns the exit code: that of the first of the three that did not go well. */
export async function compare(flags: DemoFlags, io: Io): Promise<number> {
  const contenders: Contender[] = [];
  for (const arq of ARQS) {
    const contender = await run(flags, arq, io);
    if (contender === undefined) return io.stop.aborted ? (io.stop.reason as number) : EXIT.fine;
    contenders.push(contender);
  }
  const lines = flags.json ? records(flags, contenders) : table(flags, contenders, io);
  io.out(lines.map((line) => `${line}\n`).join(''));
  return contenders.map(({ measured }) => exitCode(measured)).find((code) => code !== EXIT.fine) ?? EXIT.fine;
}

/** Undefined when it was stopped. */
async function run(flags: DemoFlags, arq: Arq, io: Io): Promise<Contender | undefined> {
  const trace = new Trace();
  let bytes = 0;
  trace.listen((event) => {
    if (event.kind === 'send') bytes += event.bytes.length;
  });
  const demo = new Demo({ ...setUp(flags, arq).options, trace });
  const options = { speed: Number.POSITIVE_INFINITY, stop: io.stop, abandoned: () => io.unread, drain() {} };
  return (await play(demo, options)) ? { arq, measured: measure(demo), bytes } : undefined;
}

/** Both directions together. */
function sum({ forward, backward }: Measured, key: keyof Figures): number {
  return (forward[key] ?? 0) + (backward[key] ?? 0);
}

function table(flags: DemoFlags, contenders: readonly Contender[], io: Io): string[] {
  const { link } = setUp(flags).options;
  const paint = paintFor(io);
  const row = (label: string, value: (contender: Contender) => string | number): (string | number)[] => [
    label,
    ...contenders.map(value),
  ];
  const total = (label: string, key: keyof Figures): (string | number)[] =>
    row(label, ({ measured }) => sum(measured, key));
  const rows = [
    row('', ({ arq }) => arq),
    row('right answers', ({ measured }) => `${measured.right} of ${measured.result.outcomes.length}`),
    total('segments sent', 'segments'),
    total('  sent again: timer', 'resentByTimer'),
    total('  sent again: fast retransmit', 'resentFast'),
    row('bytes on the wire', ({ bytes }) => bytes),
    total('lost', 'lost'),
    total('dropped, bad checksum', 'checksumDrops'),
    total('data out of order', 'outOfOrder'),
    row('session, s', ({ measured }) => (measured.result.sessionTime / 1_000_000).toFixed(3)),
  ];
  return [
    ...linkHeading(flags, link, widthOf(io)).map((line) => paint(line, 'heading')),
    ...wrap(`the same commands over the same link, seed ${flags.seed}; both ends together`, widthOf(io)),
    '',
    ...numberTable(rows, paint),
    ...(alike(contenders) ? ['', ...wrap(ALIKE, widthOf(io))] : []),
  ];
}

const ALIKE =
  'All alike: with a segment for each command there is nothing to choose. Try smaller ones: --mss 5';

/** Did the three do the same? They do when no more than one segment is ever under way. */
function alike(contenders: readonly Contender[]): boolean {
  const shape = ({ bytes, measured }: Contender): string => `${bytes} ${measured.result.sessionTime}`;
  return new Set(contenders.map(shape)).size === 1;
}

/** A header, then a line for each. */
function records(flags: DemoFlags, contenders: readonly Contender[]): string[] {
  const { header } = setUp(flags);
  const lines = contenders.map(({ arq, measured, bytes }) => {
    const { result, right, forward, backward } = measured;
    const { end = null, outcomes, sessionTime, virtualTime } = result;
    const directions = { 'client>server': forward, 'server>client': backward };
    const summary = { kind: 'compare', arq, end, right, commands: outcomes.length };
    return JSON.stringify({ ...summary, bytes, ...directions, sessionTime, virtualTime });
  });
  return [headerLine(header), ...lines];
}
