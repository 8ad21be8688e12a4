/**
 * The stack as a word's inputs see it: one socket, which connects or listens, and the connection it accepts. Calls
 * that would block wait for what they wait for; what a socket in that state refuses does nothing.
 */
import type { Engine } from '../chart/chart.ts';
import type { StackName } from '../tcp/config.ts';
import type { Connection } from '../tcp/connection.ts';
import { Host } from '../tcp/host.ts';
import type { Listener } from '../tcp/listener.ts';
import type { Random } from '../time/random.ts';
import { buildTcpPacket, parseAddress, parseTcpPacket, type Segment } from '../wire/index.ts';
import type { Numbers } from './registers.ts';
import type { Call, SegmentInput } from './word.ts';

const STACK = { address: '10.0.0.1', port: 80 };
const TESTER = { address: '10.0.0.2', port: 4000 };

export class Sockets {
  readonly #host: Host;
  /** The first segment sent since the last input. */
  #first: Segment | undefined;
  /** The call that waits. */
  #pending: 'CONNECT' | 'RCV' | 'ACCEPT' | undefined;
  /** The main socket's connection, if it has connected. */
  #main: Connection | undefined;
  #listener: Listener | undefined;
  #closed = false;
  /** Established and not yet accepted. */
  readonly #backlog: Connection[] = [];
  #accepted: Connection | undefined;

  constructor(engine: Engine, stack: StackName, random: Random) {
    this.#host = new Host({
      name: 'stack',
      addresses: [STACK.address],
      output: (packet) => this.#sent(packet),
      random,
      engine,
      stack,
      tcp: { delayedAck: 0 },
    });
  }

  #sent(packet: Uint8Array): void {
    if (this.#first !== undefined) return;
    const parsed = parseTcpPacket(packet.slice());
    if (typeof parsed === 'string') throw new Error(`the stack sent a packet that is ${parsed}`);
    this.#first = parsed.segment;
  }

  /** What was sent first since this was last asked; nothing more will come until the next input. */
  take(): Segment | undefined {
    const first = this.#first;
    this.#first = undefined;
    return first;
  }

  /** The tester sends a segment. */
  receive({ flags, length }: SegmentInput, { seq, ack }: Numbers): void {
    this.#host.receive(
      buildTcpPacket({
        source: parseAddress(TESTER.address),
        destination: parseAddress(STACK.address),
        sourcePort: TESTER.port,
        destinationPort: STACK.port,
        seq,
        ack,
        flags,
        window: 65_535,
        payload: new Uint8Array(length),
      }),
    );
  }

  call(name: Call): void {
    if (name === 'CONNECT') this.#connect();
    else if (name === 'LISTEN') this.#listen();
    else if (name === 'ACCEPT') this.#accept();
    else if (name === 'RCV') this.#receive();
    else if (name === 'CLOSE') this.#close();
    else this.#closeConnection();
  }

  /** Has the main socket neither connected, nor listened, nor been closed? */
  get #unused(): boolean {
    return this.#main === undefined && this.#listener === undefined && !this.#closed;
  }

  #connect(): void {
    if (!this.#unused) return;
    this.#pending = 'CONNECT';
    this.#main = this.#host.connect({
      address: TESTER.address,
      port: TESTER.port,
      localPort: STACK.port,
      handler: {
        established: () => this.#done('CONNECT'),
        readable: () => this.#readable(),
      },
    });
  }

  /** What a pending call waited for has come. */
  #done(call: 'CONNECT' | 'RCV' | 'ACCEPT'): void {
    if (this.#pending === call) this.#pending = undefined;
  }

  #listen(): void {
    if (!this.#unused) return;
    this.#listener = this.#host.listen({
      port: STACK.port,
      onConnection: (connection) => this.#established(connection),
    });
  }

  /** A connection that nobody has accepted, and nobody can any more, is aborted. */
  #established(connection: Connection): void {
    if (this.#closed) connection.abort();
    else if (this.#pending === 'ACCEPT') this.#hold(connection);
    else this.#backlog.push(connection);
  }

  /** Accepts one connection for a word. */
  #accept(): void {
    if (this.#listener === undefined || this.#closed || this.#pending !== undefined) return;
    if (this.#accepted !== undefined) return;
    this.#pending = 'ACCEPT';
    const connection = this.#backlog.shift();
    if (connection !== undefined) this.#hold(connection);
  }

  #hold(connection: Connection): void {
    this.#done('ACCEPT');
    this.#accepted = connection;
    connection.handler = { readable: () => this.#readable() };
  }

  /** A blocking read of the accepted connection, or of the main socket. */
  #receive(): void {
    const connection = this.#accepted ?? this.#main;
    if (connection === undefined || this.#pending !== undefined) return;
    const { state } = connection;
    const open = state === 'ESTABLISHED' || state === 'FIN_WAIT_1' || state === 'FIN_WAIT_2';
    if (connection.receive().length === 0 && open) this.#pending = 'RCV';
  }

  /** A pending read takes what has come. */
  #readable(): void {
    if (this.#pending !== 'RCV') return;
    this.#pending = undefined;
    (this.#accepted ?? this.#main)?.receive();
  }

  /** Closes the main socket; a listener takes those with it that nobody has accepted. */
  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pending = undefined;
    this.#main?.detach();
    this.#listener?.close();
    for (const connection of this.#backlog.splice(0)) connection.abort();
  }

  #closeConnection(): void {
    if (this.#accepted === undefined) return;
    this.#done('RCV');
    this.#accepted.detach();
    this.#accepted = undefined;
  }
}
