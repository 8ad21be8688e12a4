import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTrace } from '../../src/trace/jsonParse.ts';
import { textWidth } from '../../src/trace/text.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'statewire-built-'));
const script = join(folder, 'dist', 'cli', 'main.js');

/** A build of its own, as it lies in the package: an old dist/ would test old code. Types are checked elsewhere. */
beforeAll(() => {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const out = join(folder, 'dist');
  execFileSync(
    process.execPath,
    [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', out, '--noCheck'],
    {
      stdio: 'pipe',
    },
  );
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (...argv: string[]) => runWith({}, ...argv);

function runWith(env: NodeJS.ProcessEnv, ...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...argv], {
    encoding: 'utf8',
    // A run's trace is more than the megabyte that Node would take
    maxBuffer: 64 << 20,
    cwd: folder,
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}

describe('the executable', () => {
  it('can be run as it is, and knows its version', () => {
    expect(readFileSync(script, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(run('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('runs the demo without colour where there is no terminal', () => {
    const { status, stdout, stderr } = run('demo');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('7 of 7 answers right');
    expect(stdout).not.toContain('\u001b');
  });

  it.each([
    ['60', 60],
    ['80', 80],
    ['500', 120],
    ['59', 100],
    ['', 100],
    ['80.5', 100],
    ['wide', 100],
  ])('draws in COLUMNS=%s without a terminal: %i columns', (COLUMNS, width) => {
    const { stdout } = runWith({ COLUMNS }, 'demo');
    const ladder = stdout.split(/^command +answer$/m)[0]!;
    expect(Math.max(...ladder.split('\n').map(textWidth))).toBe(width);
  });

  it('gives the shell the exit codes, and the user one line', () => {
    expect(run('demo', '--loss', '1', '--quiet').status).toBe(4);
    const bad = run('demo', '--mss', '0');
    expect(bad).toMatchObject({ status: 2, stdout: '' });
    expect(bad.stderr).toMatch(/^statewire: --mss: [^\n]+\n$/);
    expect(run('demo', '--pcap', folder).status).toBe(6);
  });

  it('writes a large --json to a pipe in full', () => {
    const { stdout } = run('demo', '--json', '--profile', 'lossy', '--mss', '1');
    const lines = stdout.trimEnd().split('\n');
    expect(stdout.length).toBeGreaterThan(200_000);
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ kind: 'summary', right: 7 });
    parseTrace(lines.slice(0, -1));
  });

  it('ends quietly when its reader goes away', async () => {
    const child = spawn(process.execPath, [script, 'demo', '--speed', '20x'], { cwd: folder });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it.runIf(process.platform !== 'win32')('is stopped by Ctrl-C, with its files in order', async () => {
    const child = spawn(process.execPath, [script, 'demo', '--speed', '1x', '--trace', 'stopped.jsonl'], {
      cwd: folder,
    });
    child.stdout.once('data', () => child.kill('SIGINT'));
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(status).toBe(130);
    const { events } = parseTrace(readFileSync(join(folder, 'stopped.jsonl'), 'utf8').trimEnd().split('\n'));
    expect(events.length).toBeGreaterThan(0);
  });

  it.runIf(process.platform !== 'win32')('ends a proxy by one Ctrl-C, after connections too', async () => {
    const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const to = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const child = spawn(process.execPath, [script, 'proxy', '--listen', '127.0.0.1:0', '--to', to], {
      timeout: 20_000, // sends a second signal, and the exit code is another
    });
    const ended = once(child, 'close');
    let words = '';
    for await (const chunk of child.stderr) {
      words += chunk;
      if (words.includes('Ctrl-C')) break;
    }
    const port = Number(/127\.0\.0\.1:(\d+) to /.exec(words)![1]);
    expect(await text(connect(port, '127.0.0.1'))).toBe('hello');
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    server.close();
  });
});
