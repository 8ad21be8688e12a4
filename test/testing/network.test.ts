/** Networks in virtual time: programs with real Node sockets and streams, and nothing waits for the clock on the wall. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { mock } from 'node:test';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createNetwork, type Network, type NetworkOptions } from '../../src/testing/index.ts';

afterEach(() => {
  vi.useRealTimers();
  mock.timers.reset();
});

/** Two hosts; an echo at the server's port 7. */
function echoNetwork(options: NetworkOptions = {}): { network: Network; server: Server } {
  const network = createNetwork({ seed: 1, link: { delay: '10ms' }, ...options });
  const server = network.host('server').net.createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.listen(7);
  network.host('client');
  return { network, server };
}

function connect(network: Network) {
  const socket = network.net('client').connect({ host: 'server', port: 7 });
  socket.on('error', () => {});
  return socket;
}

describe('virtual time', () => {
  test('goes on only when it is told, and by exactly that', async () => {
    const { network } = echoNetwork();
    const socket = connect(network);
    await network.advance(0);
    expect(socket.connecting).toBe(true);
    await network.advance('19.999ms');
    expect(socket.connecting).toBe(true);
    // SYN there, SYN,ACK back: twice 10 ms
    await network.advance('0.001ms');
    expect(socket.connecting).toBe(false);
    expect(network.now).toBe(20);
    await network.advance('5s');
    expect(network.now).toBe(5_020);
  });

  test('run goes on until the work is done', async () => {
    const { network } = echoNetwork();
    const text = await network.run(async () => {
      const socket = connect(network);
      socket.end('hello');
      let heard = '';
      for await (const chunk of socket) heard += chunk;
      return heard;
    });
    expect(text).toBe('hello');
    // The handshake, the data with our FIN, and theirs
    expect(network.now).toBe(40);
  });

  test('waits for what a program does in between: ticks, promises, immediates, files, and zlib if it is told', async () => {
    const { network } = echoNetwork();
    const zip = promisify(gzip);
    await network.run(async () => {
      const socket = connect(network);
      await once(socket, 'connect');
      for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve));
      await new Promise<void>((resolve) => process.nextTick(resolve));
      // Closing a FileHandle is work of a kind of its own
      for (let i = 0; i < 50; i += 1) await (await open(new URL(import.meta.url))).close();
      const text = await readFile(new URL(import.meta.url));
      const packed = await network.hold(zip(text));
      // All of that took no time
      expect(network.now).toBe(20);
      socket.end(packed);
      const pieces: Buffer[] = [];
      for await (const piece of socket) pieces.push(piece as Buffer);
      const back = await promisify(gunzip)(Buffer.concat(pieces));
      expect(back.equals(text)).toBe(true);
    });
  });

  test('is the time of socket.setTimeout', async () => {
    const { network } = echoNetwork();
    const socket = connect(network);
    const timeouts: number[] = [];
    socket.setTimeout(60_000, () => timeouts.push(network.now));
    await network.advance('10m');
    // Counted from the connection on
    expect(timeouts).toEqual([60_020]);
  });

  test('says when nothing will ever happen', async () => {
    const network = createNetwork();
    const never = network.run(() => new Promise(() => {}));
    await expect(never).rejects.toThrow('will never happen');
  });

  test('says when it is not done in time', async () => {
    const { network } = echoNetwork();
    const never = network.run(async () => {
      for (;;) await network.sleep('1s');
    }, '10s');
    await expect(never).rejects.toThrow('still not done after 10s');
  });

  test.each(['', '-1', '5 parsecs', 'NaN', '1e99s'])('is not moved by %j', async (time) => {
    await expect(createNetwork().advance(time)).rejects.toThrow(RangeError);
    await expect(createNetwork().advance(time)).rejects.toThrow(`with us, ms, s, m or h`);
  });
});

describe('settings', () => {
  test('that nobody knows are named', () => {
    expect(() => createNetwork({ sed: 3 } as NetworkOptions)).toThrow("no setting 'sed' of a network");
    expect(() => createNetwork().host('a', { adress: '10.0.0.9' } as object)).toThrow(
      "no setting 'adress' of a host: one of address, tcp, stack",
    );
  });
});

describe('fake timers', () => {
  test('of vitest advance with the network', async () => {
    vi.useFakeTimers();
    const { network } = echoNetwork();
    const log: string[] = [];
    const socket = connect(network);
    socket.on('data', (data) => log.push(`${network.now} ${data}`));
    setTimeout(() => socket.write('a'), 1_000);
    const beat = setInterval(() => log.push(`${network.now} beat ${Date.now() - start}`), 400);
    const start = Date.now();
    await network.advance('1.2s');
    clearInterval(beat);
    expect(log).toEqual(['400 beat 400', '800 beat 800', '1020 a', '1200 beat 1200']);
  });

  test('of vitest in run', async () => {
    vi.useFakeTimers();
    const { network } = echoNetwork();
    await network.run(async () => {
      await new Promise((resolve) => setTimeout(resolve, 86_400_000));
      expect(network.now).toBe(86_400_000);
    }, '100h');
  });

  test('of node:test advance with the network', async () => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const { network } = echoNetwork({ timers: mock.timers });
    const log: string[] = [];
    const socket = connect(network);
    socket.on('data', (data) => log.push(`${network.now} ${data}`));
    setTimeout(() => socket.write('a'), 100);
    await network.advance('200ms');
    expect(log).toEqual(['120 a']);
  });
});

describe('links', () => {
  /** Sends a megabyte through the echo; what was sent and came back, and how long it took. */
  async function transfer(options: NetworkOptions) {
    const { network } = echoNetwork(options);
    const bytes = Buffer.alloc(200_000, 'abcdefghijklmnopqrstuvwxyz\n');
    return network.run(async () => {
      const socket = connect(network);
      const hash = createHash('sha256');
      await Promise.all([pipeline(Readable.from([bytes]), socket), pipeline(socket, hash)]);
      expect(hash.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
      return { now: network.now, ladder: network.ladder(1000) };
    });
  }

  test('the same seed is the same run; another seed is another', async () => {
    const link = { delay: '10ms', loss: 0.05, reorder: 0.1, duplicate: 0.05, corrupt: 0.02 };
    const [first, second, other] = [
      await transfer({ seed: 7, link }),
      await transfer({ seed: 7, link }),
      await transfer({ seed: 8, link }),
    ];
    expect(second).toEqual(first);
    expect(other.now).not.toBe(first.now);
    expect(first.ladder).toContain('lost (loss)');
  });

  test('may change while packets are under way', async () => {
    const { network } = echoNetwork();
    await network.run(async () => {
      const socket = connect(network);
      await once(socket, 'connect');
      socket.write('slow');
      network.link('client', 'server', { delay: '500ms' });
      await once(socket, 'data');
      // There as it was, back as it is now
      expect(network.now).toBe(20 + 10 + 500);
    });
  });

  test('have two ends, each with its own', async () => {
    const { network } = echoNetwork({ link: { delay: [5, 100] } });
    await network.run(async () => {
      await once(connect(network), 'connect');
      // Which way is which depends on who sent first: both are passed once
      expect(network.now).toBe(105);
    });
  });

  test.each([
    [{ loss: 2 }, 'loss: '],
    [{ delay: 'soon' }, 'delay: '],
    [{ profile: 'nonsense' }, 'profile: '],
    [{ fault: 'explode' }, 'fault: '],
    [{ los: 0.1 } as object, 'los: there is no such impairment'],
  ])('are not made of %j', (link, words) => {
    expect(() => createNetwork({ link })).toThrow(words);
  });
});

describe('partitions', () => {
  test('nothing passes, until they heal', async () => {
    const { network } = echoNetwork();
    const socket = connect(network);
    await network.advance('1s');
    network.partition('client', 'server');
    let heard = '';
    socket.on('data', (data) => {
      heard += data;
    });
    socket.write('are you there?');
    await network.advance('5s');
    expect(heard).toBe('');
    network.heal();
    await network.advance('60s');
    expect(heard).toBe('are you there?');
  });

  test('connect times out', async () => {
    const { network } = echoNetwork();
    network.partition('client');
    const [error] = await network.run(() => {
      const socket = network.net('client').connect({ host: 'server', port: 7 });
      return once(socket, 'close').then(
        () => [],
        (reason) => [reason],
      );
    });
    expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'connect', address: '10.0.0.1', port: 7 });
  });

  test('of two groups: within each all is well', async () => {
    const network = createNetwork();
    for (const name of ['a', 'b', 'c', 'd']) {
      network
        .host(name)
        .net.createServer((socket) => socket.end(name))
        .listen(1);
    }
    network.partition(['a', 'b'], ['c', 'd']);
    const hears = async (from: string, to: string) => {
      const socket = network.net(from).connect({ host: to, port: 1, timeout: 3000 });
      socket.on('timeout', () => socket.destroy());
      let text = '';
      for await (const chunk of socket) text += chunk;
      return text;
    };
    const pairs = ['ab', 'ba', 'cd', 'ac', 'db'];
    const heard = await network.run(() =>
      Promise.all(pairs.map(([from, to]) => hears(from!, to!).catch(() => 'nothing'))),
    );
    expect(heard).toEqual(['b', 'a', 'd', 'nothing', 'nothing']);
  });

  test('of nobody known', () => {
    expect(() => createNetwork().partition('nobody')).toThrow("no host is called 'nobody'");
  });
});

describe('hosts', () => {
  test('that crash say nothing; after a restart the old connections are reset', async () => {
    const { network } = echoNetwork();
    const socket = connect(network);
    const errors: unknown[] = [];
    socket.on('error', (error) => errors.push(error));
    await network.advance('1s');
    network.host('server').crash();
    socket.write('hello?');
    await network.advance('2s');
    expect(socket.destroyed).toBe(false);
    expect(() => network.net('server')).toThrow('server has crashed');
    network.host('server').restart();
    await network.advance('60s');
    expect(errors).toMatchObject([{ code: 'ECONNRESET', syscall: 'read' }]);
    // Nobody listens there any more
    const again = connect(network);
    again.on('error', (error) => errors.push(error));
    await network.advance('1s');
    expect(errors[1]).toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('the dead hear nothing', async () => {
    const { network } = echoNetwork();
    const socket = connect(network);
    const events: string[] = [];
    const emit = socket.emit.bind(socket);
    socket.emit = (event: string, ...args: unknown[]) => {
      events.push(event);
      return emit(event, ...args);
    };
    socket.setTimeout(1000);
    network.host('client').crash();
    await network.advance('10m');
    expect(events).toEqual([]);
  });

  test('are found by name, by all', async () => {
    const network = createNetwork();
    network
      .host('db', { address: '192.168.7.1' })
      .net.createServer((socket) => socket.end('x'))
      .listen(5432);
    await network.run(async () => {
      const socket = network.host('app').net.connect(5432, 'db');
      await once(socket, 'connect');
      expect([socket.remoteAddress, socket.localAddress]).toEqual(['192.168.7.1', '10.0.0.1']);
      const [error] = await once(network.net('app').connect(1, 'nobody'), 'error');
      expect(error).toMatchObject({ code: 'ENOTFOUND', hostname: 'nobody', syscall: 'getaddrinfo' });
      const [unreachable] = await once(network.net('app').connect(1, '10.9.9.9'), 'error');
      expect(unreachable).toMatchObject({ code: 'EHOSTUNREACH', address: '10.9.9.9' });
    });
  });

  test('have addresses of their own', () => {
    const network = createNetwork();
    network.host('a', { address: '10.0.0.2' });
    expect(network.host('b').address).toBe('10.0.0.1');
    expect(network.host('c').address).toBe('10.0.0.3');
    expect(() => network.host('d', { address: '10.0.0.2' })).toThrow('is the address of a already');
    expect(() => network.host('x y')).toThrow(RangeError);
    expect(network.host('a')).toBe(network.hosts[0]);
  });
});

describe('failures', () => {
  test('come with the seed and the last segments', async () => {
    const { network } = echoNetwork({ seed: 42 });
    const failing = network.run(async () => {
      const socket = connect(network);
      socket.write('x');
      await once(socket, 'data');
      expect(1).toBe(2);
    });
    const error = (await failing.catch((reason) => reason)) as Error & { seed: number; ladder: string };
    expect(error.seed).toBe(42);
    expect(error.message).toMatch(/seed 42, at 40 ms/);
    expect(error.ladder).toMatch(/SYN/);
    expect(error.message).toContain(error.ladder);
    expect(error.stack).toContain('seed 42');
  });

  test('the environment may set the seed', () => {
    vi.stubEnv('STATEWIRE_SEED', '99');
    expect(createNetwork().seed).toBe(99);
    vi.unstubAllEnvs();
  });
});
