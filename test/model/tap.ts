/** What one instance of a chart does, read from the trace: its transitions in order, each with its actions. */
import type { Trace } from '../../src/trace/trace.ts';
import type { Edge } from './model.ts';

export class Tap {
  /** Edge and not yet looked at. */
  readonly queue: Edge[] = [];
  /** Delays of the timers armed since they were last forgotten, us. */
  readonly armed: number[] = [];
  /** All that were taken. */
  readonly all: Edge[] = [];
  /** Its number at its end. */
  instance: number | undefined;

  /** `nth`: which instance of that chart, in the order in which they are first heard of, from 0. */
  constructor(trace: Trace, chart: string, nth = 0) {
    const seen = new Set<number>();
    let actions: string[] = [];
    trace.listen((event) => {
      if (!('chart' in event) || event.chart !== chart) return;
      if (!seen.has(event.instance)) {
        if (seen.size === nth) this.instance = event.instance;
        seen.add(event.instance);
      }
      if (event.instance !== this.instance) return;
      if (event.kind === 'transition') {
        const { from, event: name, guard, to } = event;
        actions = [];
        const taken = { from, event: name, ...(guard === undefined ? {} : { guard }), to, actions };
        this.queue.push(taken);
        this.all.push(taken);
      } else if (event.kind === 'action') actions.push(event.action);
      else if (event.kind === 'timer' && event.change === 'armed') this.armed.push(event.deadline - event.t);
    });
  }

  /** The oldest not yet looked at. */
  next(): Edge | undefined {
    return this.queue.shift();
  }
}
