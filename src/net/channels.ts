/** Node's diagnostics channels of `net`: who subscribes hears of these sockets as of Node's own. */
import { channel, tracingChannel } from 'node:diagnostics_channel';

export const clientChannel = channel('net.client.socket');
export const serverChannel = channel('net.server.socket');
export const listenChannel = tracingChannel('net.server.listen');

/** Does anybody listen to it? (`hasSubscribers` of a tracing channel is newer than Node 20.) */
export function tracesListen(): boolean {
  return (
    listenChannel.asyncStart.hasSubscribers ||
    listenChannel.asyncEnd.hasSubscribers ||
    listenChannel.error.hasSubscribers
  );
}
