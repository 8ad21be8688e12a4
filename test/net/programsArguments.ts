/** What is thrown at once, and what is returned: arguments that cannot be. */
import type { Program } from './lab.ts';

/** A program of one call. */
function call(what: (net: Parameters<Program>[0]['net']) => unknown): Program {
  return (lab) => lab.attempt('call', () => what(lab.net));
}

/** biome-ignore lint/suspicious/noExplicitAny: programs do pass what the types forbid */
const wrong = (value: unknown): any => value;

export const argumentPrograms: Readonly<Record<string, Program>> = {
  'connect without arguments': call((net) => net.connect(wrong(undefined))),
  'connect to no port': call((net) => net.connect(wrong({}))),
  'connect to a negative port': call((net) => net.connect(-1)),
  'connect to a port too large': call((net) => net.connect(65_536)),
  'connect to a fractional port': call((net) => net.connect(1.5)),
  'connect to a port that is an object': call((net) => net.connect(wrong({ port: {} }))),
  'connect to a port that is null': call((net) => net.connect(wrong({ port: null }))),
  'connect to a port that is true': call((net) => net.connect(wrong({ port: true }))),
  'connect to a port that is not a number': call((net) => net.connect(wrong({ port: 'http' }))),
  'connect to a port that is empty': call((net) => net.connect(wrong({ port: '' }))),
  'connect from an address that is none': call((net) => net.connect({ port: 1, localAddress: 'here' })),
  'connect from a port that is no number': call((net) =>
    net.connect(wrong({ port: 1, host: '127.0.0.1', localPort: '80' })),
  ),
  'connect with a lookup that is none': call((net) =>
    net.connect(wrong({ port: 1, host: 'name', lookup: 'dns' })),
  ),
  'connect with autoSelectFamily that is no boolean': call((net) =>
    net.connect(wrong({ port: 1, autoSelectFamily: 'yes' })),
  ),
  'connect with an attempt timeout of 0': call((net) =>
    net.connect({ port: 1, autoSelectFamilyAttemptTimeout: 0 }),
  ),
  'connect with an attempt timeout that is no number': call((net) =>
    net.connect(wrong({ port: 1, autoSelectFamilyAttemptTimeout: '1' })),
  ),
  'a socket in object mode': call((net) => new net.Socket(wrong({ objectMode: true }))),
  'a socket readable in object mode': call((net) => new net.Socket(wrong({ readableObjectMode: true }))),
  'a socket writable in object mode': call((net) => new net.Socket(wrong({ writableObjectMode: true }))),
  'a socket with a keep-alive delay that is no number': call(
    (net) => new net.Socket(wrong({ keepAliveInitialDelay: '1' })),
  ),
  'a socket with a signal that is none': call((net) => new net.Socket(wrong({ signal: {} }))),
  'setTimeout of a string': call((net) => new net.Socket().setTimeout(wrong('100'))),
  'setTimeout of less than nothing': call((net) => new net.Socket().setTimeout(-1)),
  'setTimeout of infinity': call((net) => new net.Socket().setTimeout(Number.POSITIVE_INFINITY)),
  'setTimeout with a callback that is none': call((net) => new net.Socket().setTimeout(1000, wrong('f'))),
  'a server with options that are a string': call((net) => net.createServer(wrong('x'))),
  'a server with a number': call((net) => new net.Server(wrong(5))),
  'a server with a highWaterMark that is no number': call((net) =>
    net.createServer(wrong({ highWaterMark: '1' })),
  ),
  'a server with a keep-alive delay that is no number': call((net) =>
    net.createServer(wrong({ keepAliveInitialDelay: {} })),
  ),
  'listen at a port too large': call((net) => net.createServer().listen(65_536)),
  'listen at a negative port': call((net) => net.createServer().listen(wrong({ port: -1 }))),
  'listen at a port that is not a number': call((net) => net.createServer().listen(wrong({ port: 'a' }))),
  'listen at true': call((net) => net.createServer().listen(wrong(true))),
  'listen at nothing': call((net) => net.createServer().listen(wrong({}))),
  'listen with a port that is an object': call((net) => net.createServer().listen(wrong({ port: {} }))),
  'listen with a signal that is none': call((net) =>
    net.createServer().listen(wrong({ port: 0, signal: 'INVALID' })),
  ),
  'setDefaultAutoSelectFamily of a number': call((net) => net.setDefaultAutoSelectFamily(wrong(1))),
  'the attempt timeout of 0': call((net) => net.setDefaultAutoSelectFamilyAttemptTimeout(0)),
  'the attempt timeout of a string': call((net) => net.setDefaultAutoSelectFamilyAttemptTimeout(wrong('1'))),
  'isIP and its like': (lab) => {
    const { net } = lab;
    for (const text of ['127.0.0.1', '::1', 'x', '', '1.2.3', 'fe80::1%lo', '::ffff:1.2.3.4']) {
      lab.note(text, [net.isIP(text), net.isIPv4(text), net.isIPv6(text)]);
    }
  },
  'what is there': (lab) => {
    const { net } = lab;
    const names = [
      'BlockList',
      'Server',
      'Socket',
      'SocketAddress',
      'Stream',
      'connect',
      'createConnection',
      'createServer',
      'getDefaultAutoSelectFamily',
      'getDefaultAutoSelectFamilyAttemptTimeout',
      'isIP',
      'isIPv4',
      'isIPv6',
      'setDefaultAutoSelectFamily',
      'setDefaultAutoSelectFamilyAttemptTimeout',
    ] as const;
    for (const name of names) lab.note(name, typeof (net as unknown as Record<string, unknown>)[name]);
    lab.note('Stream', (net as unknown as { Stream: unknown }).Stream === net.Socket);
  },
  'a block list': (lab) => {
    const list = new lab.net.BlockList();
    list.addAddress('10.0.0.1');
    lab.note('blocked', [list.check('10.0.0.1'), list.check('10.0.0.2')]);
  },
  'without new': (lab) => {
    const { net } = lab;
    const Socket = net.Socket as unknown as () => unknown;
    const Server = net.Server as unknown as () => unknown;
    lab.note('socket', Socket() instanceof net.Socket);
    lab.note('server', Server() instanceof net.Server);
    lab.note('names', [net.Socket.name.replace('Of', ''), net.Server.name.replace('Of', '')]);
  },
  'classes of their own': (lab) => {
    const { net } = lab;
    class Mine extends net.Socket {
      greet(): string {
        return 'mine';
      }
    }
    const mine = new Mine({ allowHalfOpen: true });
    lab.note('class', [mine instanceof net.Socket, mine.greet(), mine.allowHalfOpen]);
    function Old(this: object): void {
      (net.Server as unknown as { call(that: object): void }).call(this);
    }
    Object.setPrototypeOf(Old.prototype, net.Server.prototype);
    const old = new (Old as unknown as new () => InstanceType<typeof net.Server>)();
    lab.note('old style', [old instanceof net.Server, old.listening, old.address()]);
  },
};
