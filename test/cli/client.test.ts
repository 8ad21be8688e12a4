/** The key-value client as a program: where its commands come from, what it writes, and what it tells the shell. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/app/keyValue.ts';
import { serveKeyValue } from '../../src/app/keyValueServer.ts';
import { seven } from '../../src/app/seven.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import type { Host } from '../../src/tcp/host.ts';
import type { CloseReason } from '../../src/tcp/user.ts';
import { Keyboard, Running, startServer, udpPair, until, Wire } from './programs.ts';
import type { World } from './run.ts';
import { Screen } from './screen.ts';

const state = mkdtempSync(join(tmpdir(), 'statewire-state-'));
const before = process.env.XDG_STATE_HOME;
beforeAll(() => {
  process.env.XDG_STATE_HOME = state;
});
afterAll(() => {
  if (before === undefined) delete process.env.XDG_STATE_HOME;
  else process.env.XDG_STATE_HOME = before;
  rmSync(state, { recursive: true });
});

let channel: string;
let server: Running;
const wires: Wire[] = [];

/** A server for each test: its dictionary is empty. */
beforeEach(async () => {
  const pair = await udpPair();
  channel = pair.client;
  server = await startServer(pair.server);
});
afterEach(async () => {
  for (const wire of wires.splice(0)) await wire.close();
  await server.end();
});

const client = (argv: readonly string[], world: World = {}): Running =>
  new Running(['client', '--channel', channel, ...argv], world);

/** Something else in the server's place, which does what it likes with a connection. */
async function strangeServer(accept: (connection: Connection) => void): Promise<{ wire: Wire; host: Host }> {
  const pair = await udpPair();
  channel = pair.client;
  const wire = await Wire.open(pair.server);
  wires.push(wire);
  const host = wire.host('10.0.0.2');
  host.listen({ port: 50, onConnection: accept });
  return { wire, host };
}

const asking = (...commands: readonly string[]): string[] =>
  commands.flatMap((command) => ['--exec', command]);

describe('statewire client --exec', () => {
  it('writes the answers to stdout, and words to stderr', async () => {
    const running = client(asking(...seven.map(({ command }) => command)));
    const { code, lines } = await running.over;
    expect([code, lines]).toEqual([0, seven.map(({ answer }) => answer)]);
    expect(running.err).toMatch(/^client: connecting to 10\.0\.0\.2:50 from 10\.0\.0\.1:\d+ on udp:.*\n/);
    expect(running.err).toMatch(/\nclient: connected after [\d.]+ (us|ms|s)\n/);
    expect(running.err).toMatch(
      /\nclient: 7 answers in .*; \d+ packets in, \d+ out, none dropped, \d+ sent again\n$/,
    );
  });

  it('says nothing on stderr with --quiet', async () => {
    const running = client([...asking('LIST', 'NONSENSE'), '--quiet']);
    expect(await running.over).toMatchObject({ code: 0, out: '\ncommand error.\n', err: '' });
  });

  it('names the commands on a terminal, where nothing is an instruction to it', async () => {
    const { out } = await client(asking('PUT,a,\u001b[31m', 'GET,a'), { color: true }).over;
    expect(out).toBe('PUT,a,\\u{1b}[31m -> Success!\nGET,a -> \\u{1b}[31m\n');
  });

  it('gives objects with --json', async () => {
    const { lines } = await client([...asking('PUT,a,"1\n2"', 'GET,a'), '--json']).over;
    const ms = expect.any(Number);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { kind: 'answer', command: 'PUT,a,"1\n2"', answer: 'Success!', ms },
      { kind: 'answer', command: 'GET,a', answer: '"1\n2"', ms },
      expect.objectContaining({ kind: 'summary', end: 'finished', commands: 2, answers: 2, ms }),
    ]);
  });

  it('takes a dictionary with all that it may hold', async () => {
    const value = 'v'.repeat(1_000_000);
    const puts = Array.from({ length: 5 }, (_, i) => `PUT,${i},${value}`);
    const { lines } = await client(asking(...puts, 'LIST')).over;
    expect(lines.at(-1)!.length).toBeGreaterThan(5_000_000);
  });

  it('does not read what is on stdin', async () => {
    const input = Readable.from(['GET,a\n']);
    expect((await client(asking('LIST'), { input }).over).out).toBe('\n');
  });
});

describe('statewire client with commands from stdin', () => {
  it('takes one a line, with quotes over several, wherever the stream is cut', async () => {
    const text = Buffer.from('PUT,a,"1\n울"\r\n\nGET,a\nLIST');
    const bytes = Array.from(text, (byte) => Buffer.from([byte]));
    const { code, out } = await client([], { input: Readable.from(bytes) }).over;
    expect([code, out]).toEqual([0, 'Success!\n"1\n울"\n[a,"1\n울"]\n']);
  });

  it('keeps the order of thousands, and does not read far ahead', async () => {
    const input = new PassThrough();
    const commands = Array.from({ length: 3000 }, (_, i) => `PUT,${i},${'v'.repeat(500)}`);
    let ahead = 0;
    const running = client([], { input });
    for (let at = 0; at < commands.length; at += 50) {
      const wait = !input.write(`${commands.slice(at, at + 50).join('\n')}\n`);
      ahead = Math.max(ahead, at + 50 - running.out.split('\n').length);
      if (wait) await new Promise((resolve) => input.once('drain', resolve));
    }
    input.end('LIST\n');
    const { code, lines } = await running.over;
    expect(code).toBe(0);
    expect(lines.slice(0, -1).every((line) => line === 'Success!')).toBe(true);
    expect(lines.at(-1)).toMatch(/^\[0,v+\], \[1,v+\].*\[2999,v+\]$/);
    expect(ahead).toBeLessThan(1000);
  });

  it.each([
    [
      'an open quote',
      'LIST\nPUT,"a\n',
      'stdin, command 2: not UTF-8, longer than 1 MiB, or with a quote left open',
    ],
    [
      'bytes that are no text',
      Buffer.from([0x4c, 0xff, 0x0a]),
      'stdin, command 1: not UTF-8, longer than 1 MiB, or with a quote left open',
    ],
    [
      'a line too long',
      Buffer.alloc(1_100_000, 'x'),
      'stdin, command 1: not UTF-8, longer than 1 MiB, or with a quote left open',
    ],
    [
      'a carriage return too many',
      'LIST\r\r\n',
      /stdin, command 1: command "LIST\\r": a line end outside quotes/,
    ],
  ])('does not take %s', async (_, text, error) => {
    const running = client(['--quiet'], { input: Readable.from([text]) });
    expect((await running.over).code).toBe(2);
    expect(running.err).toMatch(error);
    expect(running.err).toMatch(/^statewire: [^\n]+\n$/);
    await server.said(' closed\n');
  });

  it('waits for more as long as stdin is open, and answers meanwhile', async () => {
    const input = new PassThrough();
    const running = client([], { input });
    input.write('PUT,a,1\n');
    await running.said('Success!\n');
    input.write('GET,a\n');
    await running.said('\n1\n');
    input.end();
    expect((await running.over).code).toBe(0);
  });
});

describe('what the shell is told', () => {
  /** The exit code, and the one line that says why. */
  async function failure(running: Running): Promise<[number, string]> {
    const { code } = await running.over;
    return [code, running.err];
  }

  it('3: refused', async () => {
    const running = client([...asking('LIST'), '--to', ':51', '--quiet']);
    expect(await failure(running)).toEqual([3, 'statewire: 10.0.0.2:51 refused the connection\n']);
  });

  it('4: nobody there within --timeout', async () => {
    const running = client([...asking('LIST'), '--to', '10.9.9.9', '--timeout', '3', '--quiet', '--json']);
    expect(await failure(running)).toEqual([4, 'statewire: no answer from 10.9.9.9:50 within 3 s\n']);
    expect(JSON.parse(running.out)).toMatchObject({
      kind: 'summary',
      end: 'timedOut',
      commands: 1,
      answers: 0,
    });
  });

  it('4: a server that dies, by keep-alive', async () => {
    const { wire, host } = await strangeServer((connection) => serveKeyValue(connection, new MemoryStore()));
    const input = new PassThrough();
    const running = client(['--keepalive', '1'], { input });
    input.write('PUT,a,1\n');
    await running.said('Success!');
    wire.kill(host);
    expect((await running.over).code).toBe(4);
    expect(running.err).toMatch(
      /\nstatewire: 10\.0\.0\.2:50 timed out: no answer to keep-alive after 1 answer of 1\n$/,
    );
  });

  it('5: reset', async () => {
    await strangeServer((connection) => {
      connection.handler = { readable: () => connection.abort() };
    });
    const running = client([...asking('LIST'), '--quiet']);
    expect(await failure(running)).toEqual([
      5,
      'statewire: 10.0.0.2:50 reset the connection after 0 answers of 1\n',
    ]);
  });

  it('6: an answer that nobody asked for', async () => {
    await strangeServer((connection) => {
      connection.send(new TextEncoder().encode('hello\n'));
    });
    const running = client(['--quiet'], { input: new PassThrough() });
    expect(await failure(running)).toEqual([
      6,
      'statewire: 10.0.0.2:50 said what is no answer after 0 answers of 0\n',
    ]);
  });

  it('6: the server closed before stdin ended', async () => {
    const input = new PassThrough();
    const running = client(['--quiet'], { input });
    input.write('PUT,a,1\n');
    await running.said('Success!');
    server.interrupt();
    expect(await failure(running)).toEqual([
      6,
      'statewire: 10.0.0.2:50 closed the connection after 1 answer of 1\n',
    ]);
    expect(input.destroyed).toBe(true);
  });

  it('130: Ctrl-C, which closes in order', async () => {
    const input = new PassThrough();
    const running = client([], { input });
    input.write('PUT,a,1\n');
    await running.said('Success!');
    running.interrupt();
    expect((await running.over).code).toBe(130);
    expect(running.err).toContain('client: closes the connection; Ctrl-C again resets it\n');
    await server.said(' closed\n');
    expect(input.destroyed).toBe(true);
  });

  it('130: Ctrl-C while it connects, at once', async () => {
    const running = client(['--to', '10.9.9.9'], { input: new PassThrough() });
    await running.said('connecting');
    running.interrupt();
    expect((await running.over).code).toBe(130);
    expect(running.err).not.toContain('statewire:');
  });

  it('130: a second Ctrl-C resets', async () => {
    let end: CloseReason | undefined;
    // One that never closes
    const { host } = await strangeServer((connection) => {
      connection.handler = { closed: (reason) => (end = reason) };
    });
    const running = client([], { input: new PassThrough() });
    await running.said('connected after');
    running.interrupt();
    await until('a FIN', () => host.connections[0]?.state === 'CLOSE_WAIT');
    expect(running.ended).toBe(undefined);
    running.interrupt();
    expect((await running.over).code).toBe(130);
    await until('a reset', () => end === 'reset');
  });

  it('2: usage', async () => {
    for (const [argv, error] of [
      [asking('PUT,"a'), '--exec: command "PUT,\\"a": a quote is opened and not closed'],
      [
        asking('GET,a\nGET,b'),
        '--exec: command "GET,a\\nGET,b": a line end outside quotes, or half of a surrogate pair',
      ],
      [['--to', '1.2.3'], '--to: not an IP address: "1.2.3" (IPv4 has four numbers with dots between)'],
      [['--to', '0.0.0.0'], '--to: cannot connect to 0.0.0.0'],
      [['--to', '10.0.0.1'], "--to: 10.0.0.1 is this program's own address (see --address)"],
      [
        ['--address', 'fd00::1', '--to', '[fd00:0::1]:50'],
        "--to: fd00::1 is this program's own address (see --address)",
      ],
      [['--to', '::1'], "--to: host 'client' has no address to reach ::1 from"],
      [['--timeout', '0'], "--timeout: a time in seconds is a whole number from 1 to 86400, not '0'"],
    ] as const) {
      const running = client(argv);
      expect(await failure(running)).toEqual([2, `statewire: ${error}\n`]);
    }
  });
});

describe('the prompt', () => {
  const COLUMNS = 60;

  /** A client at a terminal of 60 columns, where stdout and stderr are one. */
  async function atTerminal(argv: readonly string[] = ['--quiet']) {
    const keyboard = new Keyboard();
    const screen = new Screen(COLUMNS);
    const write = (text: string): void => screen.write(text);
    const world = { input: keyboard, liveErr: true, columns: COLUMNS, onOut: write, onErr: write };
    const running = client(argv, world);
    /** Types, and waits for the rows of the screen; STATUS stands for a status line. */
    const shows = async (keys: string, ...rows: readonly string[]): Promise<void> => {
      keyboard.write(keys);
      const wanted = rows.join('\n');
      const now = (): string => screen.lines.join('\n').replaceAll(/^ESTABLISHED {3}cwnd .*$/gm, 'STATUS');
      await until(`${wanted}\non the screen\n`, () => now() === wanted).catch((error: Error) => {
        throw new Error(`${error.message}instead of\n${now()}`);
      });
    };
    await shows('', 'STATUS', '>');
    return { keyboard, running, screen, shows };
  }

  it('has the status above the line, and the answers above both', async () => {
    const { running, shows, keyboard } = await atTerminal();
    expect(keyboard.raw).toBe(true);
    await shows('PUT,a,1', 'STATUS', '> PUT,a,1');
    await shows('\r', '> PUT,a,1', 'Success!', 'STATUS', '>');
    await shows('GET,a\r', '> PUT,a,1', 'Success!', '> GET,a', '1', 'STATUS', '>');
    const before = ['> PUT,a,1', 'Success!', '> GET,a', '1'];
    await shows('half', ...before, 'STATUS', '> half');
    keyboard.write('\u0015\u0004');
    expect((await running.over).code).toBe(0);
    await shows('', ...before);
    expect(keyboard.raw).toBe(false);
    expect(running.out).toBe('Success!\n1\n');
  });

  it('has answers to what was typed ahead beside their commands', async () => {
    const { shows } = await atTerminal(['--quiet']);
    const typed = ['> PUT,a,1', '> GET,a', '> GET,b'];
    await shows(
      'PUT,a,1\rGET,a\rGET,b\r',
      ...typed,
      'PUT,a,1 -> Success!',
      'GET,a -> 1',
      'GET,b -> Not exist!',
      'STATUS',
      '>',
    );
  });

  it('tells of the connection while a line is typed, and does not disturb it', async () => {
    const { wire, host } = await strangeServer(() => {});
    const { shows, screen, running } = await atTerminal();
    wire.kill(host);
    await shows('LIST\rhalf', '> LIST', 'STATUS', '> half');
    await until('the status of a segment sent again', () => /sent again [2-9]/.test(screen.lines[1]!));
    await shows(' and more', '> LIST', 'STATUS', '> half and more');
    await running.end();
  });

  it('keeps the line that is typed while an answer comes', async () => {
    const { shows } = await atTerminal();
    await shows('LIST\rGET,a', '> LIST', '', 'STATUS', '> GET,a');
    await shows('\u0001\u0004', '> LIST', '', 'STATUS', '> ET,a');
  });

  it('has lines longer than the terminal is wide', async () => {
    const { shows, keyboard } = await atTerminal();
    const rest = 'x'.repeat(100);
    const typed = `> PUT,a,${rest}`;
    const rows = [typed.slice(0, COLUMNS), typed.slice(COLUMNS)];
    for (const key of `PUT,a,${rest}`) keyboard.write(key);
    await shows('', 'STATUS', ...rows);
    await shows('\u007f', 'STATUS', rows[0]!, rows[1]!.slice(1));
    await shows('x', 'STATUS', ...rows);
    await shows('\r', ...rows, 'Success!', 'STATUS', '>');
  });

  it('goes on while a quote is open', async () => {
    const { shows } = await atTerminal();
    await shows('PUT,a,"1\r', '> PUT,a,"1', 'STATUS', '…');
    await shows('2"\r', '> PUT,a,"1', '… 2"', 'Success!', 'STATUS', '>');
    await shows('GET,a\r', '> PUT,a,"1', '… 2"', 'Success!', '> GET,a', '"1', '2"', 'STATUS', '>');
  });

  it('completes commands and keys', async () => {
    const { shows } = await atTerminal();
    await shows('pu\t', 'STATUS', '> PUT,');
    await shows('name,sung\r', '> PUT,name,sung', 'Success!', 'STATUS', '>');
    await shows('GET,\t', '> PUT,name,sung', 'Success!', 'STATUS', '> GET,name');
  });

  it('has a history, also of other runs', async () => {
    const first = await atTerminal();
    await first.shows('GET,b\r', '> GET,b', 'Not exist!', 'STATUS', '>');
    first.keyboard.write('quit\r');
    expect((await first.running.over).code).toBe(0);
    expect(readFileSync(join(state, 'statewire', 'history'), 'utf8')).toMatch(/GET,b\nquit\n$/);
    const second = await atTerminal();
    await second.shows('\u001b[A\u001b[A', 'STATUS', '> GET,b');
    second.running.interrupt();
    await second.running.over;
  });

  it('helps itself, and asks the server nothing then', async () => {
    const { shows, running, keyboard } = await atTerminal();
    await shows('\r', '>', 'STATUS', '>');
    keyboard.write('HELP\r');
    await running.said('DELETE,key');
    keyboard.write('QUIT\r');
    expect((await running.over).code).toBe(0);
    expect(server.err).not.toContain('->');
  });

  it('shows nothing that a terminal would obey', async () => {
    await client([...asking('PUT,a,\u001b[2J'), '--quiet']).over;
    const { shows } = await atTerminal();
    await shows('GET,a\r', '> GET,a', '\\u{1b}[2J', 'STATUS', '>');
  });

  it('ends at once when the server goes, and says so', async () => {
    const running = client([], { input: new Keyboard(), liveErr: true });
    await running.said('ESTABLISHED');
    server.interrupt();
    expect((await running.over).code).toBe(0);
    expect(running.err).toContain('client: 10.0.0.2:50 closed the connection\n');
  });

  it('obeys Ctrl-C, which is a key there', async () => {
    const { keyboard, running } = await atTerminal();
    const interrupted = new Promise<void>((resolve) => process.once('SIGINT', () => resolve()));
    keyboard.write('half\u0003');
    await interrupted;
    running.interrupt();
    expect((await running.over).code).toBe(130);
    expect(keyboard.raw).toBe(false);
  });
});
