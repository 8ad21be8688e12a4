/** What `statewire tun` serves besides the dictionary: echo, discard, chargen (RFC 862 to 864), and files by HTTP. */
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import sirv from 'sirv';
import type { Host } from '../src/tcp/host.ts';
import { ConnectionStream, type Perform } from './connectionStream.ts';

/** Of connections by their streams. */
type Serve = (stream: ConnectionStream) => void;

export interface Service {
  readonly name: string;
  readonly port: number;
  readonly serve: Serve;
}

/** RFC 864: lines of 72 of the 95 characters that can be printed, each line beginning one further. */
const PRINTABLE = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
const LINE = 72;

function* lines(): Generator<Buffer> {
  const round = Array.from({ length: PRINTABLE.length }, (_, i) =>
    `${PRINTABLE.slice(i)}${PRINTABLE}`.slice(0, LINE).concat('\r\n'),
  ).join('');
  const piece = Buffer.from(round);
  for (;;) yield piece;
}

/** RFC 862 */
export function echo(stream: ConnectionStream): void {
  stream.pipe(stream);
}

/** RFC 863 */
export function discard(stream: ConnectionStream): void {
  stream.resume().on('end', () => stream.end());
}

/** RFC 864; over when the peer ends. */
export function chargen(stream: ConnectionStream): void {
  const source = Readable.from(lines());
  stream.resume().on('end', () => {
    source.destroy();
    stream.end();
  });
  stream.on('close', () => source.destroy());
  source.pipe(stream);
}

/** Static files of a folder, by Node's HTTP server on our connections. */
export function files(folder: string): Serve {
  const handler = sirv(folder, { dev: true, etag: true });
  const server = createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
    } else handler(request, response);
  });
  return (stream) => void server.emit('connection', stream);
}

/** Those who are served: their streams. */
export class Services {
  readonly #streams = new Set<ConnectionStream>();
  readonly #host: Host;
  readonly #perform: Perform;
  readonly #maxClients: number;
  readonly #tell: (client: ConnectionStream, service: string, what: string) => void;
  served = 0;

  constructor(
    host: Host,
    perform: Perform,
    maxClients: number,
    tell: (client: ConnectionStream, service: string, what: string) => void,
  ) {
    this.#host = host;
    this.#perform = perform;
    this.#maxClients = maxClients;
    this.#tell = tell;
  }

  /** @throws {RangeError} when the port is taken */
  listen({ name, port, serve }: Service): void {
    this.#perform(() => {
      this.#host.listen({
        port,
        onConnection: (connection) => {
          const stream = new ConnectionStream(connection, this.#perform);
          if (this.#streams.size >= this.#maxClients) {
            stream.on('error', () => {}).destroy();
            return;
          }
          this.#takes(name, stream, serve);
        },
      });
    });
  }

  #takes(name: string, stream: ConnectionStream, serve: Serve): void {
    this.served += 1;
    this.#streams.add(stream);
    this.#tell(stream, name, 'connected');
    let why = 'closed';
    stream.on('error', (error: NodeJS.ErrnoException) => {
      why = error.code ?? error.message;
    });
    stream.on('close', () => {
      this.#streams.delete(stream);
      this.#tell(stream, name, why);
    });
    serve(stream);
  }

  /** Ends all in order. */
  finish(): void {
    for (const stream of this.#streams) stream.resume().end();
  }
}
