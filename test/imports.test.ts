/**
 * Who may import whom, and what the core must not use: the rules that keep the charts free of bytes, the stack free of
 * sockets and clocks, and a run the same run on every machine.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The parts of `src` on which everything above the stack stands. */
const STACK = ['machines', 'wire', 'time', 'trace', 'chart', 'tcp'];
const ABOVE = [...STACK, 'channel'];

/** For each part, which others it may import; parts are `machines`, `cli`, `inspector` and the folders of `src`. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  machines: [],
  wire: [],
  time: [],
  chart: ['machines', 'time'],
  trace: ['wire'],
  tcp: ['machines', 'chart', 'wire', 'time', 'trace'],
  channel: ['machines', 'chart', 'wire', 'time', 'trace'],
  app: ABOVE,
  net: [...ABOVE, 'app'],
  packetdrill: ABOVE,
  check: ABOVE,
  conform: ABOVE,
  capture: ['machines', 'chart', 'wire', 'time', 'trace', 'tcp'],
  testing: [...ABOVE, 'net', 'app'],
  // src/index.ts
  src: [...ABOVE, 'app', 'net', 'packetdrill', 'check', 'conform', 'capture', 'testing'],
  cli: ['machines', 'src', ...ABOVE, 'app', 'net', 'packetdrill', 'check', 'conform', 'testing', 'inspector'],
  inspector: [
    'machines',
    'src',
    ...ABOVE,
    'app',
    'net',
    'packetdrill',
    'check',
    'conform',
    'capture',
    'testing',
    'package.json',
  ],
};

/** Packages, Node's own left out. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  machines: ['xstate'],
  chart: ['xstate'],
  time: ['pure-rand'],
  channel: ['koffi'],
  tcp: ['@noble/hashes'],
  app: ['@noble/hashes', 'lmdb'],
  cli: ['commander', '@bomb.sh/tab', 'cli-progress', 'ws', '@statelyai/inspect', 'sirv'],
  inspector: ['preact', '@preact/signals', 'uplot', 'vite'],
};

/** Where the machine may be seen: its files, sockets, clock. */
const NEAR_THE_MACHINE = [
  /^src\/channel\/(file|udp|tun|sharedMemory)/,
  /^src\/(net|testing)\//,
  /^src\/app\/disk/,
  /^src\/time\/clock\.ts$/,
  /^(cli|inspector)\//,
];

/** Results differ between versions of V8 in their last bit, from run to run, or need Node. */
const FORBIDDEN: readonly (readonly [string, RegExp])[] = [
  [
    'a function of Math that V8 does not round alike',
    /\bMath\s*\.\s*(a?(sin|cos|tan)h?|atan2|pow|exp|expm1|log|log2|log10|log1p|cbrt|hypot)\b/,
  ],
  ['**', /\*\*/],
  ['Math.random', /\bMath\s*\.\s*random\b/],
  ['Date', /\bDate\b/],
  ['a timer of the machine', /\b(setTimeout|setInterval|setImmediate|queueMicrotask|performance)\b/],
  ['a global of Node', /\b(process|Buffer|__dirname|require)\b/],
];

/** Gives XState a clock of ours, whose methods have the names of the machine's. */
const NAMED_ALIKE = 'src/chart/interpreted.ts';

/** All source files of a folder, as paths from the root. */
function sourcesIn(folder: string): string[] {
  try {
    return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/.test(path) && !path.includes('node_modules') && !path.endsWith('.d.ts'))
      .map((path) => `${folder}/${path}`)
      .sort();
  } catch {
    return []; // not there yet
  }
}

/** `src/tcp/host.ts` belongs to `tcp`, `src/index.ts` to `src`, `cli/main.ts` to `cli`. */
function partOf(path: string): string {
  const [top, second] = path.split('/') as [string, string];
  return top === 'src' && !second.endsWith('.ts') ? second : top;
}

/** What a source imports, static, dynamic or re-exported. */
function importsOf(source: string): string[] {
  const patterns = [
    /^(?:import|export)\b[^;']*\bfrom\s*'([^'\n]+)'/gm,
    /\bimport\s*\(\s*'([^'\n]+)'/g,
    /^import\s*'([^'\n]+)'/gm,
  ];
  return patterns.flatMap((pattern) => [...source.matchAll(pattern)].map(([, name]) => name as string));
}

/** A source without its comments and the text of its strings. */
function codeOf(source: string): string {
  const notCode =
    /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|\$\{[^}]*\}|[^`\\])*`/g;
  return source.replace(notCode, (text) =>
    [...text.matchAll(/\$\{([^}]*)\}/g)].map(([, code]) => code).join(';'),
  );
}

function packageOf(name: string): string {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/');
}

/** Why a file may not import this, undefined when it may. */
function objection(path: string, name: string): string | undefined {
  const part = partOf(path);
  if (name.startsWith('.')) {
    const target = partOf(relative(ROOT, join(ROOT, dirname(path), name)));
    if (target === part || MAY_IMPORT[part]?.includes(target)) return undefined;
    return `${path}: ${part} may not import ${target} (${name})`;
  }
  if (name.startsWith('node:')) {
    return isNearTheMachine(path) ? undefined : `${path}: ${name} is not for the core`;
  }
  return PACKAGES[part]?.includes(packageOf(name)) ? undefined : `${path}: ${part} may not use ${name}`;
}

function isNearTheMachine(path: string): boolean {
  return NEAR_THE_MACHINE.some((pattern) => pattern.test(path));
}

const paths = ['machines', 'src', 'cli', 'inspector'].flatMap(sourcesIn);
const sources = new Map(paths.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));

describe('the source', () => {
  test('is there', () => {
    expect(paths).toContain('machines/connection.ts');
    expect(paths).toContain('src/tcp/host.ts');
  });

  test('imports only what its part may', () => {
    const wrong = [...sources].flatMap(([path, source]) =>
      importsOf(source).map((name) => objection(path, name)),
    );
    expect(wrong.filter((text) => text !== undefined)).toEqual([]);
  });

  test.each(FORBIDDEN)('of charts and core never uses %s', (what, pattern) => {
    const core = [...sources].filter(([path]) => !isNearTheMachine(path) && path !== NAMED_ALIKE);
    const wrong = core
      .filter(([, source]) => pattern.test(codeOf(source)))
      .map(([path]) => `${path}: ${what}`);
    expect(wrong).toEqual([]);
  });

  test('names a part for each of its folders', () => {
    const parts = new Set(paths.map(partOf));
    for (const part of parts) expect(Object.keys(MAY_IMPORT)).toContain(part);
  });
});

describe('these rules', () => {
  test.each([
    ['src/tcp/host.ts', '../net/socket.ts'],
    ['src/wire/tcp.ts', '../tcp/seq.ts'],
    ['src/time/random.ts', '../chart/chart.ts'],
    ['src/trace/json.ts', '../tcp/host.ts'],
    ['src/chart/table.ts', '../trace/trace.ts'],
    ['src/channel/link.ts', '../tcp/host.ts'],
    ['src/app/demo.ts', '../net/index.ts'],
    ['src/tcp/host.ts', 'node:fs'],
    ['machines/growth.ts', '../src/tcp/seq.ts'],
    ['machines/growth.ts', 'commander'],
    ['src/wire/tcp.ts', 'xstate'],
  ])('keep %s from %s', (path, name) => {
    expect(objection(path, name)).toContain(path);
  });

  test.each([
    '2 ** n',
    'Math.pow(2, 3)',
    'Math . exp(1)',
    'new Date()',
    'Math.random()',
    'setTimeout(f)',
    `\`\${a ** 2}\``,
  ])('see %s in code', (code) => {
    expect(FORBIDDEN.some(([, pattern]) => pattern.test(codeOf(code)))).toBe(true);
  });

  test.each(['// Date', '/** 2 ** n */', "'Math.pow'", 'Math.round(1)', 'Math.floor(x)', 'update(Dated)'])(
    'pass %s',
    (code) => {
      expect(FORBIDDEN.some(([, pattern]) => pattern.test(codeOf(code)))).toBe(false);
    },
  );
});
