/**
 * A channel to the kernel of this machine: packets to and from a TUN interface, one a read and one a write. Where it
 * comes from and how it is read is tunDevice.ts; addresses and routes are the user's (docs/tun.md).
 *
 * An interface that is down loses what is sent (`down`) and goes on when it is up again; one that is renamed goes on
 * under its new name; one that is deleted is an error. What the kernel sends before somebody listens waits in the
 * interface's own queue, as long as that is.
 */
import {
  type ChannelCounters,
  countDropped,
  LARGEST_PACKET,
  type LiveEnd,
  newCounters,
  type PacketHandler,
} from './channel.ts';
import { interfaceExists, LONGEST_NAME, openTunDevice, type TunDevice } from './tunDevice.ts';

export interface TunOptions {
  /** Make the interface if there is none; it is gone when the channel is closed. Default: that is an error. */
  readonly create?: boolean;
}

/** errno of a read from an interface that is gone: EBADFD, which Node has no name for. */
const GONE = -77;

/**
 * @throws {RangeError} for what is no interface's name
 */
export function checkTunName(name: string): string {
  // As the kernel's dev_valid_name; % would have it choose a number
  const bad = name === '.' || name === '..' || /[\s/:%\0]/.test(name);
  if (name === '' || name.length > LONGEST_NAME || bad) {
    throw new RangeError(
      `'${name}' is not the name of an interface: 1 to ${LONGEST_NAME} characters, such as tun0`,
    );
  }
  return name;
}

/**
 * Opens a TUN interface.
 * @throws {RangeError} for what is no interface's name
 * @throws {Error} saying what is missing: the interface, the device, the permission, the package koffi
 */
export async function openTunChannel(name: string, options: TunOptions = {}): Promise<LiveEnd> {
  checkTunName(name);
  if (options.create !== true && process.platform === 'linux' && !interfaceExists(name)) {
    throw new Error(
      `there is no interface ${name} (sudo ip tuntap add dev ${name} mode tun user $USER; statewire tun has --create)`,
    );
  }
  return new TunEnd(name, await openTunDevice(name));
}

class TunEnd implements LiveEnd {
  readonly name: string;
  readonly counters: ChannelCounters = newCounters();
  readonly #device: TunDevice;
  #handler: PacketHandler | undefined;
  #onError: ((error: Error) => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(name: string, device: TunDevice) {
    this.name = `tun:${name}`;
    this.#device = device;
  }

  send(packet: Uint8Array, _id: number): void {
    const { counters } = this;
    if (this.#closing !== undefined) countDropped(counters, 'closed');
    else if (packet.length === 0) countDropped(counters, 'badPacket');
    else if (packet.length > LARGEST_PACKET) countDropped(counters, 'tooLarge');
    else if (this.#write(packet)) {
      counters.packetsOut += 1;
      counters.bytesOut += packet.length;
    }
  }

  onPacket(handler: PacketHandler): void {
    const first = this.#handler === undefined;
    this.#handler = handler;
    if (!first) return;
    this.#device.listen({
      packet: (bytes) => this.#receive(bytes),
      broken: (error) => this.#broken(error),
    });
  }

  onError(handler: (error: Error) => void): void {
    this.#onError = handler;
  }

  unref(): void {
    this.#device.unref();
  }

  close(): Promise<void> {
    this.#closing ??= this.#device.close();
    return this.#closing;
  }

  #write(packet: Uint8Array): boolean {
    try {
      this.#device.write(packet);
      return true;
    } catch (error) {
      countDropped(this.counters, reasonOf(error as NodeJS.ErrnoException));
      return false;
    }
  }

  #receive(bytes: Uint8Array): void {
    if (this.#closing !== undefined) return;
    this.counters.packetsIn += 1;
    this.counters.bytesIn += bytes.length;
    this.#handler?.(bytes, 0);
  }

  #broken(error: NodeJS.ErrnoException): void {
    if (this.#closing !== undefined) return;
    this.#closing = this.#device.close();
    this.#onError?.(error.errno === GONE ? new Error('the interface was deleted', { cause: error }) : error);
  }
}

/** Why the kernel did not take a packet. */
function reasonOf({ code, errno }: NodeJS.ErrnoException): string {
  if (errno === GONE) return 'closed';
  switch (code) {
    case 'EIO':
      return 'down';
    // It is neither IPv4 nor IPv6
    case 'EINVAL':
      return 'badPacket';
    case 'EAGAIN':
    case 'ENOBUFS':
    case 'ENOMEM':
      return 'full';
    default:
      return code ?? 'error';
  }
}
