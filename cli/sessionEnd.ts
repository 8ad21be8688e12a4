/** How a client's session ended: what the shell and the user are told of each end. */
import type { SessionEnd } from '../src/app/keyValueClient.ts';
import { EXIT } from './failure.ts';

/** The exit code of each end. */
export const endCodes: Readonly<Record<SessionEnd, number>> = {
  finished: EXIT.fine,
  refused: EXIT.refused,
  timedOut: EXIT.timedOut,
  reset: EXIT.reset,
  hungUp: EXIT.application,
  badAnswer: EXIT.application,
  aborted: EXIT.application,
  unreachable: EXIT.application,
};

/** What happened; `silence` is what a connection that timed out waited for. */
export function endText(end: SessionEnd, server: string, silence: string): string {
  switch (end) {
    case 'finished':
    case 'hungUp':
      return `${server} closed the connection`;
    case 'badAnswer':
      return `${server} said what is no answer`;
    case 'refused':
      return `${server} refused the connection`;
    case 'timedOut':
      return `${server} timed out: ${silence}`;
    case 'reset':
      return `${server} reset the connection`;
    case 'unreachable':
      return `${server} cannot be reached`;
    case 'aborted':
      return `the connection to ${server} was reset`;
  }
}
