/** Runs programs of the command line in threads of their own, joined by shared memory if they like. */
import { Worker } from 'node:worker_threads';
import type { SharedMemory, Side } from '../src/channel/sharedMemory.ts';
import type { TraceEvent, TraceHeader } from '../src/trace/event.ts';

/** What a thread is to run. */
export interface ThreadTask {
  readonly argv: readonly string[];
  /** What `sharedMemory:NAME` is in its arguments. */
  readonly memories: Readonly<Record<string, { readonly memory: SharedMemory; readonly side: Side }>>;
}

export type ThreadMessage =
  | { readonly kind: 'out' | 'err'; readonly text: string }
  | { readonly kind: 'header'; readonly header: TraceHeader }
  | { readonly kind: 'events'; readonly events: readonly TraceEvent[] }
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'end'; readonly code: number };

/** Told of what a thread says. */
export interface ThreadListener {
  out?(text: string): void;
  err?(text: string): void;
  header?(header: TraceHeader): void;
  events?(events: readonly TraceEvent[]): void;
  result?(result: unknown): void;
}

/** A program that runs. */
export class ProgramThread {
  /** Resolves to its exit code. */
  readonly ended: Promise<number>;
  readonly #worker: Worker;

  constructor(task: ThreadTask, listener: ThreadListener = {}) {
    this.#worker = new Worker(new URL('./thread.js', import.meta.url), { workerData: task });
    this.ended = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: ThreadMessage) => {
        if (message.kind === 'end') resolve(message.code);
        else tell(listener, message);
      });
      this.#worker.once('error', reject);
      this.#worker.once('exit', () => reject(new Error(`the thread of ${task.argv[0]} ended on its own`)));
    });
    this.ended.catch(() => {});
  }

  /** As Ctrl-C would: the first closes, the second aborts. `code`: what the program is to end with. */
  interrupt(code: number): void {
    this.#worker.postMessage(code);
  }

  /** As `kill -9` would. */
  async kill(): Promise<void> {
    await this.#worker.terminate();
  }
}

function tell(listener: ThreadListener, message: Exclude<ThreadMessage, { kind: 'end' }>): void {
  if (message.kind === 'header') listener.header?.(message.header);
  else if (message.kind === 'events') listener.events?.(message.events);
  else if (message.kind === 'result') listener.result?.(message.result);
  else listener[message.kind]?.(message.text);
}
