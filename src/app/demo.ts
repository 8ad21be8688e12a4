/**
 * The main job in one piece: a key-value client and server, each a host of its own, over a link, in virtual time.
 * What is typed, how the link behaves and which TCP both ends are is given; what came of it is returned.
 */
import type { LinkConfig } from '../channel/config.ts';
import { Link } from '../channel/link.ts';
import type { DirectionStatistics } from '../channel/statistics.ts';
import type { Engine } from '../chart/chart.ts';
import { ChartTrace } from '../tcp/chartTrace.ts';
import type { TcpConfig } from '../tcp/config.ts';
import type { Connection } from '../tcp/connection.ts';
import { Host } from '../tcp/host.ts';
import type { Output } from '../tcp/outlet.ts';
import type { ConnectionCounters } from '../tcp/tcb.ts';
import type { CloseReason } from '../tcp/user.ts';
import { Random } from '../time/random.ts';
import type { Trace } from '../trace/trace.ts';
import { MemoryStore } from './keyValue.ts';
import { KeyValueClient, type SessionEnd } from './keyValueClient.ts';
import { serveKeyValue } from './keyValueServer.ts';
import type { Expectation } from './seven.ts';
import { Simulation } from './simulation.ts';

const CLIENT = '10.0.0.1';
const SERVER = '10.0.0.2';
/** The port that the project this grew from served on. */
export const KEY_VALUE_PORT = 50;

/** A day: longer than any bad luck lasts, so that a session ends by its protocol and not by its patience. */
const PATIENCE = 86_400_000;

export interface DemoOptions {
  readonly seed: number;
  readonly engine: Engine;
  readonly link: LinkConfig;
  readonly tcp?: Partial<TcpConfig>;
  /** Commands with their right answers. */
  readonly commands: readonly Expectation[];
  readonly trace?: Trace;
  /** Events that a chart does not know are errors. */
  readonly strict?: boolean;
}

/** What became of one command. */
export interface Outcome extends Expectation {
  /** What the server said; undefined if it never did. */
  readonly got: string | undefined;
  readonly right: boolean;
}

/** One end's part. */
export interface EndResult {
  /** RFC state at the end. */
  readonly state: string;
  readonly reason: CloseReason | undefined;
  readonly counters: Readonly<ConnectionCounters>;
  /** Packets dropped, by reason. */
  readonly discarded: Readonly<Record<string, number>>;
}

export interface DemoResult {
  readonly outcomes: readonly Outcome[];
  readonly end: SessionEnd | undefined;
  readonly client: EndResult;
  readonly server: EndResult | undefined;
  readonly link: { readonly forward: DirectionStatistics; readonly backward: DirectionStatistics };
  /** us of virtual time until both ends were done with the session, TIME_WAIT not counted. */
  readonly sessionTime: number;
  /** us of virtual time in all. */
  readonly virtualTime: number;
}

/** A demo that can be stepped, to be paced by a clock or to be watched. */
export class Demo {
  readonly simulation = new Simulation();
  readonly link: Link;
  readonly client: Host;
  readonly server: Host;
  readonly #options: DemoOptions;
  readonly #answers: string[] = [];
  readonly #connection: Connection;
  #accepted: Connection | undefined;
  #end: SessionEnd | undefined;
  #sessionTime = 0;

  constructor(options: DemoOptions) {
    this.#options = options;
    this.link = this.#makeLink();
    const random = new Random(options.seed);
    this.client = this.#makeHost('client', CLIENT, random.fork('client'), (packet, id) =>
      this.link.a.send(packet, id),
    );
    this.server = this.#makeHost('server', SERVER, random.fork('server'), (packet, id) =>
      this.link.b.send(packet, id),
    );
    this.link.a.onPacket((packet, id) => this.client.receive(packet, this.simulation.now(), id));
    this.link.b.onPacket((packet, id) => this.server.receive(packet, this.simulation.now(), id));
    for (const party of [this.link, this.client, this.server]) this.simulation.add(party);
    this.#serve();
    this.#connection = this.#connect();
  }

  /** Runs to the end: both connections gone. */
  run(): DemoResult {
    while (!this.over && this.simulation.step());
    return this.result();
  }

  /** Both ends are CLOSED, TIME_WAIT is over, and nothing is on the wire. */
  get over(): boolean {
    return (
      this.#end !== undefined && this.client.connections.length === 0 && this.server.connections.length === 0
    );
  }

  result(): DemoResult {
    const commands = this.#options.commands.map(({ command, answer }, i): Outcome => {
      const got = this.#answers[i];
      return { command, answer, got, right: got === answer };
    });
    return {
      outcomes: commands,
      end: this.#end,
      client: endResult(this.client, this.#connection),
      server: this.#accepted && endResult(this.server, this.#accepted),
      link: this.link.statistics,
      sessionTime: this.#sessionTime,
      virtualTime: this.simulation.now(),
    };
  }

  #makeLink(): Link {
    const { link, seed, trace, engine } = this.#options;
    const owner = { name: 'link', trace, now: () => this.simulation.now() };
    return new Link({
      config: link,
      seed,
      clock: this.simulation,
      engine,
      ...(trace === undefined ? {} : { trace, listener: new ChartTrace(owner, 0) }),
    });
  }

  #makeHost(name: string, address: string, random: Random, output: Output): Host {
    const { engine, tcp, trace, strict } = this.#options;
    return new Host({
      name,
      addresses: [address],
      output,
      random,
      engine,
      tcp: { r2: PATIENCE, synR2: PATIENCE, maximumRto: 60_000, ...tcp },
      ...(trace === undefined ? {} : { trace }),
      ...(strict === undefined ? {} : { strict }),
    });
  }

  #serve(): void {
    const store = new MemoryStore();
    this.server.listen({
      port: KEY_VALUE_PORT,
      onConnection: (connection) => {
        this.#accepted = connection;
        serveKeyValue(connection, store, { onEnd: () => this.#done() });
      },
    });
  }

  #connect(): Connection {
    const connection = this.client.connect({ address: SERVER, port: KEY_VALUE_PORT });
    const commands = this.#options.commands.map(({ command }) => command);
    const client = new KeyValueClient(connection, {
      engine: this.#options.engine,
      scope: connection.scope,
      instance: this.client.nextInstance(),
      commands,
      onCommand: (command) => this.#say('command', command),
      onAnswer: (command, answer) => this.#answer(command, answer),
      onEnd: (reason) => {
        this.#end = reason;
        this.#done();
      },
    });
    client.finish();
    return connection;
  }

  #answer(_command: string, answer: string): void {
    const right = this.#options.commands[this.#answers.length]?.answer === answer;
    this.#answers.push(answer);
    this.#say(right ? 'answer' : 'wrong answer', answer);
  }

  #say(what: string, text: string): void {
    this.#options.trace?.add('client', this.simulation.now(), { kind: 'app', what, text });
  }

  #done(): void {
    this.#sessionTime = this.simulation.now();
  }
}

function endResult(host: Host, connection: Connection): EndResult {
  const { state, reason, counters } = connection;
  return { state, reason, counters: { ...counters }, discarded: { ...host.counters.discarded } };
}
