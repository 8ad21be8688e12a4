/** The TCP: hosts, connections, listeners, and what they can be set to. */
export {
  type Arq,
  resolveConfig,
  type StackName,
  stacks,
  type TcpConfig,
} from './config.ts';
export { Connection, type ConnectionCounters, type Endpoint } from './connection.ts';
export { type ConnectOptions, createHost, Host, type HostOptions, type Output } from './host.ts';
export type { TcpInfo } from './info.ts';
export { Listener, type ListenOptions } from './listener.ts';
export { type HostSnapshot, restoreHost, type Users } from './snapshot.ts';
export {
  type CloseReason,
  ConnectionError,
  type ConnectionHandler,
  type SendOptions,
  type UserConnection,
} from './user.ts';
