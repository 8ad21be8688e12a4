/**
 * The flags of `statewire demo`: their names, what they take, their help. Each value is read and checked here; what
 * the values amount to together is `setup.ts`.
 */
import { type Command, Option } from 'commander';
import type { EngineName } from '../src/chart/chart.ts';
import type { Arq, EcnUse, StackName } from '../src/tcp/config.ts';
import type { CongestionName } from '../src/tcp/congestion/congestion.ts';
import { ARQS, congestionFlag, ecnFlag, flag, listFlag, parseMss, parseSeed, parseSpeed } from './flag.ts';
import { inspectFlag } from './inspectFlag.ts';
import { type LinkFlags, linkFlags } from './linkFlags.ts';
import { STATELY_SERVER } from './stately.ts';

/** What the demo's packets cross: memory in virtual time, the others in real time. */
export type DemoChannel = 'memory' | 'sharedMemory' | 'file' | 'udp';

/** What was given; what was not is undefined. */
export interface DemoFlags extends LinkFlags {
  readonly channel: DemoChannel;
  readonly seed: number;
  readonly engine: EngineName;
  readonly stack: StackName;
  readonly arq?: Arq;
  readonly congestion?: CongestionName;
  readonly ecn?: EcnUse;
  readonly mss?: number;
  readonly command: readonly string[];
  /** Seconds of virtual time in one of the wall clock; Infinity for `max`, which is the default but with `inspect`. */
  readonly speed?: number;
  readonly compare?: true;
  readonly trace?: string;
  readonly pcap?: string;
  /** Port of the inspector. */
  readonly inspect?: number;
  /** Address of XState's inspector. */
  readonly stately?: string;
  readonly json?: true;
  readonly quiet?: true;
}

/** Defaults that are told the user in more than one place. */
export const DEFAULT_SEED = 1;
const DEFAULT_PROFILE = 'classroom';

function endFlags(): readonly Option[] {
  const text = (word: string): string => word;
  return [
    new Option('--arq <way>', 'how what is lost is sent again (default: as the profile says)').choices(ARQS),
    congestionFlag(),
    ecnFlag(),
    flag('--mss <n>', 'bytes of data in a segment (default: as the profile says)', parseMss),
    new Option('--stack <name>', "whose defaults TCP's settings have")
      .choices(['linux', 'freebsd', 'rfc'])
      .default('linux'),
    listFlag('--command <line>', 'send this instead of the seven commands; may be given again', text),
  ];
}

function runFlags(): readonly Option[] {
  return [
    new Option('--channel <name>', 'what packets cross; all but memory run in real time')
      .choices(['memory', 'sharedMemory', 'file', 'udp'])
      .default('memory'),
    flag('--seed <n>', 'the same seed gives the same run', parseSeed).default(DEFAULT_SEED),
    new Option('--engine <name>', 'what runs the charts').choices(['compiled', 'xstate']).default('compiled'),
    flag('--speed <s>', 'max, or paced by the clock: 1x, 10x (default: max; with --inspect 1x)', parseSpeed),
  ];
}

function outputFlags(): readonly Option[] {
  return [
    new Option('--compare', 'run all three ways to repeat, and show them side by side').conflicts([
      'arq',
      'speed',
      'trace',
      'pcap',
      'inspect',
      'stately',
    ]),
    new Option('--trace <file>', 'write all that happens as JSON lines'),
    new Option('--pcap <file>', 'write the packets as pcapng, for Wireshark'),
    inspectFlag(),
    new Option('--stately [url]', "show the charts' actors to @statelyai/inspect").preset(STATELY_SERVER),
    new Option('--json', 'JSON lines on stdout instead of the ladder'),
    new Option('--quiet', 'only the summary'),
  ];
}

/** Gives the command its flags. */
export function addDemoFlags(command: Command): Command {
  const groups: readonly (readonly [string, readonly Option[]])[] = [
    [
      'The link (A both ways; A,B client to server, and back):',
      linkFlags(DEFAULT_PROFILE, 'the link and the ends'),
    ],
    ['The ends:', endFlags()],
    ['The run:', runFlags()],
    ['Output:', outputFlags()],
  ];
  for (const [heading, options] of groups) {
    for (const option of options) command.addOption(option.helpGroup(heading));
  }
  return command;
}
