/**
 * Back-pressure: how much of the user's bytes a connection takes (SO_SNDBUF, TCP_NOTSENT_LOWAT), and when a user who was
 * told "no more" hears that there is room again: not for each byte that is acknowledged, but once a full-sized segment
 * fits, or a third of a buffer that is smaller; and, with a limit of what may wait unsent, once half of that is gone.
 */
import type { Connection } from './connection.ts';
import { distance } from './seq.ts';

/** Bytes written and not yet sent. */
export function unsent(c: Connection): number {
  return Math.max(distance(c.sender.dataEnd, c.snd.nxt), 0);
}

/** Bytes that the user may write now. */
export function sendRoom(c: Connection): number {
  const { sendBuffer, notSentLowWater } = c.config;
  const room = sendBuffer - c.sender.buffered;
  const least = notSentLowWater === 0 ? room : Math.min(room, notSentLowWater - unsent(c));
  return Math.max(least, 0);
}

/** Is there so much room again that it is worth telling? */
export function roomAgain(c: Connection): boolean {
  const { sendBuffer, notSentLowWater } = c.config;
  if (sendBuffer - c.sender.buffered < Math.min(c.snd.mss, sendBuffer / 3)) return false;
  return notSentLowWater === 0 || 2 * unsent(c) < notSentLowWater;
}
