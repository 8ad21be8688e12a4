/** Runs the built programs as a user does: processes with arguments, streams and signals. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Nothing here takes so long unless it hangs, ms. */
const DEADLINE = 240_000;

/** A build of its own, as it lies in the package: an old dist/ would test old code. Types are checked elsewhere. */
export class Build {
  readonly folder = mkdtempSync(join(tmpdir(), 'statewire-programs-'));

  constructor() {
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const project = join(ROOT, 'tsconfig.build.json');
    const words = [tsc, '-p', project, '--outDir', join(this.folder, 'dist'), '--noCheck'];
    execFileSync(process.execPath, words, { stdio: 'pipe' });
    copyFileSync(join(ROOT, 'package.json'), join(this.folder, 'package.json'));
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'), 'junction');
  }

  /** A module of the build. */
  file(path: string): string {
    return join(this.folder, 'dist', path);
  }

  /** Starts `statewire` with these arguments. */
  start(...argv: string[]): Program {
    return new Program([this.file('cli/main.js'), ...argv], this.folder);
  }

  /** An empty folder that goes with the build. */
  scratch(): string {
    return mkdtempSync(join(this.folder, 'scratch-'));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** One that runs. */
export class Program {
  out = '';
  err = '';
  readonly child: ChildProcess;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  #changed: () => void = () => {};
  #over = false;

  constructor(words: readonly string[], cwd: string) {
    this.child = spawn(process.execPath, words, { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream]!.setEncoding('utf8').on('data', (text: string) => {
        if (stream === 'stdout') this.out += text;
        else this.err += text;
        this.#changed();
      });
    }
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      this.#over = true;
      this.#changed();
      return code ?? signal;
    });
    this.child.stdin!.on('error', () => {});
  }

  /** Resolves when what it has written satisfies `done`; rejects when it ends or too much time passes before. */
  async until(done: (program: Program) => boolean): Promise<void> {
    const deadline = Date.now() + DEADLINE;
    while (!done(this)) {
      if (this.#over || Date.now() > deadline) throw new Error(`never came: ${this.text()}`);
      await new Promise<void>((resolve) => {
        const timeout = setTimeout(resolve, 1000);
        this.#changed = () => {
          clearTimeout(timeout);
          resolve();
        };
      });
    }
  }

  /** Its exit code; killed when it takes too long. */
  async code(): Promise<number | NodeJS.Signals> {
    const timeout = setTimeout(() => this.child.kill('SIGKILL'), DEADLINE);
    const code = await this.ended;
    clearTimeout(timeout);
    return code;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** What it said, for a failure's message. */
  text(): string {
    return `${this.child.spawnargs.slice(2).join(' ')}\nstdout: ${this.out}\nstderr: ${this.err}`;
  }
}

/** UDP ports on loopback that nobody has at the moment. */
export async function freePorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'));
  const ports: number[] = [];
  for (const socket of sockets) {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    ports.push(socket.address().port);
  }
  for (const socket of sockets) socket.close();
  return ports;
}

/** The four ends of a client, a network and a server: what each is given as its channel. */
export interface Wiring {
  readonly client: string;
  readonly a: string;
  readonly b: string;
  readonly server: string;
}

/** Channels between processes. */
export const wirings: Readonly<Record<string, (build: Build) => Promise<Wiring>>> = {
  async file(build) {
    const folder = build.scratch();
    const [left, right] = [`file:${join(folder, 'left')}`, `file:${join(folder, 'right')}`];
    return { client: left, a: left, b: right, server: right };
  },
  async udp() {
    const [client, a, b, server] = (await freePorts(4)).map((port) => `127.0.0.1:${port}`);
    return {
      client: `udp:${client},${a}`,
      a: `udp:${a},${client}`,
      b: `udp:${b},${server}`,
      server: `udp:${server},${b}`,
    };
  },
};
