/**
 * Programs that run until they are stopped, within the test: their words as they come, and the keys of their terminal.
 * Time runs 20 times as fast as the clock, so that nobody waits for TIME_WAIT.
 */
import { createSocket, type Socket } from 'node:dgram';
import { PassThrough } from 'node:stream';
import { KeyValueClient, type SessionEnd } from '../../src/app/keyValueClient.ts';
import { Runner } from '../../src/app/runner.ts';
import type { LiveEnd } from '../../src/channel/channel.ts';
import { openUdpChannel } from '../../src/channel/udp.ts';
import { parseUdpSpec } from '../../src/channel/udpSpec.ts';
import { compiledEngine } from '../../src/chart/compiled.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { Host } from '../../src/tcp/host.ts';
import { RealClock } from '../../src/time/clock.ts';
import { Random } from '../../src/time/random.ts';
import { type Ran, statewire, type World } from './run.ts';

const SPEED = 20;
/** ms */
const DEADLINE = 30_000;

/** Waits for a condition; fails after half a minute, saying what it waited for. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + DEADLINE;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The two ends of a UDP carrier that nobody else uses. */
export async function udpPair(): Promise<{ readonly server: string; readonly client: string }> {
  const sockets = [createSocket('udp4'), createSocket('udp4')];
  const ports = await Promise.all(sockets.map(freePort));
  for (const socket of sockets) socket.close();
  const [a, b] = ports.map((port) => `127.0.0.1:${port}`);
  return { server: `udp:${a},${b}`, client: `udp:${b},${a}` };
}

function freePort(socket: Socket): Promise<number> {
  return new Promise((resolve) => socket.bind(0, '127.0.0.1', () => resolve(socket.address().port)));
}

/** One that runs. */
export class Running {
  out = '';
  err = '';
  ended: Ran | undefined;
  /** Rejects as the program does. */
  readonly over: Promise<Ran>;
  readonly #stop = new AbortController();
  #halt: (() => void) | undefined;

  constructor([command, ...argv]: readonly [string, ...string[]], world: World = {}) {
    this.over = statewire([command, '--speed', `${SPEED}x`, ...argv], {
      ...world,
      stop: this.#stop.signal,
      onHalt: (handler) => {
        this.#halt = handler;
      },
      onOut: (text) => {
        this.out += text;
        world.onOut?.(text);
      },
      onErr: (text) => {
        this.err += text;
        world.onErr?.(text);
      },
    });
    this.over.then(
      (ran) => {
        this.ended = ran;
      },
      () => {},
    );
  }

  /** Until it has said this, on stdout or stderr. */
  async said(text: string | RegExp): Promise<void> {
    const has = (all: string): boolean => (typeof text === 'string' ? all.includes(text) : text.test(all));
    await until(`${text} in\n${this.err}${this.out}`, () => has(this.err) || has(this.out));
  }

  /** Two Ctrl-C, the second as soon as the first is obeyed. */
  async end(): Promise<void> {
    this.interrupt();
    await until('the second Ctrl-C awaited', () => this.ended !== undefined || this.#halt !== undefined);
    this.interrupt();
    await this.over;
  }

  /** Ctrl-C, once or twice. */
  interrupt(): void {
    if (!this.#stop.signal.aborted) this.#stop.abort(130);
    else this.#halt?.();
  }
}

/** A key-value server that listens. */
export async function startServer(channel: string, ...argv: readonly string[]): Promise<Running> {
  const server = new Running(['server', '--channel', channel, ...argv]);
  await server.said(/listen(s|ing)/);
  return server;
}

/** A standard input that is typed on; a terminal. */
export class Keyboard extends PassThrough {
  readonly isTTY = true;
  raw = false;

  setRawMode(raw: boolean): this {
    this.raw = raw;
    return this;
  }
}

/** Hosts at the other end of a carrier: clients that may send what they like, and fall silent when they like. */
export class Wire {
  readonly hosts: Host[] = [];
  readonly runner: Runner;
  readonly #channel: LiveEnd;
  readonly #silent = new Set<Host>();
  readonly #deaf = new Set<Host>();

  static async open(channel: string, speed = SPEED): Promise<Wire> {
    return new Wire(await openUdpChannel(parseUdpSpec(channel.slice('udp:'.length))), speed);
  }

  private constructor(channel: LiveEnd, speed: number) {
    this.#channel = channel;
    this.runner = new Runner(new RealClock(speed));
    channel.onPacket((packet) =>
      this.runner.perform(() => {
        for (const host of this.hosts) if (this.#hears(host)) host.receive(packet, this.runner.now());
      }),
    );
  }

  host(address: string): Host {
    const host = new Host({
      name: address,
      addresses: [address],
      output: (packet) => {
        if (!this.#silent.has(host)) this.#channel.send(packet, 0);
      },
      random: new Random(this.hosts.length),
      engine: compiledEngine,
      // What was heard is acknowledged when it is spoken of
      tcp: { delayedAck: 0 },
    });
    this.hosts.push(host);
    this.runner.add(host);
    return host;
  }

  /** It still speaks, and hears nothing more. */
  deafen(host: Host): void {
    this.#deaf.add(host);
  }

  /** As if its program had been killed. */
  kill(host: Host): void {
    this.#silent.add(host);
  }

  #hears(host: Host): boolean {
    return !this.#silent.has(host) && !this.#deaf.has(host);
  }

  ask(host: Host, commands: readonly string[] = []): Asking {
    return new Asking(this.runner, host, commands);
  }

  async close(): Promise<void> {
    this.runner.stop();
    await this.#channel.close();
  }
}

/** A session with the server at 10.0.0.2:50. */
export class Asking {
  readonly connection: Connection;
  readonly answers: string[] = [];
  end: SessionEnd | undefined;
  readonly #runner: Runner;
  #session!: KeyValueClient;

  constructor(runner: Runner, host: Host, commands: readonly string[]) {
    this.#runner = runner;
    runner.perform(() => {
      const connection = host.connect({ address: '10.0.0.2', port: 50 });
      this.#session = new KeyValueClient(connection, {
        engine: compiledEngine,
        scope: connection.scope,
        commands,
        onAnswer: (_, answer) => this.answers.push(answer),
        onEnd: (end) => {
          this.end = end;
        },
      });
    });
    this.connection = host.connections.at(-1)!;
  }

  get name(): string {
    return `${this.connection.host.name}:${this.connection.local.port}`;
  }

  async ask(command: string): Promise<string> {
    const count = this.answers.length;
    this.#runner.perform(() => this.#session.send(command));
    await until(`an answer to ${command}`, () => this.answers.length > count);
    return this.answers.at(-1)!;
  }

  async finish(): Promise<void> {
    this.#runner.perform(() => this.#session.finish());
    await until('the end of the session', () => this.end !== undefined);
  }
}
