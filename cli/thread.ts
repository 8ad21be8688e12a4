/** The thread of a program that is run by another (threads.ts): its streams are messages. */
import { Readable } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import { provideMemory } from './channelSpec.ts';
import { Failure, oneLine } from './failure.ts';
import type { Io } from './io.ts';
import { main } from './program.ts';
import type { ThreadMessage, ThreadTask } from './threads.ts';

const port = parentPort!;
const { argv, memories } = workerData as ThreadTask;
const stopping = new AbortController();
let halt = (): void => {};

const say = (message: ThreadMessage): void => port.postMessage(message);

const io: Io = {
  out: (text) => say({ kind: 'out', text }),
  err: (text) => say({ kind: 'err', text }),
  columns: undefined,
  color: false,
  input: Readable.from([]),
  liveErr: false,
  stop: stopping.signal,
  onHalt(handler) {
    halt = handler;
  },
  unread: false,
  observer: {
    header: (header) => say({ kind: 'header', header }),
    events: (events) => say({ kind: 'events', events }),
    result: (result) => say({ kind: 'result', result }),
  },
};

port.on('message', (code: number) => {
  if (stopping.signal.aborted) halt();
  else stopping.abort(code);
});

for (const [name, { memory, side }] of Object.entries(memories)) provideMemory(name, memory, side);
try {
  say({ kind: 'end', code: await main(argv, io) });
} catch (error) {
  say({ kind: 'err', text: `statewire: ${oneLine((error as Error).stack ?? String(error))}\n` });
  say({ kind: 'end', code: error instanceof Failure ? error.code : 1 });
}
port.close();
