/**
 * `statewire server`: the key-value dictionary for any number of clients on one channel. Who may connect, what is said
 * of it on stderr and stdout, and how the program ends; commands are `src/app/keyValue.ts`.
 */
import type { Command } from 'commander';
import { KEY_VALUE_PORT } from '../src/app/demo.ts';
import { DiskStore } from '../src/app/diskStore.ts';
import { type KeyValueStore, MemoryStore, StoreError } from '../src/app/keyValue.ts';
import { type Served, serveKeyValue } from '../src/app/keyValueServer.ts';
import type { Connection } from '../src/tcp/connection.ts';
import type { Listener } from '../src/tcp/listener.ts';
import type { CloseReason } from '../src/tcp/user.ts';
import { formatEndpoint, parseAddress } from '../src/wire/address.ts';
import { Endpoint } from './endpoint.ts';
import { addEndpointFlags, type EndpointFlags, parsePort } from './endpointFlags.ts';
import { EXIT, Failure, usage } from './failure.ts';
import { flag, wholeNumber } from './flag.ts';
import type { Io } from './io.ts';
import { keepAliveFlag, keepAliveTcp, silence } from './keepAlive.ts';
import { count, packets, shown } from './words.ts';

const ADDRESS = '10.0.0.2';
const MAX_CLIENTS = 1000;

const EXAMPLES = `
Examples:
  statewire server --channel file:/tmp/wire            serve the clients that write to this folder
  statewire server --channel udp:127.0.0.1:9002,127.0.0.1:9001
                                                       the same over UDP; see statewire client --help
  statewire server --channel file:/tmp/wire --db words what was answered Success! is there after a crash
  statewire server --channel file:/tmp/wire --json     a line of JSON for each client, answer and end

It says on stderr who comes, what is asked and answered, and why a connection ended. Ctrl-C takes no more clients
and closes all connections in order; a second one resets them.

Exit codes: 2 usage, 6 a channel, a dictionary or a file that cannot be used; 130, 143 stopped.`;

interface ServerFlags extends EndpointFlags {
  readonly port: number;
  readonly db?: string;
  readonly keepalive: number;
  readonly maxClients: number;
}

/** What is said of clients, and how many there may be. */
export type ClientsFlags = Pick<ServerFlags, 'port' | 'address' | 'channel' | 'db' | 'maxClients' | 'json'>;

/** Adds the command; `done` is told the exit code. */
export function addServer(program: Command, io: Io, done: (code: number) => void): void {
  const command = program
    .command('server')
    .summary('a key-value server, for clients on the same channel')
    .description('Serves a dictionary to any number of clients, over a TCP of its own on a channel.')
    .addHelpText('after', EXAMPLES);
  const port = flag('--port <n>', 'the port it listens on', parsePort).default(KEY_VALUE_PORT);
  const clients = flag('--max-clients <n>', 'connections at a time; more are reset', (text) =>
    wholeNumber(text, 1, 1_000_000, 'a number of clients'),
  ).default(MAX_CLIENTS);
  addEndpointFlags(command, ADDRESS)
    .addOption(port)
    .option('--db <folder>', 'keep the dictionary there (default: it ends with the program)')
    .addOption(keepAliveFlag())
    .addOption(clients)
    .action(async (flags: ServerFlags) => done(await server(flags, io)));
}

async function server(flags: ServerFlags, io: Io): Promise<number> {
  const { json, ...rest } = flags;
  const disk = flags.db === undefined ? undefined : await openStore(flags.db);
  try {
    const endpoint = await Endpoint.open(rest, { name: 'server', tcp: keepAliveTcp(flags.keepalive) }, io);
    try {
      const clients = new Clients(endpoint, disk ?? new MemoryStore(), flags, io);
      await Promise.race([aborted(io.stop), endpoint.broken]);
      const halt = new AbortController();
      io.onHalt(() => {
        clients.abort();
        halt.abort();
      });
      clients.finish();
      await Promise.race([endpoint.settled(halt.signal), endpoint.broken]);
      clients.summary();
      return io.stop.reason as number;
    } finally {
      await endpoint.close();
    }
  } finally {
    await disk?.close();
  }
}

async function openStore(folder: string): Promise<DiskStore> {
  try {
    return await DiskStore.open(folder);
  } catch (error) {
    if (error instanceof StoreError) throw new Failure(EXIT.application, `--db: ${error.message}`);
    throw error;
  }
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Those who are connected, and what is said of them. */
export class Clients {
  readonly #endpoint: Endpoint;
  readonly #store: KeyValueStore;
  readonly #flags: ClientsFlags;
  readonly #io: Io;
  readonly #served = new Map<Connection, Served>();
  readonly #listener: Listener;
  #stopped = false;
  #accepted = 0;
  #refused = 0;
  #answers = 0;

  constructor(endpoint: Endpoint, store: KeyValueStore, flags: ClientsFlags, io: Io) {
    this.#endpoint = endpoint;
    this.#store = store;
    this.#flags = flags;
    this.#io = io;
    const { port, address, channel, db } = flags;
    this.#listener = usage('--port', () =>
      endpoint.host.listen({ port, onConnection: (connection) => this.#comes(connection) }),
    );
    const where = db === undefined ? '' : `, ${store.size} entries in ${db}`;
    endpoint.log(`listens at ${formatEndpoint(parseAddress(address), port)} on ${channel.name}${where}`);
    this.#record({ kind: 'listening', address, port, channel: channel.name, entries: store.size });
  }

  /** Takes no more; closes those there are when what they have asked is answered. */
  finish(): void {
    this.#stopped = true;
    const open = this.#served.size;
    this.#endpoint.log(open === 0 ? 'stops' : `closes ${count(open, 'connection')}; Ctrl-C again resets`);
    this.#endpoint.perform(() => {
      this.#listener.close();
      for (const served of [...this.#served.values()]) served.finish();
    });
  }

  /** Resets all. */
  abort(): void {
    this.#endpoint.perform(() => {
      for (const connection of this.#endpoint.host.connections) connection.abort();
    });
  }

  /** What it has done. */
  summary(): void {
    const [clients, refused, answers] = [this.#accepted, this.#refused, this.#answers];
    const { packetsIn, packetsOut, discarded } = this.#endpoint.host.counters;
    const work = `served ${count(clients, 'client')}, gave ${count(answers, 'answer')}`;
    this.#endpoint.log(`${work}; ${packets(this.#endpoint.host.counters)}`);
    this.#record({ kind: 'summary', clients, refused, answers, packetsIn, packetsOut, discarded });
  }

  #comes(connection: Connection): void {
    const client = clientOf(connection);
    const { maxClients } = this.#flags;
    if (this.#served.size >= maxClients) {
      this.#refused += 1;
      const why = `--max-clients is ${maxClients}`;
      this.#tell(client, `refused: ${why}`, 'refused', { why });
      connection.abort();
      return;
    }
    this.#accepted += 1;
    this.#tell(client, 'connected', 'connected');
    const served = serveKeyValue(connection, this.#store, {
      onAnswer: (command, answer) => this.#answered(client, command, answer),
      onStoreError: ({ message }) => this.#tell(client, message, 'storeError', { message }),
      onEnd: (reason) => this.#ended(connection, reason),
    });
    if (connection.reason === undefined) this.#served.set(connection, served);
    // Its handshake had begun before the server stopped
    if (this.#stopped) served.finish();
  }

  #answered(client: string, command: string | undefined, answer: string): void {
    this.#answers += 1;
    this.#endpoint.app(`answer to ${client}`, answer);
    const asked = command === undefined ? '(a line too long, or not UTF-8)' : shown(command);
    this.#tell(client, `${asked} -> ${shown(answer)}`, 'answer', { command: command ?? null, answer });
  }

  #ended(connection: Connection, reason: CloseReason): void {
    this.#served.delete(connection);
    const why = reason === 'timedOut' ? silence(connection) : undefined;
    const text = why === undefined ? ENDS[reason] : `${ENDS[reason]}: ${why}`;
    this.#tell(clientOf(connection), text, 'ended', { reason, ...(why !== undefined && { why }) });
  }

  /** Of one client, for people and for programs. */
  #tell(client: string, text: string, kind: string, more: object = {}): void {
    this.#endpoint.log(`${client} ${text}`);
    this.#record({ kind, client, ...more });
  }

  #record(record: object): void {
    if (this.#flags.json) this.#io.out(`${JSON.stringify({ t: this.#endpoint.runner.now(), ...record })}\n`);
  }
}

const ENDS: Readonly<Record<CloseReason, string>> = {
  closed: 'closed',
  reset: 'reset the connection',
  refused: 'refused the connection',
  timedOut: 'timed out',
  aborted: 'was reset',
  unreachable: 'cannot be reached',
};

function clientOf({ remote }: Connection): string {
  return formatEndpoint(remote.address, remote.port);
}
