/**
 * How far a transfer is, said while it runs: a bar that is drawn over where stderr is a terminal, a line now and then
 * where it is none, a line of JSON each second where that is wanted. What it tells of is measured elsewhere.
 */
import { SingleBar } from 'cli-progress';
import type { Io } from './io.ts';
import { byteText } from './transferFlags.ts';

/** ms of the clock on the wall: between two looks, two lines, two lines of JSON. */
const LOOK = 100;
const LINE = 10_000;
const JSON_LINE = 1000;
/** The rate is that of the last 5 s, us. */
const SPAN = 5_000_000;
const NARROW = 80;

/** Where it is now. */
export interface Sample {
  /** us of TCP's time. */
  readonly now: number;
  readonly bytes: number;
  /** Of the whole; undefined while nobody knows. */
  readonly size: number | undefined;
  /** Segments sent again; undefined at the end that does not send. */
  readonly again: number | undefined;
}

/** How it is told. */
export interface ProgressOptions {
  readonly io: Io;
  /** May a bar be drawn? Only one at a time. */
  readonly bar: boolean;
  /** Takes a line for people; undefined if there is none to be. */
  readonly say?: (text: string) => void;
  /** Takes a record for programs; undefined if there is none to be. */
  readonly record?: (record: object) => void;
  /** undefined as long as there is nothing to tell. */
  sample(): Sample | undefined;
  /** Called with each look, for whatever else wants to know. */
  onLook?(): void;
}

/** Looks at a transfer ten times a second until it is stopped. */
export class TransferProgress {
  readonly #options: ProgressOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #meter = new RateMeter();
  #bar: SingleBar | undefined;
  #looks = 0;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), LOOK);
  }

  /** Nothing more is said, and the bar is gone. */
  stop(): void {
    clearInterval(this.#timer);
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #look(): void {
    this.#options.onLook?.();
    const sample = this.#options.sample();
    if (sample === undefined) return;
    const rate = this.#meter.rate(sample.now, sample.bytes);
    this.#looks += 1;
    const { io, bar, say, record } = this.#options;
    if (record !== undefined && this.#looks % (JSON_LINE / LOOK) === 0) {
      record({ kind: 'progress', bytes: sample.bytes, size: sample.size ?? null, rate: Math.round(rate) });
    }
    if (say === undefined) return;
    if (bar && io.liveErr) this.#draw(sample, rate);
    else if (this.#looks % (LINE / LOOK) === 0) say(progressText(sample, rate));
  }

  #draw(sample: Sample, rate: number): void {
    const { io } = this.#options;
    const { bytes, size } = sample;
    const text = progressText(sample, rate);
    if (this.#bar === undefined) {
      this.#bar = new SingleBar({
        format: size === undefined ? '{text}' : '[{bar}] {text}',
        barsize: (io.columns ?? NARROW) < NARROW ? 10 : 20,
        stream: terminalOf(io),
        clearOnComplete: true,
        hideCursor: true,
        // The program's own handling of signals is the one place that decides
        gracefulExit: false,
      });
      this.#bar.start(size ?? 0, bytes, { text });
    } else this.#bar.update(bytes, { text });
  }
}

/** `34 %, 12.3 of 36.0 MB, 1.2 MB/s, 20 s left, 3 sent again`. */
export function progressText({ bytes, size, again }: Sample, rate: number): string {
  const parts = [
    size === undefined ? byteText(bytes) : `${percent(bytes, size)} of ${byteText(size)}`,
    `${byteText(rate)}/s`,
  ];
  if (size !== undefined && rate > 0) parts.push(`${timeText((size - bytes) / rate)} left`);
  if (again !== undefined) parts.push(`${again} sent again`);
  return parts.join(', ');
}

function percent(bytes: number, size: number): string {
  return `${size === 0 ? 100 : Math.floor((100 * bytes) / size)} %`;
}

/** `7 s`, `3:07`, `1:02:03`. */
function timeText(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const [first, ...rest] = parts[0] === 0 ? parts.slice(1) : parts;
  return [first, ...rest.map((part) => String(part).padStart(2, '0'))].join(':');
}

/** Bytes per second over the last few seconds. */
export class RateMeter {
  readonly #samples: { readonly now: number; readonly bytes: number }[] = [];

  /** Takes a sample (us, bytes); the rate up to it, 0 for the first. */
  rate(now: number, bytes: number): number {
    const samples = this.#samples;
    samples.push({ now, bytes });
    while (samples.length > 2 && samples[1]!.now <= now - SPAN) samples.shift();
    const [first] = samples as [{ now: number; bytes: number }];
    return now === first.now ? 0 : Math.max(((bytes - first.bytes) * 1_000_000) / (now - first.now), 0);
  }
}

/** stderr in the shape that the bar writes to. */
function terminalOf(io: Io): NodeJS.WritableStream {
  const stream = {
    isTTY: true,
    columns: io.columns ?? NARROW,
    write(text: string): boolean {
      io.err(text);
      return true;
    },
  };
  return stream as unknown as NodeJS.WritableStream;
}
