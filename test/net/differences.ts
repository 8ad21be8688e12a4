/** What statewire/net does not do as node:net does, and why: the table in docs/net.md. Where a program can show it, one does. */
import type { AddressInfo } from 'node:net';
import { once, type Program, until } from './lab.ts';

export interface Difference {
  readonly what: string;
  readonly node: string;
  readonly statewire: string;
  readonly why: string;
  /** Records something else with each of the two. */
  readonly program?: Program;
}

export const differences: readonly Difference[] = [
  {
    what: '`path`: UNIX domain sockets and named pipes',
    node: 'connects, listens',
    statewire: 'throws `ERR_FEATURE_UNAVAILABLE_ON_PLATFORM`',
    why: 'They are objects of the kernel, and no TCP. Under `statewire/register` they go to node:net.',
    program: (lab) => {
      const socket = new lab.net.Socket();
      socket.on('error', () => {});
      lab.attempt('connect', () => socket.connect('/nowhere/at/all').constructor.name);
    },
  },
  {
    what: '`fd`, `handle`: sockets from elsewhere',
    node: 'takes them over',
    statewire: 'throws `ERR_FEATURE_UNAVAILABLE_ON_PLATFORM`',
    why: 'A file descriptor belongs to the kernel. Under `statewire/register` they go to node:net.',
    program: (lab) => lab.attempt('fd', () => new lab.net.Socket({ fd: 2 } as never).constructor.name.length),
  },
  {
    what: '`socket._handle`, `server._handle`, and with them `subprocess.send(socket)` and `cluster`',
    node: 'the C++ object',
    statewire: 'there is none',
    why: 'Nothing of a connection is outside JavaScript. TLS and HTTP/2 go through their own JS streams, as over any Duplex.',
    program: (lab) => lab.note('handle', '_handle' in new lab.net.Socket()),
  },
  {
    what: 'a `tls.TLSSocket` around it, whose peer half-closes',
    node: 'the TLS socket takes the handle over, and goes on writing',
    statewire: 'the socket below ends when it is ended, unless it has `allowHalfOpen: true`',
    why: 'It is a stream below a stream, as with any Duplex that is not of the kernel.',
  },
  {
    what: 'names without `lookup`',
    node: 'the resolver of the machine',
    statewire: 'the table `hosts`, with `localhost` and the name of the host; else `ENOTFOUND` (errno -3008)',
    why: 'The names of a network belong to it. `lookup: dns.lookup` brings the resolver back.',
  },
  {
    what: '`socket.destroy()` in a listener of `connectionAttempt`, of a single address',
    node: 'an uncaught `TypeError` from within `net`',
    statewire: 'the socket closes',
    why: 'No program can want that.',
  },
  {
    what: 'the order of events of *different* sockets',
    node: 'as epoll has them',
    statewire: 'as they happened',
    why: 'Each event has a turn of the event loop of its own (`setImmediate`), so that the same seed is the same order.',
  },
  {
    what: 'the port of `listen(0)`',
    node: 'the kernel chooses',
    statewire: 'in order, from 32768',
    why: 'The same run has the same ports.',
    program: async (lab) => {
      const server = lab.net.createServer().listen(0);
      await once(server, 'listening');
      lab.recording.port = [(server.address() as AddressInfo).port];
      server.close();
    },
  },
  {
    what: '`backlog`',
    node: 'established connections that wait for accept',
    statewire: 'connections in SYN_RECEIVED',
    why: 'An established connection is handed over at once; there is no queue that it could wait in.',
  },
  {
    what: '`writeQueueSize` and back-pressure: how much a `write` takes before it waits',
    node: "the kernel's buffers, which grow",
    statewire: "`tcp.sendBuffer` and the peer's `tcp.receiveBuffer`, 1 MiB each by default",
    why: 'They are what the host is set to.',
    program: async (lab) => {
      const { client, peer } = await lab.pair({ pauseOnConnect: true });
      let bytes = 0;
      // Until a write does not go out at once, or the kernel's largest buffers would be full
      while (client.writableLength === 0 && bytes < 40 << 20) {
        client.write(Buffer.alloc(65_536));
        bytes += 65_536;
        await lab.turns(1);
      }
      lab.recording.bytes = [bytes];
      client.destroy();
      peer.resume();
      await until(() => peer.destroyed);
    },
  },
  {
    what: '`perf_hooks` entries of type `net`; `async_hooks` types beside `TCPWRAP`',
    node: 'there are some',
    statewire: 'none',
    why: 'Only Node can make them. `AsyncLocalStorage` works: events run in the context the socket was made in.',
  },
  {
    what: '`net.BoundSocket`, `setTOS`, `getTOS` (new in Node 24)',
    node: 'in newer Nodes',
    statewire: 'not there',
    why: 'They are bound to file descriptors, or to IP fields that the stack does not let a connection set.',
  },
  {
    what: '`net._setSimultaneousAccepts`, `net._createServerHandle`',
    node: 'internal, deprecated',
    statewire: 'not there',
    why: 'They are about handles.',
  },
];

/** The table as docs/net.md has it. */
export function differencesTable(): string {
  const row = (...cells: string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    row('', 'node:net', 'statewire/net', 'why'),
    '|---|---|---|---|',
    ...differences.map(({ what, node, statewire, why }) => row(what, node, statewire, why)),
  ].join('\n');
}
