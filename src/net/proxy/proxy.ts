/** A proxy: listens at the kernel's, and passes each connection on over a link of its own. */
import nodeNet, { type AddressInfo, type Server } from 'node:net';
import type { LinkConfig } from '../../channel/config.ts';
import type { TcpConfig } from '../../tcp/config.ts';
import type { Random } from '../../time/random.ts';
import { type Place, Through } from './connection.ts';
import { ProxyError, parseToxic, type Toxic } from './toxics.ts';

export interface ProxyOptions {
  readonly name: string;
  /** HOST:PORT; port 0: one that is free. */
  readonly listen: string;
  /** HOST:PORT */
  readonly upstream: string;
  readonly link: LinkConfig;
  readonly tcp?: Partial<TcpConfig>;
  readonly random: Random;
}

/** As toxiproxy tells it. */
export interface ProxyRecord {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
  readonly enabled: boolean;
  readonly toxics: readonly Toxic[];
}

export class TcpProxy {
  readonly name: string;
  readonly #options: ProxyOptions;
  readonly #toxics = new Map<string, Toxic>();
  readonly #through = new Set<Through>();
  #listen: string;
  #upstream: string;
  #server: Server | undefined;
  /** Of connections that are over, but for their number. */
  readonly #over = { connections: 0, bytesUp: 0, bytesDown: 0 };

  /** @throws {ProxyError} 400 for a place that is none */
  constructor(options: ProxyOptions) {
    this.name = options.name;
    this.#options = options;
    parsePlace(options.listen, 'listen');
    parsePlace(options.upstream, 'upstream');
    this.#listen = options.listen;
    this.#upstream = options.upstream;
  }

  /** Listens. @throws {ProxyError} 500 when it cannot */
  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const { host, port } = parsePlace(this.#listen, 'listen');
    const server = nodeNet.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      this.#accept(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(new ProxyError(500, error.message)));
      server.listen({ port, ...(host !== '' && { host }) }, resolve);
    });
    this.#server = server;
    const { port: chosen } = server.address() as AddressInfo;
    this.#listen = `${this.#listen.slice(0, this.#listen.lastIndexOf(':'))}:${chosen}`;
  }

  /** Listens no more, and ends its connections. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const through of this.#through) through.destroy();
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  /** Changes where it is and leads to, and whether it runs. @throws {ProxyError} */
  async update({
    listen,
    upstream,
    enabled,
  }: {
    listen?: unknown;
    upstream?: unknown;
    enabled?: unknown;
  }): Promise<void> {
    const places = [
      textOf(listen, 'listen', this.#listen),
      textOf(upstream, 'upstream', this.#upstream),
    ] as const;
    const moved = places[0] !== this.#listen || places[1] !== this.#upstream;
    const on = enabled === undefined ? this.#server !== undefined : flagOf(enabled, 'enabled');
    if (moved || !on) await this.stop();
    [this.#listen, this.#upstream] = places;
    if (on) await this.start();
  }

  /** Connections so far, and what has passed them. */
  get counters(): { connections: number; bytesUp: number; bytesDown: number } {
    const counted = { ...this.#over };
    for (const { bytesUp, bytesDown } of this.#through) {
      counted.bytesUp += bytesUp;
      counted.bytesDown += bytesDown;
    }
    return counted;
  }

  get toxics(): readonly Toxic[] {
    return [...this.#toxics.values()];
  }

  /** @throws {ProxyError} 404 */
  toxic(name: string): Toxic {
    const toxic = this.#toxics.get(name);
    if (toxic === undefined) throw new ProxyError(404, 'toxic not found');
    return toxic;
  }

  /** @throws {ProxyError} 400, 409 */
  addToxic(given: unknown): Toxic {
    const toxic = parseToxic(given);
    if (this.#toxics.has(toxic.name)) throw new ProxyError(409, 'toxic already exists');
    return this.#put(toxic);
  }

  /** @throws {ProxyError} 400, 404 */
  changeToxic(name: string, given: unknown): Toxic {
    const before = this.toxic(name);
    return this.#put(
      parseToxic({ ...(given as object), name, type: before.type, stream: before.stream }, before),
    );
  }

  /** @throws {ProxyError} 404 */
  removeToxic(name: string): void {
    this.toxic(name);
    this.#toxics.delete(name);
    this.#changed();
  }

  /** Without toxics, and running. */
  async reset(): Promise<void> {
    this.#toxics.clear();
    this.#changed();
    await this.start();
  }

  record(): ProxyRecord {
    const { name, toxics } = this;
    return {
      name,
      listen: this.#listen,
      upstream: this.#upstream,
      enabled: this.#server !== undefined,
      toxics,
    };
  }

  #put(toxic: Toxic): Toxic {
    this.#toxics.set(toxic.name, toxic);
    this.#changed();
    return toxic;
  }

  #changed(): void {
    for (const through of this.#through) through.set(this.toxics);
  }

  #accept(socket: nodeNet.Socket): void {
    this.#over.connections += 1;
    const { link, random, tcp = {} } = this.#options;
    const through: Through = new Through({
      socket,
      to: parsePlace(this.#upstream, 'upstream'),
      link,
      tcp,
      random: random.fork(`connection ${this.#over.connections}`),
      toxics: this.toxics,
      closed: () => {
        this.#through.delete(through);
        this.#over.bytesUp += through.bytesUp;
        this.#over.bytesDown += through.bytesDown;
      },
    });
    this.#through.add(through);
  }
}

function textOf(value: unknown, name: string, before: string): string {
  if (value === undefined || value === '') return before;
  parsePlace(value, name);
  return value as string;
}

export function flagOf(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new ProxyError(400, `${name} is true or false, not ${JSON.stringify(value)}`);
}

/** `HOST:PORT`, `[::1]:80`, `:80` (at all addresses). */
export function parsePlace(text: unknown, name: string): Place {
  const [, host, port] = /^(.*):(\d{1,5})$/.exec(String(text)) ?? [];
  const number = Number(port);
  if (
    typeof text !== 'string' ||
    host === undefined ||
    number > 65_535 ||
    (name === 'upstream' && number === 0)
  ) {
    throw new ProxyError(400, `${name} is HOST:PORT, such as 127.0.0.1:6379, not ${JSON.stringify(text)}`);
  }
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: number };
}
