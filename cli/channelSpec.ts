/** What `--channel`, `--a` and `--b` take: which channel, and where it is. Opening it is the adapter's business. */
import type { LiveEnd } from '../src/channel/channel.ts';
import { openFileChannel } from '../src/channel/file.ts';
import { openSharedMemory, type SharedMemory, type Side } from '../src/channel/sharedMemory.ts';
import { checkTunName, openTunChannel } from '../src/channel/tun.ts';
import { openUdpChannel, parseUdpSpec, type UdpSpec } from '../src/channel/udp.ts';
import { EXIT, Failure } from './failure.ts';

/** A channel that can be opened. */
export type ChannelSpec =
  | { readonly kind: 'file'; readonly name: string; readonly directory: string }
  | { readonly kind: 'udp'; readonly name: string; readonly udp: UdpSpec }
  | { readonly kind: 'tun'; readonly name: string; readonly device: string; readonly create?: boolean }
  /** Only between threads: who started them has provided it. */
  | {
      readonly kind: 'sharedMemory';
      readonly name: string;
      readonly memory: SharedMemory;
      readonly side: Side;
    };

const memories = new Map<string, { readonly memory: SharedMemory; readonly side: Side }>();

/** From now on `sharedMemory:NAME` is this, in this thread. */
export function provideMemory(name: string, memory: SharedMemory, side: Side): void {
  memories.set(name, { memory, side });
}

/** Said wherever a channel is asked for. */
export const CHANNEL_HELP = 'file:DIR, udp:LOCAL,PEER (each HOST:PORT), or tun:NAME';

/**
 * Reads `file:DIR`, `udp:LOCAL,PEER` or `tun:NAME`; `socket` is another name of `udp`.
 * `sharedMemory:NAME` is what `provideMemory` said.
 * @throws {RangeError} saying what a channel is, or what is wrong with the address
 */
export function parseChannel(text: string): ChannelSpec {
  const colon = text.indexOf(':');
  const [kind, where] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)];
  switch (kind) {
    case 'file':
      if (where === '') throw new RangeError('file: needs a directory, such as file:/tmp/wire');
      return { kind, name: text, directory: where };
    case 'udp':
    case 'socket':
      return { kind: 'udp', name: text, udp: parseUdpSpec(where) };
    case 'tun':
      return { kind, name: text, device: checkTunName(where) };
    case 'sharedMemory':
      return { kind, name: text, ...shared(where) };
    default:
      throw new RangeError(`a channel is ${CHANNEL_HELP}, not '${text}'`);
  }
}

function shared(name: string) {
  const memory = memories.get(name);
  if (memory !== undefined) return memory;
  throw new RangeError(
    'sharedMemory is for the threads of one program: statewire demo --channel sharedMemory',
  );
}

/**
 * Opens it.
 * @throws {Failure} naming the channel, when it cannot be
 */
export async function openChannel(spec: ChannelSpec): Promise<LiveEnd> {
  try {
    switch (spec.kind) {
      case 'file':
        return await openFileChannel(spec.directory);
      case 'udp':
        return await openUdpChannel(spec.udp);
      case 'tun':
        return await openTunChannel(spec.device, { create: spec.create === true });
      case 'sharedMemory':
        return openSharedMemory(spec.memory, spec.side);
    }
  } catch (error) {
    throw new Failure(EXIT.application, `cannot open ${spec.name}: ${(error as Error).message}`);
  }
}
