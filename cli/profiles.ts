/** `statewire profiles`: the links that have a name, and what each sets. */
import type { Command } from 'commander';
import type { DirectionConfig, Profile } from '../src/channel/profiles.ts';
import { profiles } from '../src/channel/profiles.ts';
import type { Io } from './io.ts';
import { type Paint, paintFor, widthOf } from './paint.ts';
import { UNBROKEN, wrap } from './table.ts';

const EXAMPLES = `
Examples:
  statewire profiles
  statewire profiles --json | jq .name
  statewire demo --profile satellite
  statewire demo --profile wifi --loss 0.05          flags go over what the profile sets`;

/** Columns before what a profile sets. */
const INDENT = '  ';

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
    ...details(profile).flatMap((text) => wrap(INDENT + unbroken(text), width, `${INDENT}  `)),
  ]);
}

function details({ link, endpoint }: Profile): string[] {
  const [there, back] = [directionText(link.forward), directionText(link.backward)];
  const ways =
    there === back ? [`both ways: ${there}`] : [`client to server: ${there}`, `server to client: ${back}`];
  const { mss, receiveBuffer, arq, window } = endpoint;
  const ends = [
    ...(arq === undefined ? [] : [arq]),
    ...(window === undefined ? [] : [`window ${window} segments`]),
    ...(mss === undefined ? [] : [`MSS ${mss} bytes`]),
    ...(receiveBuffer === undefined ? [] : [`receive buffer ${receiveBuffer} bytes`]),
  ];
  return ends.length === 0 ? ways : [...ways, `the ends: ${ends.join(', ')}`];
}

/** Keeps numbers and their units on one line. */
const unbroken = (text: string): string => text.replaceAll(/(?<=\d) /g, UNBROKEN);

const percent = (share: number): string => `${Number((share * 100).toPrecision(6))} %`;
const ms = (us: number): string => `${us / 1000} ms`;

function directionText(direction: DirectionConfig): string {
  const parts = [...speedTexts(direction), ...damageTexts(direction), ...delayTexts(direction)];
  return parts.length === 0 ? 'nothing happens to packets' : parts.join('; ');
}

function speedTexts({ rate, queue, mtu }: DirectionConfig): string[] {
  return [
    ...(rate === undefined ? [] : [`rate ${rateText(rate)}`]),
    ...(queue === undefined ? [] : [`queue ${queue} packets`]),
    ...(mtu === undefined ? [] : [`MTU ${mtu}`]),
  ];
}

function rateText(bps: number): string {
  if (bps % 1_000_000 === 0) return `${bps / 1_000_000} Mbit/s`;
  return bps % 1000 === 0 ? `${bps / 1000} kbit/s` : `${bps} bit/s`;
}

function damageTexts({ loss, gilbertElliott: model, duplicate, corrupt }: DirectionConfig): string[] {
  return [
    ...(loss === undefined ? [] : [`loss ${percent(loss)}`]),
    ...(model === undefined
      ? []
      : [
          `good for ${ms(model.goodSojourn)} (loss ${percent(model.lossInGood)}), ` +
            `bad for ${ms(model.badSojourn)} (loss ${percent(model.lossInBad)}), on average`,
        ]),
    ...(duplicate === undefined ? [] : [`duplicate ${percent(duplicate)}`]),
    ...(corrupt === undefined ? [] : [`corrupt ${percent(corrupt)}`]),
  ];
}

function delayTexts({ delay, jitter, distribution, reorder, slot }: DirectionConfig): string[] {
  const table = typeof distribution === 'object' ? distribution : [];
  const entries = table.map(([us, share]) => `${ms(us)} ${percent(share)}`).join(', ');
  return [
    ...(delay === undefined ? [] : [`delay ${ms(delay)}`]),
    ...(jitter === undefined ? [] : [`jitter ${ms(jitter)}`]),
    ...(entries === '' ? [] : [`delays: ${entries}`]),
    ...(reorder === undefined ? [] : [`reorder ${percent(reorder.probability)} by ${ms(reorder.by)}`]),
    ...(slot === undefined
      ? []
      : [`${slot.packets} packet${slot.packets === 1 ? '' : 's'} every ${ms(slot.interval)}`]),
  ];
}
