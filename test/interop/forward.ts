/** Real programs at a TCP of ours: what comes to a port of one side is passed on to a port of the other. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import type { Site } from './site.ts';

const ignore = (): void => {};

function join(a: Duplex, b: Duplex): void {
  pipeline(a, b, ignore);
  pipeline(b, a, ignore);
}

/** Who connects to this port of ours talks to a port (or socket) of this machine. */
export function serveWith(site: Site, port: number, target: number | string): void {
  site.listen(port, (stream) => {
    const to = typeof target === 'number' ? { port: target, host: '127.0.0.1' } : { path: target };
    join(stream, connect({ ...to, allowHalfOpen: true }));
  });
}

/** Who connects to the port that this resolves with talks, through a connection of ours, to the kernel's port. */
export async function reachWith(site: Site, port: number): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    site.connect(port).then(
      (stream) => join(socket, stream),
      () => socket.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return (server.address() as { port: number }).port;
}
