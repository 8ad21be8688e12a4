/**
 * The kernel's side of a TUN interface: which `ip` commands give it an address and bring it up, and running and undoing
 * them. Who opens the interface is src/channel/tun.ts.
 */
import { execFile } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';
import { formatAddress, parseAddress } from '../src/wire/address.ts';
import { EXIT, Failure } from './failure.ts';

/** An address of ours and the network it is in. */
export interface Cidr {
  /** As text, the one way it is written. */
  readonly address: string;
  /** Bits of the network. */
  readonly prefix: number;
}

/**
 * Reads `10.9.0.2/24`, `fd09::2/64`.
 * @throws {RangeError} for what is no address with its network's length, or a network without room for two
 */
export function parseCidr(text: string): Cidr {
  const [, address, length] = /^(.*)\/(\d{1,3})$/.exec(text) ?? [];
  if (address === undefined) {
    throw new RangeError(`'${text}' needs the length of its network, such as 10.9.0.2/24 or fd09::2/64`);
  }
  const bytes = parseAddress(address);
  const most = bytes.length * 8 - 2;
  const prefix = Number(length);
  if (prefix < 1 || prefix > most) {
    throw new RangeError(`'${text}': a network with room for two addresses has a length from 1 to ${most}`);
  }
  return { address: formatAddress(bytes), prefix };
}

/** The address that the kernel gets in the same network: the first one, or the second where the first is ours. */
export function kernelAddress({ address, prefix }: Cidr): string {
  const ours = parseAddress(address);
  const network = ours.map((byte, i) => {
    const bits = Math.min(Math.max(prefix - 8 * i, 0), 8);
    return byte & (0xff00 >> bits) & 0xff;
  });
  network[network.length - 1]! += 1;
  if (formatAddress(network) === address) network[network.length - 1]! += 1;
  return formatAddress(network);
}

/** Who made the interface, and so who has to see to what. */
export interface SetupPlan {
  readonly device: string;
  readonly addresses: readonly Cidr[];
  /** The kernel's, one for each of the addresses' networks. */
  readonly mtu: number;
}

/** The kernel's addresses, each network once, with the network's length. */
export function kernelAddresses(addresses: readonly Cidr[]): string[] {
  return [...new Set(addresses.map((one) => `${kernelAddress(one)}/${one.prefix}`))];
}

/** The words after `ip`. */
export function setupCommands({ device, addresses, mtu }: SetupPlan): string[][] {
  return [
    ...kernelAddresses(addresses).map((address) => {
      // Without neighbours there is nobody to ask whether an address is free
      const more = address.includes(':') ? ['nodad'] : [];
      return ['addr', 'add', address, 'dev', device, ...more];
    }),
    ['link', 'set', device, 'up', 'mtu', String(mtu)],
  ];
}

/** The words after `ip` that undo it, where the interface stays. */
export function undoCommands({ device, addresses }: SetupPlan): string[][] {
  return [
    ['link', 'set', device, 'down'],
    ...kernelAddresses(addresses).map((address) => ['addr', 'del', address, 'dev', device]),
  ];
}

/**
 * Runs `ip` with each.
 * @throws {Failure} with what the first that failed has said
 */
export async function runIp(commands: readonly (readonly string[])[]): Promise<void> {
  for (const words of commands) {
    try {
      await promisify(execFile)('ip', words as string[]);
    } catch (error) {
      const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string };
      const why = code === 'ENOENT' ? 'there is no program ip (iproute2)' : stderr || message;
      throw new Failure(EXIT.application, `ip ${words.join(' ')}: ${why}`);
    }
  }
}

/** Is the interface up, with an address? */
export function isUp(device: string): boolean {
  return Object.hasOwn(networkInterfaces(), device);
}
