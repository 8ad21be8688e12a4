/**
 * Two hosts with bulk applications over a link in virtual time, every packet watched: what properties of whole
 * transfers are made of.
 */

import { Simulation } from '../../src/app/simulation.ts';
import { bothWays, type LinkConfig } from '../../src/channel/config.ts';
import { Link } from '../../src/channel/link.ts';
import type { Engine } from '../../src/chart/chart.ts';
import { compiledEngine } from '../../src/chart/compiled.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { Host } from '../../src/tcp/host.ts';
import type { CloseReason } from '../../src/tcp/user.ts';
import { Random } from '../../src/time/random.ts';
import { byteAt, Watch } from './watch.ts';

/** What one end's application does. */
export interface Plan {
  /** Bytes to send; then it closes. */
  readonly send: number;
  /** Bytes given to `send` at a time; 0: as many as fit. */
  readonly piece?: number;
  /** Bytes read every `pause` us; without it all is read as it comes. */
  readonly slow?: { readonly bytes: number; readonly pause: number };
  /** It closes only once the peer has. */
  readonly waits?: boolean;
}

export interface PairOptions {
  readonly seed?: number;
  readonly link?: LinkConfig;
  readonly tcp?: Partial<TcpConfig>;
  /** Of one end, over `tcp`. */
  readonly client?: Partial<TcpConfig>;
  readonly server?: Partial<TcpConfig>;
  /** ISS of either end. */
  readonly iss?: readonly [number, number];
  readonly engine?: Engine;
  readonly ipv6?: boolean;
  readonly plans: readonly [Plan, Plan];
  /** us; longer is a livelock. */
  readonly patience?: number;
  /** More is a livelock. */
  readonly steps?: number;
}

/** Bulk sender and receiver at one end. */
export class Bulk {
  connection: Connection | undefined;
  readonly name: string;
  readonly plan: Plan;
  sent = 0;
  got = 0;
  peerEnded = false;
  established = 0;
  reasons: CloseReason[] = [];
  /** When it reads next, us. */
  nextTimeout = Number.POSITIVE_INFINITY;
  readonly #salt: number;
  readonly #peerSalt: number;
  #closed = false;

  constructor(name: string, plan: Plan, salt: number, peerSalt: number) {
    this.name = name;
    this.plan = plan;
    this.#salt = salt;
    this.#peerSalt = peerSalt;
  }

  attach(connection: Connection): void {
    this.connection = connection;
    connection.handler = {
      established: () => {
        this.established += 1;
        this.push();
      },
      writable: () => this.push(),
      readable: () => this.#readable(),
      ended: () => {
        if (this.peerEnded) throw new Error(`${this.name}: ended twice`);
        this.peerEnded = true;
        this.push();
      },
      closed: (reason) => this.reasons.push(reason),
    };
  }

  #readable(): void {
    const { slow } = this.plan;
    if (slow === undefined) this.take(Number.POSITIVE_INFINITY);
    else if (this.nextTimeout === Number.POSITIVE_INFINITY) {
      this.nextTimeout = (this.connection as Connection).now() + slow.pause;
    }
  }

  /** The slow reader's time has come. */
  poll(now: number): void {
    if (now < this.nextTimeout) return;
    const { slow } = this.plan;
    if (slow === undefined) return;
    this.connection?.host.poll(now);
    this.take(slow.bytes);
    const more = (this.connection?.available ?? 0) > 0;
    this.nextTimeout = more ? now + slow.pause : Number.POSITIVE_INFINITY;
  }

  take(limit: number): void {
    const data = (this.connection as Connection).receive(limit);
    for (let i = 0; i < data.length; i++) {
      if (data[i] !== byteAt(this.got + i, this.#peerSalt)) {
        throw new Error(`${this.name}: byte ${this.got + i} is ${data[i]}`);
      }
    }
    this.got += data.length;
  }

  push(): void {
    const { connection, plan } = this;
    if (connection === undefined || this.#closed) return;
    while (this.sent < plan.send) {
      const size = Math.min(plan.piece || 65_536, plan.send - this.sent);
      const taken = connection.send(
        Uint8Array.from({ length: size }, (_, i) => byteAt(this.sent + i, this.#salt)),
      );
      this.sent += taken;
      if (taken < size) return;
    }
    if (plan.waits === true && !this.peerEnded) return;
    this.#closed = true;
    connection.close();
  }
}

const CLIENT = ['10.0.0.1', 'fd00::1'] as const;
const SERVER = ['10.0.0.2', 'fd00::2'] as const;
export const PORT = 7;

/** As `effectiveMss`, for what a host may put in a segment. */
function mssOf(config: Partial<TcpConfig>, ipv6: boolean): number {
  const room = (config.mtu ?? 1500) - (ipv6 ? 60 : 40);
  return config.mss ? Math.min(config.mss, room) : room;
}

export class Pair {
  readonly simulation = new Simulation();
  readonly link: Link;
  readonly client: Host;
  readonly server: Host;
  readonly clientWatch: Watch;
  readonly serverWatch: Watch;
  readonly near: Bulk;
  readonly far: Bulk;
  steps = 0;
  readonly #options: PairOptions;

  constructor(options: PairOptions) {
    this.#options = options;
    const { seed = 1, link = bothWays({}), plans } = options;
    this.link = new Link({ config: link, seed, clock: this.simulation });
    const random = new Random(seed);
    this.clientWatch = this.#watch('client', options.client, 17);
    this.serverWatch = this.#watch('server', options.server, 99);
    this.clientWatch.peer = this.serverWatch;
    this.serverWatch.peer = this.clientWatch;
    this.client = this.#host('client', 0, random.fork('client'));
    this.server = this.#host('server', 1, random.fork('server'));
    this.near = new Bulk('client', plans[0], 17, 99);
    this.far = new Bulk('server', plans[1], 99, 17);
    for (const party of [this.link, this.client, this.server, this.near, this.far])
      this.simulation.add(party);
    this.#start();
  }

  #watch(name: string, tcp: Partial<TcpConfig> | undefined, salt: number): Watch {
    const config = { ...this.#options.tcp, ...tcp };
    const now = () => this.simulation.now();
    const { ipv6 = false } = this.#options;
    return new Watch({ name, mtu: config.mtu ?? 1500, mss: mssOf(config, ipv6), salt, now });
  }

  #host(name: 'client' | 'server', side: 0 | 1, random: Random): Host {
    const { tcp, iss, engine = compiledEngine, ipv6 } = this.#options;
    const end = side === 0 ? this.link.a : this.link.b;
    const watch = side === 0 ? this.clientWatch : this.serverWatch;
    const host = new Host({
      name,
      addresses: [(side === 0 ? CLIENT : SERVER)[ipv6 ? 1 : 0]],
      output: (packet, id) => {
        watch.sends(packet);
        end.send(packet, id);
      },
      random,
      engine,
      strict: true,
      tcp: { ...tcp, ...this.#options[name] },
      ...(iss === undefined ? {} : { iss: () => iss[side] }),
    });
    end.onPacket((packet, id) => {
      watch.hears(packet);
      host.receive(packet, this.simulation.now(), id);
      for (const connection of host.connections) checkVariables(connection);
    });
    return host;
  }

  #start(): void {
    const listener = this.server.listen({
      port: PORT,
      onConnection: (connection) => {
        this.far.attach(connection);
        // A duplicate of the SYN that comes when all is over would open another one.
        listener.close();
      },
    });
    this.near.attach(this.client.connect({ address: SERVER[this.#options.ipv6 ? 1 : 0], port: PORT }));
  }

  /** Runs until nothing is due any more; a run that does not end throws. */
  run(): this {
    const { patience = 200 * 3_600_000_000, steps = 400_000 } = this.#options;
    while (this.simulation.nextTimeout !== Number.POSITIVE_INFINITY) {
      this.simulation.step();
      this.steps += 1;
      if (this.steps > steps) throw new Error(`still going after ${steps} steps: ${this.report()}`);
      if (this.simulation.now() > patience) throw new Error(`still going: ${this.report()}`);
    }
    return this;
  }

  /** Everything arrived, both ends closed, nothing is left. */
  check(): void {
    for (const [end, peer] of [
      [this.near, this.far],
      [this.far, this.near],
    ] as const) {
      if (end.got !== peer.plan.send || end.sent !== end.plan.send) throw new Error(this.report());
      if (end.established !== 1 || !end.peerEnded) throw new Error(this.report());
      if (end.reasons.length !== 1 || end.reasons[0] !== 'closed') throw new Error(this.report());
      if (end.connection?.state !== 'CLOSED') throw new Error(this.report());
    }
    for (const host of [this.client, this.server]) {
      if (host.connections.length > 0) throw new Error(`${host.name} keeps a connection: ${this.report()}`);
      if (host.timers.size > 0) throw new Error(`${host.name} keeps ${host.timers.size} timers`);
    }
  }

  report(): string {
    const ends = [this.near, this.far].map((end) => {
      const { state, snd, rcv, reason } = end.connection ?? {};
      const una = snd && snd.una - snd.iss;
      const nxt = snd && snd.nxt - snd.iss;
      const numbers = `una ${una} nxt ${nxt} wnd ${snd?.wnd} rcv.nxt ${rcv && rcv.nxt - rcv.irs}`;
      const all = `sent ${end.sent}/${end.plan.send} got ${end.got} ended ${end.peerEnded} ${end.reasons.join()}`;
      return `${end.name} ${state} ${reason ?? ''} ${numbers} ${all}`;
    });
    return `${ends.join('; ')}; at ${this.simulation.now()} us, ${this.steps} steps`;
  }
}

/** What holds at all times (RFC 9293 section 3.4). */
function checkVariables(connection: Connection): void {
  const { snd, sender, state } = connection;
  if (((snd.nxt - snd.una) | 0) < 0) throw new Error(`SND.UNA ${snd.una} is beyond SND.NXT ${snd.nxt}`);
  const [, inFlight, sacked, lost] = sender.marked;
  const outstanding = (snd.nxt - snd.una) | 0;
  if (state !== 'CLOSED' && inFlight + sacked + lost !== outstanding) {
    throw new Error(`marked ${inFlight} + ${sacked} + ${lost}, outstanding ${outstanding}`);
  }
}

/** Makes a pair, runs it to its end and checks all that must hold then. */
export function transfer(options: PairOptions): Pair {
  const pair = new Pair(options).run();
  pair.check();
  return pair;
}
