/**
 * `statewire send`: one file to a `statewire receive` on the same channel. What is said of it, how it is stopped, and
 * what the shell is told; the transfer itself is `src/app/transferSender.ts`.
 */
import type { Command } from 'commander';
import type { TransferEnd } from '../src/app/transfer.ts';
import { TRANSFER_PORT } from '../src/app/transferFrames.ts';
import { FileSender, type TransferSource } from '../src/app/transferSender.ts';
import type { Connection } from '../src/tcp/connection.ts';
import { formatEndpoint, parseAddress } from '../src/wire/address.ts';
import { Endpoint } from './endpoint.ts';
import {
  addEndpointFlags,
  checkRemote,
  type EndpointFlags,
  parseRemote,
  type Remote,
} from './endpointFlags.ts';
import { EXIT, Failure, usage } from './failure.ts';
import { flag } from './flag.ts';
import type { Io } from './io.ts';
import { keepAliveFlag } from './keepAlive.ts';
import {
  byteText,
  Patience,
  patientTcp,
  sha256,
  type TransferFlags,
  timeoutFlag,
  transferFailure,
} from './transferFlags.ts';
import { TransferProgress } from './transferProgress.ts';
import { openSource } from './transferSource.ts';
import { duration, packets, shown } from './words.ts';

const ADDRESS = '10.0.0.1';
const RECEIVER: Remote = { address: '10.0.0.2', port: TRANSFER_PORT };

const EXAMPLES = `
Examples:
  statewire send photo.jpg --channel file:/tmp/wire       to statewire receive --channel file:/tmp/wire
  statewire send big.iso --channel udp:127.0.0.1:9001,127.0.0.1:9002
  tar c folder | statewire send - --channel file:/tmp/wire

It has arrived when the receiver has all of it, its SHA-256 is right and it is on the disk; whatever ends before that
is an error. Ctrl-C closes the connection in order, a second one resets it.

Exit codes: 0 arrived, 2 usage, 3 refused, 4 timed out, 5 reset, 6 not whole, not wanted, or a channel or a file that
cannot be used; 130, 143 stopped.`;

interface SendFlags extends EndpointFlags, TransferFlags {
  readonly to: Remote;
}

/** Adds the command; `done` is told the exit code. */
export function addSend(program: Command, io: Io, done: (code: number) => void): void {
  const command = program
    .command('send')
    .summary('a file to statewire receive')
    .description('Sends a file over a TCP of its own on a channel.')
    .argument('<file>', 'what is sent; - is standard input')
    .addHelpText('after', EXAMPLES);
  const to = flag('--to <address>', 'the receiver: ADDRESS, ADDRESS:PORT, :PORT', (text) =>
    parseRemote(text, RECEIVER),
  );
  addEndpointFlags(command, ADDRESS)
    .addOption(to.default(RECEIVER, `${RECEIVER.address}:${RECEIVER.port}`))
    .addOption(timeoutFlag())
    .addOption(keepAliveFlag())
    .action(async (file: string, flags: SendFlags) => done(await send(file, flags, io)));
}

async function send(file: string, flags: SendFlags, io: Io): Promise<number> {
  checkRemote(flags);
  let endpoint: Endpoint | undefined;
  const source = await openSource(file, io, (work) => endpoint?.perform(work));
  try {
    const { json, ...rest } = flags;
    endpoint = await Endpoint.open(rest, { name: 'sender', tcp: patientTcp(flags), inputs: [file] }, io);
    return await new Sending(endpoint, source, file, flags, io).run();
  } finally {
    source.close?.();
    await endpoint?.close();
  }
}

/** One run of the command. */
class Sending {
  readonly #endpoint: Endpoint;
  readonly #source: TransferSource;
  readonly #file: string;
  readonly #flags: SendFlags;
  readonly #io: Io;
  readonly #receiver: string;
  readonly #patience: Patience;
  readonly #halt = new AbortController();
  #connection!: Connection;
  #sender!: FileSender;
  #progress: TransferProgress | undefined;
  /** us of TCP's time: when it began, and how long it took. */
  #began = 0;
  #took = 0;
  #acknowledged = 0;
  #connected = false;
  #late = false;
  #end: TransferEnd | undefined;
  #over!: (end: TransferEnd) => void;

  constructor(endpoint: Endpoint, source: TransferSource, file: string, flags: SendFlags, io: Io) {
    this.#endpoint = endpoint;
    this.#source = source;
    this.#file = file === '-' ? 'standard input' : `'${shown(file)}'`;
    this.#flags = flags;
    this.#io = io;
    this.#receiver = formatEndpoint(parseAddress(flags.to.address), flags.to.port);
    this.#patience = new Patience(flags.timeout, endpoint.runner.now());
  }

  /**
   * From the first SYN to the last ACK.
   * @returns what the shell is told
   * @throws {Failure} when it went wrong
   */
  async run(): Promise<number> {
    const { stop } = this.#io;
    const interrupt = (): void => this.#interrupt();
    try {
      const end = new Promise<TransferEnd>((resolve) => {
        this.#over = resolve;
      });
      this.#connect();
      this.#watch();
      stop.addEventListener('abort', interrupt, { once: true });
      if (stop.aborted) interrupt();
      this.#io.onHalt(() => this.#reset());
      this.#end = await Promise.race([end, this.#endpoint.broken]);
      this.#progress?.stop();
      this.#report(this.#end);
      await Promise.race([this.#endpoint.settled(this.#halt.signal), this.#endpoint.broken]);
      return this.#verdict(this.#end);
    } finally {
      this.#progress?.stop();
      stop.removeEventListener('abort', interrupt);
    }
  }

  #connect(): void {
    const endpoint = this.#endpoint;
    this.#began = endpoint.runner.now();
    endpoint.perform(() => {
      const { address, port } = this.#flags.to;
      this.#connection = usage('--to', () => endpoint.host.connect({ address, port }));
      this.#sender = new FileSender(this.#connection, {
        source: this.#source,
        hasher: sha256(),
        onEstablished: () => this.#established(),
        onEnd: (end) => this.#ended(end),
      });
    });
    const { local } = this.#connection;
    const own = formatEndpoint(local.address, local.port);
    endpoint.log(`connecting to ${this.#receiver} from ${own} on ${this.#flags.channel.name}`);
  }

  #watch(): void {
    this.#progress = new TransferProgress({
      io: this.#io,
      bar: true,
      ...(!this.#flags.quiet && { say: (text: string) => this.#endpoint.log(text) }),
      ...(this.#flags.json && { record: (record: object) => this.#record(record) }),
      sample: () => (this.#connected && this.#end === undefined ? this.#sample() : undefined),
      onLook: () => this.#look(),
    });
  }

  #sample() {
    const { counters } = this.#connection;
    return {
      now: this.#endpoint.runner.now(),
      bytes: this.#acknowledged,
      size: this.#source.size,
      again: counters.retransmitsByTimer + counters.retransmitsFast,
    };
  }

  #look(): void {
    if (this.#end !== undefined || this.#late) return;
    this.#endpoint.giveUpVain(this.#connection);
    const { buffered } = this.#connection.sender;
    this.#acknowledged = Math.max(this.#sender.acknowledged(buffered), this.#acknowledged);
    // As long as nothing is under way it is the file that takes its time, and not the receiver
    const mine = this.#connected && buffered === 0 && this.#sender.digest === undefined;
    const now = this.#endpoint.runner.now();
    if (!this.#patience.isOver(mine ? now : this.#acknowledged, now)) return;
    this.#late = true;
    this.#endpoint.perform(() => this.#connection.abort());
  }

  // From the transfer

  #established(): void {
    this.#connected = true;
    const { name, size } = this.#source;
    const of = size === undefined ? '' : `, ${byteText(size)}`;
    this.#endpoint.log(`connected, sends ${this.#file}${of}`);
    this.#endpoint.app('send', name);
    this.#record({ kind: 'connected', receiver: this.#receiver, name, size: size ?? null });
  }

  #ended(end: TransferEnd): void {
    this.#took = this.#endpoint.runner.now() - this.#began;
    if (end.what === 'complete') this.#acknowledged = this.#sender.sent;
    this.#endpoint.app(end.what, end.why);
    this.#over(end);
  }

  // Ends

  /** Ctrl-C: a FIN, behind what is queued and the reason. */
  #interrupt(): void {
    if (this.#end !== undefined) return;
    this.#progress?.stop();
    const { buffered } = this.#connection.sender;
    const when = buffered === 0 ? '' : ` when ${byteText(buffered)} that are queued have arrived`;
    if (this.#connected) this.#endpoint.log(`closes the connection${when}; Ctrl-C again resets it`);
    this.#endpoint.perform(() => {
      if (this.#connected) this.#sender.stop('it was stopped by its user');
      else this.#connection.abort();
    });
  }

  #reset(): void {
    this.#endpoint.perform(() => this.#connection.abort());
    this.#halt.abort();
  }

  #report(end: TransferEnd): void {
    const { counters } = this.#endpoint.host;
    const bytes = this.#acknowledged;
    const { again } = this.#sample();
    const rate = this.#took === 0 ? 0 : (bytes * 1_000_000) / this.#took;
    const what = end.what === 'complete' ? 'arrived' : 'did not arrive';
    const sum = end.what === 'complete' ? `SHA-256 ${this.#sender.digest}, ` : '';
    this.#endpoint.log(
      `${this.#file} ${what}: ${bytes} bytes in ${duration(this.#took)}, ${byteText(rate)}/s, ${sum}` +
        `${again} sent again; ${packets(counters)}`,
    );
    this.#record({
      kind: 'summary',
      end: this.#late ? 'timedOut' : end.what,
      why: end.why,
      bytes,
      ms: this.#took / 1000,
      rate: Math.round(rate),
      retransmits: again,
      sha256: this.#sender.digest ?? null,
      packetsIn: counters.packetsIn,
      packetsOut: counters.packetsOut,
      discarded: counters.discarded,
    });
  }

  #verdict(end: TransferEnd): number {
    if (end.what === 'complete') return EXIT.fine;
    if (this.#io.stop.aborted) return this.#io.stop.reason as number;
    if (this.#late && end.what === 'aborted') {
      throw new Failure(EXIT.timedOut, `${this.#receiver} took no byte for ${this.#flags.timeout} s`);
    }
    throw transferFailure(end, this.#receiver, this.#connection);
  }

  #record(record: object): void {
    if (this.#flags.json) this.#io.out(`${JSON.stringify({ t: this.#endpoint.runner.now(), ...record })}\n`);
  }
}
