/**
 * `statewire tun`: a host of ours beside the kernel of this machine, with something to talk to. What it serves, what it
 * says a person has to do, and how it ends; the packets' way is src/channel/tun.ts.
 */
import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { KEY_VALUE_PORT } from '../src/app/demo.ts';
import { MemoryStore } from '../src/app/keyValue.ts';
import { checkTunName } from '../src/channel/tun.ts';
import type { Connection } from '../src/tcp/connection.ts';
import { formatEndpoint, parseAddress } from '../src/wire/address.ts';
import { Endpoint } from './endpoint.ts';
import { addTcpFlags, type EndpointFlags, endpointTcp, parsePort } from './endpointFlags.ts';
import { usage } from './failure.ts';
import { flag, listFlag, wholeNumber } from './flag.ts';
import type { Io } from './io.ts';
import { keepAliveFlag, keepAliveTcp } from './keepAlive.ts';
import { aborted, Clients } from './server.ts';
import { chargen, discard, echo, files, type Service, Services } from './tunServices.ts';
import {
  type Cidr,
  isUp,
  kernelAddresses,
  parseCidr,
  runIp,
  type SetupPlan,
  setupCommands,
  undoCommands,
} from './tunSetup.ts';
import { count, packets } from './words.ts';

const DEVICE = 'statewire0';
const HTTP_PORT = 80;
const MAX_CLIENTS = 1000;

const EXAMPLES = `
Examples:
  sudo statewire tun --create --setup --http .      curl http://10.9.0.2/ is answered by a TCP made of statecharts
  statewire tun --echo --chargen                    says which ip commands are missing, and waits for them
  sudo statewire tun --create --setup --address 10.9.0.2/24 --address fd09::2/64 --echo
                                                    both families: nc 10.9.0.2 7, nc fd09::2 7
  unshare -Urn statewire tun --create --setup --echo
                                                    without root; nsenter -t PID -Un nc 10.9.0.2 7 reaches it
  sudo statewire tun --create --setup --inspect     watch the charts while curl runs

Services: the key-value dictionary (port ${KEY_VALUE_PORT}; when no other is asked for, or with --key-value), --http DIR, --echo,
--discard, --chargen. Ping works. Clients of the kernel's servers: statewire client --channel tun:NAME --to ADDRESS.

Exit codes: 2 usage, 6 an interface that cannot be used or was deleted, or a file error; 130, 143 stopped.`;

interface TunFlags extends Omit<EndpointFlags, 'address' | 'channel'> {
  readonly address: readonly Cidr[];
  readonly device: string;
  readonly create?: true;
  readonly setup?: true;
  readonly keyValue?: true;
  readonly http?: string;
  readonly httpPort: number;
  readonly echo?: true;
  readonly discard?: true;
  readonly chargen?: true;
  readonly keepalive: number;
  readonly maxClients: number;
}

/** Adds the command; `done` is told the exit code. */
export function addTun(program: Command, io: Io, done: (code: number) => void): void {
  const command = program
    .command('tun')
    .summary('a host beside this machine’s kernel, on a TUN interface (Linux)')
    .description(
      "Puts a host with a TCP of its own on a TUN interface, for the kernel's programs to talk to.",
    )
    .addHelpText('after', EXAMPLES);
  const clients = flag('--max-clients <n>', 'connections at a time, of each kind; more are reset', (text) =>
    wholeNumber(text, 1, 1_000_000, 'a number of clients'),
  );
  command
    .addOption(
      listFlag(
        '--address <ip/n>',
        'its own address and network; may be given again (10.9.0.2/24)',
        parseCidr,
      ),
    )
    .addOption(flag('--device <name>', 'the interface', checkTunName).default(DEVICE))
    .option('--create', 'make the interface if there is none; it is gone when this ends')
    .option('--setup', "run the ip commands for the kernel's side, and undo them at the end")
    .option('--key-value', 'serve the dictionary, besides others')
    .option('--http <folder>', 'serve its files')
    .addOption(flag('--http-port <n>', 'the port for that', parsePort).default(HTTP_PORT))
    .option('--echo', 'serve port 7 (RFC 862)')
    .option('--discard', 'serve port 9 (RFC 863)')
    .option('--chargen', 'serve port 19 (RFC 864)')
    .addOption(keepAliveFlag())
    .addOption(clients.default(MAX_CLIENTS));
  addTcpFlags(command).action(async (flags: TunFlags) => done(await tun(flags, io)));
}

/** What is served besides the dictionary. */
function servicesOf(flags: TunFlags): Service[] {
  const services: Service[] = [];
  if (flags.http !== undefined) {
    const folder = flags.http;
    usage('--http', () => {
      if (!statSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`);
    });
    services.push({ name: 'http', port: flags.httpPort, serve: files(folder) });
  }
  if (flags.echo) services.push({ name: 'echo', port: 7, serve: echo });
  if (flags.discard) services.push({ name: 'discard', port: 9, serve: discard });
  if (flags.chargen) services.push({ name: 'chargen', port: 19, serve: chargen });
  return services;
}

async function tun(given: TunFlags, io: Io): Promise<number> {
  const address = given.address.length > 0 ? given.address : [parseCidr('10.9.0.2/24')];
  const flags = { ...given, address };
  const { device, create, json, ...rest } = flags;
  const services = servicesOf(flags);
  const channel = { kind: 'tun', name: `tun:${device}`, device, ...(create && { create }) } as const;
  const endpointFlags: EndpointFlags = { ...rest, channel, address: address[0]!.address };
  const tcp = keepAliveTcp(flags.keepalive);
  const plan = { device, addresses: address, mtu: endpointTcp(endpointFlags, tcp).mtu };
  const role = { name: 'tun', addresses: address.map((one) => one.address), tcp };
  const endpoint = await Endpoint.open(endpointFlags, role, io);
  const undo = new Undo();
  try {
    await connectKernel(flags, plan, endpoint, io, undo);
    return await serve(flags, services, endpoint, endpointFlags, io);
  } finally {
    await endpoint.close();
    await undo.run();
  }
}

/** What is to be undone when the program ends. */
class Undo {
  commands: readonly (readonly string[])[] = [];

  /** An interface that we have made is gone already, and its addresses with it: then there is nothing to do. */
  async run(): Promise<void> {
    for (const command of this.commands) await runIp([command]).catch(() => {});
  }
}

/** Runs the commands for the kernel's side, or says what they are. */
async function connectKernel(
  flags: TunFlags,
  plan: SetupPlan,
  endpoint: Endpoint,
  io: Io,
  undo: Undo,
): Promise<void> {
  const commands = setupCommands(plan);
  if (flags.setup) {
    undo.commands = undoCommands(plan);
    await runIp(commands);
    endpoint.log(`the kernel has ${kernelAddresses(plan.addresses).join(' and ')} on ${plan.device}`);
    return;
  }
  if (isUp(plan.device)) return;
  endpoint.log('the kernel’s side is missing; run these, or start with --setup:');
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  if (!flags.quiet) for (const words of commands) io.err(`  ${sudo}ip ${words.join(' ')}\n`);
}

async function serve(
  flags: TunFlags,
  services: readonly Service[],
  endpoint: Endpoint,
  endpointFlags: EndpointFlags,
  io: Io,
): Promise<number> {
  const record = (what: object): void => {
    if (flags.json) io.out(`${JSON.stringify({ t: endpoint.runner.now(), ...what })}\n`);
  };
  const others = new Services(
    endpoint.host,
    (work) => endpoint.perform(work),
    flags.maxClients,
    ({ connection }, service, what) => {
      const { remote } = connection as Connection;
      const client = formatEndpoint(remote.address, remote.port);
      endpoint.log(`${service}: ${client} ${what}`);
      record({
        kind: what === 'connected' ? what : 'ended',
        service,
        client,
        ...(what !== 'connected' && { why: what }),
      });
    },
  );
  for (const service of services) {
    usage(`--${service.name}`, () => others.listen(service));
    for (const { address } of flags.address) {
      endpoint.log(`serves ${service.name} at ${formatEndpoint(parseAddress(address), service.port)}`);
      record({ kind: 'listening', service: service.name, address, port: service.port });
    }
  }
  const dictionary = services.length === 0 || flags.keyValue === true;
  const keyValue = {
    ...endpointFlags,
    port: KEY_VALUE_PORT,
    maxClients: flags.maxClients,
    ...(flags.json && { json: true as const }),
  };
  const clients = dictionary ? new Clients(endpoint, new MemoryStore(), keyValue, io) : undefined;
  await Promise.race([aborted(io.stop), endpoint.broken]);
  const halt = new AbortController();
  io.onHalt(() => {
    endpoint.perform(() => {
      for (const connection of endpoint.host.connections) connection.abort();
    });
    halt.abort();
  });
  clients?.finish();
  others.finish();
  await Promise.race([endpoint.settled(halt.signal), endpoint.broken]);
  clients?.summary();
  if (clients === undefined) {
    endpoint.log(`served ${count(others.served, 'client')}; ${packets(endpoint.host.counters)}`);
    const { packetsIn, packetsOut, discarded } = endpoint.host.counters;
    record({ kind: 'summary', clients: others.served, packetsIn, packetsOut, discarded });
  }
  return io.stop.reason as number;
}
