/** Is the packet that was sent the one that the script expects? What differs, in words. */
import { ACK, AE, formatFlags, PSH, SYN } from '../wire/tcp.ts';
import { ScriptUnsupported } from './errors.ts';
import { wrap } from './flow.ts';
import { formatOptions } from './optionBytes.ts';
import type { PacketView } from './packetView.ts';
import type { PacketAction, ScriptOption } from './script.ts';
import type { Relaxation } from './settings.ts';
import type { Timestamps } from './timestamps.ts';

/** The values of the IP header's ECN field that a word stands for (RFC 3168 section 5). */
const ECN_FIELDS = { noecn: [0], ect1: [1], ect0: [2], ce: [3], ect01: [1, 2] };

export interface MatchRules {
  readonly relax: ReadonlySet<Relaxation>;
  readonly timestamps: Timestamps;
  /** us that a timestamp may be off. */
  readonly slack: number;
}

/** Names what a script expects that no stack of ours can send. */
export function checkSupported(expected: PacketAction): void {
  if (expected.unsupported !== undefined) throw new ScriptUnsupported(expected.unsupported);
  const option = expected.options?.find(({ kind }) => kind === 'unsupported');
  if (option?.kind === 'unsupported') throw new ScriptUnsupported(`the TCP option ${option.name}`);
  const { ecn } = expected.ip;
  if (!expected.inbound && ((expected.flags & AE) !== 0 || ecn === 'ect1')) {
    throw new ScriptUnsupported('Accurate ECN');
  }
}

/** What differs, an entry for each thing; empty when the packet is the expected one. Time is the runner's to judge. */
export function differences(expected: PacketAction, got: PacketView, rules: MatchRules): string[] {
  const found: string[] = [];
  const compare = (what: string, want: number | undefined, have: number): void => {
    if (want !== undefined && want !== have) found.push(`${what} ${have}, not ${want}`);
  };
  compareFlags(expected, got, rules, found);
  compare('sequence number', expected.seq, expected.absolute ? got.absoluteSeq : got.seq);
  compare('length', expected.length, got.length);
  if ((expected.flags & ACK) !== 0) compare('ack', expected.ack, got.ack);
  const loose = rules.relax.has('window') && expected.window !== 0 && got.window !== 0;
  if (!loose) compare('win', expected.window, got.window);
  compare('urg', expected.urgent ?? 0, got.urgent);
  compare('source port', expected.ports?.source, got.sourcePort);
  compare('destination port', expected.ports?.destination, got.destinationPort);
  compare('type of service', expected.ip.tos, got.tos);
  compare('ttl', expected.ip.ttl, got.ttl);
  const { ecn } = expected.ip;
  if (ecn !== undefined && !ECN_FIELDS[ecn].includes(got.ecn)) found.push(`ECN ${got.ecn}, not ${ecn}`);
  if (!got.rightBytes) found.push('the payload is not what was written at this place');
  if (expected.options !== undefined) compareOptions(expected, got, rules, found);
  return found;
}

function compareFlags(expected: PacketAction, got: PacketView, rules: MatchRules, found: string[]): void {
  const mask = rules.relax.has('push') ? ~PSH : ~0;
  if ((expected.flags & mask) === (got.flags & mask)) return;
  found.push(`flags ${formatFlags(got.flags)}, not ${formatFlags(expected.flags)}`);
}

function compareOptions(expected: PacketAction, got: PacketView, rules: MatchRules, found: string[]): void {
  const loose = rules.relax.has('synOptions') && (expected.flags & SYN) !== 0;
  const want = loose ? loosened(expected.options ?? []) : (expected.options ?? []);
  const have = loose ? loosened(got.options) : got.options;
  const same = want.length === have.length && want.every((option, i) => sameOption(option, have[i]!, rules));
  if (same) return;
  const shown = have.map((option) => (option.kind === 'TS' ? rebased(option, rules.timestamps) : option));
  found.push(`options <${formatOptions(shown)}>, not <${formatOptions(want)}>`);
}

function rebased(option: ScriptOption & { kind: 'TS' }, timestamps: Timestamps): ScriptOption {
  return option.val === undefined ? option : { ...option, val: timestamps.toScript(option.val) };
}

/** Without padding and scale, in one order. */
function loosened(options: readonly ScriptOption[]): ScriptOption[] {
  return options
    .filter(({ kind }) => kind !== 'nop' && kind !== 'eol')
    .map((option): ScriptOption => (option.kind === 'wscale' ? { kind: 'wscale', value: 0 } : option))
    .sort((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0));
}

function sameOption(want: ScriptOption, have: ScriptOption, rules: MatchRules): boolean {
  if (want.kind !== have.kind) return false;
  if (want.kind === 'TS' && have.kind === 'TS') {
    // Without a tick the script's clock is another one: only a peer's timestamps come back as they were.
    if (rules.timestamps.tick > 0 && want.ecr !== have.ecr) return false;
    return want.val === undefined || rules.timestamps.sent(want.val, have.val ?? 0, rules.slack);
  }
  if (want.kind === 'raw' && have.kind === 'raw') {
    return (
      want.number === have.number &&
      formatOptions([{ ...want, name: '' }]) === formatOptions([{ ...have, name: '' }])
    );
  }
  return formatOptions([want]) === formatOptions([have]);
}

/** Several packets that follow each other, as one: the flags of all, the rest of the first (script option segments). */
export function joined(first: PacketView, next: PacketView): PacketView | undefined {
  if (next.length === 0 || next.seq !== wrap(first.seq + first.length)) return undefined;
  return {
    ...first,
    flags: first.flags | next.flags,
    length: first.length + next.length,
    rightBytes: first.rightBytes && next.rightBytes,
  };
}
