/** The package's main entry is for browsers, too: bundled for one it asks for nothing of Node's. */
import { fileURLToPath } from 'node:url';
import { build, type Rollup } from 'vite';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../src/index.ts', import.meta.url));
const ENTRY = 'two-lines.js';

test('a bundle of two lines imports nothing of Node', async () => {
  const result = (await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === ENTRY ? ENTRY : id === 'statewire' ? main : undefined),
        load: (id) =>
          id === ENTRY
            ? `import { compiledEngine, createHost, Random } from 'statewire';
               globalThis.host = createHost({ name: 'page', addresses: ['10.0.0.1'], engine: compiledEngine, random: new Random(1), output() {} });`
            : undefined,
      },
    ],
    build: { write: false, minify: false, target: 'es2022', rollupOptions: { input: ENTRY } },
  })) as Rollup.RollupOutput;
  const chunks = result.output.filter((one) => one.type === 'chunk');
  const modules = chunks.flatMap((chunk) => chunk.moduleIds);
  expect(chunks.map(({ code }) => code).join()).toMatch(/\bclass Host\b|\bHost = class\b/);
  // Vite puts an empty module in the place of one of Node's
  expect(modules.filter((id) => /^node:|__vite-browser-external/.test(id))).toEqual([]);
  expect(chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports])).toEqual([]);
  for (const { code } of chunks) expect(code).not.toMatch(/\bnode:[a-z]|\brequire\(/);
});
