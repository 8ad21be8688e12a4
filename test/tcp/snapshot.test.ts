import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Simulation } from '../../src/app/simulation.ts';
import { bothWays, Link, type LinkConfig } from '../../src/channel/index.ts';
import { compiledEngine, type Engine, interpretedEngine } from '../../src/chart/index.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { Host, type HostOptions } from '../../src/tcp/host.ts';
import { type HostSnapshot, restoreHost } from '../../src/tcp/snapshot.ts';
import type { ConnectionHandler } from '../../src/tcp/user.ts';
import { Random } from '../../src/time/random.ts';
import { eventLine } from '../../src/trace/json.ts';
import { Trace } from '../../src/trace/trace.ts';

/** Runs of each property; in XState, which is slower, a fifth. */
const RUNS = Number(process.env.SNAPSHOTS ?? 60);
/**
 * Full segments that an end sends at most. Nearly all the time would else be spent on a few runs of the smallest
 * segments, where much is sent of what a moment in hundreds of them has had already.
 */
const SEGMENTS = Number(process.env.SNAPSHOT_SEGMENTS ?? 80);

/** What the two applications know: each sends so many bytes, reads all, and closes when it has sent them. */
interface AppState {
  client: { sent: number; got: number; sum: number };
  server: { sent: number; got: number; sum: number };
}

interface Setting {
  readonly seed: number;
  readonly link: LinkConfig;
  readonly tcp: Partial<TcpConfig>;
  readonly bytes: number;
  readonly engine: Engine;
}

/** A client and a server over a link, which can be taken apart into plain data and put together again. */
class World {
  readonly simulation: Simulation;
  readonly lines: string[] = [];
  readonly link: Link;
  readonly client: Host;
  readonly server: Host;
  readonly app: AppState;
  readonly trace: Trace;
  readonly #setting: Setting;
  readonly #moved: boolean;

  /** `moved`: the client is another host, which takes up only its connection. */
  constructor(setting: Setting, saved?: ReturnType<World['save']>, moved = false) {
    this.#setting = setting;
    this.#moved = moved;
    this.trace = new Trace(saved?.last);
    this.trace.listen((event) => this.lines.push(eventLine(event)));
    this.simulation = new Simulation(saved?.now);
    this.app = saved?.app ?? {
      client: { sent: 0, got: 0, sum: 0 },
      server: { sent: 0, got: 0, sum: 0 },
    };
    this.link = new Link({
      config: setting.link,
      seed: setting.seed,
      clock: this.simulation,
      trace: this.trace,
      engine: setting.engine,
    });
    this.client = this.#host('client', '10.0.0.1', 'a', saved);
    this.server = this.#host('server', '10.0.0.2', 'b', saved);
    if (saved !== undefined) this.link.restore(saved.link);
    for (const party of [this.link, this.client, this.server]) this.simulation.add(party);
    if (saved === undefined) {
      const connection = this.client.connect({ address: '10.0.0.2', port: 7 });
      connection.handler = this.#handler('client', connection);
    }
  }

  #host(name: 'client' | 'server', address: string, end: 'a' | 'b', saved?: ReturnType<World['save']>): Host {
    const { seed, tcp, engine } = this.#setting;
    const options: HostOptions = {
      name,
      addresses: [address],
      output: (packet, id) => this.link[end].send(packet, id),
      random: new Random(seed).fork(name),
      engine,
      tcp,
      trace: this.trace,
      strict: true,
    };
    const listener = {
      port: 7,
      onConnection: (connection: Connection) => {
        connection.handler = this.#handler('server', connection);
      },
    };
    const listeners = name === 'server' ? [listener] : [];
    const host =
      saved === undefined
        ? new Host(options)
        : this.#moved && name === 'client'
          ? this.#take(new Host({ ...options, now: saved.now, random: new Random(seed + 1) }), saved.client)
          : restoreHost(options, saved[name], {
              listeners,
              handler: (connection) => this.#handler(name, connection),
            });
    if (saved === undefined) for (const one of listeners) host.listen(one);
    this.link[end].onPacket((packet, id) => host.receive(packet, this.simulation.now(), id));
    return host;
  }

  #take(host: Host, saved: HostSnapshot): Host {
    for (const one of saved.connections) {
      const connection = host.restoreConnection(one);
      connection.handler = this.#handler('client', connection);
    }
    return host;
  }

  #handler(end: 'client' | 'server', connection: Connection): ConnectionHandler {
    const state = this.app[end];
    const push = () => {
      while (state.sent < this.#setting.bytes) {
        const size = Math.min(1000, this.#setting.bytes - state.sent);
        const data = Uint8Array.from({ length: size }, (_, i) => (state.sent + i) * 31);
        const taken = connection.send(data);
        state.sent += taken;
        if (taken < size) return;
      }
      connection.close();
    };
    const read = () => {
      for (const byte of connection.receive()) {
        state.sum = (state.sum * 33 + byte) >>> 0;
        state.got += 1;
      }
    };
    return { established: push, writable: push, readable: read };
  }

  save() {
    return structuredClone({
      now: this.simulation.now(),
      last: this.trace.last,
      app: this.app,
      link: this.link.snapshot(),
      client: this.client.snapshot(),
      server: this.server.snapshot(),
    });
  }

  steps(most: number): number {
    let count = 0;
    while (count < most && this.simulation.step()) count += 1;
    return count;
  }
}

/** Times and bytes of all packets sent. */
function packets({ lines }: World): string[] {
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === 'send')
    .map(({ t, end, bytes }) => `${t} ${end} ${bytes}`);
}

const share = (most: number) => fc.integer({ min: 0, max: most * 100 }).map((n) => n / 100);

const setting = (engine: Engine): fc.Arbitrary<Setting> =>
  fc
    .record({
      seed: fc.integer({ min: 1, max: 1e6 }),
      link: fc
        .record({
          loss: share(0.3),
          corrupt: share(0.2),
          duplicate: share(0.2),
          delay: fc.integer({ min: 0, max: 50_000 }),
          jitter: fc.integer({ min: 0, max: 20_000 }),
        })
        .map(bothWays),
      tcp: fc.record({
        mss: fc.constantFrom(5, 100, 1000),
        congestion: fc.constantFrom('cubic' as const, 'newreno' as const, 'bbr' as const, 'bbr3' as const),
        arq: fc.constantFrom('tcp' as const, 'selective-repeat' as const, 'go-back-n' as const),
        receiveBuffer: fc.constantFrom(300, 5000, 100_000),
        sendBuffer: fc.constantFrom(500, 100_000),
        keepAlive: fc.boolean(),
      }),
      bytes: fc.integer({ min: 0, max: 8000 }),
      engine: fc.constant(engine),
    })
    .map((given) => ({ ...given, bytes: Math.min(given.bytes, given.tcp.mss * SEGMENTS) }));

describe('a host as plain data', () => {
  for (const [engine, runs] of [
    [compiledEngine, RUNS],
    [interpretedEngine, Math.ceil(RUNS / 5)],
  ] as const) {
    it(`restored in the middle of any run, the rest of the trace is the same (${engine.name})`, () => {
      fc.assert(
        fc.property(setting(engine), share(1), (given, where) => {
          const whole = new World(given);
          const length = whole.steps(20_000);
          const first = new World(given);
          first.steps(Math.floor(length * where));
          const before = first.lines.length;
          const again = new World(given, first.save());
          again.steps(20_000);
          expect(first.lines).toEqual(whole.lines.slice(0, before));
          expect(again.lines).toEqual(whole.lines.slice(before));
          expect(again.app).toEqual(whole.app);
        }),
        { seed: 20_261_122, numRuns: runs },
      );
    });
  }

  it('one connection goes on at another host: the same packets at the same times', () => {
    fc.assert(
      fc.property(setting(compiledEngine), share(1), (given, where) => {
        const whole = new World(given);
        const length = whole.steps(20_000);
        const first = new World(given);
        first.steps(Math.floor(length * where));
        const again = new World(given, first.save(), true);
        again.steps(20_000);
        expect(packets(again)).toEqual(packets(whole).slice(packets(first).length));
        expect(again.app).toEqual(whole.app);
      }),
      { numRuns: RUNS },
    );
  });

  it('a connection is not taken up where its sockets are in use, or its address is not', () => {
    const random = new Random(1);
    const make = (address: string) =>
      new Host({ name: 'a', addresses: [address], output: () => {}, random, engine: compiledEngine });
    const host = make('10.0.0.1');
    const saved = host.connect({ address: '10.0.0.2', port: 7, localPort: 5000 }).snapshot();
    expect(() => host.restoreConnection(saved)).toThrow('10.0.0.1:5000 is connected to that peer already');
    expect(() => make('10.0.0.9').restoreConnection(saved)).toThrow('10.0.0.1 is not an address');
  });

  it('is refused while an input is handled', () => {
    const host: Host = new Host({
      name: 'a',
      addresses: ['10.0.0.1'],
      output: () => expect(() => host.snapshot()).toThrow('while it handles an input'),
      random: new Random(1),
      engine: compiledEngine,
    });
    host.connect({ address: '10.0.0.2', port: 7 });
    expect.assertions(1);
  });
});
