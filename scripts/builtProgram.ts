/**
 * The program as it lies in the package, the inspector's page with it, built into a folder of its own: what is in dist/
 * may be old. And runs of it.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** ms */
const DEADLINE = 30_000;

export class BuiltProgram {
  /** Where it runs, and where files can be left; it goes with `remove`. */
  readonly folder: string;
  readonly #children = new Set<ChildProcess>();
  readonly #inspections = new Map<string, Promise<string>>();

  /** Builds what is in the repository at `root`, types unchecked; with BUILT=1 takes the dist/ that is there. */
  constructor(root: string) {
    this.folder = mkdtempSync(join(tmpdir(), 'statewire-page-'));
    const dist = join(this.folder, 'dist');
    if (process.env.BUILT === '1') symlinkSync(join(root, 'dist'), dist, 'junction');
    else this.#build(root, dist);
    copyFileSync(join(root, 'package.json'), join(this.folder, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'), 'junction');
  }

  #build(root: string, dist: string): void {
    const tool = (...path: string[]): string => join(root, 'node_modules', ...path);
    const run = (...argv: string[]): void => {
      const env = { ...process.env, NODE_ENV: 'production', INSPECTOR_OUT: join(dist, 'inspector') };
      execFileSync(process.execPath, argv, { cwd: root, env, stdio: 'pipe' });
    };
    run(
      tool('typescript', 'bin', 'tsc'),
      ...['-p', join(root, 'tsconfig.build.json'), '--outDir', dist, '--noCheck'],
    );
    run(
      tool('vite', 'bin', 'vite.js'),
      ...['build', '-c', join(root, 'inspector', 'vite.config.ts'), '--logLevel', 'warn'],
    );
  }

  /** Path of a file in its folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** The text of a file in its folder. */
  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** Runs a command to its end; files are named from the folder. Throws an Error when it fails. */
  run(...argv: string[]): string {
    return execFileSync(process.execPath, [this.#script, ...argv], {
      cwd: this.folder,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  }

  /** Starts a command and waits until it has said where its page is. Throws an Error when it ends or is silent. */
  async serve(...argv: string[]): Promise<string> {
    const child = spawn(process.execPath, [this.#script, ...argv], { cwd: this.folder, stdio: 'pipe' });
    this.#children.add(child);
    return new Promise((resolve, reject) => {
      let said = '';
      const fail = (): void => reject(new Error(`${argv.join(' ')} served no page; it said: ${said}`));
      const timeout = setTimeout(fail, DEADLINE);
      const hear = (text: Buffer): void => {
        said += text;
        const [url] = /http:\/\/127\.0\.0\.1:\d+\/\S*(?=\s)/.exec(said) ?? [];
        if (url === undefined) return;
        clearTimeout(timeout);
        resolve(url);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('close', fail);
    });
  }

  /** Where `inspect` shows a file, or nothing: as long as it runs, one does for all who ask. */
  inspection(...file: string[]): Promise<string> {
    const key = file.join();
    const address = this.#inspections.get(key) ?? this.serve('inspect', ...file);
    this.#inspections.set(key, address);
    return address;
  }

  /** Ends what it has started. */
  async stop(): Promise<void> {
    this.#inspections.clear();
    const ended = [...this.#children].map(
      (child) =>
        child.exitCode !== null ||
        child.signalCode !== null ||
        new Promise((resolve) => child.once('close', resolve)),
    );
    for (const child of this.#children) child.kill('SIGINT');
    this.#children.clear();
    await Promise.all(ended);
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true });
  }

  get #script(): string {
    return join(this.folder, 'dist', 'cli', 'main.js');
  }
}
