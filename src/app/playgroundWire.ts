/**
 * A link whose settings change while it runs: each change puts a new link in the place of the old one, which still
 * delivers what it has. It decides where a rule or a fault goes on counting; what happens to a packet is the link's.
 */
import type { PacketHandler } from '../channel/channel.ts';
import type { LinkConfig } from '../channel/config.ts';
import type { Fault, FaultAction } from '../channel/faults.ts';
import { Link } from '../channel/link.ts';
import type { Engine } from '../chart/chart.ts';
import { ChartTrace } from '../tcp/chartTrace.ts';
import { Random } from '../time/random.ts';
import type { Trace } from '../trace/trace.ts';
import type { Rule } from './linkSettings.ts';
import type { Party } from './simulation.ts';

/** What is to happen to one packet, the `nth` that its sender gives to the link from the start of the run. */
export interface PacketFault {
  readonly direction: Fault['direction'];
  /** 1, 2, 3, ... */
  readonly nth: number;
  readonly action: FaultAction;
  /** us, for `delay`; else 0 */
  readonly delay: number;
}

/** A fault of one packet as the link reads it, of which `passed` packets are gone by; undefined when it is over. */
export function packetRule({ direction, nth, action, delay }: PacketFault, passed = 0): Fault | undefined {
  const n = nth - passed;
  return n < 1 ? undefined : { action, delay, direction, kind: 'any', which: { first: n, last: n } };
}

export interface WireOptions {
  readonly seed: number;
  readonly clock: { now(): number };
  readonly engine: Engine;
  readonly trace?: Trace;
  readonly faults: readonly PacketFault[];
  /** The ends, client first. */
  readonly handlers: readonly [PacketHandler, PacketHandler];
}

const DIRECTIONS = ['client>server', 'server>client'] as const;

export class Wire implements Party {
  readonly #options: WireOptions;
  /** The newest is last; the others still have packets. */
  #links: Link[] = [];
  /** The newest link's rules, what they have counted before taken off; and how much that was, by text. */
  #rules: readonly Rule[];
  #counted = new Map<string, number>();
  /** Packets sent before the newest link was there, by direction. */
  readonly #passed: [number, number] = [0, 0];
  #changes = 0;

  constructor(options: WireOptions, config: LinkConfig, rules: readonly Rule[]) {
    this.#options = options;
    this.#rules = rules;
    this.#links = [this.#make(config, rules)];
  }

  get nextTimeout(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const link of this.#links) next = Math.min(next, link.nextTimeout);
    return next;
  }

  poll(now: number): void {
    for (const link of this.#links) if (link.nextTimeout <= now) link.poll(now);
    if (this.#links.length > 1) this.#links = this.#links.filter((link, i) => this.#isNeeded(link, i));
  }

  /** A packet of the client's (0) or the server's (1) sets out. */
  send(way: 0 | 1, packet: Uint8Array, id: number): void {
    const link = this.#links.at(-1)!;
    (way === 0 ? link.a : link.b).send(packet, id);
  }

  /** What is sent from now on meets another link. Rules that were there go on counting where they were. */
  change(config: LinkConfig, rules: readonly Rule[]): void {
    const link = this.#links.at(-1)!;
    const left = this.#left(link, rules);
    const { forward, backward } = link.statistics;
    this.#passed[0] += forward.sent;
    this.#passed[1] += backward.sent;
    this.#changes += 1;
    this.#rules = left;
    this.#links.push(this.#make(config, left));
    this.#links = this.#links.filter((each, i) => this.#isNeeded(each, i));
  }

  #isNeeded(link: Link, i: number): boolean {
    if (i === this.#links.length - 1) return true;
    const { forward, backward } = link.statistics;
    return forward.inFlight + backward.inFlight > 0;
  }

  #make(config: LinkConfig, rules: readonly Rule[]): Link {
    const { seed, clock, engine, trace, faults, handlers } = this.#options;
    const own = faults.map((fault) =>
      packetRule(fault, this.#passed[fault.direction === DIRECTIONS[0] ? 0 : 1]),
    );
    const link = new Link({
      config: {
        ...config,
        faults: [...rules.map(({ fault }) => fault), ...own.filter((fault) => fault !== undefined)],
      },
      // The first one has the seed itself: a playground begins as a demo does
      seed:
        this.#changes === 0 ? seed : new Random(seed).fork(`link ${this.#changes}`).integer(0x1_0000_0000),
      clock,
      engine,
      ...(trace && { trace, listener: new ChartTrace({ name: 'link', trace, now: () => clock.now() }, 0) }),
    });
    link.a.onPacket(handlers[0]);
    link.b.onPacket(handlers[1]);
    return link;
  }

  /** The rules with what they have counted taken off; a rule that is new starts at 1. */
  #left(link: Link, rules: readonly Rule[]): Rule[] {
    const { forward, backward } = link.snapshot();
    const counts = [[...forward.faults], [...backward.faults]];
    for (const { text, fault } of this.#rules) {
      const count = counts[fault.direction === DIRECTIONS[0] ? 0 : 1]!.shift() ?? 0;
      this.#counted.set(text, (this.#counted.get(text) ?? 0) + count);
    }
    for (const text of this.#counted.keys())
      if (!rules.some((rule) => rule.text === text)) this.#counted.delete(text);
    return rules.flatMap((rule) => lessCounted(rule, this.#counted.get(rule.text) ?? 0));
  }
}

/** What is left of a rule that has counted so many packets: nothing, when they are more than it is about. */
function lessCounted(rule: Rule, count: number): Rule[] {
  const { which } = rule.fault;
  if ('every' in which || count === 0) return [rule];
  if (which.last <= count) return [];
  const rest = { first: Math.max(1, which.first - count), last: which.last - count };
  return [{ text: rule.text, fault: { ...rule.fault, which: rest } }];
}
