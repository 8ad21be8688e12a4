/**
 * What the user of a connection sees (RFC 9293 section 3.9.1): the calls, and what the user is told in return.
 * Applications are written against this and nothing deeper.
 */

import type { IcmpError } from './icmpError.ts';

/** Why a connection is over. `closed` is the orderly end, all others lose what was not yet delivered. */
export type CloseReason =
  | 'closed'
  /** The peer reset it (ECONNRESET). */
  | 'reset'
  /** The peer answered our SYN with a reset (ECONNREFUSED). */
  | 'refused'
  /** R2, the user timeout or keep-alive gave up (ETIMEDOUT). */
  | 'timedOut'
  /** Our own user aborted it, or closed it with data unread (ECONNABORTED). */
  | 'aborted'
  /** A hard ICMP error while opening (EHOSTUNREACH). */
  | 'unreachable';

/** A call that the connection's state does not allow (RFC 9293 section 3.10); `code` as Node names such errors. */
export class ConnectionError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'ConnectionError';
    this.code = code;
  }
}

/** Told of what happens to a connection; each call comes when the input that caused it is handled. */
export interface ConnectionHandler {
  /** The handshake is complete. */
  established?(): void;
  /** In-order data waits in the receive buffer. */
  readable?(): void;
  /** There is room in the send buffer again, after a `send` that took less than it was given. */
  writable?(): void;
  /** Urgent data is on its way, or more of it (RFC 9293 section 3.8.5, MUST-32): see `urgentRemaining`. */
  urgent?(): void;
  /** Data has been sent again R1 times without an answer (RFC 9293 section 3.8.3, SHLD-9); it goes on until R2. */
  trouble?(): void;
  /**
   * An ICMP error has come about a segment of this connection (RFC 9293 section 3.9.2.2, SHLD-25). It goes
   * on: a hard one while it opens is told as `closed`.
   */
  unreachable?(error: IcmpError): void;
  /** The peer's FIN has come: nothing more will be readable than what waits now. */
  ended?(): void;
  /** The connection is gone; nothing more is told. */
  closed?(reason: CloseReason): void;
}

/** How data is sent. */
export interface SendOptions {
  /** It ends in urgent data: the peer's user is told at once (RFC 9293 section 3.8.5). */
  readonly urgent?: boolean;
}

/** A connection in its user's hands. */
export interface UserConnection {
  /** Number of this connection at its host, as in the trace. */
  readonly id: number;
  /** RFC state, upper case (`SYN_SENT`, `ESTABLISHED`, ...). */
  readonly state: string;
  /** May be set at any time. */
  handler: ConnectionHandler;
  /**
   * SEND: bytes taken into the send buffer, from the front; less than given (perhaps 0) when it is full.
   * @throws ConnectionError EPIPE after `close`, ENOTCONN when the connection does not exist any more
   */
  send(data: Uint8Array, options?: SendOptions): number;
  /** RECEIVE: takes up to `limit` bytes of what waits, as a copy; empty when nothing does. */
  receive(limit?: number): Uint8Array;
  /** Bytes that `receive` would give. */
  readonly available: number;
  /** CLOSE: nothing more will be sent than what is queued; receiving goes on. */
  close(): void;
  /** ABORT: a reset to the peer, nothing delivered any more. */
  abort(): void;
}
