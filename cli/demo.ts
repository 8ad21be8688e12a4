/** `statewire demo`: the key-value session over a link, as a ladder with a summary, as JSON lines, or compared. */
import { once } from 'node:events';
import type { Command } from 'commander';
import { Demo } from '../src/app/demo.ts';
import type { TraceEvent } from '../src/trace/event.ts';
import { compare } from './compare.ts';
import { addDemoFlags, DEFAULT_SEED, type DemoFlags } from './demoFlags.ts';
import { EXIT, Failure } from './failure.ts';
import { openLive } from './inspectFlag.ts';
import type { LiveInspector } from './inspectLive.ts';
import type { Io } from './io.ts';
import { linkHeading } from './linkText.ts';
import { playLive } from './liveDemo.ts';
import { exitCode, type Measured, measure } from './measure.ts';
import { Outputs } from './output.ts';
import { type Paint, paintFor, widthOf } from './paint.ts';
import { play } from './play.ts';
import { type Setup, setUp } from './setup.ts';
import { openStately, type StatelyLink } from './stately.ts';
import { seconds, summaryLines, summaryRecord } from './summary.ts';
import { wrap } from './table.ts';

const EXAMPLES = `
Examples:
  statewire demo                                     the classroom link, seven commands
  statewire demo --seed 7 --quiet                    another run of it, only the summary
  statewire demo --profile lan --loss 0.1,0          a LAN that loses every tenth packet of the client's
  statewire demo --profile lan --fault 'drop client>server data 1'
                                                     lose one packet and see what TCP does about it
  statewire demo --profile lan --delay 20 --mss 1 --loss 0.1 --compare
                                                     three ways to repeat what is lost, side by side
  statewire demo --speed 1x                          watch it in real time (Ctrl-C stops it)
  statewire demo --inspect                           watch it in the browser, until Ctrl-C
  statewire demo --trace run.jsonl --pcap run.pcapng keep everything; open the capture in Wireshark
  statewire demo --command PUT,a,1 --command GET,a   commands of your own
  statewire demo --json | jq 'select(.kind == "send")'

Exit codes: 0 all answers right, 2 usage, 3 refused, 4 timed out, 5 reset, 6 wrong answers, a session that
never ended, or a file error.`;

/** Adds the command; `done` is told the exit code. */
export function addDemo(program: Command, io: Io, done: (code: number) => void): void {
  const command = program
    .command('demo')
    .summary('a client and a server over a bad link, and all that happens between them')
    .description(
      'Runs a key-value client and server, each a TCP endpoint made of statecharts, over a link that corrupts, ' +
        'delays and reorders, in virtual time; shows every segment and every change of state, and a summary.',
    )
    .addHelpText('after', EXAMPLES);
  addDemoFlags(command).action(async (flags: DemoFlags) => {
    done(flags.compare ? await compare(flags, io) : await demo(flags, io));
  });
}

/** Who looks on besides the user. */
interface Viewers {
  readonly live: LiveInspector | undefined;
  readonly stately: StatelyLink | undefined;
}

async function demo(flags: DemoFlags, io: Io): Promise<number> {
  const setup = setUp(flags);
  checkStately(flags);
  const live = await openLive(flags.inspect, io);
  let stately: StatelyLink | undefined;
  try {
    stately = flags.stately === undefined ? undefined : await openStately(flags.stately);
    const code = await show(flags, setup, { live, stately }, io);
    if (live !== undefined && !io.stop.aborted) await stay(live, io);
    return code;
  } finally {
    await Promise.all([live?.close(), stately?.close()]);
  }
}

function checkStately({ stately, engine, channel }: DemoFlags): void {
  if (stately === undefined) return;
  if (engine !== 'xstate') {
    throw new Failure(EXIT.usage, '--stately needs --engine xstate: only there the charts are actors');
  }
  if (channel !== 'memory') {
    throw new Failure(
      EXIT.usage,
      '--stately needs --channel memory: elsewhere the ends are threads of their own',
    );
  }
}

/** The run is over, and can be looked at until the user has seen enough. */
async function stay(live: LiveInspector, io: Io): Promise<void> {
  live.finish();
  io.err('statewire: the run is over; the inspector shows it until Ctrl-C\n');
  await once(io.stop, 'abort');
}

async function show(flags: DemoFlags, setup: Setup, { live, stately }: Viewers, io: Io): Promise<number> {
  const paint = paintFor(io);
  const outputs = new Outputs(flags, setup.header, io, {}, live);
  try {
    if (!flags.json && !flags.quiet) {
      for (const line of introduction(flags, setup, widthOf(io), paint)) outputs.line(line);
    }
    const start = performance.now();
    const engine = stately === undefined ? {} : { engine: stately.engine };
    const measured =
      flags.channel === 'memory'
        ? await inMemory(flags, { ...setup.options, ...engine }, outputs, live !== undefined, io)
        : await overChannel(flags, setup, outputs, io);
    if (measured === undefined) return io.stop.aborted ? (io.stop.reason as number) : 0;
    if (flags.json) outputs.line(JSON.stringify(summaryRecord(measured)));
    else {
      if (!flags.quiet) outputs.line('');
      const wall = performance.now() - start;
      const live = flags.channel !== 'memory';
      for (const line of summaryLines(measured, wall, widthOf(io), paint, live)) outputs.line(line);
      for (const line of wrap(repeat(flags), widthOf(io))) outputs.line(line);
    }
    return exitCode(measured);
  } finally {
    outputs.close();
  }
}

/** In virtual time; undefined when it was stopped by Ctrl-C, or by a reader that had enough. */
async function inMemory(
  flags: DemoFlags,
  options: Setup['options'],
  outputs: Outputs,
  watched: boolean,
  io: Io,
): Promise<Measured | undefined> {
  const { trace } = outputs;
  const run = new Demo({ ...options, ...(trace && { trace }) });
  const finished = await play(run, {
    speed: flags.speed ?? (watched ? 1 : Number.POSITIVE_INFINITY),
    stop: io.stop,
    abandoned: () => io.unread && !outputs.keeps,
    drain: () => outputs.drain(),
  });
  if (finished) return measure(run);
  if (io.stop.aborted) io.err(`statewire: stopped after ${seconds(run.simulation.now())} of virtual time\n`);
  return undefined;
}

/** In real time, as programs in threads of their own. */
async function overChannel(
  flags: DemoFlags,
  setup: Setup,
  outputs: Outputs,
  io: Io,
): Promise<Measured | undefined> {
  const { trace } = outputs;
  const audience = {
    event: (event: TraceEvent) => trace?.relay(event),
    turn: () => outputs.drain(),
  };
  const measured = await playLive(flags, setup, audience, io);
  if (measured === undefined) io.err('statewire: stopped\n');
  return measured;
}

/** What is run, and how to read the ladder below. */
function introduction(flags: DemoFlags, { tcp, options }: Setup, width: number, paint: Paint): string[] {
  const size = tcp.mss > 0 ? `, segments of ${tcp.mss} bytes` : '';
  const legend =
    'Each arrow is a segment. #11: the number of its event in the trace, where other things are counted too; ' +
    '1:6(5): it carries bytes 1 to 5, 5 of them, and the next is 6; ack 6: all before 6 has come; win: room for so ' +
    'many more. ╌╌╌ is time on the way, +100 ms how much longer than the least the link held it up. A state in capitals is the one the ' +
    'connection has changed to.';
  return [
    ...linkHeading(flags, options.link, width).map((line) => paint(line, 'heading')),
    ...wrap(`${tcp.arq}${size}; seed ${flags.seed}; ${flags.engine} engine`, width),
    '',
    ...wrap(legend, width).map((line) => paint(line, 'faint')),
    '',
  ];
}

/** How to have this run again, and another. */
function repeat({ seed, channel }: DemoFlags): string {
  if (channel !== 'memory')
    return `seed ${seed}; in real time no two runs are the same, as those of --channel memory are`;
  const next = seed === Number.MAX_SAFE_INTEGER ? DEFAULT_SEED : seed + 1;
  const how = seed === DEFAULT_SEED ? 'seed 1, the default' : `seed ${seed}`;
  return `${how}: the same flags give this run again, --seed ${next} another`;
}
