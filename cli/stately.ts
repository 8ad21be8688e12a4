/**
 * Hands the charts' actors to XState 5's own inspector: `@statelyai/inspect`, an optional package, makes the events,
 * and they go to its server over a WebSocket. Only the interpreted engine has actors.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Engine } from '../src/chart/chart.ts';
import { type Inspect, interpretedEngineWith } from '../src/chart/index.ts';
import { EXIT, Failure } from './failure.ts';

/** Where `createInspectorServer` of the package listens unless told otherwise. */
export const STATELY_SERVER = 'ws://localhost:8080';

export interface StatelyLink {
  /** An engine whose actors are seen. */
  readonly engine: Engine;
  /** Resolves when the server has everything. */
  close(): Promise<void>;
}

/** What is used of the package. */
interface StatelyInspect {
  createInspector(
    adapter: { start(): void; stop(): void; send(event: unknown): void },
    options: { maxDeferredEvents: number },
  ): { inspect: Inspect; start(): void };
}

/**
 * Connects to the server at `url`.
 * @throws {Failure} when the package is not installed or nobody listens there
 */
export async function openStately(url: string): Promise<StatelyLink> {
  const { createInspector } = await load();
  const socket = await connect(url);
  const adapter = {
    start() {},
    stop() {},
    send: (event: unknown) => socket.send(JSON.stringify(event)),
  };
  const inspector = createInspector(adapter, { maxDeferredEvents: 0 });
  inspector.start();
  return {
    engine: interpretedEngineWith({ inspect: inspector.inspect }),
    async close() {
      // The package sends each event by a timeout of its own: this one is behind all of them
      await new Promise((resolve) => setTimeout(resolve, 0));
      socket.close();
      if (socket.readyState !== WebSocket.CLOSED) await once(socket, 'close');
    },
  };
}

async function load(): Promise<StatelyInspect> {
  try {
    return (await import('@statelyai/inspect' as string)) as StatelyInspect;
  } catch {
    throw new Failure(EXIT.usage, '--stately needs a package: npm install @statelyai/inspect');
  }
}

async function connect(url: string): Promise<WebSocket> {
  try {
    const socket = new WebSocket(url);
    await once(socket, 'open');
    // A viewer that leaves does not end the run
    socket.on('error', () => {});
    return socket;
  } catch (error) {
    throw new Failure(EXIT.application, `--stately: no inspector at ${url}: ${(error as Error).message}`);
  }
}
