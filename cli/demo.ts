/** `statewire demo`: the key-value session over a link, as a ladder with a summary, as JSON lines, or compared. */
import type { Command } from 'commander';
import { Demo } from '../src/app/demo.ts';
import { compare } from './compare.ts';
import { addDemoFlags, DEFAULT_SEED, type DemoFlags } from './demoFlags.ts';
import type { Io } from './io.ts';
import { linkHeading } from './linkText.ts';
import { exitCode, measure } from './measure.ts';
import { Outputs } from './output.ts';
import { type Paint, paintFor, widthOf } from './paint.ts';
import { play } from './play.ts';
import { type Setup, setUp } from './setup.ts';
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

async function demo(flags: DemoFlags, io: Io): Promise<number> {
  const setup = setUp(flags);
  const paint = paintFor(io);
  const outputs = new Outputs(flags, setup.header, io);
  try {
    if (!flags.json && !flags.quiet) {
      for (const line of introduction(flags, setup, widthOf(io), paint)) outputs.line(line);
    }
    const { trace } = outputs;
    const run = new Demo({ ...setup.options, ...(trace && { trace }) });
    const start = performance.now();
    const finished = await play(run, {
      speed: flags.speed,
      stop: io.stop,
      abandoned: () => io.unread && !outputs.keeps,
      drain: () => outputs.drain(),
    });
    if (!finished) return stopped(run, io);
    const measured = measure(run);
    if (flags.json) outputs.line(JSON.stringify(summaryRecord(measured)));
    else {
      if (!flags.quiet) outputs.line('');
      const wall = performance.now() - start;
      for (const line of summaryLines(measured, wall, widthOf(io), paint)) outputs.line(line);
      for (const line of wrap(repeat(flags), widthOf(io))) outputs.line(line);
    }
    return exitCode(measured);
  } finally {
    outputs.close();
  }
}

/** Stopped by Ctrl-C, or by a reader that had enough. */
function stopped(run: Demo, io: Io): number {
  if (!io.stop.aborted) return 0;
  io.err(`statewire: stopped after ${seconds(run.simulation.now())} of virtual time\n`);
  return io.stop.reason as number;
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
function repeat({ seed }: DemoFlags): string {
  const next = seed === Number.MAX_SAFE_INTEGER ? DEFAULT_SEED : seed + 1;
  const how = seed === DEFAULT_SEED ? 'seed 1, the default' : `seed ${seed}`;
  return `${how}: the same flags give this run again, --seed ${next} another`;
}
