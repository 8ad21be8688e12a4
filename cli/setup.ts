/**
 * What `statewire demo` runs: flag over profile over default. It decides what the flags of the ends mean together (those
 * of the link: linkFlags.ts), and what a trace's header must say to run it again.
 */
import { Demo, type DemoOptions } from '../src/app/demo.ts';
import { execute, MemoryStore } from '../src/app/keyValue.ts';
import { type Expectation, seven } from '../src/app/seven.ts';
import { engineNamed } from '../src/chart/index.ts';
import { type Arq, resolveConfig, stacks, type TcpConfig } from '../src/tcp/config.ts';
import type { TraceHeader } from '../src/trace/event.ts';
import type { DemoFlags } from './demoFlags.ts';
import { usage } from './failure.ts';
import { linkConfiguration, linkOf, present } from './linkFlags.ts';
import { version } from './version.ts';

/**
 * How long a connection goes on trying, ms: no luck is so bad in all the profiles, and a link that carries nothing
 * ends within a page or two.
 */
const PATIENCE = 3_600_000;

/** Segments of an Ethernet's size need no larger MTU; larger ones need 40 bytes more for their headers. */
const ETHERNET = 1500;
const HEADERS = 40;

/** A run, ready to start. */
export interface Setup {
  readonly options: Omit<DemoOptions, 'trace'>;
  readonly tcp: TcpConfig;
  readonly header: TraceHeader;
}

/**
 * Puts a run together.
 * @throws {Failure} a usage error, when flags do not go together or a command is not one line
 */
export function setUp(flags: DemoFlags, arq: Arq = arqOf(flags)): Setup {
  const link = usage('the link', () => linkOf(flags));
  const tcp = usage('TCP', () => tcpOf(flags, arq));
  const commands = expectations(flags.command);
  const options = { seed: flags.seed, engine: engineNamed(flags.engine), link, tcp, commands };
  // Nothing runs yet: this is for what only the parts themselves can check.
  usage(flags.command.length > 0 ? '--command' : 'the demo', () => new Demo(options));
  const configuration = { ...linkConfiguration(flags, link), stack: flags.stack, arq, tcp };
  const header = { version, engine: flags.engine, seed: flags.seed, configuration };
  return {
    options,
    tcp,
    header: { statewire: 1, ...header, inputs: commands.map(({ command }) => command) },
  };
}

function arqOf(flags: DemoFlags): Arq {
  return flags.arq ?? flags.profile.endpoint.arq ?? 'tcp';
}

/** The right answers to commands of the user's come from the dictionary itself, without any network. */
function expectations(commands: readonly string[]): readonly Expectation[] {
  if (commands.length === 0) return seven;
  const store = new MemoryStore();
  return commands.map((command) => ({ command, answer: execute(store, command) }));
}

/** All settings, so that a trace's header says them whatever later defaults are. */
function tcpOf(flags: DemoFlags, arq: Arq): TcpConfig {
  const { endpoint } = flags.profile;
  const mss = flags.mss ?? endpoint.mss;
  const stack = stacks[flags.stack];
  const config: TcpConfig = {
    ...stack,
    r2: PATIENCE,
    synR2: PATIENCE,
    maximumRto: Math.min(stack.maximumRto, 60_000),
    ...present({ mss, window: endpoint.window, receiveBuffer: receiveBufferOf(flags) }),
    ...(mss !== undefined && { mtu: Math.max(ETHERNET, mss + HEADERS) }),
    arq,
  };
  resolveConfig(config, flags.stack);
  return config;
}

/** A profile with small segments has a buffer of so many of them: it grows and shrinks with the size given. */
function receiveBufferOf({ mss, profile }: DemoFlags): number | undefined {
  const { mss: usual, receiveBuffer } = profile.endpoint;
  if (receiveBuffer === undefined || usual === undefined || mss === undefined) return receiveBuffer;
  return Math.ceil(receiveBuffer / usual) * mss;
}
