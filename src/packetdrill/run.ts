/**
 * Plays a script against the stack, in virtual time: events in order, each at its time, time jumping from deadline to
 * deadline. It decides when; what a packet or a call is, is its neighbours'.
 */

import { SYN } from '../wire/tcp.ts';
import { makeCall } from './calls.ts';
import { runCode, type Variables } from './code.ts';
import { Mismatch, ScriptFailure, ScriptUnsupported } from './errors.ts';
import { infoValue } from './info.ts';
import { checkSupported } from './match.ts';
import { Network } from './network.ts';
import { Orders } from './orders.ts';
import { expectPacket } from './outbound.ts';
import { formatTime } from './packetView.ts';
import { BlockedCall, checkResult } from './pending.ts';
import { failureReport, showPacket } from './report.ts';
import type { Action, CallAction, Script, ScriptEvent } from './script.ts';
import { type RunOptions, resolveSettings, type Settings } from './settings.ts';
import { Sockets } from './sockets.ts';
import { resolveWindow, type Window } from './window.ts';

/** What a script that passed can tell. */
export interface RunReport {
  /** When the last event was over, us. */
  readonly time: number;
  /** Commands that change nothing here, in order. */
  readonly ignored: readonly string[];
  readonly network: Network;
}

/**
 * Plays a script to its end.
 * @throws ScriptFailure with the whole report where the stack does something else, ScriptUnsupported for what cannot be
 * played (neither a pass nor a failure), RangeError for options that cannot be
 */
export function runScript(script: Script, options: RunOptions = {}): RunReport {
  return new Runner(script, options).run();
}

const BEFORE = 'before this line the stack sent what the script does not say';

/** The calls after which the settings of the host count. */
const OPENING: readonly string[] = ['connect', 'listen'];

/** A SYN that the stack is to send: the place of its line, and its number. */
interface ExpectedSyn {
  readonly index: number;
  readonly iss: number;
}

function expectedSyns({ events }: Script): ExpectedSyn[] {
  return events.flatMap(({ action }, index) => {
    if (action.kind !== 'packet' || action.inbound || (action.flags & SYN) === 0) return [];
    return [{ index, iss: action.seq ?? 0 }];
  });
}

/** Of this nothing is to be seen any more: commands, and sockets that are closed. */
function ends(action: Action): boolean {
  return action.kind === 'command' || (action.kind === 'call' && action.name === 'close');
}

class Runner {
  readonly #script: Script;
  readonly #settings: Settings;
  readonly #network: Network;
  readonly #sockets: Sockets;
  readonly #orders: Orders;
  #blocked: BlockedCall | undefined;
  /** Place of the event under way. */
  #index = 0;
  readonly #syns: readonly ExpectedSyn[];
  #nextSyn = 0;
  readonly #variables: Variables = new Map();
  /** When the last event was over, and what the script said of it. */
  #finished = 0;
  #scripted = 0;
  /** Something has happened that the settings of the host bear on: they are what they are. */
  #running = false;

  constructor(script: Script, options: RunOptions) {
    this.#script = script;
    this.#syns = expectedSyns(script);
    this.#settings = resolveSettings(script, options);
    this.#network = new Network(options, this.#settings, () => this.#nextIss());
    this.#sockets = new Sockets(this.#network.host, this.#network.flows, this.#settings.remoteAddress);
    this.#orders = new Orders(this.#network.host, () => this.#state());
  }

  run(): RunReport {
    const { events, initCommand } = this.#script;
    if (initCommand !== undefined) this.#guard(events[0], () => this.#command(initCommand, 0));
    for (const event of events) {
      this.#guard(event, () => this.#play(event));
      this.#index += 1;
    }
    const last = events[events.length - 1];
    this.#guard(last, () => this.#end());
    return { time: this.#network.now, ignored: this.#orders.ignored, network: this.#network };
  }

  /** Turns what goes wrong at a line into the error that the caller sees. */
  #guard(event: ScriptEvent | undefined, act: () => void): void {
    try {
      act();
    } catch (error) {
      const at = this.#blocked?.failing === true ? this.#blocked.event : event;
      const line = at?.place.line ?? 1;
      if (error instanceof ScriptUnsupported) {
        throw new ScriptUnsupported(error.what, this.#script.name, line);
      }
      if (!(error instanceof Mismatch)) throw error;
      const { records, timestamps } = this.#network;
      const text = at?.text ?? 'the first command';
      throw new ScriptFailure(
        failureReport(`${this.#script.name}:${line}: ${text}`, error.message, records, timestamps),
        line,
      );
    }
  }

  /** The ISS that the script expects next: that of the first SYN sent from here on. */
  #nextIss(): number {
    while ((this.#syns[this.#nextSyn]?.index ?? this.#index) < this.#index) this.#nextSyn += 1;
    return this.#syns[this.#nextSyn]?.iss ?? 0;
  }

  #play(event: ScriptEvent): void {
    const { action } = event;
    const window = resolveWindow(event.time, this.#finished, this.#scripted, this.#settings);
    switch (action.kind) {
      case 'packet':
        checkSupported(action);
        if (action.inbound) {
          this.#beforeInput(window.at);
          this.#network.inject(action, event.place.line);
        } else this.#expect(event, window);
        break;
      case 'call':
        this.#finishBlocked(window.at);
        this.#beforeInput(window.at);
        this.#call(event, action, window);
        break;
      case 'code':
        this.#advance(window.at);
        this.#code(action.text);
        break;
      case 'command':
        this.#advance(window.at);
        this.#command(action.text);
        break;
      case 'icmp':
        if (!action.inbound) throw new ScriptUnsupported('an ICMP message that the stack is to send');
        this.#beforeInput(window.at);
        this.#network.injectIcmp(action, event);
        break;
      case 'unsupported':
        throw new ScriptUnsupported(action.what);
    }
    this.#checkBlocked();
    this.#running ||=
      action.kind === 'packet' ||
      action.kind === 'icmp' ||
      (action.kind === 'call' && OPENING.includes(action.name));
    this.#finished = this.#network.now;
    this.#scripted = Math.max(window.at, 0);
  }

  /** An outbound line: waits for the next packet. */
  #expect(event: ScriptEvent, window: Window): void {
    expectPacket(event, window, this.#network, this.#settings, (limit) => this.#step(limit));
  }

  /** Time goes on to `time`; when silence is asserted, nothing may be sent meanwhile that no line has asked for. */
  #advance(time: number): void {
    while (this.#step(time)) {
      // Each step fires one deadline.
    }
    const first = this.#network.queue[0];
    if (first !== undefined && first.view.time < this.#network.now) this.#assertSilence(BEFORE);
  }

  /** Before a line does something to the stack: what it sent up to now must have been asked for. */
  #beforeInput(time: number): void {
    this.#advance(time);
    this.#assertSilence(BEFORE);
  }

  /** When silence is asserted, nothing may have been sent that no line has asked for. */
  #assertSilence(problem: string): void {
    const { queue, timestamps } = this.#network;
    if (!this.#settings.strict || queue.length === 0) return;
    const packets = queue.map(({ view }) => `${formatTime(view.time)} ${showPacket(view, timestamps)}`);
    throw new Mismatch(`${problem}:\n  ${packets.join('\n  ')}`);
  }

  /** Goes to the next deadline up to `limit`, or to `limit`; false once it is there. */
  #step(limit: number): boolean {
    const { now, nextTimeout } = this.#network;
    const returns = this.#blocked?.end ?? 0;
    const next = Math.min(nextTimeout, returns > now ? returns : Number.POSITIVE_INFINITY, limit);
    this.#blocked?.checkDeadline(Math.max(next, now));
    if (next === Number.POSITIVE_INFINITY) return false;
    this.#network.poll(Math.max(next, now));
    this.#checkBlocked();
    return next < limit;
  }

  #call(event: ScriptEvent, action: CallAction, window: Window): void {
    const outcome = makeCall(this.#sockets, action);
    this.#network.sync();
    if (typeof outcome !== 'function') {
      checkResult(action, outcome);
      this.#checkReturn(action, window);
      return;
    }
    if (action.end === undefined) throw new Mismatch('the call blocks');
    this.#blocked = new BlockedCall(event, action, window, outcome);
  }

  /** A call that may block returned at once. */
  #checkReturn(action: CallAction, window: Window): void {
    if (action.end === undefined) return;
    const end = window.base + (action.end ?? 0);
    if (end - window.tolerance > this.#network.now) {
      throw new Mismatch(`the call returned at once, not at ${formatTime(end)}`);
    }
  }

  #checkBlocked(): void {
    if (this.#blocked?.tryFinish(this.#network.now) === true) {
      this.#blocked = undefined;
      this.#network.sync();
    }
  }

  /** One call at a time: the next waits for the one that blocks. */
  #finishBlocked(time: number): void {
    const blocked = this.#blocked;
    if (blocked === undefined) return;
    this.#advance(Math.max(time, this.#network.now));
    while (this.#blocked === blocked && this.#step(blocked.end + blocked.tolerance)) {
      // Until it returns, or it is too late.
    }
    if (this.#blocked === blocked) blocked.fail('still blocks');
  }

  /** After the last line. */
  #end(): void {
    if (this.#blocked !== undefined) this.#finishBlocked(this.#network.now);
    this.#assertSilence('after the last line the stack sent');
  }

  #state(): string {
    return this.#network.state((port) => this.#sockets.listensAt(port));
  }

  #code(text: string): void {
    const { connection } = this.#network.flows.current;
    const inBytes = this.#settings.stack === 'freebsd';
    runCode(text, (name) => infoValue(name, connection, this.#state(), inBytes), this.#variables);
  }

  /** A command; at the end of a script it puts back what nobody will look at any more. `next`: the event behind it. */
  #command(text: string, next = this.#index + 1): void {
    const over = this.#script.events.slice(next).every(({ action }) => ends(action));
    this.#orders.run(text, over ? 'over' : this.#running ? 'running' : 'before');
    this.#network.sync();
  }
}
