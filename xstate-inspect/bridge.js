/**
 * Shows a run in the tools of @xstate/inspect 0.8: each chart of the run is a service of XState 4 that follows it.
 */
import { createRequire } from 'node:module';
import { interpret } from 'xstate';
import { mirrorOf } from './mirror.js';

const require = createRequire(import.meta.url);
const { inspect } = require('@xstate/inspect/lib/server.js');

/** The inspector slows down with each service: charts of which there are many are shown only when asked for. */
export const USUAL = ['connection', 'recovery', 'growth', 'session'];

/** Services at a time; the oldest is stopped for a new one. */
const MOST = 100;

/**
 * Opens an inspector on a server of `ws`.
 * @param server a WebSocketServer
 * @param tables by chart name, what `chartTable` of Statewire says
 * @param names the charts to show
 */
export function openBridge(server, tables, names = USUAL) {
  const inspector = inspect({ server });
  const services = new Map();

  function follow({ end, connection, chart, instance, from }) {
    const key = `${end} ${connection} ${chart} ${instance}`;
    const running = services.get(key);
    if (running !== undefined) return running;
    if (services.size >= MOST) stop(services.keys().next().value);
    const { machine, state } = mirrorOf(tables[chart], from);
    const service = interpret(machine, { id: `${end} ${chart} ${instance}` }).start(state);
    // Not by `devTools: true`, which registers before there is a state: the receiver cannot read that
    globalThis.__xstate__.register(service);
    services.set(key, service);
    service.onDone(() => services.delete(key));
    return service;
  }

  function stop(key) {
    services.get(key)?.stop();
    services.delete(key);
  }

  return {
    /** Takes an event of the trace; all but transitions of the charts shown are passed over. True if it was one. */
    take(event) {
      if (event.kind !== 'transition' || !names.includes(event.chart)) return false;
      follow(event).send({ type: event.event, guard: event.guard });
      return true;
    },
    close() {
      for (const key of [...services.keys()]) stop(key);
      inspector.disconnect();
    },
  };
}
