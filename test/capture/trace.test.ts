/** What is inferred from a capture: against the trace of the run that was captured, and of conversations written here. */
import { describe, expect, test } from 'vitest';
import { connection } from '../../machines/connection.ts';
import { connectionsOf, readCapture, traceOf } from '../../src/capture/index.ts';
import { profiles } from '../../src/channel/profiles.ts';
import { chartTable } from '../../src/chart/table.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { ACK, buildTcpPacket, FIN, RST, SYN, type TcpPacketFields } from '../../src/wire/index.ts';
import { ADDRESSES } from '../trace/captures.ts';
import {
  cooked2,
  demoRun,
  description,
  enhanced,
  option,
  pcapFile,
  RAW_IP,
  SLL2,
  section,
  seenAt,
} from './files.ts';

/** Steps of the connection chart that change the state, without the end of TIME_WAIT, which no capture shows. */
function steps(events: readonly TraceEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.kind !== 'transition' || event.chart !== 'connection' || event.from === event.to) return [];
    if (event.event === 'after.twoMsl') return [];
    const { end, t, from, guard = '', to } = event;
    return [`${t} ${end} ${from} ${event.event} ${guard} ${to}`];
  });
}

function sends(events: readonly TraceEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.kind !== 'send') return [];
    const { flags, seq, length } = event.segment;
    // The last segment again by a timer: which of the two nobody can tell from outside
    const why = event.why === 'lossProbe' ? 'timer' : event.why;
    return [`${event.t} ${event.end} ${flags} ${seq} (${length}) ${why}`];
  });
}

function receives(events: readonly TraceEvent[]): string[] {
  return events.flatMap((event) =>
    event.kind === 'receive' ? [`${event.t} ${event.end} ${event.segment?.seq} ${event.bytes.length}`] : [],
  );
}

/** Asserts that each transition is one that the chart has. */
function expectInChart(events: readonly TraceEvent[]): void {
  const { transitions } = chartTable(connection);
  for (const event of events) {
    if (event.kind !== 'transition' || event.event === 'inferred') continue;
    const { from, guard, to } = event;
    const known = transitions.some(
      (row) =>
        (row.source === from || row.source === '') &&
        row.event === event.event &&
        row.guard === guard &&
        (row.target ?? from) === to,
    );
    expect(known, `${from} ${event.event} ${guard ?? ''} ${to}`).toBe(true);
  }
}

describe('a run captured at both ends by ourselves', () => {
  test.each([...profiles.values()].flatMap(({ name }) => [1, 2, 3].map((seed) => [name, seed] as const)))(
    'profile %s, seed %i: sendings with their reasons, and states, as they were',
    (name, seed) => {
      const { link, endpoint } = profiles.get(name)!;
      const { events, file } = demoRun(seed, link.forward, endpoint);
      const inferred = traceOf(readCapture(file));
      expect(inferred.header.configuration).toMatchObject({
        program: 'capture',
        capturedAt: 'both',
        inferred: true,
      });
      expect(steps(inferred.events)).toEqual(steps(events));
      expect(sends(inferred.events)).toEqual(sends(events));
      expectInChart(inferred.events);
    },
  );

  test('what was lost is lost, what came twice came twice, what was damaged is discarded', () => {
    const rough = { delay: 20_000, loss: 0.1, duplicate: 0.1, corrupt: 0.1, jitter: 15_000 };
    const { events, file } = demoRun(6, rough, { mss: 20 });
    const inferred = traceOf(readCapture(file)).events;
    const counts = (all: readonly TraceEvent[]) => {
      const arrived = new Map<number, number>();
      for (const event of all) {
        if (event.kind === 'receive') arrived.set(event.packet, (arrived.get(event.packet) ?? 0) + 1);
      }
      return {
        sent: all.filter(({ kind }) => kind === 'send').length,
        twice: [...arrived.values()].filter((count) => count > 1).length,
      };
    };
    expect(counts(inferred)).toEqual(counts(events));
    expect(steps(inferred)).toEqual(steps(events));
    const lost = inferred.filter((event) => event.kind === 'link' && event.what === 'lost').length;
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBe(events.filter((event) => event.kind === 'link' && event.what === 'lost').length);
    // The bit that the link has flipped
    const bits = (all: readonly TraceEvent[]) =>
      all.flatMap((event) => (event.kind === 'link' && event.what === 'corrupted' ? [event.bit] : []));
    expect(bits(inferred).length).toBeGreaterThan(0);
    for (const bit of bits(inferred)) expect(bits(events)).toContain(bit);
    expect(inferred.filter(({ kind }) => kind === 'discard')).toHaveLength(bits(inferred).length);
  });

  test('what was sent last may still have been on its way', () => {
    const { file } = demoRun(1, { delay: 5000 });
    const blocks: Buffer[] = [];
    for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) {
      blocks.push(file.subarray(at, at + file.readUInt32LE(at + 4)));
    }
    // Up to the client's first data, which has not come
    const first = blocks.findIndex((each) => each.readUInt32LE(0) === 6 && each.readUInt32LE(24) > 60);
    const { events } = traceOf(readCapture(Buffer.concat(blocks.slice(0, first + 1))));
    expect(sends(events)).toHaveLength(3);
    expect(receives(events)).toHaveLength(2);
    expect(events.filter(({ kind }) => kind === 'link')).toEqual([]);
  });

  test('clocks that disagree are set by each other', () => {
    const { events, file } = demoRun(1, { delay: 5000 });
    const skewed = Buffer.from(file);
    // All times of the second interface, the server's: a second ahead
    for (let at = 0; at < skewed.length; at += skewed.readUInt32LE(at + 4)) {
      if (skewed.readUInt32LE(at) === 6 && skewed.readUInt32LE(at + 8) === 1) {
        skewed.writeUInt32LE(skewed.readUInt32LE(at + 16) + 1_000_000, at + 16);
      }
    }
    const inferred = traceOf(readCapture(skewed)).events;
    expect(receives(inferred)).toEqual(receives(events));
    expect(steps(inferred)).toEqual(steps(events));
  });
});

describe('a run captured at one end, without directions', () => {
  const run = demoRun(2, { delay: 20_000, jitter: 500 });

  test.each([
    ['client', { client: 0, server: 20_000 }],
    ['server', { client: 20_000, server: 0 }],
  ])('the %s: the handshake tells which end, and how far the other is', (end, delay) => {
    const { header, events } = traceOf(readCapture(seenAt(end, run)), { version: '1.2.3' });
    expect(header).toMatchObject({ statewire: 1, version: '1.2.3', engine: 'inferred' });
    const { connections, capturedAt } = header.configuration as {
      capturedAt: string;
      connections: { delay: { client: number; server: number } }[];
    };
    expect(capturedAt).toBe(end);
    for (const side of ['client', 'server'] as const) {
      expect(Math.abs(connections[0]!.delay[side] - delay[side])).toBeLessThan(500);
    }
    const known = ({ end: at }: TraceEvent) => at === end;
    const times = (all: readonly TraceEvent[]) => all.filter(known).filter(({ kind }) => kind === 'send');
    const own = times(events);
    const real = times(run.events);
    expect(own.map(({ t }) => t - own[0]!.t)).toEqual(real.map(({ t }) => t - real[0]!.t));
    // The same states in the same order at each end
    const order = (all: readonly TraceEvent[], name: string) =>
      steps(all.filter((event) => event.end === name)).map((step) => step.replace(/^\d+ /, ''));
    for (const name of ['client', 'server']) expect(order(events, name)).toEqual(order(run.events, name));
    expectInChart(events);
  });

  test('an end that is much nearer is where it was captured; the other is half of its shortest answer away', () => {
    const { header } = traceOf(
      conversation(
        [0, 'c', SYN, { seq: 99 }],
        [100, 's', SYN | ACK, { seq: 499, ack: 100 }],
        [104, 'c', ACK, { seq: 100, ack: 500 }],
        [200, 'c', ACK, { seq: 100, ack: 500, payload: data(10) }],
        [280, 's', ACK, { seq: 500, ack: 110 }],
      ),
    );
    expect(header.configuration).toMatchObject({
      capturedAt: 'client',
      connections: [{ delay: { client: 0, server: 40_000 } }],
    });
  });

  test('between them, where no end is much nearer', () => {
    const frames = run.events.flatMap((event) =>
      event.kind === 'send' ? [{ ns: BigInt(event.t + 10_000) * 1000n, bytes: event.bytes }] : [],
    );
    const file = pcapFile({ little: true, nanoseconds: false, linkType: RAW_IP }, frames);
    expect(traceOf(readCapture(file)).header.configuration).toMatchObject({
      capturedAt: 'between',
      connections: [{ delay: { client: expect.any(Number), server: expect.any(Number) } }],
    });
  });

  test('nothing is acknowledged before it arrives', () => {
    for (const end of ['client', 'server']) {
      const { events } = traceOf(readCapture(seenAt(end, run)));
      const reached: Record<string, number> = {};
      for (const event of events) {
        if (event.kind === 'receive') {
          const { seq, length, flags } = event.segment!;
          const after = seq + length + (/[SF]/.test(flags) ? 1 : 0);
          reached[event.end] = Math.max(reached[event.end] ?? 0, after);
        } else if (event.kind === 'send' && event.segment.flags.includes('.')) {
          expect(event.segment.ack).toBeLessThanOrEqual(reached[event.end]!);
        }
      }
    }
  });

  test('a run on the same file is the same to the byte', () => {
    const file = seenAt('client', run);
    expect(traceOf(readCapture(file))).toEqual(traceOf(readCapture(file)));
  });
});

/** A segment of a conversation: when (ms), who, flags, and what else. */
type Line = readonly [ms: number, who: 'c' | 's', flags: number, fields?: Partial<TcpPacketFields>];

const CLIENT = { ...ADDRESSES, sourcePort: 5000, destinationPort: 80 };
const SERVER = {
  source: ADDRESSES.destination,
  destination: ADDRESSES.source,
  sourcePort: 80,
  destinationPort: 5000,
};

/** A capture of segments; windows are 1000, whoever sends. */
function conversation(...lines: readonly Line[]) {
  const frames = lines.map(([ms, who, flags, fields]) => {
    const base = who === 'c' ? CLIENT : SERVER;
    return {
      ns: BigInt(ms) * 1_000_000n,
      bytes: buildTcpPacket({ ...base, window: 1000, ...fields, flags }),
    };
  });
  return readCapture(pcapFile({ little: true, nanoseconds: false, linkType: RAW_IP }, frames));
}

const HANDSHAKE: readonly Line[] = [
  [0, 'c', SYN, { seq: 99 }],
  [100, 's', SYN | ACK, { seq: 499, ack: 100 }],
  [100, 'c', ACK, { seq: 100, ack: 500 }],
];

const data = (count: number) => new Uint8Array(count);

/** States that an end went through. */
function path(events: readonly TraceEvent[], end: string, number = 1): string {
  const states = ['CLOSED'];
  for (const event of events) {
    if (event.kind !== 'transition' || event.end !== end || event.connection !== number) continue;
    if (event.from !== event.to) states.push(`${event.event}:${event.to}`);
  }
  return states.join(' ');
}

function reasons(events: readonly TraceEvent[], end: string): string {
  return events.flatMap((event) => (event.kind === 'send' && event.end === end ? [event.why] : [])).join(' ');
}

/** The last value of each variable of an end. */
function variables(events: readonly TraceEvent[], end: string): Record<string, number> {
  return Object.assign(
    {},
    ...events.map((event) => (event.kind === 'variables' && event.end === end ? event.values : {})),
  );
}

describe('states', () => {
  test.each<[string, readonly Line[], string, string]>([
    [
      'refused',
      [HANDSHAKE[0]!, [50, 's', RST | ACK, { ack: 100 }]],
      'CLOSED user.open:SYN_SENT segment.rst:CLOSED',
      'CLOSED',
    ],
    ['unanswered', [HANDSHAKE[0]!, [1000, 'c', SYN, { seq: 99 }]], 'CLOSED user.open:SYN_SENT', 'CLOSED'],
    [
      'reset by the client',
      [...HANDSHAKE, [200, 'c', RST, { seq: 100 }]],
      'CLOSED user.open:SYN_SENT segment.synAck:ESTABLISHED user.abort:CLOSED',
      'CLOSED user.open:LISTEN segment.syn:SYN_RECEIVED synAcked:ESTABLISHED segment.rst:CLOSED',
    ],
    [
      'closed by both at once',
      [
        ...HANDSHAKE,
        [200, 's', FIN | ACK, { seq: 500, ack: 100 }],
        [150, 'c', FIN | ACK, { seq: 100, ack: 500 }],
        [250, 'c', ACK, { seq: 101, ack: 501 }],
        [250, 's', ACK, { seq: 501, ack: 101 }],
      ],
      'CLOSED user.open:SYN_SENT segment.synAck:ESTABLISHED user.close:FIN_WAIT_1 finReceived:CLOSING finAcked:TIME_WAIT',
      'CLOSED user.open:LISTEN segment.syn:SYN_RECEIVED synAcked:ESTABLISHED user.close:FIN_WAIT_1 finReceived:CLOSING finAcked:TIME_WAIT',
    ],
    [
      'data that a closed client refuses',
      [
        ...HANDSHAKE,
        [200, 'c', FIN | ACK, { seq: 100, ack: 500 }],
        [300, 's', ACK, { seq: 500, ack: 101 }],
        [400, 's', ACK, { seq: 500, ack: 101, payload: data(10) }],
        [400, 'c', RST, { seq: 101 }],
      ],
      'CLOSED user.open:SYN_SENT segment.synAck:ESTABLISHED user.close:FIN_WAIT_1 finAcked:FIN_WAIT_2 textRefused:CLOSED',
      'CLOSED user.open:LISTEN segment.syn:SYN_RECEIVED synAcked:ESTABLISHED finReceived:CLOSE_WAIT segment.rst:CLOSED',
    ],
    [
      'opened by both at once',
      [
        [0, 'c', SYN, { seq: 99 }],
        [50, 's', SYN, { seq: 499 }],
        [50, 'c', SYN | ACK, { seq: 99, ack: 500 }],
        [100, 's', SYN | ACK, { seq: 499, ack: 100 }],
      ],
      'CLOSED user.open:SYN_SENT segment.syn:SYN_RECEIVED segment.synAck:ESTABLISHED',
      'CLOSED user.open:SYN_SENT segment.syn:SYN_RECEIVED segment.synAck:ESTABLISHED',
    ],
    [
      'the SYN is missing',
      HANDSHAKE.slice(1),
      'CLOSED user.open:SYN_SENT segment.synAck:ESTABLISHED',
      'CLOSED user.open:LISTEN segment.syn:SYN_RECEIVED synAcked:ESTABLISHED',
    ],
    [
      'one direction only',
      [HANDSHAKE[0]!, HANDSHAKE[2]!, [200, 'c', FIN | ACK, { seq: 100, ack: 500 }]],
      'CLOSED user.open:SYN_SENT segment.synAck:ESTABLISHED user.close:FIN_WAIT_1',
      'CLOSED user.open:LISTEN segment.syn:SYN_RECEIVED synAcked:ESTABLISHED finReceived:CLOSE_WAIT',
    ],
    [
      'the middle only, up to the end',
      [
        [0, 'c', ACK, { seq: 200, ack: 900, payload: data(10) }],
        [50, 's', FIN | ACK, { seq: 900, ack: 210 }],
        [60, 'c', FIN | ACK, { seq: 210, ack: 901 }],
        [110, 's', ACK, { seq: 901, ack: 211 }],
      ],
      'CLOSED inferred:ESTABLISHED finReceived:CLOSE_WAIT user.close:LAST_ACK finAcked:CLOSED',
      'CLOSED inferred:ESTABLISHED user.close:FIN_WAIT_1 finAcked:FIN_WAIT_2 finReceived:TIME_WAIT',
    ],
  ])('%s', (_name, lines, client, server) => {
    const { events } = traceOf(conversation(...lines));
    expect(path(events, 'client')).toBe(client);
    expect(path(events, 'server')).toBe(server);
    expectInChart(events);
  });

  test('a FIN before all data has come waits for it', () => {
    const { events } = traceOf(
      conversation(
        ...HANDSHAKE,
        [200, 's', FIN | ACK, { seq: 510, ack: 100, payload: data(5) }],
        [200, 'c', ACK, { seq: 100, ack: 500, sack: [[510, 516]] }],
        [300, 's', ACK, { seq: 500, ack: 100, payload: data(10) }],
      ),
    );
    const closing = events.find((event) => event.kind === 'transition' && event.to === 'CLOSE_WAIT');
    expect([closing?.end, closing?.t]).toEqual(['client', 300_000]);
  });

  test('what an end acknowledges it has received, though the capture has not', () => {
    const { events } = traceOf(
      conversation(
        ...HANDSHAKE,
        [200, 's', FIN | ACK, { seq: 510, ack: 100 }],
        [200, 'c', ACK, { seq: 100, ack: 511 }],
      ),
    );
    expect(path(events, 'client')).toMatch(/finReceived:CLOSE_WAIT$/);
    expect(variables(events, 'client')['rcv.nxt']).toBe(511);
  });

  test('a RST that is not quite right is challenged, and changes nothing', () => {
    const { events } = traceOf(
      conversation(...HANDSHAKE, [200, 's', RST, { seq: 700 }], [200, 'c', ACK, { seq: 100, ack: 500 }]),
    );
    expect(path(events, 'client')).toMatch(/ESTABLISHED$/);
    expect(reasons(events, 'client')).toBe('open ack challenge');
  });

  test('a FIN that comes again in TIME_WAIT', () => {
    const { events } = traceOf(
      conversation(
        ...HANDSHAKE,
        [200, 'c', FIN | ACK, { seq: 100, ack: 500 }],
        [300, 's', FIN | ACK, { seq: 500, ack: 101 }],
        [300, 'c', ACK, { seq: 101, ack: 501 }],
        [800, 's', ACK, { seq: 490, ack: 101, payload: data(10) }],
        [900, 's', FIN | ACK, { seq: 500, ack: 101 }],
      ),
    );
    const repeated = (all: readonly TraceEvent[]) => {
      return all.filter((event) => event.kind === 'transition' && event.event === 'finRepeated');
    };
    expect(repeated(events)).toMatchObject([
      { end: 'client', from: 'TIME_WAIT', to: 'TIME_WAIT', t: 900_000 },
    ]);
    expect(reasons(events, 'server')).toBe('open fin timer timer');
  });
});

describe('reasons', () => {
  const segment = (ms: number, seq: number): Line => [ms, 'c', ACK, { seq, ack: 500, payload: data(100) }];
  const ack = (ms: number, ack: number, window = 1000): Line => [ms, 's', ACK, { seq: 500, ack, window }];

  test('the third duplicate ACK makes the next repetition a fast one, and those up to the recovery point', () => {
    const { events } = traceOf(
      conversation(
        ...HANDSHAKE,
        ...[0, 1, 2, 3, 4].map((i) => segment(110 + i, 100 + 100 * i)),
        ...[212, 213, 214, 215].map((ms) => ack(ms, 100)),
        segment(216, 100),
        ack(316, 200),
        segment(317, 200),
        ack(420, 600),
        segment(421, 600),
      ),
    );
    expect(reasons(events, 'client')).toBe('open ack data data data data data fast fast data');
  });

  test('two duplicate ACKs are not enough; one with a SACK block is', () => {
    const reasonsAfter = (...acks: Line[]) =>
      reasons(
        traceOf(
          conversation(
            ...HANDSHAKE,
            segment(110, 100),
            segment(111, 200),
            segment(112, 300),
            ...acks,
            segment(216, 100),
          ),
        ).events,
        'client',
      );
    expect(reasonsAfter(ack(212, 100), ack(213, 100))).toBe('open ack data data data timer');
    expect(reasonsAfter([212, 's', ACK, { seq: 500, ack: 100, sack: [[200, 300]] }])).toBe(
      'open ack data data data fast',
    );
  });

  test('silence for longer than the RTO is the timer, and its RTO is doubled', () => {
    const { events } = traceOf(
      conversation(...HANDSHAKE, segment(110, 100), segment(450, 100), segment(1200, 100)),
    );
    expect(reasons(events, 'client')).toBe('open ack data timer timer');
    // RTT 100 ms: SRTT 100, RTTVAR 50, RTO 300 (RFC 6298 section 2)
    expect(variables(events, 'client')).toMatchObject({
      srtt: 100_000,
      rttvar: 50_000,
      rto: 1_200_000,
      flight: 100,
    });
  });

  test('Karn: no sample of what was sent twice, unless a timestamp tells which', () => {
    const twice = [segment(110, 100), segment(450, 100), ack(550, 200)];
    expect(variables(traceOf(conversation(...HANDSHAKE, ...twice)).events, 'client').srtt).toBe(100_000);
    const stamped = twice.map(([ms, who, flags, fields], i): Line => {
      return [
        ms,
        who,
        flags,
        {
          ...fields,
          timestamps: [
            [1, 0],
            [2, 0],
            [9, 1],
          ][i] as [number, number],
        },
      ];
    });
    // It echoes the first: but that is known only of the last; so Karn's rule again
    expect(variables(traceOf(conversation(...HANDSHAKE, ...stamped)).events, 'client').srtt).toBe(100_000);
    stamped[2] = [470, 's', ACK, { seq: 500, ack: 200, timestamps: [9, 2] }];
    // (7 * 100 + 20) / 8
    expect(variables(traceOf(conversation(...HANDSHAKE, ...stamped)).events, 'client').srtt).toBe(90_000);
  });

  test('probes of a closed window, and keep-alive', () => {
    const { events } = traceOf(
      conversation(
        ...HANDSHAKE,
        segment(110, 100),
        ack(210, 200, 0),
        [500, 'c', ACK, { seq: 199, ack: 500 }],
        ack(600, 200, 0),
        [1200, 'c', ACK, { seq: 200, ack: 500, payload: data(1) }],
        ack(1300, 200, 0),
        [2500, 'c', ACK, { seq: 200, ack: 500, payload: data(1) }],
        ack(2600, 201),
        [9000, 'c', ACK, { seq: 200, ack: 500 }],
        ack(9100, 201),
        [19_000, 'c', ACK, { seq: 200, ack: 500, payload: data(1) }],
      ),
    );
    expect(reasons(events, 'client')).toBe('open ack data probe probe probe keepAlive keepAlive');
  });

  test('the tail sent again long before the RTO is a loss probe', () => {
    const { events } = traceOf(conversation(...HANDSHAKE, segment(110, 100), segment(230, 100)));
    expect(reasons(events, 'client')).toBe('open ack data lossProbe');
  });

  test('an ACK follows from what it answers, a FIN from the transition that sends it', () => {
    const { events } = traceOf(
      conversation(...HANDSHAKE, segment(110, 100), ack(210, 200), [
        300,
        'c',
        FIN | ACK,
        { seq: 200, ack: 500 },
      ]),
    );
    const byNumber = new Map(events.map((event) => [event.n, event]));
    const causes = events.flatMap((event) => {
      if (event.kind !== 'send') return [];
      const cause = byNumber.get(event.cause);
      return [`${event.why}: ${cause?.kind === 'transition' ? cause.event : cause?.kind}`];
    });
    expect(causes).toEqual([
      'open: user.open',
      'open: segment.syn',
      'ack: segment.synAck',
      'data: undefined',
      'ack: receive',
      'fin: user.close',
    ]);
  });
});

describe('windows', () => {
  test('are scaled when both SYNs say so', () => {
    const scaled = (client?: number, server?: number) => {
      const offer = (windowScale?: number) => (windowScale === undefined ? {} : { windowScale });
      const [syn, synAck, ack] = HANDSHAKE as [Line, Line, Line];
      const { events } = traceOf(
        conversation(
          [syn[0], 'c', SYN, { ...syn[3], ...offer(client) }],
          [synAck[0], 's', SYN | ACK, { ...synAck[3], ...offer(server) }],
          ack,
          [200, 's', ACK, { seq: 500, ack: 100, window: 10 }],
        ),
      );
      const { 'snd.wnd': send, 'rcv.wnd': receive } = variables(events, 'client');
      // Those of the SYNs themselves are not
      expect(
        variables(
          events.filter(({ t }) => t <= 100_000),
          'client',
        )['snd.wnd'],
      ).toBe(1000);
      return [send, receive];
    };
    expect(scaled(2, 3)).toEqual([80, 4000]);
    expect(scaled(2)).toEqual([10, 1000]);
    expect(scaled()).toEqual([10, 1000]);
  });

  test('are not told where the SYNs were cut before their options', () => {
    const lines: Line[] = [...HANDSHAKE, [200, 's', ACK, { seq: 500, ack: 100, window: 10 }]];
    const frames = lines.map(([ms, who, flags, fields]) => {
      const options = (flags & SYN) === 0 ? {} : { windowScale: 2 };
      const bytes = buildTcpPacket({
        ...(who === 'c' ? CLIENT : SERVER),
        window: 1000,
        ...fields,
        ...options,
        flags,
      });
      return { ns: BigInt(ms) * 1_000_000n, bytes: bytes.subarray(0, 42), wire: bytes.length };
    });
    const capture = readCapture(pcapFile({ little: true, nanoseconds: false, linkType: RAW_IP }, frames));
    const values = variables(traceOf(capture).events, 'client');
    expect(Object.keys(values)).not.toContain('rcv.wnd');
    expect(Object.keys(values)).not.toContain('snd.wnd');
  });

  test('are not told where the answer to the SYN is missing', () => {
    const { events } = traceOf(
      conversation([0, 'c', SYN, { seq: 99, windowScale: 3 }], [100, 'c', ACK, { seq: 100, ack: 500 }]),
    );
    expect(Object.keys(variables(events, 'client'))).not.toContain('rcv.wnd');
  });

  test('are not told where the SYNs are missing', () => {
    const { events } = traceOf(
      conversation(
        [0, 'c', ACK, { seq: 200, ack: 900, payload: data(10) }],
        [50, 's', ACK, { seq: 900, ack: 210 }],
      ),
    );
    expect(variables(events, 'client')).toEqual({
      flight: 0,
      'snd.una': 210,
      'snd.nxt': 210,
      'rcv.nxt': 900,
      srtt: 50_000,
      rttvar: 25_000,
      rto: 200_000,
    });
  });
});

describe('connections', () => {
  const open = (ms: number, seq: number, fields: Partial<TcpPacketFields> = {}): Line[] => [
    [ms, 'c', SYN, { seq, ...fields }],
    [ms + 10, 's', SYN | ACK, { seq: 499, ack: seq + 1 }],
    [ms + 10, 'c', ACK, { seq: seq + 1, ack: 500 }],
  ];

  test('between the same ports: each SYN of another number begins one; a repeated SYN does not', () => {
    const capture = conversation(
      ...open(0, 99),
      [15, 'c', SYN, { seq: 99 }],
      ...open(1000, 7000),
      ...open(2000, 50),
    );
    const found = connectionsOf(capture);
    expect(found.map(({ number, segments, from }) => [number, segments, from])).toEqual([
      [1, [3, 1], 0],
      [2, [2, 1], 1_000_000],
      [3, [2, 1], 2_000_000],
    ]);
    const { events, header } = traceOf(capture, { connections: [2] });
    expect(new Set(events.map((event) => ('connection' in event ? event.connection : 2)))).toEqual(
      new Set([2]),
    );
    expect(header.start).toBe(1000);
    expect((header.configuration.connections as unknown[]).length).toBe(1);
    expect(path(traceOf(capture).events, 'server', 3)).toMatch(/ESTABLISHED$/);
  });

  test('what is captured at one time keeps the order of the file', () => {
    const line = (sourcePort: number, seq: number): Line => [
      0,
      'c',
      ACK,
      { sourcePort, seq, payload: data(1) },
    ];
    const { events } = traceOf(conversation(line(5001, 1), line(5002, 2), line(5001, 3)));
    expect(sends(events).map((text) => text.split(' ')[3])).toEqual(['1', '2', '3']);
  });

  test('who sent no SYN: the lower port is the server', () => {
    const [found] = connectionsOf(conversation([0, 's', ACK, { seq: 1, ack: 2, payload: data(3) }]));
    expect(found).toMatchObject({
      client: '10.0.0.1:5000',
      server: '10.0.0.2:80',
      opening: 'middle',
      segments: [0, 1],
      bytes: [0, 3],
    });
  });

  test('checksums that are wrong as a rule are the network card’s, single ones are damage', () => {
    const wrong = (bytes: Uint8Array) => {
      const copy = bytes.slice();
      copy[36]! ^= 0x55;
      return copy;
    };
    const file = (damage: (i: number) => boolean) =>
      readCapture(
        pcapFile(
          { little: true, nanoseconds: false, linkType: RAW_IP },
          Array.from({ length: 20 }, (_, i) => {
            const bytes = buildTcpPacket({ ...CLIENT, seq: i * 10, ack: 5, flags: ACK, payload: data(10) });
            return { ns: BigInt(i) * 1_000_000n, bytes: damage(i) ? wrong(bytes) : bytes };
          }),
        ),
      );
    const discards = (damage: (i: number) => boolean) =>
      traceOf(file(damage)).events.filter(({ kind }) => kind === 'discard').length;
    expect(discards(() => true)).toBe(0);
    expect(discards((i) => i === 7)).toBe(1);
    expect(discards((i) => i % 4 !== 0)).toBe(0);
  });
});

describe('interfaces', () => {
  /** A handshake as `tcpdump -i any` shows it on a router: at each of two of its interfaces. */
  function seenTwice(): Buffer {
    const frames = HANDSHAKE.flatMap(([ms, who, flags, fields]) => {
      const bytes = buildTcpPacket({ ...(who === 'c' ? CLIENT : SERVER), ...fields, flags });
      const units = BigInt(ms) * 1000n;
      const [inward, outward] = who === 'c' ? [1, 2] : [2, 1];
      return [
        enhanced(true, 0, units, cooked2(bytes, 0, inward)),
        enhanced(true, 0, units + 10n, cooked2(bytes, 4, outward)),
      ];
    });
    return Buffer.concat([section(true), description(true, SLL2, 0), ...frames]);
  }

  test('what passes through a machine is shown once', () => {
    const { events, notes } = traceOf(readCapture(seenTwice()));
    expect(events.filter(({ kind }) => kind === 'send')).toHaveLength(3);
    expect(events.filter(({ kind }) => kind === 'receive')).toHaveLength(3);
    expect(reasons(events, 'client')).toBe('open ack');
    expect(notes.join('\n')).toContain('seen at another interface as well, not shown: 3 frames');
  });

  test('directions say which end it is, where times do not', () => {
    const flag = (value: number) => option(true, 2, Uint8Array.of(value, 0, 0, 0));
    const frames = HANDSHAKE.slice(0, 2).map(([ms, who, flags, fields]) => {
      const bytes = buildTcpPacket({ ...(who === 'c' ? CLIENT : SERVER), ...fields, flags });
      return enhanced(true, 0, BigInt(ms) * 1000n, bytes, flag(who === 'c' ? 1 : 2));
    });
    const file = Buffer.concat([section(true), description(true, RAW_IP, 0), ...frames]);
    expect(traceOf(readCapture(file)).header.configuration).toMatchObject({ capturedAt: 'server' });
  });

  test('on loopback all goes the same way, which says nothing', () => {
    const flag = option(true, 2, Uint8Array.of(1, 0, 0, 0));
    const { events } = demoRun(1, { delay: 100 });
    const frames = events.flatMap((event) =>
      event.kind === 'receive' ? [enhanced(true, 0, BigInt(event.t), event.bytes, flag)] : [],
    );
    const file = Buffer.concat([section(true), description(true, RAW_IP, 0), ...frames]);
    const trace = traceOf(readCapture(file));
    expect(trace.header.configuration).toMatchObject({
      capturedAt: 'between',
      connections: [{ delay: { client: 50, server: 50 } }],
    });
    expect(trace.events.filter(({ kind }) => kind === 'receive')).toHaveLength(frames.length);
  });
});

test('nothing in a capture makes an empty trace with a header', () => {
  const { header, events, notes } = traceOf(readCapture(new Uint8Array(0)));
  expect(events).toEqual([]);
  expect(header).toMatchObject({ statewire: 1, start: 0, configuration: { connections: [] } });
  expect(notes).toEqual(['byte 0: the file is empty']);
});
