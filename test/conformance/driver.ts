/**
 * A host under test and a peer that says exactly what the script says: packets are built and taken apart byte by byte,
 * and time is virtual. It brings a connection to any of the eleven states by packets and calls alone.
 */
import { connectionEvents } from '../../machines/connection.ts';
import type { ChartEvent } from '../../machines/event.ts';
import { compiledEngine, type Engine } from '../../src/chart/index.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import { Connection } from '../../src/tcp/connection.ts';
import { createHost, type Host } from '../../src/tcp/host.ts';
import type { Listener } from '../../src/tcp/listener.ts';
import type { CloseReason } from '../../src/tcp/user.ts';
import { Random } from '../../src/time/random.ts';
import { Trace } from '../../src/trace/trace.ts';
import { buildTcpPacket, parseAddress, parseTcpPacket } from '../../src/wire/index.ts';
import { evaluate, read, segmentLength, type Variables, type Written, write } from './notation.ts';
import type { Opening, State, Stimulus } from './row.ts';

/** The two ends; both initial sequence numbers are about to wrap. */
const OURS = { address: parseAddress('10.0.0.1'), port: 80 };
const THEIRS = { address: parseAddress('10.0.0.2'), port: 4000 };
const ISS = 0xffff_fffd;
const IRS = 0xffff_fffb;

const ACK_OF_ALL = '<SEQ=RCV.NXT><ACK=SND.NXT><CTL=ACK>';
const FIN = '<SEQ=RCV.NXT><ACK=SND.UNA><CTL=FIN,ACK>';
const OPENINGS: Readonly<Record<Opening, readonly Stimulus[]>> = {
  passive: ['<SEQ=IRS><CTL=SYN>', ACK_OF_ALL],
  active: ['OPEN active', '<SEQ=IRS><ACK=SND.NXT><CTL=SYN,ACK>'],
};
/** From ESTABLISHED on. In CLOSE_WAIT and LAST_ACK ten bytes are there that the user has not read. */
const CLOSINGS: Partial<Record<State, readonly Stimulus[]>> = {
  ESTABLISHED: [],
  FIN_WAIT_1: ['CLOSE'],
  FIN_WAIT_2: ['CLOSE', ACK_OF_ALL],
  CLOSE_WAIT: ['<SEQ=RCV.NXT><ACK=SND.NXT><CTL=FIN,ACK><LEN=10>'],
  CLOSING: ['CLOSE', FIN],
  LAST_ACK: ['<SEQ=RCV.NXT><ACK=SND.NXT><CTL=FIN,ACK><LEN=10>', 'CLOSE'],
  TIME_WAIT: ['CLOSE', ACK_OF_ALL, FIN],
};

/** What happens on the way to a state. */
function wayTo(state: State, opening: Opening): readonly Stimulus[] {
  if (state === 'CLOSED' || state === 'LISTEN') return [];
  if (state === 'SYN_SENT') return ['OPEN active'];
  if (state === 'SYN_RECEIVED')
    return opening === 'active' ? ['OPEN active', '<SEQ=IRS><CTL=SYN>'] : ['<SEQ=IRS><CTL=SYN>'];
  return [...OPENINGS[opening], ...(CLOSINGS[state] as readonly Stimulus[])];
}

/** A transition of the connection chart. */
export interface Taken {
  readonly from: string;
  readonly event: string;
  readonly guard?: string;
  readonly to: string;
}

export class Bench {
  readonly host: Host;
  /** Segments sent, in the notation of the RFC, since they were last taken. */
  readonly sent: string[] = [];
  /** State changes of the connection chart since they were last taken. */
  readonly taken: Taken[] = [];
  connection: Connection | undefined;
  /** What the user was told at the end. */
  told: CloseReason | undefined;
  #listener: Listener | undefined;
  /** Right edge of the window as the peer has read it from what we sent. */
  #edge = 0;

  constructor(given: Partial<TcpConfig> = {}, engine: Engine = compiledEngine) {
    const trace = new Trace();
    trace.listen((event) => {
      if (event.kind !== 'transition' || event.chart !== 'connection' || event.from === event.to) return;
      const { from, event: name, guard, to } = event;
      this.taken.push({ from, event: name, ...(guard === undefined ? {} : { guard }), to });
    });
    this.host = createHost({
      name: 'host',
      addresses: ['10.0.0.1'],
      output: (packet) => this.#noteSent(packet),
      random: new Random(1),
      engine,
      trace,
      tcp: given,
      strict: true,
      iss: () => ISS,
    });
  }

  get state(): string {
    if (this.connection !== undefined) return this.connection.state;
    return this.#listener === undefined ? 'CLOSED' : 'LISTEN';
  }

  /** Goes to a state by packets and calls, and forgets what that brought. */
  reach(state: State, opening: Opening): this {
    const passive = opening === 'passive' && state !== 'CLOSED' && state !== 'SYN_SENT';
    if (passive || state === 'LISTEN') this.listen();
    for (const stimulus of wayTo(state, opening)) this.happen(stimulus);
    if (this.state !== state) throw new Error(`on the way to ${state} it came to ${this.state}`);
    this.forget();
    return this;
  }

  listen(): Listener {
    this.#listener = this.host.listen({ port: OURS.port, onConnection: () => {} });
    return this.#listener;
  }

  /** Forgets what was sent and which states were passed. */
  forget(): void {
    this.sent.length = 0;
    this.taken.length = 0;
  }

  /** One thing happens. Returns the variables of before, SEG.SEQ, SEG.ACK and SEG.LEN with them. */
  happen(stimulus: Stimulus): Variables {
    const variables = this.variables();
    const [word, rest = ''] = stimulus.split(' ', 2) as [string, string?];
    if (word.startsWith('<')) return this.#arrive(stimulus, variables);
    if (stimulus === 'TIMEOUT') this.#waitForChange();
    else if (stimulus === 'RETRANSMISSION') this.host.poll(this.host.nextTimeout);
    else if (stimulus === 'OPEN active' && this.state === 'CLOSED') this.#connect();
    else if (stimulus === 'OPEN passive') this.#listening();
    else this.#call(word, rest, this.connection ?? this.#listening());
    return variables;
  }

  #call(word: string, rest: string, connection: Connection): void {
    if (word === 'OPEN') connection.open();
    else if (word === 'SEND') connection.send(new Uint8Array(Number(rest)));
    else if (word === 'CLOSE' && rest === 'both') connection.detach();
    else if (word === 'CLOSE') connection.close();
    else if (word === 'ABORT') connection.abort();
    else this.#tell(connection, (connectionEvents as Readonly<Record<string, ChartEvent>>)[rest]);
  }

  /** Tells the chart a fact that the host has no means to find out. */
  #tell(connection: Connection, event: ChartEvent | undefined): void {
    if (event === undefined) throw new Error('there is no such fact');
    this.host.enter();
    connection.chart.send(event);
    connection.touch();
    this.host.leave();
  }

  /** A connection in LISTEN, where a host has one only between a SYN's arrival and its answer. */
  #listening(): Connection {
    const listener = this.#listener ?? this.listen();
    const connection = new Connection(this.host, 99, OURS, THEIRS, listener.settings, listener);
    this.#watch(connection);
    connection.open();
    return connection;
  }

  #connect(): void {
    const { port } = THEIRS;
    this.#watch(this.host.connect({ address: '10.0.0.2', port, localPort: OURS.port }));
  }

  #watch(connection: Connection): void {
    this.connection = connection;
    connection.handler = {
      closed: (reason) => {
        this.told = reason;
      },
    };
  }

  #waitForChange(): void {
    const before = this.state;
    for (let i = 0; this.state === before && i < 100; i++) {
      this.sent.length = 0;
      this.host.poll(this.host.nextTimeout);
    }
  }

  #arrive(text: string, variables: Variables): Variables {
    const segment = read(text, variables);
    this.host.receive(
      buildTcpPacket({
        source: THEIRS.address,
        destination: OURS.address,
        sourcePort: THEIRS.port,
        destinationPort: OURS.port,
        seq: segment.seq,
        ack: segment.ack,
        flags: segment.flags,
        window: 65_535,
        payload: new Uint8Array(segment.length),
      }),
    );
    const [newest] = this.host.connections;
    if (newest !== undefined && newest !== this.connection) this.#watch(newest);
    return {
      ...variables,
      'SEG.SEQ': segment.seq,
      'SEG.ACK': segment.ack,
      'SEG.LEN': segmentLength(segment),
    };
  }

  /** The TCB's variables as the RFC names them; the window is what the peer has been told. */
  variables(): Variables {
    const { connection } = this;
    if (connection === undefined) return { ISS, IRS };
    const { snd, rcv } = connection;
    const window = evaluate('EDGE-NXT', { EDGE: this.#edge, NXT: rcv.nxt });
    return { ISS, IRS, 'SND.UNA': snd.una, 'SND.NXT': snd.nxt, 'RCV.NXT': rcv.nxt, 'RCV.WND': window };
  }

  #noteSent(packet: Uint8Array): void {
    const parsed = parseTcpPacket(packet);
    // ICMP, which `test/tcp/icmp.test.ts` is about
    if (parsed === 'notTcp') return;
    if (typeof parsed === 'string') throw new Error(`sent what is no segment: ${parsed}`);
    const { seq, ack, flags, payloadLength, window } = parsed.segment;
    this.#edge = (ack + window) >>> 0;
    this.sent.push(write({ seq, ack, flags, length: payloadLength }));
  }
}

/** What a row says is sent, its numbers worked out; nothing when it says nothing. */
export function expected(sends: string | undefined, variables: Variables): string[] {
  return sends === undefined ? [] : [write(read(sends, variables) satisfies Written)];
}
