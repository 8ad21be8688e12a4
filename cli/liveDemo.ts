/**
 * `statewire demo` over a real channel: server, network and client are the programs of those names, each in a thread of
 * its own, in real time. Their traces are laid together and shown as one run.
 */
import type { SessionEnd } from '../src/app/keyValueClient.ts';
import type { DirectionStatistics } from '../src/channel/statistics.ts';
import type { TraceEvent, TraceHeader } from '../src/trace/event.ts';
import { TraceMerger } from '../src/trace/merge.ts';
import type { DemoFlags } from './demoFlags.ts';
import { EXIT, Failure, oneLine } from './failure.ts';
import type { Io } from './io.ts';
import { linkArguments } from './linkFlags.ts';
import { LiveStory, type Summaries } from './liveStory.ts';
import { type Wiring, wire } from './liveWiring.ts';
import type { Measured } from './measure.ts';
import type { Setup } from './setup.ts';
import { ProgramThread } from './threads.ts';

const ROLES = ['client', 'server', 'network'] as const;
type Role = (typeof ROLES)[number];

/** Events are merged when so much time has passed: those of all threads are there by then, us. */
const SETTLING = 400_000;
/** How often that is looked at, ms. */
const TURN = 100;

/** A line of the programs' JSON, as far as it is used. */
interface Said {
  readonly kind: string;
  readonly answer?: string;
  readonly end?: SessionEnd;
  readonly 'a>b'?: DirectionStatistics;
  readonly 'b>a'?: DirectionStatistics;
}

/** Told of the run. */
export interface LiveAudience {
  event(event: TraceEvent): void;
  /** What was told before can be shown now. */
  turn(): void;
}

/** One program: what it said last, and how it ended. */
interface Part {
  readonly thread: ProgramThread;
  readonly lines: string[];
  error: string;
  header: TraceHeader | undefined;
}

/** Plays the demo; undefined when it was stopped. */
export async function playLive(
  flags: DemoFlags,
  setup: Setup,
  audience: LiveAudience,
  io: Io,
): Promise<Measured | undefined> {
  const wiring = await wire(flags.channel as Exclude<DemoFlags['channel'], 'memory'>);
  try {
    return await new LiveRun(flags, setup, wiring, audience).run(io);
  } finally {
    wiring.remove();
  }
}

class LiveRun {
  readonly #setup: Setup;
  readonly #audience: LiveAudience;
  readonly #story = new LiveStory();
  readonly #parts: Readonly<Record<Role, Part>>;
  /** Events that came before all had begun. */
  readonly #early: (readonly [Role, TraceEvent])[] = [];
  #merger: TraceMerger | undefined;
  readonly #speed: number;

  constructor(flags: DemoFlags, setup: Setup, wiring: Wiring, audience: LiveAudience) {
    this.#setup = setup;
    this.#audience = audience;
    this.#speed = speedOf(flags);
    const argv = argumentsOf(flags, setup, wiring);
    const start = (role: Role): Part => {
      const part: Part = {
        thread: new ProgramThread(
          { argv: argv[role], memories: wiring.memories[role] },
          {
            out: (text) => part.lines.push(...text.split('\n').filter((line) => line !== '')),
            err: (text) => {
              part.error = text;
            },
            header: (header) => this.#begins(role, header),
            events: (events) => this.#take(role, events),
          },
        ),
        lines: [],
        error: '',
        header: undefined,
      };
      return part;
    };
    this.#parts = { network: start('network'), server: start('server'), client: start('client') };
  }

  async run(io: Io): Promise<Measured | undefined> {
    const turn = setInterval(() => this.#turn(), TURN);
    const stop = (): void => this.#interrupt('client', io.stop.reason as number);
    io.stop.addEventListener('abort', stop, { once: true });
    if (io.stop.aborted) stop();
    io.onHalt(() => this.#interrupt('client', EXIT.reset));
    try {
      await this.#over();
      this.#merger?.drain();
      this.#audience.turn();
      if (io.stop.aborted) return undefined;
      return this.#story.measured(this.#setup.options.commands, this.#summaries());
    } finally {
      clearInterval(turn);
      io.stop.removeEventListener('abort', stop);
      await Promise.all(ROLES.map((role) => this.#parts[role].thread.kill()));
    }
  }

  /** The client ends by itself; then the others are told to. */
  async #over(): Promise<void> {
    const { client, server, network } = this.#parts;
    const failed = [server, network].map(async (part) => {
      await part.thread.ended;
      throw new Failure(
        EXIT.application,
        part.error.replace(/^statewire: /, '') || 'a thread ended too soon',
      );
    });
    const rest = [server.thread.ended, network.thread.ended];
    for (const failure of failed) failure.catch(() => {});
    const code = await Promise.race([client.thread.ended, ...failed]);
    if (code === EXIT.usage) throw new Failure(code, oneLine(client.error));
    for (const part of [server, network]) part.thread.interrupt(130);
    await Promise.all(rest);
  }

  #interrupt(role: Role, code: number): void {
    this.#parts[role].thread.interrupt(code);
  }

  #begins(role: Role, header: TraceHeader): void {
    this.#parts[role].header = header;
    const headers = ROLES.map((role) => this.#parts[role].header);
    if (headers.some((header) => header === undefined)) return;
    this.#merger = new TraceMerger(headers as TraceHeader[], (event) => this.#tell(event));
    for (const [role, event] of this.#early.splice(0)) this.#merger.add(ROLES.indexOf(role), event);
  }

  #take(role: Role, events: readonly TraceEvent[]): void {
    for (const event of events) {
      if (this.#merger === undefined) this.#early.push([role, event]);
      else this.#merger.add(ROLES.indexOf(role), event);
    }
  }

  #tell(event: TraceEvent): void {
    this.#story.sink(event);
    this.#audience.event(event);
  }

  /** Merges what is old enough that nothing older will come. */
  #turn(): void {
    const { header } = this.#merger ?? {};
    if (header?.start === undefined) return;
    const now = (performance.timeOrigin + performance.now() - header.start) * 1000;
    this.#merger!.drain((now - SETTLING) * this.#speed);
    this.#audience.turn();
  }

  /** What client and network said at their ends. */
  #summaries(): Summaries {
    const said = (role: Role): Said[] => this.#parts[role].lines.map((line) => JSON.parse(line));
    const client = said('client');
    const network = said('network').at(-1);
    const { error } = this.#parts.network;
    if (network === undefined) throw new Failure(EXIT.application, error || 'the network said nothing');
    return {
      answers: client.flatMap(({ kind, answer }) =>
        kind === 'answer' && answer !== undefined ? [answer] : [],
      ),
      end: client.find(({ kind }) => kind === 'summary')?.end,
      forward: network['a>b']!,
      backward: network['b>a']!,
    };
  }
}

/** As the clock goes, unless told otherwise; `max` is for virtual time. */
function speedOf({ speed }: DemoFlags): number {
  return speed === undefined || speed === Number.POSITIVE_INFINITY ? 1 : speed;
}

function argumentsOf(flags: DemoFlags, setup: Setup, wiring: Wiring): Record<Role, string[]> {
  const { seed, engine, stack } = flags;
  const run = ['--speed', `${speedOf(flags)}x`, '--quiet', '--json'];
  const { mss = 0, arq, congestion, ecn } = setup.tcp;
  const end = [
    ...[
      '--profile',
      flags.profile.name,
      '--engine',
      engine,
      '--stack',
      stack,
      '--arq',
      arq,
      '--congestion',
      congestion,
      '--ecn',
      ecn,
    ],
    ...(mss > 0 ? ['--mss', String(mss)] : []),
    ...run,
  ];
  const commands = setup.options.commands.flatMap(({ command }) => ['--exec', command]);
  return {
    network: [
      'network',
      '--a',
      wiring.a,
      '--b',
      wiring.b,
      '--seed',
      String(seed),
      ...linkArguments(flags),
      ...run,
    ],
    server: ['server', '--channel', wiring.server, '--seed', String(seed + 1), ...end],
    client: ['client', '--channel', wiring.client, '--seed', String(seed), ...commands, ...end],
  };
}
