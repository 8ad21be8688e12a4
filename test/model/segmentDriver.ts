/**
 * The segment chart at a real connection: one segment of many, the first or the second of a window. The peer reports by
 * SACK what it has.
 */
import { expect } from 'vitest';
import { segment as chart } from '../../machines/index.ts';
import type { Engine } from '../../src/chart/index.ts';
import type { TcpConfig } from '../../src/tcp/index.ts';
import { Mark, type SegmentRecord } from '../../src/tcp/record.ts';
import type { Driver } from './driver.ts';
import { type Edge, labelOf } from './model.ts';
import { MSS, TcpRig } from './tcpRig.ts';

/** Which segment is looked at: the oldest, the one behind it, or that one where each has its own timer. */
type Route = 'oldest' | 'later' | 'each';

function routeOf({ from, guard }: Edge): Route {
  if (guard === 'timerPerSegment') return 'each';
  if (from === 'unsent') return guard === 'isOldest' ? 'oldest' : 'later';
  // A segment that is lost and oldest is sent again at once, unless the window is full of younger ones.
  if (from.startsWith('untimed.') || from === 'timed.lost') return 'later';
  return 'oldest';
}

/** ms */
const USER_TIMEOUT = 100;

/** The first timeout is after 200 ms: before it, or at it, all is over. */
function settingsFor(target: Edge): Partial<TcpConfig> {
  if (target.guard === 'userTimeoutPassed') return { userTimeout: USER_TIMEOUT };
  if (target.guard === 'r2Reached') return { r2: 150 };
  if (target.guard === 'r1Reached') return { r1: 1 };
  return routeOf(target) === 'each' ? { arq: 'selective-repeat', window: 8 } : {};
}

const RTO = 200_000;
const MARKS: Readonly<Record<string, number>> = {
  inFlight: Mark.inFlight,
  sacked: Mark.sacked,
  lost: Mark.lost,
};

/** Sequence numbers of the segments from one to another. */
function range(first: number, last: number = first): readonly [number, number] {
  return [1 + first * MSS, 1 + (last + 1) * MSS];
}

class SegmentRig extends TcpRig {
  readonly target: string;
  readonly place: number;
  /** Where the segment looked at begins. */
  readonly first: number;

  constructor(engine: Engine, target: Edge) {
    const place = routeOf(target) === 'oldest' ? 0 : 1;
    // Behind the SYN's
    super({
      engine,
      chart: 'segment',
      nth: place + 1,
      tcp: { sack: true, rack: false, tlp: false, prr: false, initialWindow: 20, ...settingsFor(target) },
    });
    this.target = labelOf(target);
    this.place = place;
    this.first = 1 + place * MSS;
    this.established({ sackPermitted: true });
  }

  /** The segment looked at, while it is outstanding. */
  get record(): SegmentRecord | undefined {
    return [...this.connection.sender.queue].find((record) => record.chart.instance === this.tap.instance);
  }

  /** The peer has these segments, and all below `ack`. */
  sack(blocks: readonly (readonly [number, number])[], ack = this.una): void {
    this.say('.', { ack, sack: blocks });
  }

  get una(): number {
    const { una, iss } = this.connection.snd;
    return (una - iss) | 0;
  }

  /** The peer has everything below a place in the segment looked at: 0 its start, 1 its end. */
  ackUpTo(share: number): void {
    this.say('.', { ack: this.first + share * MSS });
  }

  /** It was sent again before. */
  repeated(): void {
    this.prepare(() => this.elapse());
  }
}

/** Is `timed` entered, or entered anew? */
function startsTimer({ from, event, to }: Edge): boolean {
  const again = event === 'timerRestarted' || event === 'after.rto';
  return to.startsWith('timed.') && (again || !from.startsWith('timed.'));
}

/** us; each expiry has doubled it (RFC 6298 (5.5)), those before as well. */
function timeoutAfter(edge: Edge): number {
  if (!edge.actions.includes('backOff')) return RTO;
  return edge.guard === 'r1Reached' ? 4 * RTO : 2 * RTO;
}

/** Three holes below, so that the first segments are lost, and enough in flight to keep the window full. */
const HOLES = [range(7), range(5), range(3)];

const SENT_AGAIN = ['timed.lost: sent'];
const EXPIRED = ['after.rto', 'after.rto [r1Reached]', 'after.rto [timerPerSegment]'];

export const segment: Driver<SegmentRig> = {
  chart,
  start: (engine, target) => new SegmentRig(engine, target),
  state: (rig) => rig.record?.chart.state ?? rig.tap.all.at(-1)?.to ?? 'unsent',
  permits(edge, target) {
    const route = routeOf(target);
    if (edge.from === 'unsent') return routeOf(edge) === route;
    if (edge.event === 'sacked' && edge.from === 'timed.inFlight')
      return (edge.guard === 'timerPerSegment') === (route === 'each');
    // From these it is back in flight in the same input
    return !(edge.to === 'timed.lost' && edge.from.startsWith('timed.'));
  },
  steps: {
    'unsent: sent [timerPerSegment]': (rig) => rig.write(8 * MSS),
    'unsent: sent [isOldest]': (rig) => rig.write(20 * MSS),
    'unsent: sent': (rig) => rig.write(20 * MSS),
    'timed.inFlight: sacked': (rig) => {
      if (rig.target === 'timed.sacked: after.rto [r1Reached]') rig.repeated();
      rig.sack([range(rig.place)]);
    },
    'timed.inFlight: sacked [timerPerSegment]': (rig) => rig.sack([range(rig.place)]),
    sacked: (rig) => rig.sack([range(rig.place)]),
    markedLost: (rig) => rig.sack(HOLES),
    becameOldest: (rig) => rig.ackUpTo(0),
    // All that was in flight has arrived, which makes room for what is lost
    sent: (rig) => rig.sack([range(8, 19), ...HOLES]),
    // The first was sent again; the peer says of another that it has it twice, which stands for it
    lossUndone: (rig) => rig.sack([range(3), range(3)]),
    reneged: (rig) => {
      rig.prepare(() => rig.sack([range(0)]));
      rig.untilTransition();
    },
    acked: (rig) => rig.ackUpTo(1),
    timerRestarted: (rig) => rig.ackUpTo(0.5),
    'timerRestarted [isSacked]': (rig) => rig.ackUpTo(0.5),
    'timerRestarted [isLost]': (rig) => rig.ackUpTo(0.5),
    'after.rto [userTimeoutPassed]': (rig) => rig.untilTransition(),
    'after.rto [r2Reached]': (rig) => rig.untilTransition(),
    'after.rto [timerPerSegment]': (rig) => rig.untilTransition(),
    'timed.inFlight: after.rto [r1Reached]': (rig) => {
      rig.repeated();
      rig.untilTransition();
    },
    'after.rto [r1Reached]': (rig) => rig.untilTransition(),
    'after.rto': (rig) => rig.untilTransition(),
  },
  follows: Object.fromEntries(
    [
      'timed.inFlight: markedLost',
      ...['timed.inFlight', 'timed.sacked', 'timed.lost'].flatMap((leaf) =>
        EXPIRED.map((event) => `${leaf}: ${event}`),
      ),
    ].map((label) => [label, SENT_AGAIN]),
  ),
  check(rig, edge) {
    const { event, actions, to } = edge;
    const { record } = rig;
    const has = (action: string): boolean => actions.includes(action);
    expect(record === undefined).toBe(to === 'acked' || to === 'abandoned');
    const goesOut = event === 'sent' || rig.tap.queue.some((taken) => taken.event === 'sent');
    expect(rig.heard.filter(({ seq }) => seq === rig.first)).toHaveLength(goesOut ? 1 : 0);
    if (record !== undefined && rig.tap.queue.length === 0)
      expect(record.mark).toBe(MARKS[to.split('.')[1] as string]);
    if (has('loseAll')) expect(rig.connection.sender.recovery.state).toBe('loss');
    if (labelOf(edge) !== rig.target) return;
    if (edge.guard === 'userTimeoutPassed') expect(rig.host.now()).toBe(USER_TIMEOUT * 1000);
    const over = has('reportUserTimeout') || has('reportR2');
    expect(rig.reports).toEqual(over ? ['timedOut'] : has('reportR1') ? ['trouble'] : []);
    expect(rig.tap.armed).toEqual(startsTimer(edge) ? [timeoutAfter(edge)] : []);
  },
  never: [
    {
      edges: ['timed.lost: after.rto [r1Reached]'],
      because: 'nothing newer goes out before what is lost: the oldest segment is sent again at once',
    },
    { edges: ['unsent: acked'], because: 'a segment is made and sent in one go' },
    {
      edges: ['timed.sacked: reneged'],
      because: 'its own timer tells that the peer has discarded it, and nothing else does',
    },
    {
      edges: [
        'timed.inFlight: timerRestarted [isLost]',
        'timed.inFlight: timerRestarted [isSacked]',
        'timed.sacked: timerRestarted [isLost]',
        'timed.sacked: timerRestarted',
        'timed.lost: timerRestarted [isSacked]',
        'timed.lost: timerRestarted',
      ],
      because: 'the guards tell the state it is in, to which it returns',
    },
    {
      edges: ['timed.lost: after.rto [timerPerSegment]'],
      because: 'where each has its own timer, a lost one is sent again in the same input',
    },
  ],
};
