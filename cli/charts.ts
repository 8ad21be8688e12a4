/** `statewire charts`: the statecharts that decide, as a list, as a readable table, or for other tools. */
import { Argument, type Command, Option } from 'commander';
import { charts } from '../machines/index.ts';
import { type ChartTable, chartTable, type TransitionRow } from '../src/chart/index.ts';
import { EXIT, Failure } from './failure.ts';
import type { Io } from './io.ts';
import { type Paint, paintFor, widthOf } from './paint.ts';
import { padEnd, wrap } from './table.ts';

/** What each chart decides, in a line. */
export const DECIDES: Readonly<Record<string, string>> = {
  connection: 'the life of a connection: the eleven states of RFC 9293',
  segment: 'the life of a sent segment, and when it is sent again',
  recovery: 'what a lost segment means for the sender: recovery, or a start from one segment',
  lossProbe: 'when the last segments are probed for, after two round trips of silence',
  reordering: 'whether what is missing is waited for, since it may only be late',
  spuriousTimeout: 'whether a timeout was called for, by the ACKs that follow it (F-RTO)',
  ecn: 'whether congestion marks mean something, and how long one is echoed',
  bbr: 'what BBR is after: the bandwidth, an empty queue, more bandwidth, the round trip',
  bbr3: 'what BBR, version 3, is after: as bbr, and how much may be in flight before too much is lost',
  pacing: 'when the next segment may leave by its rate',
  growth: 'how the congestion window grows: slow start or congestion avoidance',
  delayedAck: 'when an ACK is sent: at once, or later with others',
  persist: "when a closed window is probed, and a silly one isn't waited for any longer",
  pathMtu: 'how large packets may be on the way to the peer, and when a larger size is tried',
  keepAlive: 'when an idle peer is asked whether it is still there, and when it is given up',
  session: "when the client's next command goes out, and when the connection is closed",
  linkQuality: 'whether the link is in a good or a bad time (Gilbert-Elliott)',
  linkUp: 'whether the link is up or down',
};

type Format = 'table' | 'json' | 'mermaid' | 'svg';

const EXAMPLES = `
Examples:
  statewire charts                                     which charts there are
  statewire charts connection                          a table of its transitions
  statewire charts connection --format mermaid         for a page that draws Mermaid
  statewire charts connection --format svg > c.svg     a picture
  statewire charts --format json                       all charts, one a line`;

/** Adds the command. */
export function addCharts(program: Command, io: Io): void {
  program
    .command('charts')
    .summary('the statecharts that decide')
    .description('Lists the statecharts, or prints one of them.')
    .addArgument(new Argument('[name]', 'which chart').argParser(chartName))
    .addOption(
      new Option('--format <format>', 'how to print it')
        .choices(['table', 'json', 'mermaid', 'svg'])
        .default('table'),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, { format }: { format: Format }) => {
      io.out(await (name === undefined ? all(format, io) : one(name, format, io)));
    });
}

const names = (): string => Object.keys(charts).join(', ');

function chartName(text: string): string {
  if (Object.hasOwn(charts, text)) return text;
  throw new Failure(EXIT.usage, `charts: no chart is called '${text}'; there are ${names()}`);
}

/** Loaded only when it is wanted: it holds the geometry of all pictures. */
const diagrams = () => import('../src/chart/diagram/index.ts');

async function all(format: Format, io: Io): Promise<string> {
  if (format === 'table') return text(list(paintFor(io), widthOf(io)));
  if (format !== 'json') {
    throw new Failure(EXIT.usage, `charts: --format ${format} prints one chart: name one of ${names()}`);
  }
  const { chartJson } = await diagrams();
  return text(Object.values(charts).map((chart) => JSON.stringify(chartJson(chart))));
}

async function one(name: string, format: Format, io: Io): Promise<string> {
  const chart = charts[name]!;
  if (format === 'table') return text(tableOf(chartTable(chart), paintFor(io), widthOf(io)));
  const { chartJson, chartMermaid, chartSvg } = await diagrams();
  if (format === 'json') return text([JSON.stringify(chartJson(chart), undefined, 2)]);
  return text([(format === 'mermaid' ? chartMermaid(chart) : chartSvg(chart)).trimEnd()]);
}

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

function list(paint: Paint, width: number): string[] {
  const first = Math.max(...Object.keys(charts).map((name) => name.length));
  const head = `${padEnd('chart', first)}   states   decides`;
  const rows = Object.entries(charts).flatMap(([name, chart]) => {
    const count = String(leaves(chartTable(chart)).length).padStart('states'.length);
    const indent = ' '.repeat(first + '   states   '.length);
    return wrap(`${padEnd(name, first)}   ${count}   ${DECIDES[name] ?? ''}`, width, indent);
  });
  return [paint(head, 'heading'), ...rows, '', 'statewire charts NAME prints one.'];
}

/** States that have none within. */
function leaves({ states }: ChartTable): ChartTable['states'] {
  return states.filter(({ path }) => !states.some(({ parent }) => parent === path));
}

/** A chart as a person reads it: state by state, what it reacts to and where that leads. */
function tableOf(chart: ChartTable, paint: Paint, width: number): string[] {
  const lines = [`${paint(chart.name, 'heading')}: ${DECIDES[chart.name] ?? ''}`];
  const anywhere = chart.transitions.filter(({ source }) => source === '');
  if (anywhere.length > 0) lines.push('', paint('in every state', 'state'), ...rowsOf(anywhere, width));
  for (const { path, initial, final, entry, exit } of chart.states) {
    const marks = [initial ? 'initial' : '', final ? 'final' : ''].filter((mark) => mark !== '').join(', ');
    lines.push('', paint(path, 'state') + (marks === '' ? '' : ` (${marks})`));
    if (entry.length > 0) lines.push(`  on entry: ${entry.join(', ')}`);
    if (exit.length > 0) lines.push(`  on exit: ${exit.join(', ')}`);
    lines.push(
      ...rowsOf(
        chart.transitions.filter(({ source }) => source === path),
        width,
      ),
    );
    const ignored = chart.ignored.filter(({ state }) => state === path).map(({ event }) => event);
    if (ignored.length > 0) lines.push(...wrap(`  ignores: ${ignored.join(', ')}`, width, '    '));
  }
  return lines;
}

function rowsOf(transitions: readonly TransitionRow[], width: number): string[] {
  const triggers = transitions.map(({ event, guard }) =>
    guard === undefined ? event : `${event} [${guard}]`,
  );
  const first = Math.max(0, ...triggers.map((trigger) => trigger.length));
  const targets = transitions.map(({ target, reenter }) =>
    target === undefined ? 'stays' : `-> ${target}${reenter ? ' (enters anew)' : ''}`,
  );
  const second = Math.max(0, ...targets.map((target) => target.length));
  return transitions.flatMap(({ actions }, i) => {
    const start = `  ${padEnd(triggers[i]!, first)}   ${padEnd(targets[i]!, second)}`;
    const line = actions.length === 0 ? start.trimEnd() : `${start}   / ${actions.join(', ')}`;
    return line.length <= width ? [line] : [start.trimEnd(), `      / ${actions.join(', ')}`];
  });
}
