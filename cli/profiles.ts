/** `statewire profiles`: the links that have a name, and what each sets. */
import type { Command } from 'commander';
import type { Profile } from '../src/channel/profiles.ts';
import { profiles } from '../src/channel/profiles.ts';
import type { Io } from './io.ts';
import { linkLines, linkTexts } from './linkText.ts';
import { type Paint, paintFor, widthOf } from './paint.ts';

const EXAMPLES = `
Examples:
  statewire profiles
  statewire profiles --json | jq .name
  statewire demo --profile satellite
  statewire demo --profile wifi --loss 0.05          flags go over what the profile sets`;

/** Adds the command. */
export function addProfiles(program: Command, io: Io): void {
  program
    .command('profiles')
    .summary('the links that have a name')
    .description('Lists the link profiles of statewire demo --profile, with what each sets.')
    .option('--json', 'JSON lines, in the units of the core (us, bits per second, fractions)')
    .addHelpText('after', EXAMPLES)
    .action(({ json }: { json?: true }) => {
      const lines = json ? records() : listing(paintFor(io), widthOf(io));
      io.out(lines.map((line) => `${line}\n`).join(''));
    });
}

function records(): string[] {
  return [...profiles.values()].map((profile) =>
    JSON.stringify({ statewire: 1, kind: 'profile', ...profile }),
  );
}

function listing(paint: Paint, width: number): string[] {
  return [...profiles.values()].flatMap((profile, i) => [
    ...(i === 0 ? [] : ['']),
    `${paint(profile.name, 'heading')}: ${profile.description}`,
    ...linkLines(details(profile), width),
  ]);
}

function details({ link, endpoint }: Profile): string[] {
  const ways = linkTexts(link);
  const { mss, receiveBuffer, arq, window } = endpoint;
  const ends = [
    ...(arq === undefined ? [] : [arq]),
    ...(window === undefined ? [] : [`window ${window} segments`]),
    ...(mss === undefined ? [] : [`MSS ${mss} bytes`]),
    ...(receiveBuffer === undefined ? [] : [`receive buffer ${receiveBuffer} bytes`]),
  ];
  return ends.length === 0 ? ways : [...ways, `the ends: ${ends.join(', ')}`];
}
