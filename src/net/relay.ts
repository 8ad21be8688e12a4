/**
 * Joins two sockets: what comes in at one goes out at the other, an end is passed on as an end (the other way goes on),
 * and a reset as a reset. For gateways between a Statewire host and the kernel.
 */
import type { Socket } from 'node:net';

/** Both must allow half-open; either may still be connecting. Resolves when both are closed. */
export function relay(a: Socket, b: Socket): Promise<void> {
  const passOn = (from: Socket, to: Socket): void => {
    from.pipe(to);
    from.on('error', () => {
      if (!to.destroyed) to.resetAndDestroy();
    });
    // Gone without an end: the other must not wait for it
    from.on('close', () => {
      if (!to.destroyed && (!from.readableEnded || from.errored)) to.resetAndDestroy();
    });
  };
  passOn(a, b);
  passOn(b, a);
  const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return Promise.all([closed(a), closed(b)]).then(() => {});
}
