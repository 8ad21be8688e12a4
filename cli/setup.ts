/**
 * What `statewire demo` runs: flag over profile over default. It decides what the flags of the ends mean together (those
 * of the link: src/app/linkSettings.ts), and what a trace's header must say to run it again.
 */
import { Demo, type DemoOptions } from '../src/app/demo.ts';
import { arqOf, tcpOf } from '../src/app/endSettings.ts';
import { expected } from '../src/app/expected.ts';
import { linkConfiguration, linkOf } from '../src/app/linkSettings.ts';
import { seven } from '../src/app/seven.ts';
import { engineNamed } from '../src/chart/index.ts';
import type { Arq, TcpConfig } from '../src/tcp/config.ts';
import type { TraceHeader } from '../src/trace/event.ts';
import type { DemoFlags } from './demoFlags.ts';
import { usage } from './failure.ts';
import { version } from './version.ts';

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
  const commands = flags.command.length === 0 ? seven : expected(flags.command);
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
