/**
 * `statewire receive`: a file from a `statewire send` on the same channel, or one after the other. Who may connect, and
 * how the program ends; one file is `reception.ts`, the transfer itself `src/app/transferReceiver.ts`.
 */
import { type Command, Option } from 'commander';
import { TRANSFER_PORT } from '../src/app/transferFrames.ts';
import type { Connection } from '../src/tcp/connection.ts';
import type { Listener } from '../src/tcp/listener.ts';
import { formatEndpoint, parseAddress } from '../src/wire/address.ts';
import { Endpoint } from './endpoint.ts';
import { addEndpointFlags, type EndpointFlags, parsePort } from './endpointFlags.ts';
import { EXIT, Failure, usage } from './failure.ts';
import { flag } from './flag.ts';
import type { Io } from './io.ts';
import { keepAliveFlag } from './keepAlive.ts';
import { Reception } from './reception.ts';
import { patientTcp, type TransferFlags, timeoutFlag } from './transferFlags.ts';
import { checkTarget, isFolder, type Target } from './transferTarget.ts';
import { count, packets } from './words.ts';

const ADDRESS = '10.0.0.2';
/** Files at a time; each has a buffer of its own. */
const MOST = 64;

const EXAMPLES = `
Examples:
  statewire receive --channel file:/tmp/wire              one file, under the sender's name, in this folder
  statewire receive --channel file:/tmp/wire --out a.jpg  one file, under this name
  statewire receive --channel udp:127.0.0.1:9002,127.0.0.1:9001 --out inbox --keep
                                                          all that come, into the folder inbox, until Ctrl-C
  statewire receive --channel file:/tmp/wire --out - | tar x

A file has its name only when all of it is there, its SHA-256 is right and it is on the disk; of anything else nothing is
left. What is there already is not replaced without --force. Of the sender's name no folders are taken, no control
characters and no leading dot. Ctrl-C closes the connection in order, a second one resets it.

Exit codes: 0 the file is there, 2 usage, 4 timed out, 5 reset, 6 not whole, or a channel or a file that cannot be used;
130, 143 stopped.`;

interface ReceiveFlags extends EndpointFlags, TransferFlags, Target {
  readonly port: number;
  readonly keep?: true;
}

/** Adds the command; `done` is told the exit code. */
export function addReceive(program: Command, io: Io, done: (code: number) => void): void {
  const command = program
    .command('receive')
    .summary('a file from statewire send')
    .description('Receives a file over a TCP of its own on a channel.')
    .addHelpText('after', EXAMPLES);
  addEndpointFlags(command, ADDRESS)
    .addOption(flag('--port <n>', 'the port it listens on', parsePort).default(TRANSFER_PORT))
    .option('--out <path>', 'a file, a folder, or - for standard output')
    .option('--force', 'replace a file that is there')
    .addOption(new Option('--once', 'end after one file (the default)').conflicts('keep'))
    .option('--keep', 'go on until Ctrl-C; --out is then a folder')
    .addOption(timeoutFlag())
    .addOption(keepAliveFlag())
    .action(async (flags: ReceiveFlags) => done(await receive(flags, io)));
}

async function receive(flags: ReceiveFlags, io: Io): Promise<number> {
  checkFlags(flags);
  checkTarget(flags);
  const { json, ...rest } = flags;
  const endpoint = await Endpoint.open(rest, { name: 'receiver', tcp: patientTcp(flags) }, io);
  try {
    return await new Receiving(endpoint, flags, io).run();
  } finally {
    await endpoint.close();
  }
}

function checkFlags({ out, json, keep }: ReceiveFlags): void {
  if (out === '-' && json) throw new Failure(EXIT.usage, '--json and --out -: both are standard output');
  if (keep && out !== undefined && !isFolder(out)) {
    throw new Failure(EXIT.usage, `--keep: --out is a folder then, and '${out}' is none`);
  }
}

/** One run of the command. */
class Receiving {
  readonly #endpoint: Endpoint;
  readonly #flags: ReceiveFlags;
  readonly #io: Io;
  readonly #listener: Listener;
  readonly #running = new Set<Reception>();
  readonly #halt = new AbortController();
  #complete = 0;
  #failed = 0;
  #refused = 0;
  /** The only one there is to be has ended. */
  readonly #one: Promise<Reception>;
  #oneEnded!: (reception: Reception) => void;

  constructor(endpoint: Endpoint, flags: ReceiveFlags, io: Io) {
    this.#endpoint = endpoint;
    this.#flags = flags;
    this.#io = io;
    this.#one = new Promise((resolve) => {
      this.#oneEnded = resolve;
    });
    const { port, address, channel } = flags;
    this.#listener = usage('--port', () =>
      endpoint.host.listen({ port, onConnection: (connection) => this.#comes(connection) }),
    );
    endpoint.log(`listens at ${formatEndpoint(parseAddress(address), port)} on ${channel.name}`);
    this.#record({ kind: 'listening', address, port, channel: channel.name });
  }

  /**
   * From the first packet to the last.
   * @returns what the shell is told
   * @throws {Failure} when the only file there is to be did not come
   */
  async run(): Promise<number> {
    const { stop } = this.#io;
    const { broken } = this.#endpoint;
    try {
      this.#io.onHalt(() => this.#abort());
      const one = await Promise.race([this.#one, aborted(stop), broken]);
      if (one === undefined) await Promise.race([this.#finish(), broken]);
      await Promise.race([this.#endpoint.settled(this.#halt.signal), broken]);
      this.#summary();
      const failure = one?.failure;
      if (one !== undefined && failure === undefined) return EXIT.fine;
      if (stop.aborted || failure === undefined) return stop.reason as number;
      throw failure;
    } finally {
      // Nothing half is left, whatever has happened
      this.#abort();
      await Promise.all([...this.#running].map(({ over }) => over));
    }
  }

  #comes(connection: Connection): void {
    if (this.#running.size >= MOST || (!this.#flags.keep && this.#running.size > 0)) {
      this.#refused += 1;
      connection.abort();
      return;
    }
    if (!this.#flags.keep) this.#listener.close();
    const reception = new Reception(connection, {
      endpoint: this.#endpoint,
      io: this.#io,
      flags: this.#flags,
      record: (record) => this.#record(record),
    });
    this.#running.add(reception);
    void reception.over.then(() => this.#ended(reception));
  }

  #ended(reception: Reception): void {
    this.#running.delete(reception);
    if (reception.end?.what === 'complete') this.#complete += 1;
    else this.#failed += 1;
    if (!this.#flags.keep) this.#oneEnded(reception);
  }

  /** Ctrl-C: no more files; those under way end in order. */
  async #finish(): Promise<void> {
    const open = this.#running.size;
    const what = open === 0 ? 'stops' : `closes ${count(open, 'connection')}; Ctrl-C again resets`;
    this.#endpoint.log(what);
    this.#endpoint.perform(() => {
      this.#listener.close();
      for (const reception of this.#running) reception.stop();
    });
    await Promise.all([...this.#running].map(({ over }) => over));
  }

  #abort(): void {
    this.#endpoint.perform(() => {
      for (const reception of this.#running) reception.abort();
      for (const connection of this.#endpoint.host.connections) connection.abort();
    });
    this.#halt.abort();
  }

  #summary(): void {
    const { counters } = this.#endpoint.host;
    const [complete, failed, refused] = [this.#complete, this.#failed, this.#refused];
    const work = `received ${count(complete, 'file')}, ${failed} failed`;
    this.#endpoint.log(`${work}; ${packets(counters)}`);
    const { packetsIn, packetsOut, discarded } = counters;
    this.#record({ kind: 'summary', complete, failed, refused, packetsIn, packetsOut, discarded });
  }

  #record(record: object): void {
    if (this.#flags.json) this.#io.out(`${JSON.stringify({ t: this.#endpoint.runner.now(), ...record })}\n`);
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
