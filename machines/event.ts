/**
 * Events of a chart, as shared constants.
 *
 * An event carries no payload: what it is about is on the chart's host. Each has its place in its chart's list,
 * so that the compiled engine finds a transition by index instead of by name.
 */
import type { AnyStateMachine } from 'xstate';

/** One event of a chart: send the constant itself, never a copy. */
export interface ChartEvent<Name extends string = string> {
  readonly type: Name;
  /** Its place in the chart's list of events. */
  readonly id: number;
}

/** The events of a chart under their names. */
export type EventsOf<Names extends readonly string[]> = {
  readonly [Name in Names[number]]: ChartEvent<Name>;
};

/** Makes the constants of a chart's events, numbered in the order given. */
export function defineEvents<const Names extends readonly string[]>(...names: Names): EventsOf<Names> {
  const events: Record<string, ChartEvent> = {};
  names.forEach((type, id) => {
    events[type] = Object.freeze({ type, id });
  });
  return Object.freeze(events) as EventsOf<Names>;
}

/**
 * A chart as the engines take it: its name, its XState machine and its events.
 * `Host` is the interface a chart declares for what it needs done and needs to know.
 */
export interface Chart<Host extends object = object> {
  readonly name: string;
  readonly machine: AnyStateMachine;
  readonly events: { readonly [name: string]: ChartEvent };
  /** Never set: it ties a chart to the interface of its host. */
  readonly host?: Host;
}

/** What every host offers besides its chart's own interface: a few numbers for XState's tools to show. */
export interface ChartHost {
  toJSON(): object;
}

/** Binds a machine and its events together under a name, and its host's interface to both. */
export function defineChart<Host extends object>(
  name: string,
  machine: unknown,
  events: { readonly [name: string]: ChartEvent },
): Chart<Host> {
  // XState's machine types are invariant in their events: one cast here instead of one at every use.
  return { name, machine: machine as AnyStateMachine, events };
}
