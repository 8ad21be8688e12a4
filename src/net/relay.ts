/**
 * Joins two sockets: what comes in at one goes out at the other, an end is passed on as an end (the other way goes on),
 * and a reset as a reset. For gateways between a Statewire host and the kernel.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What the bytes pass on their way. */
export interface Ways {
  readonly there?: Duplex;
  readonly back?: Duplex;
}

/** Both must allow half-open; either may still be connecting. Resolves when both are closed. */
export function relay(a: Socket, b: Socket, { there, back }: Ways = {}): Promise<void> {
  passOn(a, b, there);
  passOn(b, a, back);
  const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return Promise.all([closed(a), closed(b)]).then(() => {});
}

function passOn(from: Socket, to: Socket, by: Duplex | undefined): void {
  if (by === undefined) from.pipe(to);
  else from.pipe(by).pipe(to);
  from.on('error', () => {});
  from.on('close', () => {
    // After an end on both sides all is said. Gone otherwise: the other must not wait for it
    const ended = from.readableEnded && from.writableFinished && !from.errored;
    if (!ended && !to.destroyed) to.resetAndDestroy();
  });
}
