/** Does what the commands of a script ask, now that there is a host. */
import type { Host } from '../tcp/host.ts';
import { type Order, readCommand } from './command.ts';
import { Mismatch, ScriptUnsupported } from './errors.ts';
import { hasSettings } from './prepare.ts';

export class Orders {
  /** Commands that change nothing here, in order. */
  readonly ignored: string[] = [];
  readonly #host: Host;
  readonly #state: () => string;

  /** `state` is that of the connection under test. */
  constructor(host: Host, state: () => string) {
    this.#host = host;
    this.#state = state;
  }

  /**
   * Plays a command. `before`: `prepare` has taken its settings; `running`: those of the host count; `over`: the script
   * is at its end, and a setting changes nothing.
   * @throws Mismatch for a state that is another, ScriptUnsupported for what cannot be done
   */
  run(text: string, when: 'before' | 'running' | 'over'): void {
    for (const order of readCommand(text)) {
      const putBack = when === 'over' && (order.kind === 'knob' || order.kind === 'lacking');
      if (putBack || order.kind === 'ignored') this.ignored.push(order.text);
      else if (order.kind === 'lacking') throw new ScriptUnsupported(`${order.text}: ${order.what}`);
      else if (order.kind === 'unsupported') throw new ScriptUnsupported(order.what);
      else if (order.kind === 'state') this.#assertState(order.state, order.count === 1);
      else if (order.kind === 'drop') this.#drop(order.state);
      else if (when === 'running') this.#assertSettings(order);
    }
  }

  #assertState(wanted: string, expected: boolean): void {
    const state = this.#state();
    if ((state === wanted) === expected) return;
    throw new Mismatch(`the state is ${state}, ${expected ? 'not' : 'and should not be'} ${wanted}`);
  }

  #drop(state: string): void {
    for (const connection of this.#host.connections) if (connection.state === state) connection.abort();
  }

  #assertSettings({ text, tcp }: Order & { readonly kind: 'knob' }): void {
    if (!hasSettings(this.#host.config, tcp))
      throw new ScriptUnsupported(`${text} once there are connections`);
  }
}
