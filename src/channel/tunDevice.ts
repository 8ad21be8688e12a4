/**
 * A TUN device as a file that the event loop reads: everything that Node has no official way for, and nothing else.
 *
 * Two things are unofficial. The device needs one `ioctl`, which koffi calls. And Node opens no handle on a character
 * device that it could wait for (`fs.read` would hold a thread of the pool and keep the process from ending,
 * `net.Socket({ fd })` refuses the kind of file), so that the descriptor is given to a pipe's handle, which only asks
 * libuv to read when there is something: one read gives one packet. As libuv goes round the whole event loop for each
 * read that does not fill its buffer, what else waits is read at once, by koffi too: to Node a read without anything to
 * read is an exception, which costs more than the packet.
 */
import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';

/** `linux/if_tun.h`; MIPS, PowerPC and SPARC number their ioctls in another way. */
const WRITES = ['mips', 'mipsel', 'ppc', 'ppc64', 'sparc64'].includes(process.arch)
  ? 0x8004_0000
  : 0x4004_0000;
const TUNSETIFF = WRITES + 0x54ca;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
/** `struct ifreq` (`net/if.h`): the name, 16 bytes with its end, then flags. */
const IFREQ = 40;
const FLAGS_AT = 16;
/** Longest name of an interface. */
export const LONGEST_NAME = 15;

const DEVICE = '/dev/net/tun';

/** Reads no packet is longer than. */
const BUFFER = 65_536;

/** Packets read in one turn of the event loop, at most: others wait for theirs. */
const TOGETHER = 32;

/** What is told of a device. */
export interface TunListener {
  /** A packet, lent until this returns. */
  packet(bytes: Uint8Array): void;
  /** It is of no more use. */
  broken(error: Error): void;
}

/** A device that is open. */
export interface TunDevice {
  /** Begins to read; once. */
  listen(listener: TunListener): void;
  /**
   * Writes one packet.
   * @throws NodeJS.ErrnoException
   */
  write(packet: Uint8Array): void;
  /** Reading does not keep the process alive any more. */
  unref(): void;
  /** Resolves when it is closed. */
  close(): Promise<void>;
}

/**
 * Is there an interface of this name? Asked of the process's own network namespace, which `/sys/class/net` may not show.
 */
export function interfaceExists(name: string): boolean {
  const lines = readFileSync('/proc/net/dev', 'utf8').split('\n');
  return lines.some((line) => line.slice(0, line.indexOf(':')).trim() === name);
}

/**
 * Opens the TUN interface of this name; the kernel makes it if there is none, for as long as it is open.
 * @throws {Error} saying what is missing
 */
export async function openTunDevice(name: string): Promise<TunDevice> {
  if (process.platform !== 'linux') throw new Error(`TUN is for Linux, and this is ${process.platform}`);
  const koffi = await loadKoffi();
  const fd = openClone();
  try {
    attach(koffi, fd, name);
    return new OpenTun(fd, pipeOn(fd), reader(koffi));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

type Koffi = Pick<typeof import('koffi'), 'load' | 'errno' | 'os'>;

async function loadKoffi(): Promise<Koffi> {
  try {
    const module = await import('koffi');
    return module.default ?? module;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    const why = missing ? 'is not installed' : `does not load: ${(error as Error).message}`;
    throw new Error(`TUN needs the package koffi, which ${why} (npm install koffi)`, { cause: error });
  }
}

function openClone(): number {
  try {
    return openSync(DEVICE, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'EACCES' || code === 'EPERM'
        ? `may not be opened by this user (sudo chmod 666 ${DEVICE}, which is what most systems have)`
        : existsSync(DEVICE)
          ? `cannot be opened: ${(error as Error).message}`
          : 'is missing (sudo modprobe tun; a container needs --device /dev/net/tun)';
    throw new Error(`${DEVICE} ${why}`, { cause: error });
  }
}

function attach(koffi: Koffi, fd: number, name: string): void {
  const request = new Uint8Array(IFREQ);
  request.set(new TextEncoder().encode(name).subarray(0, LONGEST_NAME));
  // In the machine's own byte order
  new Int16Array(request.buffer, FLAGS_AT, 1)[0] = IFF_TUN | IFF_NO_PI;
  // The program itself has libc's functions, whichever libc it is
  const ioctl = koffi.load(null).func('int ioctl(int, unsigned long, ...)');
  if (ioctl(fd, TUNSETIFF, 'void *', request) === 0) return;
  throw new Error(attachProblem(koffi.os.errno, koffi.errno(), name));
}

/** read(2): how many bytes it gave, negative when there was nothing to read. */
type Read = (fd: number, buffer: Uint8Array, length: number) => number;

function reader(koffi: Koffi): Read {
  return koffi.load(null).func('long read(int, void *, unsigned long)') as Read;
}

function attachProblem(codes: Readonly<Record<string, number>>, errno: number, name: string): string {
  switch (errno) {
    case codes.EPERM:
      return (
        `interface ${name} may not be used by this user: run as root, make it for the user ` +
        `(sudo ip tuntap add dev ${name} mode tun user $USER), or run inside unshare -Urn`
      );
    case codes.EBUSY:
      return `interface ${name} is in use by another program`;
    case codes.EINVAL:
      return `${name} is not the name of a TUN interface`;
    default:
      return `interface ${name}: the kernel refused with errno ${errno}`;
  }
}

/** Node's handle of a pipe (lib/net.js uses it), as far as it is used here. */
interface PipeHandle {
  open(fd: number): number;
}

function pipeOn(fd: number): PipeHandle {
  const { binding } = process as unknown as { binding(name: string): unknown };
  const { Pipe, constants: kinds } = binding('pipe_wrap') as {
    Pipe: new (kind: number) => PipeHandle;
    constants: { SOCKET: number };
  };
  const handle = new Pipe(kinds.SOCKET);
  const status = handle.open(fd);
  if (status !== 0) throw new Error(`the event loop does not take ${DEVICE}: errno ${-status}`);
  return handle;
}

class OpenTun implements TunDevice {
  readonly #fd: number;
  readonly #handle: PipeHandle;
  readonly #read: Read;
  #socket: Socket | undefined;

  constructor(fd: number, handle: PipeHandle, read: Read) {
    this.#fd = fd;
    this.#handle = handle;
    this.#read = read;
  }

  listen(listener: TunListener): void {
    const buffer = new Uint8Array(BUFFER);
    const callback = (first: number): boolean => {
      let length = first;
      for (let i = 1; length > 0; i++) {
        listener.packet(buffer.subarray(0, length));
        // The descriptor may be closed by now, and another file's
        if (i === TOGETHER || socket.destroyed) break;
        length = this.#read(this.#fd, buffer, BUFFER);
      }
      return true;
    };
    const socket = this.#open({ buffer, callback });
    socket.on('error', (error) => listener.broken(error));
  }

  write(packet: Uint8Array): void {
    writeSync(this.#fd, packet);
  }

  unref(): void {
    this.#socket?.unref();
  }

  close(): Promise<void> {
    const socket = this.#socket ?? this.#open();
    if (socket.closed) return Promise.resolve();
    return new Promise((resolve) => {
      socket.once('close', () => resolve());
      socket.destroy();
    });
  }

  #open(onread?: { buffer: Uint8Array; callback(length: number): boolean }): Socket {
    const options = { handle: this.#handle, ...(onread === undefined ? { manualStart: true } : { onread }) };
    this.#socket = new Socket(options as ConstructorParameters<typeof Socket>[0]);
    return this.#socket;
  }
}
