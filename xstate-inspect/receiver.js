/**
 * For the test: a bridge and a receiver of the real package's, joined by a WebSocket. Told of a run's transitions, it
 * answers with the states that the receiver saw, a list for each service.
 */
import { createRequire } from 'node:module';
import { WebSocket, WebSocketServer } from 'ws';
import { openBridge } from './bridge.js';

// The receiver is written for browsers
globalThis.WebSocket = WebSocket;
const { createWebSocketReceiver } = createRequire(import.meta.url)('@xstate/inspect');

/** `a.b` for a state within a state. */
const pathOf = (value) =>
  typeof value === 'string'
    ? value
    : Object.entries(value)
        .map(([key, inner]) => `${key}.${pathOf(inner)}`)
        .join();

process.once('message', ({ tables, names, transitions }) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => {
    const bridge = openBridge(server, tables, names);
    const services = new Map();
    let states = 0;
    const receiver = createWebSocketReceiver({ server: `127.0.0.1:${server.address().port}` });
    receiver.subscribe(({ type, sessionId, state }) => {
      if (type === 'service.register') services.set(sessionId, []);
      if (type !== 'service.state') return;
      services.get(sessionId).push(pathOf(state.value));
      states += 1;
      if (states < transitions.length + services.size) return;
      process.send([...services.values()], () => process.exit());
    });
    server.once('connection', (client) =>
      client.once('message', () => {
        for (const transition of transitions) bridge.take(transition);
      }),
    );
  });
});
