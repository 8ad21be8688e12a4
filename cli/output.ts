/**
 * Where a run's events go: files, the inspector, the ladder or JSON lines on stdout. Events are only gathered while the simulation
 * works, and written between its steps: a full disk is then an error of ours and not of a connection.
 */
import { resolve } from 'node:path';
import type { TraceEvent, TraceHeader } from '../src/trace/event.ts';
import { eventLine, headerLine } from '../src/trace/json.ts';
import { Ladder } from '../src/trace/ladder.ts';
import { type PcapngSinkOptions, pcapngSink } from '../src/trace/pcapng.ts';
import { Trace } from '../src/trace/trace.ts';
import { EXIT, Failure } from './failure.ts';
import type { LiveInspector } from './inspectLive.ts';
import type { Io, Observer } from './io.ts';
import { OutputFile } from './outputFile.ts';
import { paintFor, widthOf } from './paint.ts';

/** What is to be written, and where. */
export interface OutputFlags {
  readonly trace?: string;
  readonly pcap?: string;
  readonly json?: true;
  readonly quiet?: true;
}

/** All that listens to one run. */
export class Outputs {
  /** What the run reports to; undefined when nobody listens. */
  readonly trace: Trace | undefined;
  readonly #io: Io;
  readonly #capture: PcapngSinkOptions;
  readonly #live: LiveInspector | undefined;
  readonly #files: OutputFile[] = [];
  readonly #ends: (() => void)[] = [];
  #ladder: Ladder | undefined;
  #text = '';
  /** What the observer has not been told yet. */
  readonly #observed: TraceEvent[] = [];

  /**
   * `capture`: what kind of trace `--pcap` is made from. `live`: shows the run, and ends when its owner ends it.
   * @throws {Failure} when a file cannot be written, or both are the same
   */
  constructor(
    flags: OutputFlags,
    header: TraceHeader,
    io: Io,
    capture: PcapngSinkOptions = {},
    live?: LiveInspector,
  ) {
    this.#io = io;
    this.#capture = capture;
    this.#live = live;
    const trace = new Trace();
    if (
      flags.trace !== undefined &&
      flags.pcap !== undefined &&
      resolve(flags.trace) === resolve(flags.pcap)
    ) {
      throw new Failure(EXIT.usage, `--trace and --pcap are the same file '${flags.trace}'`);
    }
    this.#open(flags, header, trace);
    if (flags.json) this.line(headerLine(header));
    if (!flags.quiet) this.#show(flags.json === true, trace);
    live?.follow(header, trace);
    if (io.observer !== undefined) this.#observe(io.observer, header, trace);
    this.trace = flags.quiet && !this.keeps ? undefined : trace;
  }

  /** A line for stdout. */
  line(text: string): void {
    this.#text += `${text}\n`;
  }

  /** Writes what has gathered. */
  drain(): void {
    this.#ladder?.flush();
    const text = this.#text;
    this.#text = '';
    if (text !== '') this.#io.out(text);
    for (const file of this.#files) file.drain();
    if (this.#observed.length > 0) this.#io.observer?.events(this.#observed.splice(0));
  }

  /** Completes and closes the files. */
  close(): void {
    for (const end of this.#ends) end();
    try {
      this.drain();
    } finally {
      for (const file of this.#files) file.close();
    }
  }

  /** Are there files to be completed, or somebody who looks on, though nobody reads stdout? */
  get keeps(): boolean {
    return this.#files.length > 0 || this.#live !== undefined || this.#io.observer !== undefined;
  }

  /** All files, or none: one that was made for nothing goes again, and one that was there stays as it was. */
  #open({ trace: events, pcap }: OutputFlags, header: TraceHeader, trace: Trace): void {
    try {
      if (events !== undefined) this.#writeTrace(events, header, trace);
      if (pcap !== undefined) this.#writePcap(pcap, trace);
    } catch (error) {
      for (const file of this.#files) file.abandon();
      throw error;
    }
    for (const file of this.#files) file.begin();
  }

  #writeTrace(path: string, header: TraceHeader, trace: Trace): void {
    const file = new OutputFile('--trace', path);
    this.#files.push(file);
    file.addLine(headerLine(header));
    trace.listen((event) => file.addLine(eventLine(event)));
  }

  #writePcap(path: string, trace: Trace): void {
    const file = new OutputFile('--pcap', path);
    this.#files.push(file);
    const capture = pcapngSink((chunk) => file.addBytes(chunk), this.#capture);
    trace.listen(capture.sink);
    this.#ends.push(() => capture.end());
  }

  #observe(observer: Observer, header: TraceHeader, trace: Trace): void {
    observer.header(header);
    trace.listen((event) => this.#observed.push(event));
  }

  #show(json: boolean, trace: Trace): void {
    if (json) {
      trace.listen((event) => this.line(eventLine(event)));
      return;
    }
    const write = (line: string): void => this.line(line);
    this.#ladder = new Ladder({ write, width: widthOf(this.#io), style: paintFor(this.#io) });
    trace.listen(this.#ladder.sink);
  }
}
