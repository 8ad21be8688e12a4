/**
 * Where a small program runs, once with node:net and once with statewire/net: it records what every emitter emits, what
 * calls return, and what errors say, in a form in which the two can be compared. Ports are named in the order in which
 * they are seen, bytes that come in several pieces are joined.
 */
import type { EventEmitter } from 'node:events';
import type { AddressInfo, ListenOptions, Server, ServerOpts, Socket, SocketConstructorOpts } from 'node:net';
import type { Net } from '../../src/net/index.ts';

/** What happened: a list for each emitter, and one of results. */
export type Recording = Record<string, unknown[]>;

export type Program = (lab: Lab) => unknown;

/** A program that does not end is a program that hangs, ms. */
const PATIENCE = 30_000;

/** Characters of data that are kept, about. */
const ENOUGH = 1_000;

/** Nothing new for so long: it is over, ms. */
const QUIET = 60;

const UNINTERESTING = new Set(['newListener', 'removeListener', 'prefinish', 'readable', 'resume', 'pause']);

export class Lab {
  readonly net: Net;
  readonly recording: Recording = { results: [] };
  readonly #ports = new Map<number, string>();
  readonly #open = new Set<Socket | Server>();
  #events = 0;

  constructor(net: Net) {
    this.net = net;
  }

  /** Records what it emits from now on; errors are no surprise. */
  watch<E extends EventEmitter>(name: string, emitter: E): E {
    this.recording[name] = [];
    const list = this.recording[name]!;
    const { emit } = emitter;
    emitter.emit = (event: string | symbol, ...args: unknown[]): boolean => {
      if (typeof event === 'string' && !UNINTERESTING.has(event)) this.#record(list, event, args);
      return emit.call(emitter, event, ...args);
    };
    emitter.on('error', () => {});
    this.#open.add(emitter as unknown as Socket);
    return emitter;
  }

  #record(list: unknown[], event: string, args: unknown[]): void {
    this.#events += 1;
    const last = list[list.length - 1];
    if (event !== 'data')
      list.push(args.length === 0 ? event : [event, ...args.map((arg) => this.plain(arg))]);
    else if (!Array.isArray(last) || last[0] !== 'data') list.push(['data', String(args[0])]);
    else if (last[1].length < ENOUGH) last[1] += String(args[0]);
  }

  /** A value that can be compared. */
  plain(value: unknown): unknown {
    if (value instanceof Error) return this.#error(value);
    if (value instanceof Uint8Array) return Buffer.from(value).toString();
    if (typeof value === 'string') return this.#text(value);
    if (typeof value === 'number') return this.#ports.get(value) ?? value;
    if (Array.isArray(value)) return value.map((one) => this.plain(one));
    if (value === null || typeof value !== 'object') return value;
    const { name } = value.constructor ?? { name: 'Object' };
    if (name !== 'Object' && value.constructor !== undefined) return `[${name.replace(/Of$/, '')}]`;
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => {
        if (/port$/i.test(key) && typeof one === 'number') this.port(one);
        return [key, this.plain(one)];
      }),
    );
  }

  #error(error: Error): unknown {
    const { name, message, stack: _, ...fields } = error as Error & Record<string, unknown>;
    const inner =
      error instanceof AggregateError ? { errors: error.errors.map((one) => this.plain(one)) } : {};
    return {
      name,
      message: this.#text(message),
      text: this.#text(String(error)),
      ...(this.plain({ ...fields }) as object),
      ...inner,
    };
  }

  #text(text: string): string {
    return text.replace(/:(\d{3,5})\b/g, (all, digits) => {
      const name = this.#ports.get(Number(digits));
      return name === undefined ? all : `:${name}`;
    });
  }

  /** Gives a port its name. */
  port(port: number): number {
    if (port > 1024 && !this.#ports.has(port)) this.#ports.set(port, `port ${this.#ports.size + 1}`);
    return port;
  }

  note(name: string, value: unknown): void {
    this.recording.results!.push([name, this.plain(value)]);
  }

  /** What a call returns or throws. */
  attempt(name: string, call: () => unknown): void {
    try {
      this.note(name, call());
    } catch (error) {
      this.note(`${name} throws`, error);
    }
  }

  /** A server at a free port of 127.0.0.1, watched as `server`. */
  async listen(options: ServerOpts & ListenOptions = {}, onSocket?: (socket: Socket) => void) {
    const server = this.watch(
      'server',
      this.net.createServer(options, (socket) => {
        socket.on('error', () => {});
        onSocket?.(socket);
      }),
    );
    server.listen({ port: 0, host: '127.0.0.1', ...options });
    await once(server, 'listening');
    return { server, port: this.port((server.address() as AddressInfo).port) };
  }

  /** A connected pair, watched as `client` and `peer`. */
  async pair(
    serverOptions: ServerOpts = {},
    clientOptions: SocketConstructorOpts & { timeout?: number } = {},
  ) {
    let arrived: (socket: Socket) => void = () => {};
    const accepted = new Promise<Socket>((resolve) => {
      arrived = resolve;
    });
    const { server, port } = await this.listen(serverOptions, (socket) => {
      this.port(socket.remotePort!);
      arrived(this.watch('peer', socket));
    });
    const client = this.watch('client', new this.net.Socket(clientOptions));
    client.connect(port, '127.0.0.1');
    await once(client, 'connect');
    this.port(client.localPort!);
    const peer = await accepted;
    return { server, port, client, peer };
  }

  /** Ends what is open, and waits until all of it is. */
  async close(): Promise<void> {
    for (const one of this.#open) {
      if ('listening' in one) one.close(() => {});
      else one.destroy();
    }
    await this.turns();
  }

  /** Until nothing more is heard of what was done. */
  async settled(): Promise<void> {
    for (let seen = -1; seen !== this.#events; ) {
      seen = this.#events;
      await sleep(QUIET);
    }
  }

  /** Some turns of the event loop: what is under way arrives. */
  async turns(turns = 12): Promise<void> {
    for (let i = 0; i < turns; i += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      await sleep(1);
    }
  }
}

/** Until it is so. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(1);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves with the arguments of the next event of that name. Errors do not matter. */
export function once(emitter: EventEmitter, event: string): Promise<unknown[]> {
  return new Promise((resolve) => {
    emitter.once(event, (...args) => resolve(args));
  });
}

/** All that happened in a program. */
export async function run(program: Program, net: Net): Promise<Recording> {
  const lab = new Lab(net);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(lab.note('hangs', true)), PATIENCE);
  });
  await Promise.race([late, (async () => program(lab))()]);
  clearTimeout(timer);
  await lab.settled();
  const before = structuredClone(lab.recording);
  await lab.close();
  return before;
}
