/**
 * A channel in UDP datagrams: one IP packet in each, from one configured address to another. It takes datagrams from
 * its peer only and sends to nobody else; which addresses those are is udpSpec.ts.
 *
 * The socket is not connected: a connected one would report the ICMP error that an earlier datagram met (the peer was
 * not there yet) in place of sending the next one, and the kernel would drop strangers uncounted.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import {
  type ChannelCounters,
  countDropped,
  type LiveEnd,
  newCounters,
  type PacketHandler,
} from './channel.ts';
import { Fifo } from './flight.ts';
import { checkUdpSpec, formatUdpAddress, isIpv6, type UdpSpec } from './udpSpec.ts';

export { parseUdpSpec, type UdpAddress, type UdpSpec } from './udpSpec.ts';

/** The largest packet that fits a datagram, bytes: what IP leaves beside its own header and UDP's. */
export const LARGEST_UDP_IPV4 = 65_535 - 20 - 8;
export const LARGEST_UDP_IPV6 = 65_535 - 8;

/** Asked of the kernel for the socket's buffers, each way, bytes; it may give less. */
const SOCKET_BUFFER = 4_194_304;
/** What waits for the socket, bytes and packets; more is dropped (`full`). */
const OUTBOX = 4_194_304;
const OUTBOX_PACKETS = 16_384;
/** What waits for somebody to listen (the socket gives each datagram a buffer of its own), packets and bytes; more is dropped (`full`). */
const BACKLOG_PACKETS = 16_384;
const BACKLOG_BYTES = 16_777_216;
/** Of those, handed over before the event loop has its turn. */
const BATCH = 64;
/** A close waits so long for the socket to send what it has, ms. */
const LINGER = 1000;

/**
 * Binds the socket.
 * @throws {RangeError} when the addresses make no carrier
 * @throws {Error} when the local address cannot be bound
 */
export async function openUdpChannel(spec: UdpSpec): Promise<LiveEnd> {
  const checked = checkUdpSpec(spec);
  const socket = createSocket({
    type: isIpv6(checked.local) ? 'udp6' : 'udp4',
    ipv6Only: isIpv6(checked.local),
    // Called for each datagram: the address is a number already.
    lookup: (address, family, done) => done(null, address, Number(family)),
  });
  await bind(socket, checked);
  for (const enlarge of [socket.setRecvBufferSize, socket.setSendBufferSize]) {
    try {
      enlarge.call(socket, SOCKET_BUFFER);
    } catch {
      // The kernel's limit is lower: what it had must do.
    }
  }
  return new UdpEnd(socket, checked);
}

function bind(socket: Socket, { local }: UdpSpec): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      reject(new Error(`${formatUdpAddress(local)}: ${bindProblem(error)}`, { cause: error }));
    });
    socket.bind({ address: local.address, port: local.port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve();
    });
  });
}

function bindProblem(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'the port is in use';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address';
    case 'EACCES':
      return 'no permission to use this port';
    default:
      return error.message;
  }
}

class UdpEnd implements LiveEnd {
  readonly name: string;
  readonly counters: ChannelCounters = newCounters();
  readonly #socket: Socket;
  readonly #address: string;
  readonly #port: number;
  readonly #largest: number;
  /** The packets that the socket was given, one after the other: the caller's bytes may change before they are sent. */
  readonly #outbox = new Uint8Array(OUTBOX);
  #used = 0;
  /** Datagrams whose fate is not known yet. */
  #unsent = 0;
  readonly #backlog = new Fifo<Uint8Array>();
  #backlogBytes = 0;
  #handler: PacketHandler | undefined;
  #onError: ((error: Error) => void) | undefined;
  #closing: Promise<void> | undefined;
  #emptied = (): void => {};
  readonly #sent = (error: NodeJS.ErrnoException | null, bytes: number): void => this.#account(error, bytes);

  constructor(socket: Socket, { local, peer }: UdpSpec) {
    this.name = `udp:${formatUdpAddress(local)},${formatUdpAddress(peer)}`;
    this.#socket = socket;
    this.#address = peer.address;
    this.#port = peer.port;
    this.#largest = isIpv6(peer) ? LARGEST_UDP_IPV6 : LARGEST_UDP_IPV4;
    socket.on('message', (packet, from) => this.#receive(packet, from));
    // An error of one datagram, such as ECONNREFUSED: the socket goes on.
    socket.on('error', (error: NodeJS.ErrnoException) => countDropped(this.counters, error.code ?? 'error'));
    socket.on('close', () => {
      if (this.#closing !== undefined) return;
      this.#closing = Promise.resolve();
      this.#onError?.(new Error(`${this.name}: the socket was closed`));
    });
  }

  send(packet: Uint8Array, _id: number): void {
    const { length } = packet;
    if (this.#closing !== undefined) countDropped(this.counters, 'closed');
    else if (length === 0) countDropped(this.counters, 'badPacket');
    else if (length > this.#largest) countDropped(this.counters, 'tooLarge');
    else {
      const waiting = this.#socket.getSendQueueCount();
      if (waiting === 0) this.#used = 0;
      if (this.#used + length > OUTBOX || waiting >= OUTBOX_PACKETS) countDropped(this.counters, 'full');
      else this.#transmit(packet);
    }
  }

  onPacket(handler: PacketHandler): void {
    this.#handler = handler;
    if (this.#backlog.length > 0) setImmediate(() => this.#handOver());
  }

  onError(handler: (error: Error) => void): void {
    this.#onError = handler;
  }

  unref(): void {
    this.#socket.unref();
  }

  /** What the socket has not sent within a second is dropped. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  #transmit(packet: Uint8Array): void {
    const { length } = packet;
    this.#outbox.set(packet, this.#used);
    this.#unsent += 1;
    this.#socket.send(this.#outbox, this.#used, length, this.#port, this.#address, this.#sent);
    this.#used += length;
  }

  #account(error: NodeJS.ErrnoException | null, bytes: number): void {
    if (error) countDropped(this.counters, error.code === 'EMSGSIZE' ? 'tooLarge' : (error.code ?? 'error'));
    else {
      this.counters.packetsOut += 1;
      this.counters.bytesOut += bytes;
    }
    this.#unsent -= 1;
    if (this.#unsent === 0) this.#emptied();
  }

  async #shutDown(): Promise<void> {
    if (this.#unsent > 0) {
      await new Promise<void>((resolve) => {
        const timeout = setTimeout(resolve, LINGER);
        this.#emptied = () => {
          clearTimeout(timeout);
          resolve();
        };
      });
    }
    await new Promise<void>((resolve) => {
      this.#socket.close(() => resolve());
    });
  }

  #receive(packet: Uint8Array, from: RemoteInfo): void {
    if (this.#closing !== undefined) return;
    if (from.port !== this.#port || from.address !== this.#address) {
      countDropped(this.counters, 'stranger');
      return;
    }
    const version = packet.length === 0 ? 0 : packet[0]! >>> 4;
    if (version !== 4 && version !== 6) countDropped(this.counters, 'badPacket');
    else if (this.#handler === undefined || this.#backlog.length > 0) this.#keep(packet);
    else this.#deliver(this.#handler, packet);
  }

  #deliver(handler: PacketHandler, packet: Uint8Array): void {
    this.counters.packetsIn += 1;
    this.counters.bytesIn += packet.length;
    handler(packet, 0);
  }

  #keep(packet: Uint8Array): void {
    const bytes = this.#backlogBytes + packet.length;
    if (this.#backlog.length >= BACKLOG_PACKETS || bytes > BACKLOG_BYTES) {
      countDropped(this.counters, 'full');
      return;
    }
    this.#backlog.push(packet);
    this.#backlogBytes = bytes;
  }

  #handOver(): void {
    for (let room = BATCH; room > 0 && this.#closing === undefined; room -= 1) {
      const packet = this.#backlog.shift();
      if (packet === undefined || this.#handler === undefined) return;
      this.#backlogBytes -= packet.length;
      this.#deliver(this.#handler, packet);
    }
    if (this.#backlog.length > 0) setImmediate(() => this.#handOver());
  }
}
