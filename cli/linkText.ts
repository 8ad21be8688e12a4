/**
 * A link in words: what a profile, or flags over it, do to packets each way. It decides the wording only; what the
 * link is to be is `linkFlags.ts`.
 */
import type { Pair } from '../src/app/linkSettings.ts';
import type { DirectionConfig, LinkConfig } from '../src/channel/profiles.ts';
import { oneLine } from './failure.ts';
import type { LinkFlags } from './linkFlags.ts';
import { UNBROKEN, wrap } from './table.ts';

/** Columns before what a link does. */
const INDENT = '  ';

/** What the two directions are called. */
const WAYS = ['client to server', 'server to client'] as const;

/** What the heading takes its words from; an MSS changes what a profile promises of the ends. */
type Changes = LinkFlags & { readonly mss?: number };

/**
 * The first lines of a run: the profile as it describes itself, or, where flags have changed it, those flags and the
 * link that came of them. The description would then say what is not so.
 */
export function linkHeading(
  flags: Changes,
  link: LinkConfig,
  width: number,
  ways: readonly [string, string] = WAYS,
): string[] {
  const { name, description } = flags.profile;
  const changes = changesOf(flags);
  if (changes.length === 0) return wrap(`Link ${name}: ${description}`, width, INDENT);
  const rules = flags.fault.map(({ text }) => oneLine(text));
  return [
    ...wrap(`Link ${name}, changed by ${changes.join(' ')}`, width, INDENT),
    ...linkLines(
      [...linkTexts(link, ways), ...(rules.length === 0 ? [] : [`faults: ${rules.join('; ')}`])],
      width,
    ),
  ];
}

/** Lines of at most `width` columns, indented, with numbers and their units on one line. */
export function linkLines(texts: readonly string[], width: number): string[] {
  return texts.flatMap((text) => wrap(INDENT + text.replaceAll(/(?<=\d) /g, UNBROKEN), width, `${INDENT}  `));
}

/** What packets meet: one text where both ways are alike, else one for each. */
export function linkTexts(
  { forward, backward }: LinkConfig,
  ways: readonly [string, string] = WAYS,
): string[] {
  const [there, back] = [directionText(forward), directionText(backward)];
  return there === back ? [`both ways: ${there}`] : [`${ways[0]}: ${there}`, `${ways[1]}: ${back}`];
}

const plain = (value: number): string => String(value);
const milliseconds = (us: number): string => String(us / 1000);

/** The flags that go over the profile, as they may be typed, each kept on one line. */
function changesOf(flags: Changes): string[] {
  const { loss, corrupt, duplicate, reorder, delay, jitter, rate, queue, ecnThreshold, fault, mss, profile } =
    flags;
  const pairs: readonly [name: string, pair: Pair | undefined, value: (of: number) => string][] = [
    ['loss', loss, plain],
    ['corrupt', corrupt, plain],
    ['delay', delay, milliseconds],
    ['jitter', jitter, milliseconds],
    ['reorder', reorder, plain],
    ['duplicate', duplicate, plain],
    ['rate', rate, rateFlag],
    ['queue', queue, plain],
    ['ecn-threshold', ecnThreshold, plain],
  ];
  const given = pairs.flatMap(([name, pair, value]) => {
    if (pair === undefined) return [];
    const [there, back] = pair.map(value);
    return [`--${name} ${there === back ? there : `${there},${back}`}`];
  });
  // Only where the profile promises another size
  if (mss !== undefined && profile.endpoint.mss !== undefined) given.push(`--mss ${mss}`);
  const rules = fault.map(({ text }) => `--fault '${oneLine(text)}'`);
  return [...given, ...rules].map((text) => text.replaceAll(' ', UNBROKEN));
}

const RATES: readonly (readonly [letter: string, size: number])[] = [
  ['G', 1_000_000_000],
  ['M', 1_000_000],
  ['k', 1000],
];

function rateFlag(bps: number): string {
  const unit = RATES.find(([, size]) => bps % size === 0);
  return unit === undefined ? String(bps) : `${bps / unit[1]}${unit[0]}`;
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(6))} %`;
const ms = (us: number): string => `${us / 1000} ms`;

function directionText(direction: DirectionConfig): string {
  const parts = [...speedTexts(direction), ...damageTexts(direction), ...delayTexts(direction)];
  return parts.length === 0 ? 'no delay, no loss, no limit' : parts.join('; ');
}

function speedTexts({ rate, queue, ecnThreshold, mtu }: DirectionConfig): string[] {
  return [
    ...(rate === undefined ? [] : [`rate ${rateText(rate)}`]),
    ...(queue === undefined ? [] : [`queue ${queue} packets`]),
    ...(ecnThreshold === undefined ? [] : [`marks beyond ${ecnThreshold} packets`]),
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
