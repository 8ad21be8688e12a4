/** Loads the detectors, and with them the whole stack, once more: with a mistake in it. */
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';
import type * as Detect from './detect.ts';
import { mutantPlugin } from './plugin.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Calls `work` with detectors that look at a stack with this mistake; without a name, at the stack as it is. */
export async function withMutant<T>(
  name: string | undefined,
  work: (detect: typeof Detect) => T,
): Promise<T> {
  const server = await createServer({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    appType: 'custom',
    server: { middlewareMode: true, hmr: false, watch: null, ws: false },
    optimizeDeps: { noDiscovery: true, include: [] },
    plugins: name === undefined ? [] : [mutantPlugin(name)],
  });
  try {
    return work((await server.ssrLoadModule('/test/mutants/detect.ts')) as typeof Detect);
  } finally {
    await server.close();
  }
}
