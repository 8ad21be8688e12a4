/**
 * A program with a TCP of its own: a host on a channel, driven in real time, with its records and its words on
 * stderr. What the program does with the host is its command's business.
 */
import { webcrypto } from 'node:crypto';
import { Arrivals } from '../src/app/arrivals.ts';
import { Runner } from '../src/app/runner.ts';
import type { LiveEnd } from '../src/channel/channel.ts';
import type { Engine } from '../src/chart/chart.ts';
import { engineNamed } from '../src/chart/index.ts';
import type { TcpConfig } from '../src/tcp/config.ts';
import type { Connection } from '../src/tcp/connection.ts';
import { Host } from '../src/tcp/host.ts';
import { RealClock } from '../src/time/clock.ts';
import { Random } from '../src/time/random.ts';
import type { Trace } from '../src/trace/trace.ts';
import { openChannel } from './channelSpec.ts';
import { ControlSocket } from './control.ts';
import { type EndpointFlags, endpointTcp } from './endpointFlags.ts';
import { EXIT, Failure, oneLine } from './failure.ts';
import { Goodbyes } from './goodbye.ts';
import { openLive } from './inspectFlag.ts';
import type { LiveInspector } from './inspectLive.ts';
import type { Io } from './io.ts';
import { Namesake } from './namesake.ts';
import { Outputs } from './output.ts';
import { version } from './version.ts';

/** How long what was recorded may wait to be written, ms. */
const DRAIN = 100;
/** Between two looks at whether all is said, ms. */
const LOOK = 10;

/** What a program is. */
export interface Role {
  /** As it is called in traces: `client`, `server`, ... */
  readonly name: string;
  /** What the user asked it to do, for the trace's header. */
  readonly inputs?: readonly string[];
  /** Settings that the program has of its own. */
  readonly tcp?: Partial<TcpConfig>;
  /** Where it has others than the one of the flags. */
  readonly addresses?: readonly string[];
}

/** A number that chance gives: not the same run twice. */
export function randomSeed(): number {
  return webcrypto.getRandomValues(new Uint32Array(1))[0]!;
}

/** A host that runs; `close` ends it. */
export class Endpoint {
  readonly host: Host;
  readonly runner: Runner;
  readonly channel: LiveEnd;
  readonly engine: Engine;
  readonly trace: Trace | undefined;
  /** Rejects when the channel breaks or a record cannot be written: nothing more is of use then. */
  readonly broken: Promise<never>;
  readonly #flags: EndpointFlags;
  readonly #name: string;
  readonly #io: Io;
  readonly #outputs: Outputs;
  readonly #live: LiveInspector | undefined;
  /** For `statewire ss`. */
  #control: ControlSocket | undefined;
  readonly #drain: NodeJS.Timeout;
  readonly #namesake: Namesake;
  /** Takes what the user should know of though he has asked for nothing. */
  warn: (text: string) => void = (text) => this.log(text);
  readonly #arrivals: Arrivals;
  #lastPacket = 0;
  readonly #goodbyes = new Goodbyes(() => this.#lastPacket);
  #break!: (error: unknown) => void;

  /** @throws {Failure} usage errors, or a channel or record that cannot be opened */
  static async open(flags: EndpointFlags, role: Role, io: Io): Promise<Endpoint> {
    const tcp = endpointTcp(flags, role.tcp);
    const live = await openLive(flags.inspect, io);
    let channel: LiveEnd | undefined;
    try {
      channel = await openChannel(flags.channel);
      const endpoint = new Endpoint(flags, role, io, tcp, channel, live);
      endpoint.#control = await ControlSocket.open(role.name, endpoint.host);
      return endpoint;
    } catch (error) {
      await Promise.all([channel?.close(), live?.close()]);
      throw error;
    }
  }

  private constructor(
    flags: EndpointFlags,
    role: Role,
    io: Io,
    tcp: TcpConfig,
    channel: LiveEnd,
    live: LiveInspector | undefined,
  ) {
    const seed = flags.seed ?? randomSeed();
    this.#flags = flags;
    this.#name = role.name;
    this.#io = io;
    this.channel = channel;
    this.#live = live;
    this.broken = new Promise((_, reject) => {
      this.#break = reject;
    });
    this.broken.catch(() => {});
    this.#namesake = new Namesake(flags.address);
    const clock = new RealClock(flags.speed);
    const header = headerOf(flags, role, tcp, seed, clock.epoch);
    this.#outputs = new Outputs({ ...flags, quiet: true }, header, io, { hold: 0 }, live);
    this.trace = this.#outputs.trace;
    this.engine = engineNamed(flags.engine);
    this.runner = new Runner(clock);
    this.host = new Host({
      name: role.name,
      addresses: role.addresses ?? [flags.address],
      output: (packet, id) => channel.send(packet, id),
      random: new Random(seed),
      engine: this.engine,
      tcp,
      stack: flags.stack,
      ...(this.trace && { trace: this.trace }),
    });
    this.runner.add(this.host);
    this.#arrivals = new Arrivals(this.host, this.runner, clock);
    channel.onError((error) =>
      this.#break(new Failure(EXIT.application, `${channel.name}: ${error.message}`)),
    );
    channel.onPacket((packet, id) => this.#arrives(packet, id));
    this.#drain = setInterval(() => this.#write(), DRAIN);
    this.#drain.unref();
  }

  /** Does `work` (a user's call) as one input, at the time it is now. */
  perform(work: () => void): void {
    this.runner.perform(work);
  }

  /** A line on stderr, unless the user wants none. */
  log(text: string): void {
    if (!this.#flags.quiet) this.#io.err(`${this.#name}: ${oneLine(text)}\n`);
  }

  /** The application's words, in the trace. */
  app(what: string, text: string): void {
    this.trace?.add(this.#name, this.runner.now(), { kind: 'app', what, text });
  }

  /**
   * Resolves when nothing is left to be said to anybody (goodbye.ts): what is left then is in TIME_WAIT, or says its
   * last to a peer that has left. At once when `halt` is aborted.
   */
  async settled(halt?: AbortSignal): Promise<void> {
    while (halt?.aborted !== true && !this.#isSettled()) {
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  }

  /** Gives up a connection whose peer has left though our last word has not arrived. */
  giveUpVain(connection: Connection): void {
    if (this.#goodbyes.isVain(connection, this.runner.now())) this.perform(() => connection.abort());
  }

  #isSettled(): boolean {
    const now = this.runner.now();
    const over = (connection: Connection): boolean =>
      this.#goodbyes.isQuiet(connection, now) || this.#goodbyes.isVain(connection, now);
    // Each is looked at, and not those up to the first that is not over
    return this.host.connections.filter((connection) => !over(connection)).length === 0;
  }

  /** Nothing more is sent or taken; all that was recorded is written. */
  async close(): Promise<void> {
    this.runner.stop();
    clearInterval(this.#drain);
    await this.#control?.close();
    await this.channel.close();
    try {
      this.#outputs.close();
    } finally {
      await this.#live?.close();
    }
  }

  #arrives(packet: Uint8Array, id: number): void {
    if (this.#namesake.tells(packet)) {
      const { address } = this.#flags;
      this.warn(`somebody else on ${this.channel.name} is ${address} too: give each its own --address`);
    }
    this.#lastPacket = this.runner.now();
    this.#arrivals.take(packet, id);
  }

  #write(): void {
    try {
      this.#outputs.drain();
    } catch (error) {
      clearInterval(this.#drain);
      this.#break(error);
    }
  }
}

function headerOf(flags: EndpointFlags, role: Role, tcp: TcpConfig, seed: number, start: number) {
  const { channel, address, engine, stack, speed } = flags;
  return {
    statewire: 1,
    version,
    engine,
    seed,
    start,
    configuration: { program: role.name, channel: channel.name, address, stack, speed, tcp },
    inputs: role.inputs ?? [],
  } as const;
}
