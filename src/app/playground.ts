/**
 * Client, server and a link, in virtual time, for a person who tries things while it runs. A run depends on its settings
 * and on what was done at which time, and on nothing else: the same again is the same trace, event by event.
 *
 * It decides in which order things happen that happen at one time (what a person does comes when all else is done).
 * The programs at the ends are `playgroundEnds.ts`, the changing link `playgroundWire.ts`; pace is the caller's business.
 */
import type { Engine } from '../chart/chart.ts';
import { compiledEngine } from '../chart/compiled.ts';
import { Host } from '../tcp/host.ts';
import { Random } from '../time/random.ts';
import type { TraceHeader } from '../trace/event.ts';
import type { Trace } from '../trace/trace.ts';
import { PlaygroundClient, type Say, startServer } from './playgroundEnds.ts';
import { checkAction, inputText, type PlaygroundAction, type PlaygroundInput } from './playgroundInput.ts';
import { configurationOf, needsRestart, type PlaygroundSettings, partsOf } from './playgroundSettings.ts';
import { type PacketFault, Wire } from './playgroundWire.ts';
import { type Party, Simulation } from './simulation.ts';

const CLIENT = '10.0.0.1';
const SERVER = '10.0.0.2';

export interface PlaygroundOptions {
  readonly settings: PlaygroundSettings;
  /** What is done, in order of time; more by `act`. */
  readonly inputs?: readonly PlaygroundInput[];
  /** What happens to single packets besides. */
  readonly faults?: readonly PacketFault[];
  readonly trace?: Trace;
  /** The compiled one unless given. */
  readonly engine?: Engine;
}

export class Playground {
  readonly #simulation = new Simulation();
  readonly #options: PlaygroundOptions;
  readonly #inputs: PlaygroundInput[] = [];
  readonly #wire: Wire;
  readonly #client: Host;
  readonly #server: Host;
  readonly #program: PlaygroundClient;
  readonly #mss: number;
  /** Inputs that are done. */
  #done = 0;
  #settings: PlaygroundSettings;

  /** @throws {RangeError} when a setting or an input cannot be */
  constructor(options: PlaygroundOptions) {
    this.#options = options;
    this.#settings = options.settings;
    const { settings, trace, engine = compiledEngine, faults = [] } = options;
    const { link, rules, tcp } = partsOf(settings);
    this.#mss = tcp.mss;
    const random = new Random(settings.seed);
    const host = (way: 0 | 1, name: string, address: string): Host =>
      new Host({
        name,
        addresses: [address],
        output: (packet, id) => this.#wire.send(way, packet, id),
        random: random.fork(name),
        engine,
        tcp,
        stack: settings.stack,
        ...(trace && { trace }),
      });
    this.#client = host(0, 'client', CLIENT);
    this.#server = host(1, 'server', SERVER);
    const wire = {
      seed: settings.seed,
      clock: this.#simulation,
      engine,
      faults,
      handlers: [this.#handler(this.#client), this.#handler(this.#server)] as const,
      ...(trace && { trace }),
    };
    this.#wire = new Wire(wire, link, rules);
    startServer(this.#server, this.#sayer('server'));
    this.#program = new PlaygroundClient(this.#client, SERVER, this.#sayer('client'));
    for (const party of [this.#wire, this.#client, this.#server, this.#person()]) this.#simulation.add(party);
    for (const { at, action } of options.inputs ?? []) this.act(action, at);
  }

  /** us since the start: when the last thing happened. */
  now(): number {
    return this.#simulation.now();
  }

  /** When something is due next, us; Infinity when nothing will happen unless a person does something. */
  get nextTimeout(): number {
    return this.#simulation.nextTimeout;
  }

  /** What was done so far, and is still to be done. */
  get inputs(): readonly PlaygroundInput[] {
    return this.#inputs;
  }

  /** The settings that hold by now. */
  get settings(): PlaygroundSettings {
    return this.#settings;
  }

  /** What a trace of this run begins with. `version`: of the product. */
  header(version: string): TraceHeader {
    const { settings, engine = compiledEngine } = this.#options;
    return {
      statewire: 1,
      version,
      engine: engine.name,
      seed: settings.seed,
      configuration: configurationOf(settings),
      inputs: this.#inputs.map(inputText),
    };
  }

  /**
   * Has something done at a time (us; now unless given, and never before now or before what was given already).
   * @throws {RangeError} when it cannot be done; nothing has changed then
   */
  act(action: PlaygroundAction, at: number = this.now()): PlaygroundInput {
    checkAction(action, this.#mss);
    if (action.kind === 'link' && needsRestart(this.#options.settings, action.settings))
      throw new RangeError('these settings need a new run: they change more than the link');
    const earliest = Math.max(this.now(), this.#inputs.at(-1)?.at ?? 0);
    const input = { at: Math.max(Math.floor(at), earliest), action };
    this.#inputs.push(input);
    return input;
  }

  /** Goes to the next time at which something is due and does it; false when nothing is. */
  step(): boolean {
    return this.#simulation.step();
  }

  /** A person acts when nothing else is due any more at that time, so that it is the same however fast it was run. */
  #person(): Party {
    const next = (): number => this.#inputs[this.#done]?.at ?? Number.POSITIVE_INFINITY;
    return {
      get nextTimeout() {
        return next();
      },
      poll: (now) => {
        const others = [this.#wire, this.#client, this.#server];
        if (next() > now || others.some((party) => party.nextTimeout <= now)) return;
        const input = this.#inputs[this.#done]!;
        this.#done += 1;
        this.#do(input.action, now);
      },
    };
  }

  #do(action: PlaygroundAction, now: number): void {
    if (action.kind === 'link') {
      const { link, rules } = partsOf(action.settings);
      this.#settings = action.settings;
      this.#wire.change(link, rules);
      return;
    }
    this.#client.poll(now);
    this.#client.enter();
    try {
      this.#program.act(action);
    } finally {
      this.#client.leave();
    }
  }

  #handler(host: Host): (packet: Uint8Array, id: number) => void {
    return (packet, id) => host.receive(packet, this.now(), id);
  }

  #sayer(end: string): Say {
    return (what, text) => this.#options.trace?.add(end, this.now(), { kind: 'app', what, text });
  }
}
