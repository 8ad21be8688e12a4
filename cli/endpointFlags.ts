/** The flags that every program with a TCP of its own takes: its channel, its address, its settings, its records. */
import { type Command, Option } from 'commander';
import { type Profile, profileNamed } from '../src/channel/profiles.ts';
import type { EngineName } from '../src/chart/chart.ts';
import {
  type Arq,
  type EcnUse,
  resolveConfig,
  type StackName,
  stacks,
  type TcpConfig,
} from '../src/tcp/config.ts';
import type { CongestionName } from '../src/tcp/congestion/congestion.ts';
import { formatAddress, parseAddress } from '../src/wire/address.ts';
import { CHANNEL_HELP, type ChannelSpec, parseChannel } from './channelSpec.ts';
import { EXIT, Failure, usage } from './failure.ts';
import { ARQS, congestionFlag, ecnFlag, flag, parseMss, parseSeed, parseSpeed, wholeNumber } from './flag.ts';
import { inspectFlag } from './inspectFlag.ts';

export interface EndpointFlags {
  readonly channel: ChannelSpec;
  /** IPv4 or IPv6. */
  readonly address: string;
  readonly profile?: Profile;
  readonly mss?: number;
  /** bytes */
  readonly mtu?: number;
  readonly arq?: Arq;
  readonly congestion?: CongestionName;
  readonly ecn?: EcnUse;
  readonly stack: StackName;
  readonly engine: EngineName;
  readonly seed?: number;
  /** Seconds of TCP's time in one of the clock's. */
  readonly speed: number;
  readonly trace?: string;
  readonly pcap?: string;
  /** Port of the inspector. */
  readonly inspect?: number;
  readonly json?: true;
  readonly quiet?: true;
}

/** HOST:PORT, HOST, [IPv6]:PORT or :PORT. */
export interface Remote {
  readonly address: string;
  readonly port: number;
}

/** @throws {RangeError} for what is no address of IPv4 or IPv6 */
export function parseIp(text: string): string {
  return formatAddress(parseAddress(text.replace(/^\[(.*)\]$/, '$1')));
}

export function parsePort(text: string): number {
  return wholeNumber(text, 1, 65_535, 'a port');
}

/** Reads `ADDRESS`, `ADDRESS:PORT` or `[IPV6]:PORT`; what is left out is as given. */
export function parseRemote(text: string, usual: Remote): Remote {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(text);
  if (match === null) return { address: parseIp(text), port: usual.port };
  const [, address, port] = match;
  return {
    address: address === '' ? usual.address : parseIp(address!),
    port: port === undefined ? usual.port : parsePort(port),
  };
}

/** @throws {Failure} a usage error, when it is the program's own address: a channel brings nobody what he has sent */
export function checkRemote({ address, to }: { readonly address: string; readonly to: Remote }): void {
  if (to.address === address) {
    throw new Failure(EXIT.usage, `--to: ${address} is this program's own address (see --address)`);
  }
}

function parseMtu(text: string): number {
  return wholeNumber(text, 68, 65_535, 'an MTU in bytes');
}

/** Between processes time cannot run as fast as it likes. */
export function parseLiveSpeed(text: string): number {
  const speed = parseSpeed(text);
  if (speed < Number.POSITIVE_INFINITY) return speed;
  throw new RangeError('a program in real time has no speed max; 10x is ten times as fast as the clock');
}

/** `--speed` of programs that run in real time. */
export function liveSpeedFlag(): Option {
  return flag('--speed <s>', 'how fast time runs, the same in all programs: 1x, 10x', parseLiveSpeed).default(
    1,
    '1x',
  );
}

/** `--trace`, `--pcap`, `--inspect`, `--json` and `--quiet`. */
export function recordFlags(): readonly Option[] {
  return [
    new Option('--trace <file>', 'write all that happens as JSON lines'),
    new Option('--pcap <file>', 'write the packets as pcapng, for Wireshark'),
    inspectFlag(),
    new Option('--json', 'JSON lines on stdout instead of words'),
    new Option('--quiet', 'no words on stderr but errors'),
  ];
}

function tcpFlags(): readonly Option[] {
  return [
    flag('--profile <name>', 'the ends as this profile has them (see statewire profiles)', profileNamed),
    flag('--mss <n>', 'bytes of data in a segment', parseMss),
    flag('--mtu <n>', 'bytes in a packet', parseMtu),
    new Option('--arq <way>', 'how what is lost is sent again').choices(ARQS),
    congestionFlag(),
    ecnFlag(),
    new Option('--stack <name>', "whose defaults TCP's settings have")
      .choices(['linux', 'freebsd', 'rfc'])
      .default('linux'),
    new Option('--engine <name>', 'what runs the charts').choices(['compiled', 'xstate']).default('compiled'),
    flag('--seed <n>', 'makes ports and sequence numbers repeatable (default: chance)', parseSeed),
    liveSpeedFlag(),
  ];
}

/** Gives a command the flags of a program at `address`. */
export function addEndpointFlags(command: Command, address: string): Command {
  const channel = flag('--channel <channel>', CHANNEL_HELP, parseChannel).makeOptionMandatory();
  const own = flag(
    '--address <ip>',
    'its own address, IPv4 or IPv6; no two on a wire have the same',
    parseIp,
  ).default(address);
  return addTcpFlags(command.addOption(channel).addOption(own));
}

/** The same, for one whose channel and addresses have flags of their own. */
export function addTcpFlags(command: Command): Command {
  for (const option of tcpFlags()) command.addOption(option.helpGroup('TCP:'));
  for (const option of recordFlags()) command.addOption(option.helpGroup('Output:'));
  return command;
}

/** ms */
const LONGEST_RTO = 60_000;
const ETHERNET = 1500;
/** IPv6's and TCP's headers. */
const HEADERS = 60;

/**
 * All settings: flag over profile over the stack's defaults.
 * @throws {Failure} a usage error, when they do not go together
 */
export function endpointTcp(flags: EndpointFlags, settings: Partial<TcpConfig> = {}): TcpConfig {
  const { mss: usual, receiveBuffer, window, arq } = flags.profile?.endpoint ?? {};
  const mss = flags.mss ?? usual;
  const buffer =
    receiveBuffer === undefined || usual === undefined
      ? receiveBuffer
      : Math.ceil(receiveBuffer / usual) * mss!;
  const given: Partial<TcpConfig> = {
    mtu: flags.mtu ?? Math.max(ETHERNET, (mss ?? 0) + HEADERS),
    arq: flags.arq ?? arq ?? 'tcp',
    ...(flags.congestion !== undefined && { congestion: flags.congestion }),
    ...(flags.ecn !== undefined && { ecn: flags.ecn }),
    // RFC 6298 (2.5): no less; a link as bad as these may be is worth asking often
    maximumRto: Math.min(stacks[flags.stack].maximumRto, LONGEST_RTO),
    ...(mss !== undefined && { mss }),
    ...(buffer !== undefined && { receiveBuffer: buffer, receiveBufferMax: 0 }),
    ...(window !== undefined && { window }),
    ...settings,
  };
  const config = { ...stacks[flags.stack], ...given };
  usage('TCP', () => resolveConfig(config, flags.stack));
  if (config.mss + HEADERS - 20 > config.mtu) {
    throw new Failure(EXIT.usage, `--mtu: ${config.mtu} bytes do not hold a segment of ${config.mss}`);
  }
  return config;
}
