/**
 * The stack under test and the wire in front of it, in virtual time: what the script sends goes in, what the stack
 * sends waits in a queue until a line asks for it, and everything is kept for the report.
 */
import { compiledEngine } from '../chart/compiled.ts';
import { Host } from '../tcp/host.ts';
import { Random } from '../time/random.ts';
import { ACK, SYN } from '../wire/tcp.ts';
import { DEFAULT_PORT } from './calls.ts';
import { Mismatch, ScriptUnsupported } from './errors.ts';
import { Flows, wrap } from './flow.ts';
import { buildIcmp } from './icmp.ts';
import { buildInbound } from './inject.ts';
import { MOST_PACKETS, MOST_STEPS } from './limits.ts';
import { messageView, type PacketView, viewPacket } from './packetView.ts';
import type { IcmpAction, PacketAction, ScriptEvent } from './script.ts';
import type { RunOptions, Settings } from './settings.ts';
import { Timestamps } from './timestamps.ts';

/** Where packets without ports come from. */
const REMOTE_PORT = 40_000;
const SEED = 1;

/** A packet and the line of the script that sent it or asked for it; 0: none did, negative: before the script's own. */
export interface WireRecord {
  readonly view: PacketView;
  line: number;
}

const PROTOCOL_TCP = 6;

function protocolOf(packet: Uint8Array): number {
  return (packet[0]! >>> 4 === 6 ? packet[6] : packet[9])!;
}

export class Network {
  readonly host: Host;
  readonly flows: Flows;
  readonly timestamps: Timestamps;
  /** All packets so far, in order. */
  readonly records: WireRecord[] = [];
  /** Sent by the stack, and not yet asked for. */
  readonly queue: WireRecord[] = [];
  readonly #settings: Settings;
  #steps = 0;
  readonly #fresh: { readonly bytes: Uint8Array; readonly time: number }[] = [];

  readonly #nextIss: () => number;

  /** `nextIss` tells which ISS the script expects of the connection that is about to open. */
  constructor(options: RunOptions, settings: Settings, nextIss: () => number) {
    this.#settings = settings;
    this.#nextIss = nextIss;
    this.timestamps = new Timestamps(settings.timestampTick);
    this.flows = new Flows(() => this.host, DEFAULT_PORT, REMOTE_PORT);
    this.host = new Host({
      name: 'stack',
      addresses: [settings.localAddress],
      output: (packet) => this.#fresh.push({ bytes: packet.slice(), time: this.host.now() }),
      random: new Random(SEED),
      engine: options.engine ?? compiledEngine,
      tcp: settings.tcp,
      stack: settings.stack,
      strict: settings.strict,
      iss: nextIss,
      ...(options.trace === undefined ? {} : { trace: options.trace }),
    });
  }

  /** us */
  get now(): number {
    return this.host.now();
  }

  /** The next time at which the stack does something by itself; Infinity if never. */
  get nextTimeout(): number {
    return this.host.nextTimeout;
  }

  /**
   * Lets the stack do what is due up to `time`.
   * @throws ScriptUnsupported when the script goes on for too long
   */
  poll(time: number): void {
    this.#steps += 1;
    if (this.#steps > MOST_STEPS) throw new ScriptUnsupported(`a script that lets ${MOST_STEPS} timers pass`);
    this.host.poll(time);
    this.sync();
  }

  /** Sends a line's packet to the stack, now. */
  inject(action: PacketAction, line: number): void {
    const { ports } = action;
    if (ports !== undefined) this.flows.current = this.flows.at(ports.destination, ports.source);
    const bytes = buildInbound(action, this.flows.current, this.#settings, this.timestamps);
    this.#record(bytes, true, this.now, line);
    this.host.receive(bytes, this.now);
    this.sync();
  }

  /** Sends a line's ICMP message to the stack, now. */
  injectIcmp(action: IcmpAction, { text, place }: ScriptEvent): void {
    const bytes = buildIcmp(action, this.flows.current, this.#settings);
    const shown = text.slice(text.indexOf('<'));
    this.#keep({ view: messageView(shown, this.now), line: place.line });
    this.host.receive(bytes, this.now);
    this.sync();
  }

  /** Takes in what an input has brought about: connections, and packets sent. */
  sync(): void {
    this.flows.sync();
    for (const { bytes, time } of this.#fresh) {
      // Answers to echoes and the like are not a script's business
      if (protocolOf(bytes) === PROTOCOL_TCP) this.queue.push(this.#record(bytes, false, time, 0));
    }
    this.#fresh.length = 0;
  }

  #record(bytes: Uint8Array, inbound: boolean, time: number, line: number): WireRecord {
    const view = viewPacket(bytes, inbound, time, (local, remote) => this.flows.at(local, remote));
    if (typeof view === 'string') throw new Mismatch(`the stack sent a packet that is none: ${view}`);
    return this.#keep({ view: inbound ? view : this.#withoutCookie(view), line });
  }

  #keep(record: WireRecord): WireRecord {
    if (this.records.length >= MOST_PACKETS) throw new ScriptUnsupported(`more than ${MOST_PACKETS} packets`);
    this.records.push(record);
    return record;
  }

  /** A SYN cookie's number cannot be chosen: it counts as the ISS that the script expects, and as that of its flow. */
  #withoutCookie(view: PacketView): PacketView {
    if ((view.flags & (SYN | ACK)) !== (SYN | ACK)) return view;
    const { host, flows } = this;
    const known = host.connections.some(({ local, remote, snd }) => {
      return local.port === view.sourcePort && remote.port === view.destinationPort && snd.iss === view.seq;
    });
    if (known) return view;
    flows.at(view.sourcePort, view.destinationPort).foretell(view.absoluteSeq, wrap(view.ack - 1));
    return { ...view, seq: this.#nextIss() };
  }

  /** RFC state of the connection between the current ports, LISTEN or CLOSED when there is none. */
  state(listening: (port: number) => boolean): string {
    const { connection, localPort } = this.flows.current;
    if (connection !== undefined) return connection.state;
    return listening(localPort) ? 'LISTEN' : 'CLOSED';
  }
}
