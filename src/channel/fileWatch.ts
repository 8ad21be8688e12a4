/**
 * When to look at the directory: told by the file system where it tells (inotify and the like), else by the clock. The
 * clock ticks slowly, and fast only while packets come that nothing else told of.
 */
import { type FSWatcher, watch } from 'node:fs';

/** The shortest interval, ms; from there it doubles. */
const FASTEST = 1;

export interface Watcher {
  /** A file of this name was added, written to or removed; undefined when it is not known which. */
  changed(name: string | undefined): void;
  /** Looks at everything; true when something was found. */
  look(): boolean;
}

export class DirectoryWatch {
  readonly #watcher: Watcher;
  readonly #slowest: number;
  #files: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #interval: number;
  #closed = false;
  /** It does not keep the process alive. */
  #unreferenced = false;
  /** Something was told since the last tick. */
  #told = false;
  /** Nobody tells, or not everything. */
  #deaf = true;
  readonly #tick = (): void => this.#ring();

  /** `slowest`: the interval when all is quiet, ms. With `byClock` the file system is not asked to tell. */
  constructor(directory: string, slowest: number, byClock: boolean, watcher: Watcher) {
    this.#watcher = watcher;
    this.#slowest = slowest;
    this.#interval = slowest;
    if (!byClock) this.#ask(directory);
    this.#arm(slowest);
  }

  /** An answer may come soon. */
  expectAnswer(): void {
    if (this.#deaf && !this.#closed && this.#interval > FASTEST) this.#arm(FASTEST);
  }

  unref(): void {
    this.#unreferenced = true;
    this.#files?.unref();
    this.#timer?.unref();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#files?.close();
  }

  #ask(directory: string): void {
    try {
      this.#files = watch(directory, (_event, name) => this.#tell(name ?? undefined));
      this.#deaf = false;
      this.#files.on('error', () => {
        this.#files?.close();
        this.#deaf = true;
      });
    } catch {
      // No more watches to be had, or none on this file system.
    }
  }

  #tell(name: string | undefined): void {
    if (this.#closed) return;
    this.#told = true;
    this.#watcher.changed(name);
  }

  #ring(): void {
    const told = this.#told;
    this.#told = false;
    let found = false;
    try {
      found = this.#watcher.look();
    } finally {
      if (found) this.#deaf = !told;
      if (!this.#closed) this.#arm(found && !told ? FASTEST : Math.min(2 * this.#interval, this.#slowest));
    }
  }

  #arm(interval: number): void {
    this.#interval = interval;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#tick, interval);
    if (this.#unreferenced) this.#timer.unref();
  }
}
