/** Flows over one impaired link in virtual time, and what came of each. */
import { Simulation } from '../src/app/simulation.ts';
import type { DirectionConfig } from '../src/channel/config.ts';
import { bothWays } from '../src/channel/config.ts';
import { Link } from '../src/channel/link.ts';
import { compiledEngine } from '../src/chart/compiled.ts';
import type { TcpConfig } from '../src/tcp/config.ts';
import type { Connection } from '../src/tcp/connection.ts';
import { Host } from '../src/tcp/host.ts';
import { Random } from '../src/time/random.ts';
import { pour } from './pair.ts';

export interface FlowsOptions {
  readonly link: DirectionConfig;
  readonly seed: number;
  /** The TCP of each sender; a host each. */
  readonly senders: readonly Partial<TcpConfig>[];
  readonly receiver?: Partial<TcpConfig>;
  /** Bytes that each sends; without it for all of the time. */
  readonly bytes?: number;
  /** Virtual time at most, s. */
  readonly seconds: number;
  /** Each sender starts so much (us) after the one before. */
  readonly stagger?: number;
}

export interface FlowResult {
  /** Bytes that the receiver's user read, a second, from the sender's OPEN on. */
  readonly goodput: number;
  /** From the sender's OPEN to the last byte, s. */
  readonly took: number;
  readonly received: number;
  readonly segments: number;
  readonly retransmissions: number;
  /** Segments that the receiver has reported twice. */
  readonly needless: number;
  readonly timeouts: number;
  /** Longest time without a new byte at the receiver, and the longest RTO of the sender, s. */
  readonly longestSilence: number;
  readonly longestRto: number;
}

/** What a flow has come to. */
class Flow {
  received = 0;
  readonly started: number;
  last: number;
  longestSilence = 0;
  longestRto = 0;
  readonly connection: Connection;

  constructor(connection: Connection, now: number) {
    this.connection = connection;
    this.started = now;
    this.last = now;
  }

  takes(bytes: number, now: number): void {
    this.received += bytes;
    this.longestSilence = Math.max(this.longestSilence, now - this.last);
    this.last = now;
  }

  /** Something has happened: an ACK may have ended a backoff by the time that the next byte is there. */
  noteRto(): void {
    const { rtt, backoff } = this.connection.sender;
    this.longestRto = Math.max(this.longestRto, rtt.backedOff(backoff));
  }

  result(end: number): FlowResult {
    const { counters } = this.connection;
    const took = (end - this.started) / 1e6;
    return {
      goodput: this.received / took,
      took,
      received: this.received,
      segments: counters.segmentsOut,
      retransmissions: counters.retransmitsFast + counters.retransmitsByTimer,
      needless: counters.duplicatesReported,
      timeouts: counters.timeouts,
      longestSilence: Math.max(this.longestSilence, end - this.last) / 1e6,
      longestRto: this.longestRto / 1e6,
    };
  }
}

/** Runs them until all bytes are there or the time is over. */
export function runFlows(options: FlowsOptions): FlowResult[] {
  const { link: config, seed, senders, receiver = {}, bytes, seconds, stagger = 0 } = options;
  const simulation = new Simulation();
  const link = new Link({ config: bothWays(config), seed, clock: simulation });
  const clients = new Map<string, Host>();
  const host = (name: string, address: string, tcp: Partial<TcpConfig>, end: Link['a']): Host =>
    new Host({
      name,
      addresses: [address],
      output: (packet, id) => end.send(packet, id),
      random: new Random(seed).fork(name),
      engine: compiledEngine,
      tcp,
    });
  const server = host('server', '10.0.0.100', receiver, link.b);
  link.b.onPacket((packet, id) => server.receive(packet, simulation.now(), id));
  // The last byte of the destination address tells the senders apart.
  link.a.onPacket((packet, id) => {
    for (const [, client] of clients) {
      if (client.name === `client${packet[19]}`) client.receive(packet, simulation.now(), id);
    }
  });
  simulation.add(link);
  simulation.add(server);
  const flows: Flow[] = [];
  server.listen({
    port: 7,
    onConnection: (connection) => {
      const flow = flows[(connection.remote.address[3] as number) - 1] as Flow;
      connection.handler = {
        readable: () => flow.takes(connection.receive().length, simulation.now()),
      };
    },
  });
  senders.forEach((tcp, i) => {
    if (i > 0) simulation.run(i * stagger);
    const client = host(`client${i + 1}`, `10.0.0.${i + 1}`, tcp, link.a);
    clients.set(client.name, client);
    simulation.add(client);
    client.poll(simulation.now());
    const connection = client.connect({ address: '10.0.0.100', port: 7 });
    flows.push(new Flow(connection, simulation.now()));
    pour(connection, bytes ?? Number.MAX_SAFE_INTEGER);
  });
  const end = seconds * 1e6;
  const complete = (): boolean => bytes !== undefined && flows.every(({ received }) => received >= bytes);
  while (!complete() && simulation.nextTimeout <= end && simulation.step()) {
    for (const flow of flows) flow.noteRto();
  }
  const over = (flow: Flow): number => (bytes !== undefined && flow.received >= bytes ? flow.last : end);
  return flows.map((flow) => flow.result(over(flow)));
}

/** Jain's index of fairness: 1 when all have the same, 1/n when one has all. */
export function jain(values: readonly number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  const squares = values.reduce((a, b) => a + b * b, 0);
  return (sum * sum) / (values.length * squares);
}
