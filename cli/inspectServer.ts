/**
 * The web server of the inspector, for one user of one machine: the page's files for whoever reaches it, a trace and a
 * run's events only for who has the token. It listens on loopback; pages of other origins, and names that only lead
 * here (DNS rebinding), are turned away.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Duplex, pipeline, type Readable } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { PACKED_TYPE, SIZE_HEADER } from '../src/trace/packed/pack.ts';
import { EXIT, Failure } from './failure.ts';
import type { Page, PageFile } from './inspectPage.ts';

const LOOPBACK = '127.0.0.1';
/** People with as many tabs have lost some. */
const MOST_VIEWERS = 32;
const MOST_CONNECTIONS = 128;
/** Nothing is expected of a viewer: bytes of a message that does not end the connection. */
const LARGEST_MESSAGE = 1024;

/** What is shown besides the page. */
export type Shown =
  | {
      readonly kind: 'trace';
      /** As the page is to call it. */
      readonly name: string;
      readonly type: string;
      /** Bytes that it has now, if known. */
      size(): number | undefined;
      /** Reads so many of them, or all. */
      open(bytes?: number): Readable;
      /** The same packed, for a page that asks for that; undefined when it cannot be had. */
      openPacked?(): Readable | undefined;
    }
  | { readonly kind: 'live'; onViewer(socket: WebSocket): void };

export interface InspectServerOptions {
  readonly page: Page;
  /** 0: any that is free */
  readonly port: number;
  /** Nothing: the page alone. */
  readonly shown?: Shown;
}

export class InspectServer {
  readonly #page: Page;
  readonly #shown: Shown | undefined;
  readonly #token = randomBytes(16).toString('hex');
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LARGEST_MESSAGE,
    perMessageDeflate: false,
  });
  #hosts: readonly string[] = [];

  /** @throws {Failure} when the port is taken or not allowed */
  static async open(options: InspectServerOptions): Promise<InspectServer> {
    const server = new InspectServer(options);
    await server.#listen(options.port);
    return server;
  }

  private constructor({ page, shown }: InspectServerOptions) {
    this.#page = page;
    this.#shown = shown;
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Where the page shows it; the token is in it. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    const origin = `${LOOPBACK}:${port}`;
    if (this.#shown === undefined) return `http://${origin}/`;
    const { kind } = this.#shown;
    const place = `/${kind}/${this.#token}`;
    // Not every browser takes a WebSocket's address without its host
    const where =
      kind === 'live' ? `ws://${origin}${place}` : `${place}/${encodeURIComponent(this.#shown.name)}`;
    return `http://${origin}/?${kind}=${encodeURIComponent(where)}`;
  }

  /** Lets all go. */
  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #listen(port: number): Promise<void> {
    try {
      this.#server.listen(port, LOOPBACK);
      await once(this.#server, 'listening');
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const why = code === 'EADDRINUSE' ? 'somebody does already' : message;
      throw new Failure(EXIT.application, `the inspector cannot listen on port ${port}: ${why}`);
    }
    const { port: own } = this.#server.address() as AddressInfo;
    const names = [LOOPBACK, 'localhost'];
    // A browser leaves out the port 80
    this.#hosts = names.flatMap((name) => (own === 80 ? [name, `${name}:80`] : [`${name}:${own}`]));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const status = this.#objection(request) ?? this.#reply(request, response);
    if (status === undefined) return;
    response.writeHead(status, { ...SAFE, 'Content-Type': 'text/plain; charset=utf-8' });
    response.end(`${STATUS_CODES[status]}\n`);
  }

  /** Answers, or says why not. */
  #reply(request: IncomingMessage, response: ServerResponse): number | undefined {
    if (request.method !== 'GET' && request.method !== 'HEAD') return 405;
    const path = pathOf(request);
    const file = this.#page.get(path);
    if (file !== undefined) {
      this.#sendFile(file, request, response);
      return undefined;
    }
    const [, kind, token] = path.split('/', 3);
    if (this.#shown?.kind !== 'trace' || kind !== 'trace') return 404;
    if (!this.#isToken(token)) return 403;
    this.#sendTrace(this.#shown, request, response);
    return undefined;
  }

  #sendFile(file: PageFile, request: IncomingMessage, response: ServerResponse): void {
    const cache = file.hashed ? 'public, max-age=31536000, immutable' : 'no-cache';
    const headers = { ...this.#headers(), 'Cache-Control': cache, ETag: file.etag };
    if (request.headers['if-none-match'] === file.etag) {
      response.writeHead(304, headers).end();
      return;
    }
    response.writeHead(200, { ...headers, 'Content-Type': file.type, 'Content-Length': file.body.length });
    response.end(file.body);
  }

  #sendTrace(trace: Shown & { kind: 'trace' }, request: IncomingMessage, response: ServerResponse): void {
    const size = trace.size();
    const headers = { ...this.#headers(), 'Cache-Control': 'no-store' };
    const packed = request.headers.accept?.includes(PACKED_TYPE) ? trace.openPacked?.() : undefined;
    response.writeHead(200, {
      ...headers,
      ...(packed === undefined
        ? { 'Content-Type': trace.type, ...(size !== undefined && { 'Content-Length': size }) }
        : { 'Content-Type': PACKED_TYPE, ...(size !== undefined && { [SIZE_HEADER]: size }) }),
    });
    if (request.method === 'HEAD') {
      packed?.destroy();
      response.end();
    }
    // A reader that goes away, or a file that does, breaks the connection: that says it
    else pipeline(packed ?? trace.open(size), response, () => {});
  }

  /** The page may load its own files, and speak to this server: to nobody else. */
  #headers(): Record<string, string> {
    const sockets = this.#hosts.map((host) => `ws://${host}`).join(' ');
    const policy = [
      "default-src 'none'",
      "script-src 'self'",
      // What a view draws has its size and place in a style
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' data: blob:",
      "font-src 'self'",
      "worker-src 'self' blob:",
      `connect-src 'self' ${sockets}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ];
    return { ...SAFE, 'Content-Security-Policy': policy.join('; ') };
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {});
    const status = this.#objection(request) ?? this.#noViewer(request);
    if (status !== undefined) {
      socket.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (viewer) => {
      // Such as a message that is too large: ws ends the connection
      viewer.on('error', () => {});
      if (this.#shown?.kind === 'live') this.#shown.onViewer(viewer);
    });
  }

  /** Why a WebSocket is refused. */
  #noViewer(request: IncomingMessage): number | undefined {
    const [, kind, token] = pathOf(request).split('/', 3);
    if (this.#shown?.kind !== 'live' || kind !== 'live') return 404;
    if (!this.#isToken(token)) return 403;
    return this.#sockets.clients.size >= MOST_VIEWERS ? 503 : undefined;
  }

  /** Why a request is refused whatever it asks for. A program that is no browser has no origin. */
  #objection({ headers: { host, origin } }: IncomingMessage): number | undefined {
    if (host === undefined || !this.#hosts.includes(host.toLowerCase())) return 421;
    if (origin !== undefined && !this.#hosts.includes(origin.replace(/^http:\/\//, ''))) return 403;
    return undefined;
  }

  /** Takes as long whatever is wrong with it. */
  #isToken(text = ''): boolean {
    const digest = (token: string): Buffer => createHash('sha256').update(token).digest();
    return timingSafeEqual(digest(text), digest(this.#token));
  }
}

const SAFE = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
} as const;

/** No URL is parsed: whatever stands there is a path that is known or is none. */
function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0]!;
}
