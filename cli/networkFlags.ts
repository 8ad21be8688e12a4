/** The flags of `statewire network`: which channels its sides are, what the link between them does, what is recorded. */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Pair } from '../src/app/linkSettings.ts';
import { CHANNEL_HELP, type ChannelSpec, parseChannel } from './channelSpec.ts';
import { liveSpeedFlag, recordFlags } from './endpointFlags.ts';
import { EXIT, Failure } from './failure.ts';
import { flag, listFlag, pairFlag, parseSeed, wholeNumber } from './flag.ts';
import { type LinkFlags, linkFlags } from './linkFlags.ts';

export interface NetworkFlags extends LinkFlags {
  readonly a: readonly ChannelSpec[];
  readonly b: readonly ChannelSpec[];
  /** Bytes that the link takes in a packet. */
  readonly mtu?: Pair;
  /** Who sends larger ones is not told. */
  readonly blackHole?: true;
  /** By chance if there is none. */
  readonly seed?: number;
  /** Seconds of the link's time in one of the clock's. */
  readonly speed: number;
  readonly verbose?: true;
  readonly trace?: string;
  readonly pcap?: string;
  /** Port of the inspector. */
  readonly inspect?: number;
  readonly json?: true;
  readonly quiet?: true;
}

/** RFC 791: every link takes 68 bytes. */
function parseMtu(text: string): number {
  return wholeNumber(text, 68, 65_535, 'an MTU in bytes');
}

/** Gives the command its flags. */
export function addNetworkFlags(command: Command): Command {
  const link = [
    ...linkFlags('perfect', 'the link'),
    pairFlag('--mtu <n>', 'bytes in a packet; who sends larger ones hears of it by ICMP', parseMtu),
    new Option('--black-hole', 'who sends larger ones hears nothing'),
  ];
  const run = [
    flag('--seed <n>', 'makes what happens on the link repeatable (default: chance)', parseSeed),
    liveSpeedFlag(),
  ];
  const output = [new Option('--verbose', 'a line on stderr for all that happens'), ...recordFlags()];
  const options = [
    listFlag('--a <channel>', `side a, the client's: ${CHANNEL_HELP}; may be given again`, parseChannel),
    listFlag('--b <channel>', "side b, the server's; may be given again", parseChannel),
    ...link.map((option) => option.helpGroup('The link (A both ways; A,B from a to b, and back):')),
    ...run.map((option) => option.helpGroup('The run:')),
    ...output.map((option) => option.helpGroup('Output:')),
  ];
  for (const option of options) command.addOption(option);
  return command;
}

/** @throws {Failure} for a side without a channel, or a channel that is there twice */
export function checkSides({ a, b }: NetworkFlags): void {
  for (const [name, side] of [
    ['--a', a],
    ['--b', b],
  ] as const) {
    if (side.length === 0) throw new Failure(EXIT.usage, `${name} is missing: ${CHANNEL_HELP}`);
  }
  const places = [...a, ...b].map((spec) => (spec.kind === 'file' ? folderOf(spec.directory) : spec.name));
  const twice = places.find((place, i) => places.indexOf(place) !== i);
  if (twice !== undefined) throw new Failure(EXIT.usage, `the channel '${twice}' is given twice`);
}

/** @throws {Failure} if large packets are to vanish and none is too large */
export function checkBlackHole({ blackHole, mtu }: NetworkFlags): void {
  if (blackHole && mtu === undefined) throw new Failure(EXIT.usage, '--black-hole needs --mtu');
}

/** A folder under two names would be a ring, in which packets go round for ever. One that is not there has one name. */
function folderOf(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return resolve(directory);
  }
}
