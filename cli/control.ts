/**
 * The control socket of a running program: a Unix socket in a folder of the user's own, which `statewire ss` asks what
 * connections the program has. It tells and takes nothing else, and is gone when the program ends.
 */
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import type { Host } from '../src/tcp/host.ts';
import { type ProgramRecord, recordOf } from './ssRecord.ts';

/** A program that does not answer for so long is passed over, ms. */
const PATIENCE = 2000;
/** No program's answer is as long as this; what is longer is none of ours. */
const LONGEST = 64 << 20;

/** The folder that holds this user's control sockets: `$XDG_RUNTIME_DIR/statewire`, or one beside temporary files. */
export function controlFolder(env: NodeJS.ProcessEnv = process.env): string {
  const { XDG_RUNTIME_DIR: runtime } = env;
  return runtime ? join(runtime, 'statewire') : join(tmpdir(), `statewire-${userInfo().uid}`);
}

/** Is it a folder that nobody else can put sockets into? */
function isOwn(folder: string): boolean {
  const { uid } = userInfo();
  const found = statSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && (uid < 0 || found.uid === uid);
}

export class ControlSocket {
  readonly #server: Server;
  readonly #path: string;

  /** Undefined where there can be none: a program runs without it just the same. */
  static async open(name: string, host: Host, folder = controlFolder()): Promise<ControlSocket | undefined> {
    if (process.platform === 'win32') return undefined;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (!isOwn(folder)) return undefined;
      const path = join(folder, `${process.pid}-${threadId}-${nextNumber()}-${name}.sock`);
      rmSync(path, { force: true });
      const server = createServer((socket) => {
        socket.on('error', () => {});
        socket.end(`${JSON.stringify(recordOf(name, host))}\n`);
      });
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(path, resolve);
      });
      chmodSync(path, 0o600);
      return new ControlSocket(server, path);
    } catch {
      return undefined;
    }
  }

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
    server.unref();
    // Also when the program ends in the middle of something
    process.once('exit', this.#remove);
  }

  readonly #remove = (): void => rmSync(this.#path, { force: true });

  async close(): Promise<void> {
    process.removeListener('exit', this.#remove);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#remove();
  }
}

let sockets = 0;

/** A process may have several. */
function nextNumber(): number {
  sockets += 1;
  return sockets;
}

/** What all programs of this user say, by process; sockets that nobody listens at any more are removed. */
export async function askAll(folder = controlFolder()): Promise<ProgramRecord[]> {
  if (!isOwn(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.sock'));
  const answers = await Promise.all(names.map((name) => ask(join(folder, name))));
  return answers.filter((answer) => answer !== undefined).sort((a, b) => a.pid - b.pid);
}

function ask(path: string): Promise<ProgramRecord | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(path);
    const give = (answer?: ProgramRecord): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setEncoding('utf8').setTimeout(PATIENCE, () => give());
    socket.on('data', (piece: string) => {
      text += piece;
      if (text.length > LONGEST) give();
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED') rmSync(path, { force: true });
      give();
    });
    socket.on('end', () => give(parse(text)));
  });
}

function parse(text: string): ProgramRecord | undefined {
  try {
    const record = JSON.parse(text) as ProgramRecord;
    return record.statewire === 1 && Array.isArray(record.sockets) ? record : undefined;
  } catch {
    return undefined;
  }
}
