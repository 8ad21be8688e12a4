/**
 * `statewire network`: the wire between programs, with what is to happen to packets on it. It opens the channels, runs
 * the network in real time, shows what is on the wire, and counts. Where packets go is src/app/network.ts.
 */
import type { Command } from 'commander';
import { linkConfiguration, linkOf } from '../src/app/linkSettings.ts';
import { Network } from '../src/app/network.ts';
import { Runner } from '../src/app/runner.ts';
import type { LiveEnd } from '../src/channel/channel.ts';
import type { LinkConfig } from '../src/channel/config.ts';
import { RealClock } from '../src/time/clock.ts';
import type { TraceHeader } from '../src/trace/event.ts';
import { Flows } from '../src/trace/ladderLabel.ts';
import { Trace } from '../src/trace/trace.ts';
import { type ChannelSpec, openChannel } from './channelSpec.ts';
import { randomSeed } from './endpoint.ts';
import { EXIT, Failure, oneLine, usage } from './failure.ts';
import { openLive } from './inspectFlag.ts';
import type { LiveInspector } from './inspectLive.ts';
import type { Io } from './io.ts';
import { linkHeading } from './linkText.ts';
import { addNetworkFlags, checkBlackHole, checkSides, type NetworkFlags } from './networkFlags.ts';
import { networkLines, networkRecord } from './networkSummary.ts';
import { Outputs } from './output.ts';
import { paintFor, widthOf } from './paint.ts';
import { eventText, LiveLines, queueLines } from './queueView.ts';
import { version } from './version.ts';

const EXAMPLES = `
Examples:
  statewire network --a file:/tmp/a --b file:/tmp/b --profile classroom
                                            the original's network, over text files
  statewire network --a udp:127.0.0.1:9001,127.0.0.1:9000 --b udp:127.0.0.1:9002,127.0.0.1:9003 --loss 0.05
                                            over UDP; every twentieth packet is lost each way
  statewire network --a file:/tmp/a1 --a file:/tmp/a2 --b file:/tmp/b --delay 20,100
                                            two clients; 20 ms to the server, 100 ms back
  statewire network --a tun:a --b tun:b --mtu 1280
                                            a narrow link between two kernels, whose path MTU discovery finds it
  statewire network --a file:/tmp/a --b file:/tmp/b --fault 'drop client>server data 3' --verbose
  statewire network --a file:/tmp/a --b file:/tmp/b --pcap wire.pcapng --json | jq 'select(.kind == "link")'

Side a is the client's: A,B and client>server mean from a to b. On a terminal the packets on the wire are shown
while it runs. Ctrl-C ends it and prints what it counted; programs that run on do not mind when it starts again.

Exit codes: 2 usage, 6 a channel that cannot be opened or broke, or a file error, 130 Ctrl-C, 143 SIGTERM.`;

/** How often what was recorded is written and what is shown is drawn, ms. */
const REFRESH = 100;
/** Columns of a terminal of which nothing is known. */
const USUAL_WIDTH = 80;

const WAYS = ['a to b', 'b to a'] as const;

/** Adds the command; `done` is told the exit code. */
export function addNetwork(program: Command, io: Io, done: (code: number) => void): void {
  const command = program
    .command('network')
    .summary('the bad link between programs')
    .description(
      'Forwards packets between the channels of two sides, each to where its destination lives, and impairs what ' +
        'passes from side to side. Channels of one side are joined by a clean wire.',
    )
    .addHelpText('after', EXAMPLES);
  addNetworkFlags(command).action(async (flags: NetworkFlags) => done(await network(flags, io)));
}

async function network(flags: NetworkFlags, io: Io): Promise<number> {
  const link = withMtu(
    usage('the link', () => linkOf(flags)),
    flags,
  );
  checkSides(flags);
  checkBlackHole(flags);
  const live = await openLive(flags.inspect, io);
  let channels: readonly LiveEnd[] = [];
  try {
    channels = await openAll([...flags.a, ...flags.b]);
    return await new Forwarding(flags, link, channels, io, live).run();
  } finally {
    await Promise.all([...channels.map((channel) => channel.close()), live?.close()]);
  }
}

function withMtu(link: LinkConfig, { mtu }: NetworkFlags): LinkConfig {
  if (mtu === undefined) return link;
  const [there, back] = mtu;
  return { ...link, forward: { ...link.forward, mtu: there }, backward: { ...link.backward, mtu: back } };
}

/** All, or none. */
async function openAll(specs: readonly ChannelSpec[]): Promise<readonly LiveEnd[]> {
  const channels: LiveEnd[] = [];
  try {
    for (const spec of specs) channels.push(await openChannel(spec));
    return channels;
  } catch (error) {
    await Promise.all(channels.map((channel) => channel.close()));
    throw error;
  }
}

/** A network that runs. */
class Forwarding {
  readonly #flags: NetworkFlags;
  readonly #io: Io;
  readonly #channels: readonly LiveEnd[];
  readonly #seed: number;
  readonly #link: LinkConfig;
  readonly #runner: Runner;
  readonly #network: Network;
  readonly #outputs: Outputs;
  readonly #flows = new Flows();
  readonly #live: LiveLines | undefined;
  /** Resolves with the exit code, or rejects with what went wrong. */
  readonly #over: Promise<number>;
  #end!: (code: number) => void;
  #fail!: (error: unknown) => void;

  /** @throws {Failure} when a record cannot be written */
  constructor(
    flags: NetworkFlags,
    link: LinkConfig,
    channels: readonly LiveEnd[],
    io: Io,
    live: LiveInspector | undefined,
  ) {
    this.#flags = flags;
    this.#io = io;
    this.#link = link;
    this.#channels = channels;
    this.#seed = flags.seed ?? randomSeed();
    const { quiet, json, ...files } = flags;
    const shown = json ? { json, ...(quiet && { quiet }) } : { quiet: true as const };
    const clock = new RealClock(flags.speed);
    this.#outputs = new Outputs(
      { ...files, ...shown },
      this.#header(clock.epoch),
      io,
      { network: true },
      live,
    );
    this.#live = io.liveErr && !quiet && !flags.verbose ? new LiveLines((text) => io.err(text)) : undefined;
    this.#runner = new Runner(clock);
    this.#network = new Network({
      a: channels.slice(0, flags.a.length),
      b: channels.slice(flags.a.length),
      link,
      seed: this.#seed,
      clock: this.#runner,
      blackHole: flags.blackHole === true,
      perform: (work) => this.#runner.perform(work),
      trace: this.#trace(),
    });
    this.#runner.add(this.#network);
    this.#over = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    this.#listen(io.stop);
  }

  /** Until it is stopped or cannot go on; what was counted is told in any case. */
  async run(): Promise<number> {
    this.#introduce();
    const refresh = setInterval(() => this.#refresh(), REFRESH);
    try {
      return await this.#over;
    } finally {
      clearInterval(refresh);
      this.#runner.stop();
      this.#finish();
    }
  }

  #header(start: number): TraceHeader {
    const { a, b, speed, blackHole } = this.#flags;
    const names = (specs: readonly ChannelSpec[]): string[] => specs.map(({ name }) => name);
    const link = linkConfiguration(this.#flags, this.#link);
    return {
      statewire: 1,
      version,
      engine: 'compiled',
      seed: this.#seed,
      start,
      configuration: {
        program: 'network',
        a: names(a),
        b: names(b),
        speed,
        ...(blackHole && { blackHole }),
        ...link,
      },
      inputs: [],
    };
  }

  /** What the network reports to: nothing, unless somebody reads it. */
  #trace(): Trace | undefined {
    const { verbose, quiet } = this.#flags;
    const talks = verbose === true && !quiet;
    if (!talks && this.#live === undefined) return this.#outputs.trace;
    const trace = this.#outputs.trace ?? new Trace();
    trace.listen((event) => {
      if (event.kind === 'receive' && event.segment !== undefined) this.#flows.see(event.segment);
      const text = talks ? eventText(event, this.#flows) : undefined;
      if (text !== undefined) this.#log(text);
    });
    return trace;
  }

  #log(text: string): void {
    if (!this.#flags.quiet) this.#io.err(`network: ${oneLine(text)}\n`);
  }

  #introduce(): void {
    const width = widthOf(this.#io);
    for (const line of linkHeading(this.#flags, this.#link, width, WAYS)) this.#log(line);
    const ports = this.#network.ports.map(({ name }, i) => `${name} ${this.#channels[i]!.name}`);
    this.#log(`forwarding between ${ports.join(', ')}; seed ${this.#seed}`);
  }

  #listen(stop: AbortSignal): void {
    const end = (): void => this.#end(stop.reason as number);
    if (stop.aborted) end();
    else stop.addEventListener('abort', end, { once: true });
    for (const channel of this.#channels) {
      channel.onError((error) => {
        this.#fail(new Failure(EXIT.application, `${channel.name}: ${error.message}`));
      });
    }
  }

  /** Writes what was recorded, and shows what there is. */
  #refresh(): void {
    try {
      this.#outputs.drain();
      this.#draw();
    } catch (error) {
      this.#fail(error);
    }
    // The reader of the events has had enough
    if (this.#flags.json && this.#io.unread && !this.#outputs.keeps) this.#end(EXIT.fine);
  }

  #draw(): void {
    if (this.#live === undefined) return;
    const now = this.#runner.now();
    const { link } = this.#network;
    const { forward, backward } = link.statistics;
    const ways = [
      { name: 'a > b', packets: link.underWay(0, now), statistics: forward },
      { name: 'b > a', packets: link.underWay(1, now), statistics: backward },
    ];
    const width = Math.min(widthOf(this.#io), this.#io.columns ?? USUAL_WIDTH) - 1;
    this.#live.draw(queueLines(ways, now, this.#flows, width, paintFor(this.#io)));
  }

  #finish(): void {
    this.#live?.clear();
    const time = this.#runner.now();
    try {
      if (this.#flags.json) {
        this.#outputs.line(JSON.stringify(networkRecord(this.#network, this.#channels, time)));
      } else {
        const lines = networkLines(this.#network, this.#channels, time, paintFor(this.#io));
        for (const line of lines) this.#outputs.line(line);
      }
    } finally {
      this.#outputs.close();
    }
  }
}
