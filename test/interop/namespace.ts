/**
 * A network namespace for a test file of its own: interfaces, routes and sysctls that nobody else sees. It needs root,
 * or a user namespace (`unshare -Ur`); without either the tests are skipped, in CI they fail.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import koffi from 'koffi';

const CLONE_NEWNET = 0x4000_0000;

let problem: string | undefined;
let entered = false;

/** Moves this process (and what it starts) to a new network namespace; undefined when it may, or why it may not. */
export function enterNamespace(): string | undefined {
  if (entered) return problem;
  entered = true;
  if (process.platform !== 'linux') problem = 'Linux only';
  else if (koffi.load(null).func('int unshare(int)')(CLONE_NEWNET) !== 0) {
    problem = `no network namespace (errno ${koffi.errno()}): needs root, or unshare -Ur`;
  } else {
    try {
      ip('link set lo up');
    } catch (error) {
      problem = `ip (iproute2) does not work: ${(error as Error).message}`;
    }
  }
  if (problem !== undefined && process.env.CI) throw new Error(`the interop suite cannot run: ${problem}`);
  return problem;
}

/** `ip ARGUMENTS` */
export function ip(command: string): string {
  return execFileSync('ip', command.split(' '), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Sets `net.ipv4.NAME` of this namespace; returns what it was. */
export function sysctl(name: string, value: string | number): string {
  const path = `/proc/sys/net/ipv4/${name}`;
  const before = readFileSync(path, 'utf8').trim();
  writeFileSync(path, String(value));
  return before;
}

const [IPPROTO_TCP, TCP_CONGESTION] = [6, 13];

/**
 * Chooses the congestion control of one of the kernel's connections (which may be one that the namespace's sysctl does
 * not allow).
 * @throws {Error} if the kernel has none of that name
 */
export function setCongestion(socket: Socket, name: string): void {
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  const setsockopt = koffi.load(null).func('int setsockopt(int, int, int, const char *, unsigned int)');
  if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, name.length) === 0) return;
  throw new Error(`the kernel refuses ${name} (errno ${koffi.errno()})`);
}

/** Another kernel, as far as the network goes: a namespace that lives as long as it is needed. */
export class OtherNamespace {
  readonly #process = spawn('unshare', ['-n', 'sh', '-c', 'echo ready; exec sleep 100000'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });

  async ready(): Promise<this> {
    await once(this.#process.stdout, 'data');
    this.run('ip', 'link', 'set', 'lo', 'up');
    return this;
  }

  /** The command line that runs something there. */
  command(...command: readonly string[]): [string, string[]] {
    return ['nsenter', ['-t', String(this.#process.pid), '-n', ...command]];
  }

  run(...command: readonly string[]): string {
    const [program, given] = this.command(...command);
    return execFileSync(program, given, { encoding: 'utf8' });
  }

  /** Moves an interface there. */
  take(name: string): void {
    ip(`link set ${name} netns ${this.#process.pid}`);
  }

  close(): void {
    this.#process.kill('SIGKILL');
  }
}
