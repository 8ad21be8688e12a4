/** What runs on top: the key-value session, simulations in virtual time, the demo. */
export {
  Demo,
  type DemoOptions,
  type DemoResult,
  type EndResult,
  KEY_VALUE_PORT,
  type Outcome,
} from './demo.ts';
export { execute, KeyValueStore } from './keyValue.ts';
export { type ClientOptions, KeyValueClient, type SessionEnd } from './keyValueClient.ts';
export { type ServeOptions, serveKeyValue } from './keyValueServer.ts';
export { type Expectation, seven } from './seven.ts';
export { type Party, Simulation } from './simulation.ts';
