/** `statewire proxy`: a TCP proxy between kernel sockets, whose bytes cross a pair of Statewire hosts over a bad link. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import type { Command } from 'commander';
import { linkOf } from '../src/app/linkSettings.ts';
import { createProxyApi } from '../src/net/proxy/api.ts';
import { parsePlace } from '../src/net/proxy/proxy.ts';
import { ProxySet } from '../src/net/proxy/set.ts';
import { Random } from '../src/time/random.ts';
import { randomSeed } from './endpoint.ts';
import { EXIT, Failure, oneLine, usage } from './failure.ts';
import { flag, parseSeed } from './flag.ts';
import type { Io } from './io.ts';
import { type LinkFlags, linkFlags } from './linkFlags.ts';
import { systemReason } from './systemReason.ts';

interface ProxyFlags extends LinkFlags {
  readonly listen?: string;
  readonly to?: string;
  readonly config?: string;
  readonly api?: string;
  readonly seed?: number;
  readonly json?: true;
  readonly quiet?: true;
}

const EXAMPLES = `
Examples:
  statewire proxy --listen 127.0.0.1:6380 --to 127.0.0.1:6379 --loss 0.05
                                  redis with every twentieth packet lost, both ways
  statewire proxy --listen 127.0.0.1:5433 --to db.example:5432 --delay 40,200 --rate 1M
  statewire proxy --config proxies.json --api 127.0.0.1:8474
                                  several, driven by any client of toxiproxy

Each connection has a link of its own. A configuration is a list, such as
  [{ "name": "redis", "listen": "127.0.0.1:6380", "upstream": "127.0.0.1:6379", "link": { "loss": 0.05 } }]

Exit codes: 2 usage, 6 cannot listen, or the configuration cannot be read, 130 Ctrl-C, 143 SIGTERM.`;

/** Adds the command; `done` is told the exit code. */
export function addProxy(program: Command, io: Io, done: (code: number) => void): void {
  const place = (name: string) => (text: string) => {
    parsePlace(text, name);
    return text;
  };
  const command = program
    .command('proxy')
    .summary('a TCP proxy whose faults are those of packets')
    .description(
      'Takes TCP connections and passes each on over a pair of Statewire hosts and a link that impairs its packets: ' +
        'what is lost is sent again, what is slow fills the windows, as on a real network.',
    )
    .addOption(flag('--listen <host:port>', 'where to take connections; port 0: any', place('listen')))
    .addOption(flag('--to <host:port>', 'where to pass them on to', place('upstream')))
    .option('--config <file>', 'several proxies, as a list in JSON')
    .addOption(flag('--api <host:port>', "toxiproxy's HTTP API (8474 is its port)", place('api')))
    .addOption(flag('--seed <n>', 'makes what happens on the links repeatable (default: chance)', parseSeed))
    .addHelpText('after', EXAMPLES);
  for (const option of linkFlags('perfect', 'the link')) {
    command.addOption(option.helpGroup('The link (A both ways; A,B to the server, and back):'));
  }
  command
    .option('--json', 'what it counted as one line of JSON')
    .option('--quiet', 'says only what is wrong');
  command.action(async (flags: ProxyFlags) => done(await proxy(flags, io)));
}

async function proxy(flags: ProxyFlags, io: Io): Promise<number> {
  const entries = entriesOf(flags);
  const link = usage('the link', () => linkOf(flags));
  const seed = flags.seed ?? randomSeed();
  const proxies = new ProxySet({ link, random: new Random(seed) });
  const say = (text: string): void => {
    if (!flags.quiet) io.err(`proxy: ${oneLine(text)}\n`);
  };
  let api: Server | undefined;
  try {
    for (const entry of entries) await create(proxies, entry);
    for (const one of proxies.all) {
      const { name, listen, upstream } = one.record();
      say(`${name}: ${listen} to ${upstream}`);
    }
    if (flags.api !== undefined) api = await openApi(proxies, flags.api, say);
    say(`seed ${seed}; Ctrl-C ends it`);
    const code = await stopped(io.stop);
    finish(proxies, flags, io);
    return code;
  } finally {
    api?.close();
    await proxies.stop();
  }
}

/** A proxy that is asked for, and where. */
interface Entry {
  readonly given: unknown;
  /** What an error begins with. */
  readonly where: string;
}

function entriesOf({ listen, to, config, api }: ProxyFlags): readonly Entry[] {
  if ((listen === undefined) !== (to === undefined)) {
    throw new Failure(EXIT.usage, `${listen === undefined ? '--listen' : '--to'} is missing`);
  }
  const single =
    listen === undefined ? [] : [{ given: { name: 'proxy', listen, upstream: to }, where: '--listen: ' }];
  const all = [...single, ...(config === undefined ? [] : readConfig(config))];
  if (all.length === 0 && api === undefined) {
    throw new Failure(EXIT.usage, 'nothing to do: --listen and --to, --config or --api is needed');
  }
  return all;
}

function readConfig(file: string): readonly Entry[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure(EXIT.application, `--config: cannot read '${file}': ${systemReason(error)}`);
  }
  return usage(`--config ${file}`, () => parseConfig(text)).map((given, i) => {
    const name = (given as { name?: unknown } | null)?.name;
    return { given, where: `--config ${file}: proxy ${i + 1}${name ? ` ${JSON.stringify(name)}` : ''}: ` };
  });
}

function parseConfig(text: string): readonly unknown[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    throw new Error(`line ${lineOf(text)}: no JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(list)) throw new Error('a list of proxies in [ ] is needed');
  return list;
}

/** The first line with which it can be no JSON any more, whatever follows. Node 20 does not tell where. */
function lineOf(text: string): number {
  const lines = text.trimEnd().split('\n');
  const wrong = lines.findIndex((_, i) => !mayBegin(lines.slice(0, i + 1).join('\n')));
  return wrong === -1 ? lines.length : wrong + 1;
}

function mayBegin(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    return (error as Error).message === 'Unexpected end of JSON input';
  }
}

async function create(proxies: ProxySet, { given, where }: Entry): Promise<void> {
  try {
    await proxies.create(given);
  } catch (error) {
    const { status, message } = error as Error & { status?: number };
    throw new Failure(status === 500 ? EXIT.application : EXIT.usage, `${where}${message}`);
  }
}

async function openApi(proxies: ProxySet, place: string, say: (text: string) => void): Promise<Server> {
  const { host, port } = parsePlace(place, 'api');
  const server = createProxyApi(proxies);
  server.listen({ port, ...(host !== '' && { host }) });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Failure(EXIT.application, `--api: ${(error as Error).message}`);
  }
  const { address, port: chosen } = server.address() as AddressInfo;
  say(`API at http://${address.includes(':') ? `[${address}]` : address}:${chosen}`);
  return server;
}

function stopped(stop: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    const end = (): void => resolve(stop.reason as number);
    if (stop.aborted) end();
    else stop.addEventListener('abort', end, { once: true });
  });
}

/** What passed. */
function finish(proxies: ProxySet, { json, quiet }: ProxyFlags, io: Io): void {
  const counted = proxies.all.map(({ name, counters }) => ({ name, ...counters }));
  if (json) io.out(`${JSON.stringify({ kind: 'summary', proxies: counted })}\n`);
  else if (!quiet) {
    for (const { name, connections, bytesUp, bytesDown } of counted) {
      const many = connections === 1 ? 'connection' : 'connections';
      io.out(`${name}: ${connections} ${many}, ${bytesUp} bytes to the server, ${bytesDown} back\n`);
    }
  }
}
