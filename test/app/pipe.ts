/**
 * Two ends of a perfect stream with small buffers, in the shape of `UserConnection`: what applications are tested on
 * without TCP below. Bytes move when `run` is called, in pieces as large as `cut` says; closing with data unread
 * resets, as RFC 9293 section 3.6.1 wants it.
 */
import type { CloseReason, ConnectionHandler, UserConnection } from '../../src/tcp/user.ts';

export interface PipeOptions {
  readonly sendBuffer?: number;
  readonly receiveBuffer?: number;
  /** Bytes of the next piece, at least 1. */
  cut?(): number;
}

export class PipeEnd implements UserConnection {
  readonly id = 1;
  handler: ConnectionHandler = {};
  peer!: PipeEnd;
  state = 'SYN_SENT';
  readonly out: number[] = [];
  readonly inbox: number[] = [];
  finQueued = false;
  finSent = false;
  gone = false;
  private readonly options: PipeOptions;
  private wantsRoom = false;

  constructor(options: PipeOptions) {
    this.options = options;
  }

  get available(): number {
    return this.inbox.length;
  }

  send(data: Uint8Array): number {
    if (this.gone || this.finQueued) return 0;
    const taken = Math.min(data.length, (this.options.sendBuffer ?? 64) - this.out.length);
    for (const byte of data.subarray(0, taken)) this.out.push(byte);
    this.wantsRoom = taken < data.length;
    return taken;
  }

  receive(limit = Number.POSITIVE_INFINITY): Uint8Array {
    return Uint8Array.from(this.inbox.splice(0, Math.min(limit, this.inbox.length)));
  }

  close(): void {
    if (this.inbox.length > 0) this.abort();
    this.finQueued = true;
  }

  abort(): void {
    if (this.gone) return;
    this.peer.over('reset');
    this.over('aborted');
  }

  over(reason: CloseReason): void {
    if (this.gone) return;
    this.gone = true;
    this.state = 'CLOSED';
    this.inbox.length = 0;
    this.out.length = 0;
    this.handler.closed?.(reason);
  }

  open(): void {
    this.state = 'ESTABLISHED';
    this.handler.established?.();
  }

  /** Moves one piece to the peer; false when nothing could be done. */
  step(): boolean {
    if (this.gone) return false;
    const room = (this.options.receiveBuffer ?? 64) - this.peer.inbox.length;
    const piece = this.out.splice(0, Math.min(this.options.cut?.() ?? 1460, room, this.out.length));
    if (piece.length > 0) {
      this.peer.inbox.push(...piece);
      this.peer.handler.readable?.();
      if (this.wantsRoom && !this.gone) {
        this.wantsRoom = false;
        this.handler.writable?.();
      }
      return true;
    }
    if (!this.finQueued || this.finSent || this.out.length > 0) return false;
    this.finSent = true;
    this.peer.state = 'CLOSE_WAIT';
    this.peer.handler.ended?.();
    return true;
  }
}

/** Two joined ends, not yet open. */
export function pipe(options: PipeOptions = {}): { client: PipeEnd; server: PipeEnd; run(): void } {
  const client = new PipeEnd(options);
  const server = new PipeEnd(options);
  client.peer = server;
  server.peer = client;
  const run = (): void => {
    for (const end of [server, client]) if (end.state === 'SYN_SENT') end.open();
    for (let steps = 0; client.step() || server.step(); steps++) {
      if (steps > 1_000_000) throw new Error('the pipe never comes to rest');
    }
    if (client.finSent && server.finSent) for (const end of [client, server]) end.over('closed');
  };
  return { client, server, run };
}
