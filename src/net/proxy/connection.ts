/**
 * One connection through a proxy: kernel, Statewire client, link, Statewire server, kernel. Ends and resets pass from
 * one side to the other; toxics may be changed while it lasts.
 */
import nodeNet, { type Socket } from 'node:net';
import type { LinkConfig } from '../../channel/config.ts';
import type { TcpConfig } from '../../tcp/config.ts';
import type { Random } from '../../time/random.ts';
import { relay } from '../relay.ts';
import { Crossing, SERVER } from './crossing.ts';
import { ToxicWay } from './toxicStream.ts';
import { poisoned, type Toxic, type ToxicStream } from './toxics.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface ThroughOptions {
  /** Paused, half open allowed. */
  readonly socket: Socket;
  readonly to: Place;
  readonly link: LinkConfig;
  readonly tcp: Partial<TcpConfig>;
  readonly random: Random;
  readonly toxics: readonly Toxic[];
  readonly closed: () => void;
}

/** How long what the client did last may take on its way to the server, when the client is gone, ms. */
const GOODBYE = 10_000;

export class Through {
  readonly #options: ThroughOptions;
  readonly #crossing: Crossing;
  /** By name: whether a toxic hits this connection is settled once. */
  readonly #luck = new Map<string, number>();
  #toxics: readonly Toxic[] = [];
  #destroyed = false;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** The kernel's at the far side, once the link has been crossed. */
  #upstream: Socket | undefined;
  #upstreamOver: Promise<void> | undefined;
  /** Nothing more is waited for. */
  #giveUp: () => void = () => {};

  constructor(options: ThroughOptions) {
    this.#options = options;
    const { socket, to, tcp, random } = options;
    this.#toxics = this.#hits(options.toxics);
    this.#crossing = new Crossing(poisoned(options.link, this.#toxics), random.fork('link'), tcp);
    const { client, server } = this.#crossing;
    server
      .createServer({ allowHalfOpen: true, noDelay: true }, (inner) => {
        this.#upstream = nodeNet.connect({ ...to, allowHalfOpen: true, noDelay: true });
        this.#upstreamOver = relay(inner, this.#upstream);
      })
      .listen(1, SERVER);
    const outer = client.connect({ host: SERVER, port: 1, allowHalfOpen: true, noDelay: true } as never);
    this.#arm();
    const ways = { there: this.#way('upstream'), back: this.#way('downstream') };
    void relay(socket, outer, ways).then(() => this.#end());
  }

  /** The client is gone; the server is to hear of it by what is under way on the link, if that arrives. */
  async #end(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    if (this.#upstreamOver !== undefined && !this.#destroyed) {
      const late = new Promise<void>((resolve) => {
        this.#giveUp = resolve;
        this.#after(GOODBYE, resolve);
      });
      await Promise.race([this.#upstreamOver, late]);
      for (const timer of this.#timers) clearTimeout(timer);
    }
    this.#upstream?.resetAndDestroy();
    this.#crossing.close();
    this.#options.closed();
  }

  get bytesUp(): number {
    return this.#options.socket.bytesRead;
  }

  get bytesDown(): number {
    return this.#options.socket.bytesWritten;
  }

  /** These hold from now on. */
  set(toxics: readonly Toxic[]): void {
    const before = this.#toxics;
    this.#toxics = this.#hits(toxics);
    this.#crossing.set(poisoned(this.#options.link, this.#toxics));
    this.#arm(before);
  }

  /** Ends it at once. */
  destroy(): void {
    this.#destroyed = true;
    this.#giveUp();
    this.#options.socket.destroy();
  }

  #hits(toxics: readonly Toxic[]): Toxic[] {
    return toxics.filter(({ name, toxicity }) => {
      const luck = this.#luck.get(name) ?? this.#options.random.uniform();
      this.#luck.set(name, luck);
      return luck < toxicity;
    });
  }

  #way(stream: ToxicStream): ToxicWay {
    const toxics = () => this.#toxics.filter((toxic) => toxic.stream === stream);
    return new ToxicWay(toxics, this.#options.random.fork(stream), () => this.#options.socket.end());
  }

  /** Toxics that end the connection after a while, but not those that were there before. */
  #arm(before: readonly Toxic[] = []): void {
    for (const toxic of this.#toxics.filter((one) => !before.includes(one))) {
      const { timeout = 0 } = toxic.attributes;
      const { socket } = this.#options;
      if (toxic.type === 'reset_peer') this.#after(timeout, () => socket.resetAndDestroy());
      else if (toxic.type === 'timeout' && timeout > 0) this.#after(timeout, () => socket.destroy());
    }
  }

  #after(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }
}
