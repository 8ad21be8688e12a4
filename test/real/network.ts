/** Where the real programs run: two hosts in virtual time, over a clean link and over one that loses a packet in twenty. */
import type { Net } from '../../src/net/index.ts';
import { createNetwork, type Impairments, type Network } from '../../src/testing/index.ts';

export const links: readonly (readonly [name: string, link: Impairments])[] = [
  ['a clean link', { delay: '2ms' }],
  ['5 % loss', { delay: '2ms', loss: 0.05 }],
];

export interface Ends {
  readonly network: Network;
  readonly client: Net;
  readonly server: Net;
}

/** Runs `work` on a network until it is done; what it lost can be asked for. */
export async function between(
  link: Impairments,
  work: (ends: Ends) => Promise<void>,
  seed = 1,
): Promise<Network> {
  const network = createNetwork({ seed, link });
  const [server, client] = [network.host('server').net, network.host('client').net];
  await network.run(() => work({ network, client, server }));
  return network;
}
