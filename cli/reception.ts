/** One file that comes in at `statewire receive`: where it goes, what is said of it, how it ended. */
import { resolve } from 'node:path';
import { safeName, type TransferEnd } from '../src/app/transfer.ts';
import type { TransferHeader } from '../src/app/transferFrames.ts';
import { FileReceiver, type SinkFailure } from '../src/app/transferReceiver.ts';
import type { Connection } from '../src/tcp/connection.ts';
import { formatEndpoint } from '../src/wire/address.ts';
import type { Endpoint } from './endpoint.ts';
import { EXIT, Failure } from './failure.ts';
import type { Io } from './io.ts';
import { byteText, Patience, sha256, type TransferFlags, transferFailure } from './transferFlags.ts';
import { TransferProgress } from './transferProgress.ts';
import { FileSink, OutputSink, type ProgramSink } from './transferSink.ts';
import { placeFor, type Target } from './transferTarget.ts';
import { duration, shown } from './words.ts';

/** What receptions are made with. */
export interface ReceptionOptions {
  readonly endpoint: Endpoint;
  readonly io: Io;
  readonly flags: Target &
    TransferFlags & { readonly quiet?: true; readonly json?: true; readonly keep?: true };
  /** Takes a record for programs. */
  record(record: object): void;
}

export class Reception {
  /** The file is kept, or the connection gone and nothing left of it. */
  readonly over: Promise<void>;
  end: TransferEnd | undefined;
  readonly #options: ReceptionOptions;
  readonly #connection: Connection;
  readonly #sender: string;
  readonly #receiver: FileReceiver;
  readonly #progress: TransferProgress;
  readonly #patience: Patience;
  readonly #began: number;
  #header: TransferHeader | undefined;
  /** For people: where it goes. */
  #where = 'a file';
  #sink: ProgramSink | undefined;
  #late = false;
  #finish!: () => void;

  constructor(connection: Connection, options: ReceptionOptions) {
    const { endpoint, flags } = options;
    this.#options = options;
    this.#connection = connection;
    this.#sender = formatEndpoint(connection.remote.address, connection.remote.port);
    this.#began = endpoint.runner.now();
    this.#patience = new Patience(flags.timeout, this.#began);
    this.over = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#tell('connected', 'connected');
    this.#progress = this.#watch();
    this.#receiver = new FileReceiver(connection, {
      hasher: sha256(),
      open: (header, fail) => this.#open(header, fail),
      onEnd: (end) => void this.#ended(end),
    });
  }

  /** Ends it in order. */
  stop(): void {
    this.#progress.stop();
    this.#receiver.stop('it was stopped by its user');
  }

  /** Ends it at once. */
  abort(): void {
    this.#connection.abort();
  }

  /** What the shell is told of it; undefined when all is right. */
  get failure(): Failure | undefined {
    const { end } = this;
    if (end === undefined || end.what === 'complete') return undefined;
    if (this.#late && end.what === 'aborted') {
      const { timeout } = this.#options.flags;
      return new Failure(EXIT.timedOut, `${this.#sender} sent no byte for ${timeout} s`);
    }
    return transferFailure(end, this.#sender, this.#connection);
  }

  #watch(): TransferProgress {
    const { endpoint, io, flags } = this.#options;
    return new TransferProgress({
      io,
      bar: flags.keep !== true,
      ...(!flags.quiet && { say: (text: string) => endpoint.log(`${this.#where}: ${text}`) }),
      ...(flags.json && { record: (record: object) => this.#record(record) }),
      sample: () => {
        if (this.#header === undefined || this.end !== undefined) return undefined;
        const { received } = this.#receiver;
        return { now: endpoint.runner.now(), bytes: received, size: this.#header.size, again: undefined };
      },
      onLook: () => this.#look(),
    });
  }

  #look(): void {
    if (this.end !== undefined || this.#late) return;
    const { endpoint } = this.#options;
    endpoint.giveUpVain(this.#connection);
    const now = endpoint.runner.now();
    // As long as something is to be written it is whoever writes that takes his time, and not the sender
    const moved = this.#receiver.unwritten > 0 ? now : this.#receiver.received;
    if (!this.#patience.isOver(moved, now)) return;
    this.#late = true;
    endpoint.perform(() => this.#connection.abort());
  }

  // From the transfer

  #open(header: TransferHeader, fail: SinkFailure): ProgramSink {
    const { endpoint, flags } = this.#options;
    const world = { perform: (work: () => void) => endpoint.perform(work), fail };
    const place = flags.out === '-' ? undefined : placeFor(header.name, flags);
    this.#sink =
      place === undefined ? new OutputSink(world) : new FileSink(place, flags.force === true, world);
    this.#header = header;
    this.#where = place === undefined ? 'standard output' : `'${shown(place.path)}'`;
    const { name, size } = header;
    const of = size === undefined ? '' : `, ${byteText(size)}`;
    const called = place === undefined || name === safeName(name) ? '' : ` (sent as '${shown(name)}')`;
    const out = place === undefined ? '-' : resolve(place.path);
    this.#tell(`receives ${this.#where}${called}${of}`, 'receiving', { name, size: size ?? null, out });
    endpoint.app('receive', name);
    return this.#sink;
  }

  async #ended(end: TransferEnd): Promise<void> {
    this.end = end;
    this.#progress.stop();
    const { endpoint } = this.#options;
    const took = endpoint.runner.now() - this.#began;
    await this.#sink?.settled;
    endpoint.app(end.what, end.why);
    this.#report(end, took);
    this.#finish();
  }

  #report(end: TransferEnd, took: number): void {
    const { received: bytes, digest } = this.#receiver;
    const rate = took === 0 ? 0 : (bytes * 1_000_000) / took;
    const figures = `${bytes} bytes in ${duration(took)}, ${byteText(rate)}/s`;
    const text =
      end.what === 'complete'
        ? `${this.#where} is there: ${figures}, SHA-256 ${digest}`
        : `nothing kept of ${this.#where}: ${figures}; ${this.failure?.message}`;
    this.#tell(text, 'ended', {
      end: this.#late && end.what === 'aborted' ? 'timedOut' : end.what,
      why: end.why,
      bytes,
      ms: took / 1000,
      rate: Math.round(rate),
      sha256: digest ?? null,
    });
  }

  /** Of this sender, for people and for programs. */
  #tell(text: string, kind: string, more: object = {}): void {
    this.#options.endpoint.log(`${this.#sender} ${text}`);
    this.#record({ kind, ...more });
  }

  #record(record: object): void {
    this.#options.record({ sender: this.#sender, ...record });
  }
}
