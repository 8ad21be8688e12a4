/** For tests of the inspector's server: a page to serve, and viewers that look on. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, vi } from 'vitest';
import { WebSocket } from 'ws';
import { until } from './programs.ts';

/** A folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'statewire-inspect-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** What a build of the page consists of, as far as the server is concerned; from now on it serves these. */
export function providePage(): string {
  const folder = join(temporaryFolder(), 'page');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(folder, 'single.html'), '<body><!--statewire-trace-->\n<script>$& code</script></body>');
  writeFileSync(join(folder, 'assets/index-abc.js'), 'export {};');
  writeFileSync(join(folder, '../secret'), 'secret');
  vi.stubEnv('STATEWIRE_PAGE', folder);
  return folder;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** One request as it is: no path is tidied up, no header added but `Host`. */
export function ask(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const [, host, port, path] = /^http:\/\/([^:/]+):(\d+)(.*)$/.exec(url)!;
  return new Promise((resolve, reject) => {
    const asking = request({ host, port, path, headers, method, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    asking.on('error', reject);
    asking.end();
  });
}

/** What the page would look at: the value of `?live=` or `?trace=`, with the page's host if it has none. */
export function shownBy(url: string): string {
  const { searchParams } = new URL(url);
  return new URL(searchParams.get('live') ?? searchParams.get('trace')!, url).href;
}

/** A page that looks on. */
export class Viewer {
  readonly frames: string[] = [];
  /** Of all frames. */
  readonly lines: string[] = [];
  binary = 0;
  /** Of an answer that is no WebSocket; the close code otherwise. */
  refused: number | undefined;
  closed: number | undefined;
  readonly socket: WebSocket;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(url, { headers });
    this.socket.on('message', (data, isBinary) => {
      if (isBinary) this.binary += 1;
      this.frames.push(String(data));
      this.lines.push(...String(data).split('\n'));
    });
    this.socket.on('unexpected-response', (_, { statusCode }) => {
      this.refused = statusCode;
      this.socket.terminate();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', (code) => {
      this.closed = code;
    });
  }

  get events(): readonly string[] {
    return this.lines.filter((line) => line.startsWith('{"n":'));
  }

  async has(what: string, condition: (lines: readonly string[]) => boolean): Promise<void> {
    await until(what, () => condition(this.lines));
  }

  async ended(): Promise<void> {
    await this.has('the end of the run', (lines) => lines.at(-1) === '{"end":true}');
  }

  async gone(): Promise<number> {
    await until('the end of the connection', () => this.closed !== undefined);
    return this.closed!;
  }
}
