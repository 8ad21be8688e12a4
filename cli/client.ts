/**
 * `statewire client`: commands for a key-value server, from the command line, standard input or a prompt. Where they
 * come from, what is said of the answers, and what the shell is told; when each goes out is the session chart's
 * decision (`machines/session.ts`).
 */
import type { Command } from 'commander';
import { KEY_VALUE_PORT } from '../src/app/demo.ts';
import { checkCommand } from '../src/app/keyValueClient.ts';
import { Conversation } from './conversation.ts';
import { Endpoint } from './endpoint.ts';
import {
  addEndpointFlags,
  checkRemote,
  type EndpointFlags,
  parseRemote,
  type Remote,
} from './endpointFlags.ts';
import { flag, listFlag, wholeNumber } from './flag.ts';
import type { Io } from './io.ts';
import { keepAliveFlag, keepAliveTcp } from './keepAlive.ts';

const ADDRESS = '10.0.0.1';
const SERVER: Remote = { address: '10.0.0.2', port: KEY_VALUE_PORT };
/** RFC 9293 section 3.8.3: a SYN is repeated for 3 minutes at least (MUST-23), ms. */
const SYN_R2 = 180_000;

const EXAMPLES = `
Examples:
  statewire client --channel file:/tmp/wire               a prompt, where stdin is a terminal (HELP says more)
  statewire client --channel file:/tmp/wire --exec PUT,name,sung --exec GET,name
  statewire client --channel file:/tmp/wire <commands.csv one command a line; quotes as in CSV
  statewire client --channel udp:127.0.0.1:9001,127.0.0.1:9002 --exec LIST --json

The commands are PUT,key,value, GET,key, DELETE,key and LIST. Answers go to stdout, in order; words to stderr.
Ctrl-C closes the connection in order, a second one resets it.

Exit codes: 0 every command was answered and the connection closed in order, 2 usage, 3 refused, 4 timed out,
5 reset, 6 the server hung up, or a channel or a file that cannot be used; 130, 143 stopped.`;

export interface ClientFlags extends EndpointFlags {
  readonly to: Remote;
  readonly exec: readonly string[];
  readonly keepalive: number;
  /** s */
  readonly timeout?: number;
}

/** Adds the command; `done` is told the exit code. */
export function addClient(program: Command, io: Io, done: (code: number) => void): void {
  const command = program
    .command('client')
    .summary('commands for a key-value server, at a prompt or from a script')
    .description('Connects to a key-value server over a TCP of its own on a channel, and asks it.')
    .addHelpText('after', EXAMPLES);
  const to = flag('--to <address>', 'the server: ADDRESS, ADDRESS:PORT, :PORT', (text) =>
    parseRemote(text, SERVER),
  );
  const exec = listFlag('--exec <command>', 'ask this; may be given again', (text) => {
    checkCommand(text);
    return text;
  });
  const timeout = flag('--timeout <s>', 'give up connecting after so long', (text) =>
    wholeNumber(text, 1, 86_400, 'a time in seconds'),
  );
  addEndpointFlags(command, ADDRESS)
    .addOption(to.default(SERVER, `${SERVER.address}:${SERVER.port}`))
    .addOption(exec)
    .addOption(timeout)
    .addOption(keepAliveFlag())
    .action(async (flags: ClientFlags) => done(await client(flags, io)));
}

async function client(flags: ClientFlags, io: Io): Promise<number> {
  checkRemote(flags);
  const { json, ...rest } = flags;
  const tcp = { ...keepAliveTcp(flags.keepalive), synR2: Math.max(SYN_R2, (flags.timeout ?? 0) * 1000) };
  const endpoint = await Endpoint.open(rest, { name: 'client', tcp, inputs: flags.exec }, io);
  try {
    return await new Conversation(endpoint, flags, io).run();
  } finally {
    await endpoint.close();
  }
}
