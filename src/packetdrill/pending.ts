/** A call that blocks: what it waits for, until when, and whether it returned what the script says. */
import { numberOf } from './constants.ts';
import { Mismatch } from './errors.ts';
import { formatTime } from './packetView.ts';
import type { CallAction, ScriptEvent } from './script.ts';
import type { Blocked, Outcome } from './sockets.ts';
import type { Window } from './window.ts';

/** @throws Mismatch where a call returned something else than the script says */
export function checkResult(action: CallAction, outcome: Outcome): void {
  const expected = numberOf(action.result);
  if (expected === undefined) return;
  const same = expected === outcome.value && (action.errno === undefined || action.errno === outcome.errno);
  if (!same) {
    throw new Mismatch(
      `${action.name}() returned ${show(outcome)}, not ${show({ value: expected, errno: action.errno ?? '' })}`,
    );
  }
}

function show({ value, errno }: Outcome): string {
  return errno === undefined || errno === '' ? String(value) : `${value} ${errno}`;
}

export class BlockedCall {
  readonly event: ScriptEvent;
  /** When it shall return, us. */
  readonly end: number;
  readonly tolerance: number;
  /** It is this call's line that fails. */
  failing = false;
  readonly #action: CallAction;
  readonly #attempt: Blocked;

  constructor(event: ScriptEvent, action: CallAction, window: Window, attempt: Blocked) {
    this.event = event;
    this.end = window.base + (action.end ?? 0);
    this.tolerance = window.tolerance;
    this.#action = action;
    this.#attempt = attempt;
  }

  /** Looks whether it returns now, and whether it should; true when it is over. */
  tryFinish(now: number): boolean {
    this.failing = true;
    const outcome = this.#attempt();
    if (outcome !== undefined) {
      if (Math.abs(now - this.end) > this.tolerance) {
        throw new Mismatch(
          `${this.#action.name}() returned ${show(outcome)} at ${formatTime(now)}, not at ${formatTime(this.end)}`,
        );
      }
      checkResult(this.#action, outcome);
    }
    this.failing = false;
    return outcome !== undefined;
  }

  /** Time is about to go on to `next`: may it still block then? */
  checkDeadline(next: number): void {
    if (next > this.end + this.tolerance) this.fail('still blocks');
  }

  fail(problem: string): never {
    this.failing = true;
    throw new Mismatch(`${this.#action.name}() ${problem} after ${formatTime(this.end)}`);
  }
}
