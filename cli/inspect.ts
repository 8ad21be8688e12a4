/** `statewire inspect`: the inspector's page for saved traces, served or as a file, and for its playground. */
import { once } from 'node:events';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, Option } from 'commander';
import { EXIT, Failure } from './failure.ts';
import { flag } from './flag.ts';
import { openBrowser } from './inspectBrowser.ts';
import { exportPage } from './inspectExport.ts';
import { parseInspectPort } from './inspectFlag.ts';
import { PackedTrace } from './inspectPack.ts';
import { loadPage } from './inspectPage.ts';
import { InspectServer, type Shown } from './inspectServer.ts';
import { mergeSources, openSource, type Source } from './inspectTrace.ts';
import type { Io } from './io.ts';

const EXAMPLES = `
Examples:
  statewire demo --trace run.jsonl; statewire inspect run.jsonl --open
  statewire inspect client.jsonl network.jsonl server.jsonl    three programs' traces of one run, laid together
  statewire inspect run.jsonl --export run.html                one file to send to somebody; needs no server
  statewire inspect capture.pcapng                             what tcpdump or Wireshark have captured
  statewire inspect --open                                     the playground: the whole TCP in the page
  statewire demo --inspect                                     a run while it goes on; also of server, client, network

The page's URL is printed on stdout; it is served on loopback until Ctrl-C. A trace that is broken is shown as far as
it can be read, and what cannot is told on stderr.

Exit codes: 2 usage, or a file that cannot be read at all; 6 a port that is taken, a file that cannot be written, or
a page that was not built; 130, 143 stopped.`;

interface InspectFlags {
  readonly open?: true;
  readonly port: number;
  readonly export?: string;
}

/** Adds the command; `done` is told the exit code. */
export function addInspect(program: Command, io: Io, done: (code: number) => void): void {
  const port = flag('--port <n>', 'where it is served', parseInspectPort).default(0, 'any that is free');
  const file = new Option('--export <file>', 'write a page with the trace in it, instead').conflicts('port');
  program
    .command('inspect')
    .summary('a run in the browser: charts, segments, plots, and time that can be run back')
    .description(
      'Shows a saved trace, the traces of several programs of one run, or a capture (pcap, pcapng) in a web page; ' +
        'without one, a playground.',
    )
    .argument('[trace...]', 'what --trace has written, or a capture')
    .addOption(new Option('--open', 'open the browser'))
    .addOption(port)
    .addOption(file)
    .addHelpText('after', EXAMPLES)
    .action(async (traces: string[], flags: InspectFlags) => done(await inspect(traces, flags, io)));
}

async function inspect(names: readonly string[], flags: InspectFlags, io: Io): Promise<number> {
  const sources = await Promise.all(names.map(openSource));
  const source = sources.length > 1 ? await mergeSources(sources, io) : sources[0];
  const packed = source?.kind === 'trace' ? new PackedTrace(source) : undefined;
  await packed?.begin();
  if (flags.export === undefined) return serve(source, packed, flags, io);
  if (source === undefined) throw new Failure(EXIT.usage, '--export: which trace?');
  await packed?.finish(io);
  return write(source, flags.export, flags, io);
}

async function serve(
  source: Source | undefined,
  packed: PackedTrace | undefined,
  { port, open }: InspectFlags,
  io: Io,
): Promise<number> {
  const shown = source === undefined ? {} : { shown: shownOf(source, packed) };
  const server = await InspectServer.open({ page: loadPage(), port, ...shown });
  try {
    io.out(`${server.url}\n`);
    if (open) openBrowser(server.url, io);
    await packed?.finish(io);
    if (!io.stop.aborted) await once(io.stop, 'abort');
    return io.stop.reason as number;
  } finally {
    await server.close();
  }
}

function shownOf(source: Source, packed: PackedTrace | undefined): Shown {
  const isTrace = source.kind === 'trace';
  return {
    kind: 'trace',
    name: source.title,
    type: isTrace ? 'application/x-ndjson; charset=utf-8' : 'application/octet-stream',
    size: () => source.size(),
    open: (bytes) => source.open(bytes),
    openPacked: () => packed?.open(),
  };
}

async function write(source: Source, path: string, { open }: InspectFlags, io: Io): Promise<number> {
  if (!(await exportPage(source, path, io.stop))) return io.stop.reason as number;
  io.err(`statewire: wrote ${path}\n`);
  if (open) openBrowser(pathToFileURL(resolve(path)).href, io);
  return EXIT.fine;
}
