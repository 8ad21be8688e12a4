/** What runs on top: the key-value session, simulations in virtual time, the demo. */
export {
  Demo,
  type DemoOptions,
  type DemoResult,
  type EndResult,
  KEY_VALUE_PORT,
  type Outcome,
} from './demo.ts';
export { execute, type KeyValueStore, MemoryStore, StoreError } from './keyValue.ts';
export { type ClientOptions, KeyValueClient, type SessionEnd } from './keyValueClient.ts';
export { type Served, type ServeOptions, serveKeyValue } from './keyValueServer.ts';
export { Network, type NetworkOptions, type Port, type PortCounters } from './network.ts';
export { type AlarmClock, Runner } from './runner.ts';
export { type Expectation, seven } from './seven.ts';
export { type Party, Simulation } from './simulation.ts';
