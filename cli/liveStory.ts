/** What a merged trace and the network's counts tell of a demo in real time: the figures of its summary. */
import type { Outcome } from '../src/app/demo.ts';
import type { SessionEnd } from '../src/app/keyValueClient.ts';
import type { Expectation } from '../src/app/seven.ts';
import type { DirectionStatistics } from '../src/channel/statistics.ts';
import { totalLost } from '../src/channel/statistics.ts';
import type { CloseReason } from '../src/tcp/user.ts';
import type { TraceEvent } from '../src/trace/event.ts';
import type { Figures, Measured, RunResult } from './measure.ts';

type End = 'client' | 'server';

/** What one end has said. */
class EndStory {
  state = 'CLOSED';
  reason: CloseReason | undefined;
  known = false;
  readonly resent = { timer: 0, fast: 0 };
  readonly discards = { checksum: 0, other: 0 };

  hear(event: TraceEvent): void {
    if (event.kind === 'send' && (event.why === 'timer' || event.why === 'fast')) this.resent[event.why] += 1;
    else if (event.kind === 'discard') this.#dropped(event.reason);
    else if (event.kind === 'report' && event.report === 'closed') this.reason = event.detail as CloseReason;
    else if (event.kind === 'transition' && event.chart === 'connection') {
      this.state = event.to;
      this.known = true;
    }
  }

  #dropped(reason: string): void {
    const flipped = reason === 'badChecksum' || reason === 'badHeaderChecksum';
    this.discards[flipped ? 'checksum' : 'other'] += 1;
  }
}

/** The last lines that client and network say as JSON. */
export interface Summaries {
  readonly answers: readonly string[];
  readonly end: SessionEnd | undefined;
  readonly forward: DirectionStatistics;
  readonly backward: DirectionStatistics;
}

/** Hears the merged events in their order. */
export class LiveStory {
  readonly #ends: Readonly<Record<End, EndStory>> = { client: new EndStory(), server: new EndStory() };
  #said = 0;
  #last = 0;

  readonly sink = (event: TraceEvent): void => {
    this.#last = event.t;
    if (event.end !== 'client' && event.end !== 'server') return;
    this.#ends[event.end].hear(event);
    if (event.kind === 'report' || event.kind === 'app') this.#said = event.t;
  };

  measured(commands: readonly Expectation[], summaries: Summaries): Measured {
    const { client, server } = this.#ends;
    const outcomes = commands.map(({ command, answer }, i): Outcome => {
      const got = summaries.answers[i];
      return { command, answer, got, right: got === answer };
    });
    const result: RunResult = {
      outcomes,
      end: summaries.end,
      client: { state: client.state, reason: client.reason },
      server: server.known ? { state: server.state, reason: server.reason } : undefined,
      sessionTime: this.#said,
      virtualTime: this.#last,
    };
    return {
      result,
      forward: figures(summaries.forward, client, server),
      backward: figures(summaries.backward, server, client),
      right: outcomes.filter(({ right }) => right).length,
    };
  }
}

function figures(link: DirectionStatistics, sender: EndStory, receiver: EndStory): Figures {
  return {
    segments: link.sent,
    resentByTimer: sender.resent.timer,
    resentFast: sender.resent.fast,
    lost: totalLost(link),
    corrupted: link.corrupted,
    marked: link.marked,
    duplicated: link.duplicated,
    reordered: link.reordered,
    delivered: link.delivered,
    checksumDrops: receiver.discards.checksum,
    otherDrops: receiver.discards.other,
  };
}
