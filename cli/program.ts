/** The program: its commands, how errors are told, what the shell is told. Commands are one file each. */
import { Command, CommanderError } from 'commander';
import { EXIT, Failure, oneLine } from './failure.ts';
import type { Io } from './io.ts';
import { paintFor, widthOf } from './paint.ts';
import { version } from './version.ts';

type AddCommand = (program: Command, io: Io, done: (code: number) => void) => void;

/** By name, in the order of the help. Each brings much with it, and is loaded only when it is asked for. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  demo: async () => (await import('./demo.ts')).addDemo,
  server: async () => (await import('./server.ts')).addServer,
  client: async () => (await import('./client.ts')).addClient,
  network: async () => (await import('./network.ts')).addNetwork,
  tun: async () => (await import('./tun.ts')).addTun,
  proxy: async () => (await import('./proxy.ts')).addProxy,
  send: async () => (await import('./send.ts')).addSend,
  receive: async () => (await import('./receive.ts')).addReceive,
  ss: async () => (await import('./ss.ts')).addSs,
  inspect: async () => (await import('./inspect.ts')).addInspect,
  packetdrill: async () => (await import('./packetdrill.ts')).addPacketdrill,
  check: async () => (await import('./check.ts')).addCheck,
  conform: async () => (await import('./conform.ts')).addConform,
  charts: async () => (await import('./charts.ts')).addCharts,
  profiles: async () => (await import('./profiles.ts')).addProfiles,
};

const EXAMPLES = `
Examples:
  statewire demo                      a client and a server over a bad link
  statewire demo --profile lan --delay 20 --mss 1 --loss 0.1 --compare
                                      three ways to repeat what is lost
  statewire server, network, client   the same in three terminals (see docs/three-terminals.md)
  statewire profiles                  links to try it on
  statewire charts                    the statecharts that decide
  statewire demo --help               all flags, with examples`;

/** Runs one command line (without node and the script) and returns the exit code. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let code: number = EXIT.fine;
  const program = await build(argv[0], io, (result) => {
    code = result;
  });
  try {
    if (argv.length === 0) throw new Failure(EXIT.usage, `no command; ${hint(program)}`);
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return failed(error, program, argv[0], io);
  }
}

function hint({ commands }: Command): string {
  const names = commands.map((command) => command.name());
  return `there are ${names.slice(0, -1).join(', ')} and ${names.at(-1)} (statewire --help)`;
}

/** With the command `first` if there is such a one, else with all of them. */
async function build(first: string | undefined, io: Io, done: (code: number) => void): Promise<Command> {
  const program = new Command('statewire');
  const paint = paintFor(io);
  const settings = {
    writeOut: (text: string) => io.out(text),
    // Errors are told by `failed`, on one line
    writeErr: () => {},
    getOutHelpWidth: () => widthOf(io),
    getErrHelpWidth: () => widthOf(io),
    getOutHasColors: () => io.color,
  };
  program
    .description('TCP as statecharts: a whole TCP whose every decision about when is an XState chart.')
    .version(version)
    .exitOverride()
    .configureOutput(settings)
    .configureHelp({ showGlobalOptions: false, styleTitle: (text) => paint(text, 'heading') })
    .addHelpText('after', EXAMPLES);
  const names = first !== undefined && Object.hasOwn(COMMANDS, first) ? [first] : Object.keys(COMMANDS);
  for (const add of await Promise.all(names.map((name) => COMMANDS[name]!()))) add(program, io, done);
  return program;
}

/** One line on stderr, and the exit code. What is no error of the user's goes on as it is. */
function failed(error: unknown, program: Command, first: string | undefined, io: Io): number {
  if (error instanceof Failure) {
    io.err(`statewire: ${oneLine(error.message)}\n`);
    return error.code;
  }
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode === 0) return EXIT.fine;
  io.err(`statewire: ${oneLine(complaint(error, first, program))}\n`);
  return EXIT.usage;
}

/** What commander found wrong, and what is allowed or where that is said. */
function complaint({ code, message }: CommanderError, first: string | undefined, program: Command): string {
  // `statewire help dem` throws its help, which has no words of its own
  if (code === 'commander.help') return `no such command; ${hint(program)}`;
  const wrong = message.replace(/^error: /, '').replace(/\.$/, '');
  if (code === 'commander.unknownCommand') return `${wrong}; ${hint(program)}`;
  const command = program.commands.find((command) => command.name() === first);
  return `${wrong}; see statewire ${command === undefined ? '' : `${command.name()} `}--help`;
}
