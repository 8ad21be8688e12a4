/**
 * `node --import statewire/register app.js`: the program's `node:net` is that of a Statewire host, with channel and
 * impairments from the environment (docs/net.md). In vitest one line of set-up: `setupFiles: ['statewire/register']`.
 */
import { hostFromEnvironment } from './environment.ts';
import { openNet } from './open.ts';
import { replaceNet } from './replace.ts';

/** Loaded twice (vitest loads set-up files for each test file), it is still one host. */
const loaded = Symbol.for('statewire/register');

/** Sockets of programs that have ended: how long they may take to say goodbye, ms. */
const GOODBYE = 10_000;
/** ms */
const LOOK_AGAIN = 20;

async function register(): Promise<void> {
  const options = await hostFromEnvironment(process.env);
  const net = openNet(options);
  replaceNet(net);
  const { channel } = options;
  if (channel === undefined) return;
  (channel as { unref?(): void }).unref?.();
  // What a kernel does for a program that has ended: the FIN and what is before it arrive
  process.once('beforeExit', async () => {
    for (let waited = 0; waited < GOODBYE && !saidAll(net.host); waited += LOOK_AGAIN) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
    }
    await net.stop();
  });
}

function saidAll({ connections }: { connections: readonly { state: string }[] }): boolean {
  return connections.every(({ state }) => state === 'TIME_WAIT' || state === 'CLOSED');
}

const known = globalThis as unknown as Record<symbol, true | undefined>;
if (known[loaded] === undefined) {
  known[loaded] = true;
  try {
    await register();
  } catch (error) {
    console.error(`statewire: ${(error as Error).message}`);
    process.exit(2);
  }
}
