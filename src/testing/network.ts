/**
 * A network for tests: hosts with names, a link between every two of them, and time that is virtual. The same seed is
 * the same run: the same packets are lost, the same timers run out.
 */
import type { LinkConfig } from '../channel/config.ts';
import type { Net } from '../net/createNet.ts';
import { type Impairments, parseDuration, parseLink } from '../net/linkOptions.ts';
import { canonical } from '../net/stack.ts';
import type { StackName, TcpConfig } from '../tcp/config.ts';
import { Random } from '../time/random.ts';
import type { FakeTimers } from './fakeTimers.ts';
import { TestHost } from './host.ts';
import { Segments } from './segments.ts';
import { VirtualTime } from './virtualTime.ts';
import { Wire } from './wire.ts';

export interface NetworkOptions {
  /** Chance of everything; else that of the environment's STATEWIRE_SEED, else 1. */
  readonly seed?: number;
  /** Between any two hosts, unless `link` says otherwise. */
  readonly link?: Impairments;
  /** `vi`, or `mock.timers`: fake timers advance with the network. Vitest's are found without being named. */
  readonly timers?: FakeTimers;
  readonly stack?: StackName;
  /** Of every host. */
  readonly tcp?: Partial<TcpConfig>;
  /** Rows of the ladder that a failure shows; 0: nothing is recorded, and all is faster. Default 24. */
  readonly ladder?: number;
}

/** A time: ms, or text such as `'5s'`, `'200ms'`, `'2m'`. */
export type Duration = number | string;

/** Of a host. */
export interface HostSettings {
  /** IPv4 or IPv6; by default 10.0.0.1, 10.0.0.2 and so on. */
  readonly address?: string;
  readonly tcp?: Partial<TcpConfig>;
  readonly stack?: StackName;
}

const NETWORK_SETTINGS: readonly (keyof NetworkOptions)[] = [
  'seed',
  'link',
  'timers',
  'stack',
  'tcp',
  'ladder',
];
const HOST_SETTINGS: readonly (keyof HostSettings)[] = ['address', 'tcp', 'stack'];

/** The network's time after which `run` gives up. */
const LONGEST_RUN = '1h';
/** How long `run` waits for something from outside when nothing is under way, ms of the machine's time. */
const PATIENCE = 1_000;

/** Makes a network. */
export function createNetwork(options: NetworkOptions = {}): Network {
  return new Network(options);
}

export class Network {
  readonly seed: number;
  readonly #options: NetworkOptions;
  readonly #time: VirtualTime;
  readonly #hosts = new Map<string, TestHost>();
  readonly #wires = new Map<string, Wire>();
  readonly #segments: Segments | undefined;
  readonly #random: Random;
  #usual: LinkConfig;

  constructor(options: NetworkOptions) {
    checkNames('a network', options, NETWORK_SETTINGS);
    this.#options = options;
    this.seed = options.seed ?? Number(process.env.STATEWIRE_SEED ?? 1);
    this.#random = new Random(this.seed);
    this.#time = new VirtualTime(options.timers);
    this.#usual = parseLink(options.link ?? {});
    if (options.ladder !== 0) this.#segments = new Segments((address) => this.#hostAt(address)?.name);
  }

  /** ms since the network was made. */
  get now(): number {
    return this.#time.now() / 1000;
  }

  /** The hosts, in the order in which they were made. */
  get hosts(): readonly TestHost[] {
    return [...this.#hosts.values()];
  }

  /** A new host, or the one of that name. Its name resolves on all hosts. */
  host(name: string, settings: HostSettings = {}): TestHost {
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    checkNames('a host', settings, HOST_SETTINGS);
    if (/\s|^$/.test(name)) throw new RangeError(`a host's name has no spaces and is not empty: '${name}'`);
    const address = canonical(settings.address ?? this.#nextAddress());
    const taken = this.#hostAt(address);
    if (taken !== undefined) throw new RangeError(`${address} is the address of ${taken.name} already`);
    const host = new TestHost({
      name,
      address,
      time: this.#time,
      random: this.#random.fork(`host ${name}`),
      send: (to, packet, id) => this.#send(host, to, packet, id),
      names: () => Object.fromEntries(this.hosts.map((one) => [one.name, one.address])),
      knows: (other) => this.#hostAt(other) !== undefined,
      trace: this.#segments?.trace,
      tcp: { ...this.#options.tcp, ...settings.tcp },
      stack: settings.stack ?? this.#options.stack,
    });
    this.#hosts.set(name, host);
    return host;
  }

  /** The sockets of a host, under node:net's names: `network.host(name).net`. */
  net(name: string): Net {
    return this.host(name).net;
  }

  /** What the link between two hosts does from now on; without hosts, every link that has not been set by itself. */
  link(...args: [Impairments] | [string, string, Impairments]): void {
    if (args.length === 1) {
      this.#usual = parseLink(args[0]);
      for (const wire of this.#wires.values()) if (wire.usual) wire.set(this.#usual, true);
    } else this.#wire(this.#known(args[0]), this.#known(args[1])).set(parseLink(args[2]), false);
  }

  /** Nothing passes any more between one host, or several, and others (all others if none are named). */
  partition(some: string | readonly string[], others?: string | readonly string[]): void {
    for (const wire of this.#between(some, others)) wire.cut();
  }

  /** Mends what `partition` has cut: between these, or everywhere. */
  heal(some?: string | readonly string[], others?: string | readonly string[]): void {
    const wires = some === undefined ? [...this.#wires.values()] : this.#between(some, others);
    for (const wire of wires) wire.mend();
  }

  /** Time goes on by so much; whatever happens meanwhile happens, in its order. */
  async advance(by: Duration): Promise<void> {
    const end = this.#time.now() + durationOf(by);
    for (;;) {
      await this.#time.settle();
      const next = this.#time.nextTimeout;
      if (next > end) break;
      this.#time.moveTo(next);
    }
    this.#time.moveTo(end);
    await this.#time.settle();
  }

  /**
   * Time goes on until `work` is done, and `run` gives what it gives. If it fails, the last segments are told with the
   * error (`error.ladder`, `error.seed`, and in its message).
   */
  async run<T>(work: () => Promise<T> | T, limit: Duration = LONGEST_RUN): Promise<T> {
    const end = this.#time.now() + durationOf(limit);
    let over = false;
    const result = (async () => work())();
    const settled = result.then(
      () => {
        over = true;
      },
      () => {
        over = true;
      },
    );
    try {
      for (await this.#time.settle(); !over; await this.#time.settle()) {
        const next = this.#time.nextTimeout;
        if (next > end) await this.#stuck(next, limit, () => over);
        else this.#time.moveTo(next);
      }
      await settled;
      return await result;
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** So much of the network's time; for use within `run`, or while somebody calls `advance`. */
  sleep(by: Duration): Promise<void> {
    return new Promise((resolve) => {
      const us = durationOf(by);
      const wake = { nextTimeout: this.#time.now() + us, poll: (now: number) => done(now) };
      const done = (now: number): void => {
        if (now < wake.nextTimeout) return;
        wake.nextTimeout = Number.POSITIVE_INFINITY;
        this.#time.remove(wake);
        this.#time.later(resolve);
      };
      this.#time.add(wake);
    });
  }

  /**
   * Time stands still until the promise is settled. Files and timers need no such help; zlib, asynchronous crypto,
   * other processes and real sockets do.
   */
  hold<T>(work: Promise<T>): Promise<T> {
    return this.#time.hold(work);
  }

  /** The last segments between each two hosts that spoke, newest pair first. */
  ladder(rows: number = this.#options.ladder ?? 24): string {
    return this.#segments?.ladder(rows) ?? '';
  }

  /** Adds to an error what the network knows: its seed, its time, and the ladder. Once is enough. */
  explain(error: unknown): unknown {
    if (!(error instanceof Error) || 'ladder' in error) return error;
    const ladder = this.ladder();
    const { message, stack } = error;
    const told = `${message}\n\nThe network, seed ${this.seed}, at ${this.now} ms:\n${ladder}\n`;
    error.message = told;
    if (stack?.includes(message)) error.stack = stack.replace(message, () => told);
    return Object.assign(error, { seed: this.seed, ladder });
  }

  /** All hosts are gone. */
  close(): void {
    for (const host of this.hosts) if (!host.crashed) host.crash();
  }

  async #stuck(next: number, limit: Duration, over: () => boolean): Promise<void> {
    if (next !== Number.POSITIVE_INFINITY)
      throw new Error(`still not done after ${limit} of the network's time`);
    if (await this.#time.outside(PATIENCE, over)) return;
    throw new Error(
      'not done, and nothing is under way on the network: what is waited for will never happen',
    );
  }

  #between(some: string | readonly string[], others: string | readonly string[] | undefined): Wire[] {
    const left = [some].flat().map((name) => this.#known(name));
    const rest = this.hosts.filter((host) => !left.includes(host));
    const right = others === undefined ? rest : [others].flat().map((name) => this.#known(name));
    return left.flatMap((a) => right.filter((b) => a !== b).map((b) => this.#wire(a, b)));
  }

  #known(name: string): TestHost {
    const host = this.#hosts.get(name);
    if (host !== undefined) return host;
    throw new RangeError(
      `no host is called '${name}'; there are ${[...this.#hosts.keys()].join(', ') || 'none'}`,
    );
  }

  #hostAt(address: string): TestHost | undefined {
    return this.hosts.find((host) => host.address === address);
  }

  #nextAddress(): string {
    for (let last = 1; ; last += 1) {
      const address = `10.0.${Math.floor(last / 256)}.${last % 256}`;
      if (last % 256 !== 0 && this.#hostAt(address) === undefined) return address;
    }
  }

  #send(from: TestHost, address: string, packet: Uint8Array, id: number): void {
    const to = this.#hostAt(address);
    if (to !== undefined && to !== from) this.#wire(from, to).send(from, packet, id);
  }

  #wire(a: TestHost, b: TestHost): Wire {
    const key = [a.name, b.name].sort().join(' ');
    const known = this.#wires.get(key);
    if (known !== undefined) return known;
    const wire = new Wire(
      a,
      b,
      this.#usual,
      this.#time,
      this.#random.fork(`link ${key}`),
      this.#segments?.trace,
    );
    this.#wires.set(key, wire);
    return wire;
  }
}

/** Not every program has its types checked. */
function checkNames(what: string, given: object, known: readonly string[]): void {
  const other = Object.keys(given).find((name) => !known.includes(name));
  if (other === undefined) return;
  throw new RangeError(`there is no setting '${other}' of ${what}: one of ${known.join(', ')}`);
}

function durationOf(duration: Duration): number {
  return parseDuration(String(duration));
}
