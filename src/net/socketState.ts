/** What a socket keeps beside its stream. One object under a symbol: a program's own fields do not get in the way. */
import type { TcpHandle } from './handle.ts';
import type { LoopTimer } from './loop.ts';
import type { SocketName, Stack } from './stack.ts';

/** What `net` objects share: settings that `net.setDefault...` changes, and who makes sockets. */
export interface NetContext {
  readonly stack: Stack;
  autoSelectFamily: boolean;
  autoSelectFamilyAttemptTimeout: number;
}

/** `options.onread`: reads go into the program's own buffer. */
export interface UserBuffer {
  buffer: Uint8Array | undefined;
  readonly make: (() => Uint8Array) | undefined;
  readonly callback: (bytes: number, buffer: Uint8Array) => boolean | undefined;
}

export class SocketState {
  readonly context: NetContext;
  handle: TcpHandle | undefined;
  noDelay = false;
  keepAlive = false;
  /** s */
  keepAliveDelay = 0;
  timer: LoopTimer | undefined;
  userBuffer: UserBuffer | undefined;
  /** A write that waits for the connection. */
  pending: readonly Uint8Array[] = [];
  lastQueueSize = 0;
  bytesRead = 0;
  bytesWritten = 0;
  peerName: SocketName | undefined;
  localName: SocketName | undefined;
  resetting = false;
  aborted = false;
  /** Listens to `options.signal` no more. */
  unwatch: (() => void) | undefined;

  constructor(context: NetContext) {
    this.context = context;
  }
}

export const kState = Symbol('statewire socket');
