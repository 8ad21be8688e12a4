/** `statewire ss`: the connections of running programs, as `ss -ti` shows those of the kernel. */
import type { Command } from 'commander';
import { askAll } from './control.ts';
import type { Io } from './io.ts';
import { isShown, ssLines, type Which } from './ssText.ts';

interface SsFlags {
  readonly listening?: true;
  readonly all?: true;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  statewire ss                    connections of all programs of this user
  statewire ss -ti                the same: what ss calls so is always shown
  statewire ss --listening        who waits for connections
  statewire ss --json | jq 'select(.info.tcpi_total_retrans > 0) | .peer'
  watch -n 1 statewire ss         as they change`;

/** Adds the command. */
export function addSs(program: Command, io: Io): void {
  program
    .command('ss')
    .summary('the connections of running programs')
    .description(
      'Lists the connections of server, client, send and receive as they run, with the columns of ss -ti: state, queues, both ends, and what TCP knows.',
    )
    .option('-l, --listening', 'listeners only')
    .option('-a, --all', 'listeners too')
    .option('-t, --tcp', 'there is nothing else (as for ss)')
    .option('-i, --info', 'is always shown (as for ss)')
    .option('-n, --numeric', 'is always so (as for ss)')
    .option('--json', 'JSON lines, one a socket: times in us, sizes in bytes')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: SsFlags) => list(flags, io));
}

async function list({ listening, all, json }: SsFlags, io: Io): Promise<void> {
  const programs = await askAll();
  const which: Which = all ? 'all' : listening ? 'listening' : 'connected';
  if (programs.length === 0) io.err('statewire: no program of yours is running\n');
  const lines = json
    ? programs.flatMap(({ name, pid, sockets }) =>
        sockets
          .filter((socket) => isShown(socket, which))
          .map((socket) => JSON.stringify({ statewire: 1, kind: 'socket', pid, name, ...socket })),
      )
    : ssLines(programs, which);
  io.out(lines.map((line) => `${line}\n`).join(''));
}
