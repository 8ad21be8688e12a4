/** The TCP: hosts, connections, listeners, and what they can be set to. */
export {
  type Arq,
  resolveConfig,
  type StackName,
  type SynCookies,
  stacks,
  type TcpConfig,
} from './config.ts';
export { Connection } from './connection.ts';
export type { ConnectionSnapshot } from './connectionSnapshot.ts';
export { type ConnectOptions, createHost, Host, type HostOptions } from './host.ts';
export type { IcmpError } from './icmpError.ts';
export type { TcpInfo } from './info.ts';
export { Listener, type ListenOptions } from './listener.ts';
export type { Output } from './outlet.ts';
export { type HostSnapshot, restoreHost, type Users } from './snapshot.ts';
export type { SocketOptions } from './socketOptions.ts';
export type { ConnectionCounters, Endpoint } from './tcb.ts';
export {
  type CloseReason,
  ConnectionError,
  type ConnectionHandler,
  type SendOptions,
  type UserConnection,
} from './user.ts';
