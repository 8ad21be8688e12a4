/**
 * What a script asks of the host before there is one: a host has its settings for life, while sysctl and setsockopt are
 * lines of the script. They are collected here as far as they come before anything that they would change; a later line
 * that asks for something else is unsupported when it is reached.
 */
import { type ResolvedConfig, resolveConfig, type TcpConfig } from '../tcp/config.ts';
import { type Order, readCommand } from './command.ts';
import { ScriptUnsupported } from './errors.ts';
import { congestionNamed, settingsFlaw } from './knobs.ts';
import type { CallAction, Script, ScriptEvent } from './script.ts';

/** Socket options that are settings here: which, in which unit, and which calls must not have come before. */
interface SocketKnob {
  readonly setting: keyof TcpConfig;
  readonly read: (value: number) => number | boolean;
  readonly before: readonly string[];
}

const OPENING = ['connect', 'listen'];
const SENDING = ['write', 'writev', 'send', 'sendto', 'sendmsg'];
const seconds = (value: number): number => value * 1000;
const same = (value: number): number => value;

const socketKnobs: Readonly<Record<string, SocketKnob>> = {
  TCP_NODELAY: { setting: 'nagle', read: (value) => value === 0, before: SENDING },
  TCP_USER_TIMEOUT: { setting: 'userTimeout', read: same, before: SENDING },
  TCP_MAXSEG: { setting: 'mss', read: same, before: OPENING },
  SO_RCVBUF: { setting: 'receiveBuffer', read: same, before: OPENING },
  SO_SNDBUF: { setting: 'sendBuffer', read: same, before: SENDING },
  // Of a socket that has no connection yet; with one, it has its own.
  SO_KEEPALIVE: { setting: 'keepAlive', read: (value) => value !== 0, before: OPENING },
  TCP_KEEPIDLE: { setting: 'keepAliveIdle', read: seconds, before: OPENING },
  TCP_KEEPINTVL: { setting: 'keepAliveInterval', read: seconds, before: [] },
  TCP_KEEPCNT: { setting: 'keepAliveProbes', read: same, before: [] },
};

/** The setting of an option of a socket, and its value in ms or bytes; undefined for options that are no settings. */
export function socketSetting(
  option: string,
  value: number,
): { readonly setting: keyof TcpConfig; readonly value: number | boolean } | undefined {
  const knob = Object.hasOwn(socketKnobs, option) ? socketKnobs[option] : undefined;
  return knob === undefined ? undefined : { setting: knob.setting, value: knob.read(value) };
}

/** Does the host have these settings? They are in ms and bytes, as `TcpConfig` has them; none has what cannot be. */
export function hasSettings(config: ResolvedConfig, wanted: Partial<TcpConfig>): boolean {
  if (settingsFlaw(wanted) !== undefined) return false;
  const resolved = resolveConfig(wanted) as unknown as Readonly<Record<string, unknown>>;
  const has = config as unknown as Readonly<Record<string, unknown>>;
  return Object.keys(wanted).every((key) => has[key] === resolved[key]);
}

/**
 * The settings that a script gives its host.
 * @throws ScriptUnsupported for values that a setting cannot have, and where two variables disagree about one setting
 */
export function prepare(script: Script): Partial<TcpConfig> {
  return new Preparation(script).run();
}

class Preparation {
  readonly #script: Script;
  readonly #tcp: Record<string, unknown> = {};
  /** Which variable has decided a setting. */
  readonly #from = new Map<string, string>();
  /** Calls seen so far. */
  readonly #called = new Set<string>();

  constructor(script: Script) {
    this.#script = script;
  }

  run(): Partial<TcpConfig> {
    const { initCommand, events } = this.#script;
    const first = events[0]?.place.line ?? 1;
    if (initCommand !== undefined) this.#knobs(readCommand(initCommand), first);
    let running = false;
    for (const event of events) {
      const { action } = event;
      running ||= action.kind === 'packet' || action.kind === 'icmp';
      if (action.kind === 'command' && !running) this.#knobs(readCommand(action.text), event.place.line);
      if (action.kind !== 'call') continue;
      this.#call(action, event);
      running ||= OPENING.includes(action.name);
    }
    return this.#tcp as Partial<TcpConfig>;
  }

  /** The first to choose a congestion control decides; who chooses otherwise is told when that line is reached. */
  #congestion({ args }: CallAction, { place }: ScriptEvent): void {
    const item = args[3]?.kind === 'list' ? args[3].items[0] : args[3];
    if (item?.kind !== 'string' || this.#from.has('congestion')) return;
    const effect = congestionNamed(item.value);
    if (effect === 'ignored' || 'unsupported' in effect) return;
    this.#take(effect, 'TCP_CONGESTION', `TCP_CONGESTION ${item.value}`, place.line);
  }

  #knobs(orders: readonly Order[], line: number): void {
    for (const order of orders)
      if (order.kind === 'knob') this.#take(order.tcp, order.name, order.text, line);
  }

  #take(tcp: Partial<TcpConfig>, name: string, text: string, line: number): void {
    const flaw = settingsFlaw(tcp);
    if (flaw !== undefined) throw new ScriptUnsupported(`${text}: ${flaw}`, this.#script.name, line);
    for (const [setting, value] of Object.entries(tcp)) {
      const other = this.#from.get(setting);
      if (other !== undefined && other !== name && this.#tcp[setting] !== value) {
        throw new ScriptUnsupported(`${text}, which here is one with ${other}`, this.#script.name, line);
      }
      this.#from.set(setting, name);
      this.#tcp[setting] = value;
    }
  }

  #call(call: CallAction, event: ScriptEvent): void {
    this.#called.add(call.name);
    if (call.name !== 'setsockopt') return;
    const option = call.args[2]?.kind === 'name' ? call.args[2].name : '';
    if (option === 'TCP_CONGESTION') this.#congestion(call, event);
    const knob = Object.hasOwn(socketKnobs, option) ? socketKnobs[option] : undefined;
    const fails = call.result.kind === 'number' && call.result.value < 0;
    if (knob === undefined || fails || knob.before.some((name) => this.#called.has(name))) return;
    // The first to ask decides; who asks otherwise later is told when that line is reached.
    if (this.#from.has(knob.setting)) return;
    const given = call.args[3];
    const item = given?.kind === 'list' ? given.items[0] : given;
    if (item?.kind !== 'number') return;
    const value = knob.read(item.value);
    this.#take({ [knob.setting]: value }, option, `${option} ${item.value}`, event.place.line);
  }
}
