/** UDP ports for tests. */
import { createSocket } from 'node:dgram';

/** So many that nobody uses at the moment. */
export async function freePorts(address: string, count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket(address.includes(':') ? 'udp6' : 'udp4'));
  for (const socket of sockets) await new Promise<void>((done) => socket.bind(0, address, done));
  const ports = sockets.map((socket) => socket.address().port);
  for (const socket of sockets) await new Promise<void>((done) => socket.close(done));
  return ports;
}
