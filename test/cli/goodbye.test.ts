/** Two ends that part, in virtual time: who stays for whom, and how long. */
import { describe, expect, it } from 'vitest';
import { Goodbyes } from '../../cli/goodbye.ts';
import { Simulation } from '../../src/app/simulation.ts';
import { bothWays } from '../../src/channel/config.ts';
import { Link } from '../../src/channel/link.ts';
import { ACK, FIN, packetKinds } from '../../src/channel/packetKind.ts';
import { compiledEngine } from '../../src/chart/compiled.ts';
import type { TcpConfig } from '../../src/tcp/config.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { Host } from '../../src/tcp/host.ts';
import { Random } from '../../src/time/random.ts';

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
/** No parting takes so long, us. */
const LONGEST = 20 * MINUTE;
/** Between two questions, us. */
const LOOK = 10_000;

interface Options {
  /** One way, us. */
  readonly delay?: number;
  readonly near?: Partial<TcpConfig>;
  readonly far?: Partial<TcpConfig>;
  /** Bytes. */
  readonly lastWord?: number;
  /** When the programs are done with other things, us. */
  readonly asksFrom?: number;
  /** Packets that are lost, of a kind, in the order in which an end sends them from 1 on. */
  readonly loses?: { readonly acks?: (n: number) => boolean; readonly fins?: (n: number) => boolean };
}

/** A program that closes first, `near`, and one that answers the FIN with a last word and its own, `far`. */
class Parting {
  readonly simulation = new Simulation();
  readonly near: Connection;
  far!: Connection;
  /** When the programs end, us. */
  nearEnds: number | undefined;
  farEnds: number | undefined;
  /** When FINs of `far` come, us. */
  readonly fins: number[] = [];
  #lastPacket = 0;
  readonly #goodbyes = new Goodbyes(() => this.#lastPacket);

  constructor({ delay = 10_000, near = {}, far = {}, lastWord = 1, asksFrom = 0, loses = {} }: Options = {}) {
    const { simulation } = this;
    const engine = compiledEngine;
    const link = new Link({ config: bothWays({ delay }), seed: 1, clock: simulation, engine });
    const counts = { acks: 0, fins: 0 };
    const host = (name: string, address: string, end: typeof link.a, tcp: Partial<TcpConfig>): Host =>
      new Host({
        name,
        addresses: [address],
        output: (packet, id) => {
          if (name === 'far' || this.nearEnds === undefined) end.send(packet, id);
        },
        random: new Random(1).fork(name),
        engine,
        strict: true,
        tcp,
      });
    const left = host('near', '10.0.0.1', link.a, near);
    const right = host('far', '10.0.0.2', link.b, far);
    link.b.onPacket((packet, id) => {
      // Those that answer a FIN
      if ((packetKinds(packet) & ACK) !== 0 && this.fins.length > 0) {
        counts.acks += 1;
        if (loses.acks?.(counts.acks)) return;
      }
      this.#lastPacket = simulation.now();
      right.receive(packet, simulation.now(), id);
    });
    link.a.onPacket((packet, id) => {
      // A program that has ended hears nothing
      if (this.nearEnds !== undefined) return;
      if ((packetKinds(packet) & FIN) !== 0) {
        counts.fins += 1;
        if (loses.fins?.(counts.fins)) return;
        this.fins.push(simulation.now());
      }
      this.#lastPacket = simulation.now();
      left.receive(packet, simulation.now(), id);
    });
    const clockwork = new Clockwork((now) => now >= asksFrom && this.#ask(now));
    for (const party of [link, left, right, clockwork]) simulation.add(party);
    right.listen({
      port: 1,
      onConnection: (connection) => {
        this.far = connection;
        connection.handler = {
          ended: () => {
            connection.send(new Uint8Array(lastWord));
            connection.close();
          },
        };
      },
    });
    this.near = left.connect({ address: '10.0.0.2', port: 1 });
    this.near.handler = { established: () => this.near.close(), readable: () => this.near.receive() };
  }

  /** Until both programs have ended. */
  run(): this {
    while (this.nearEnds === undefined || this.farEnds === undefined) {
      if (this.simulation.now() > LONGEST)
        throw new Error(`${this.near.state} and ${this.far?.state} for ever`);
      this.simulation.step();
    }
    return this;
  }

  /** The near end's program is killed when its FIN has come and been answered, before the answer comes. */
  killNear(): this {
    while (this.far?.state !== 'LAST_ACK') this.simulation.step();
    this.nearEnds = this.simulation.now();
    return this;
  }

  #ask(now: number): void {
    if (this.near.state === 'CLOSED' || this.#goodbyes.isQuiet(this.near, now)) this.nearEnds ??= now;
    if (this.far?.state === 'CLOSED' || (this.far && this.#goodbyes.isVain(this.far, now)))
      this.farEnds ??= now;
  }
}

/** Asks again and again. */
class Clockwork {
  nextTimeout = LOOK;
  readonly #ask: (now: number) => unknown;

  constructor(ask: (now: number) => unknown) {
    this.#ask = ask;
  }

  poll(now: number): void {
    this.nextTimeout = now + LOOK;
    this.#ask(now);
  }
}

const first = (count: number) => (n: number) => n <= count;
const all = () => true;

describe('who has acknowledged a FIN', () => {
  it('leaves soon, when it is not repeated', () => {
    const { near, far, fins, nearEnds } = new Parting().run();
    expect([near.state, far.reason, fins.length]).toEqual(['TIME_WAIT', 'closed', 1]);
    expect(nearEnds! - fins[0]!).toBeLessThanOrEqual(1.5 * SECOND + LOOK);
  });

  it('leaves at once, when nothing has come for long', () => {
    const { near, nearEnds } = new Parting({ asksFrom: 10 * SECOND }).run();
    expect([near.state, nearEnds]).toEqual(['TIME_WAIT', 10 * SECOND]);
  });

  it('stays for three timeouts, where a round trip takes long', () => {
    const { near, fins, nearEnds } = new Parting({ delay: SECOND }).run();
    const { rto } = near.sender.rtt;
    // RFC 6298 (2.3): after two round trips of 2 s, 4 times a deviation that was 1 s and is 0.75 s
    expect(rto).toBe(5 * SECOND);
    expect(nearEnds! - fins[0]!).toBeGreaterThan(3 * rto);
    expect(nearEnds! - fins[0]!).toBeLessThanOrEqual(3 * rto + 2 * LOOK);
  });

  // The far end's timeouts are 1, 2, 4, 8 s, far longer than the near end's
  it.each([
    ['its ACK is lost, and the next', first(2), undefined],
    ['its ACKs are lost, and the FIN that comes after these', first(2), (n: number) => n === 3],
    ['another FIN is lost after the next ACK', first(3), (n: number) => n === 3 || n === 5],
  ])('is still there when %s', (_, acks, fins) => {
    const parting = new Parting({
      far: { minimumRto: 1000, tlp: false },
      loses: { acks, ...(fins && { fins }) },
    }).run();
    expect(parting.fins.length).toBeGreaterThan(2);
    expect(parting.far.reason).toBe('closed');
  });

  it('leaves after a minute, whatever still comes', () => {
    const { near, fins, nearEnds } = new Parting({ loses: { acks: all } }).run();
    expect(near.state).toBe('TIME_WAIT');
    expect(nearEnds! - fins[0]!).toBeLessThanOrEqual(MINUTE + 2 * LOOK);
    expect(nearEnds! - fins[0]!).toBeGreaterThan(MINUTE - SECOND);
  });
});

describe('whose FIN nobody acknowledges', () => {
  it('leaves when it has heard nothing for 100 s, which is the least R2 (RFC 9293 3.8.3)', () => {
    const parting = new Parting().killNear();
    const killed = parting.nearEnds!;
    const { far, farEnds } = parting.run();
    expect(far.state).toBe('LAST_ACK');
    expect(farEnds! - killed).toBeGreaterThan(100 * SECOND);
    expect(farEnds! - killed).toBeLessThanOrEqual(100 * SECOND + 2 * LOOK);
  });

  it('leaves not before it has said its last six times more', () => {
    const { far, farEnds } = new Parting({ delay: SECOND }).killNear().run();
    expect([far.state, far.status().tcpi_retransmits]).toEqual(['LAST_ACK', 6]);
    expect(farEnds!).toBeGreaterThan(100 * SECOND);
  });

  it('stays while the other is heard, which reads nothing', () => {
    const parting = new Parting({ near: { receiveBuffer: 1000 }, lastWord: 5000 });
    parting.near.handler.readable = () => {};
    parting.simulation.run(10 * MINUTE);
    const { far, farEnds } = parting;
    expect([far.state, far.persist.state, farEnds]).toEqual(['LAST_ACK', 'probing', undefined]);
    parting.near.handler.readable = () => parting.near.receive();
    parting.near.receive();
    parting.run();
    expect(far.reason).toBe('closed');
  });
});
