/** The link between two hosts, which a test may change while packets are under way: those go on as they were. */
import type { LinkConfig } from '../channel/config.ts';
import { Link } from '../channel/link.ts';
import type { Random } from '../time/random.ts';
import type { Trace } from '../trace/trace.ts';
import type { TestHost } from './host.ts';
import type { VirtualTime } from './virtualTime.ts';

export class Wire {
  /** It is as all are, and changes with them. */
  usual = true;
  readonly #a: TestHost;
  readonly #b: TestHost;
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #trace: Trace | undefined;
  #link: Link;
  #cut = false;

  /** `a` is the client's end. */
  constructor(
    a: TestHost,
    b: TestHost,
    config: LinkConfig,
    time: VirtualTime,
    random: Random,
    trace: Trace | undefined,
  ) {
    this.#a = a;
    this.#b = b;
    this.#time = time;
    this.#random = random;
    this.#trace = trace;
    this.#link = this.#make(config);
  }

  send(from: TestHost, packet: Uint8Array, id: number): void {
    (from === this.#a ? this.#link.a : this.#link.b).send(packet, id);
  }

  /** Packets are treated so from now on. */
  set(config: LinkConfig, usual: boolean): void {
    this.usual = usual;
    const before = this.#link;
    this.#link = this.#make(config);
    if (this.#cut) this.#link.cut();
    retire(before, this.#time);
  }

  cut(): void {
    this.#cut = true;
    this.#link.cut();
  }

  mend(): void {
    this.#cut = false;
    this.#link.reconnect();
  }

  #make(config: LinkConfig): Link {
    const link = new Link({
      config,
      seed: this.#random.integer(0x1_0000_0000),
      clock: this.#time,
      names: [this.#a.name, this.#b.name],
      trace: this.#trace,
    });
    link.a.onPacket((packet, id) => this.#a.receive(packet, id));
    link.b.onPacket((packet, id) => this.#b.receive(packet, id));
    this.#time.add(link);
    return link;
  }
}

/** What is under way arrives; then the old link is forgotten. */
function retire(link: Link, time: VirtualTime): void {
  const watch = {
    nextTimeout: Number.POSITIVE_INFINITY,
    poll(): void {
      if (link.nextTimeout !== Number.POSITIVE_INFINITY) return;
      time.remove(link);
      time.remove(watch);
    },
  };
  time.add(watch);
}
