/** What both engines promise, one by one and in absolute terms: `engines.test.ts` only says that they agree. */
import { describe, expect, test } from 'vitest';
import { setup } from 'xstate';
import { type ChartHost, defineChart, defineEvents } from '../../machines/event.ts';
import type { ChartInstance, ChartListener, ChartScope, EngineName } from '../../src/chart/chart.ts';
import { engineNamed, interpretedEngineWith } from '../../src/chart/index.ts';
import { TimerQueue } from '../../src/time/index.ts';

interface DoorHost extends ChartHost {
  open(): boolean;
  act(name: string): void;
  wait(): number;
}

const doorEvents = defineEvents('push', 'pull', 'lock', 'smash', 'nudge');
type Args = { context: { host: DoorHost } };
const act = (name: string) => [name, ({ context }: Args) => context.host.act(name)];
const machine = setup({
  types: {
    context: {} as { host: DoorHost },
    input: {} as DoorHost,
    events: {} as { type: keyof typeof doorEvents },
  },
  guards: { open: ({ context }) => context.host.open() },
  actions: Object.fromEntries(
    ['leave', 'enter', 'exitIn', 'enterIn', 'on', 'bell', 'end'].map(act),
  ) as Record<'leave' | 'enter' | 'exitIn' | 'enterIn' | 'on' | 'bell' | 'end', (args: Args) => void>,
  delays: { wait: ({ context }) => context.host.wait() },
}).createMachine({
  id: 'door',
  context: ({ input }) => ({ host: input }),
  initial: 'shut',
  on: { smash: '.broken' },
  states: {
    shut: {
      exit: 'leave',
      on: { push: { guard: 'open', target: 'ajar', actions: 'on' }, lock: {}, nudge: { actions: 'bell' } },
    },
    ajar: {
      initial: 'still',
      entry: 'enter',
      exit: 'leave',
      after: { wait: 'shut' },
      on: { push: { target: 'ajar', reenter: true }, pull: 'shut' },
      states: {
        still: { entry: 'enterIn', exit: 'exitIn', on: { nudge: 'moving' } },
        moving: { on: { nudge: 'still' } },
      },
    },
    broken: { type: 'final', entry: 'end' },
  },
});
const door = defineChart<DoorHost>('door', machine, doorEvents);

class World implements DoorHost {
  readonly lines: string[] = [];
  readonly errors: unknown[] = [];
  readonly timers = new TimerQueue();
  isOpen = true;
  waits = 100;
  /** Done by an action of this name. */
  readonly when = new Map<string, () => void>();
  instance!: ChartInstance;

  open = () => this.isOpen;
  wait = () => this.waits;
  toJSON = () => ({});

  act(name: string): void {
    this.lines.push(`${name} in ${this.instance.state}`);
    this.when.get(name)?.();
  }

  readonly scope: ChartScope = {
    timers: this.timers,
    listener: undefined,
    onError: (error) => {
      this.errors.push(error);
    },
  };

  listen(): void {
    const lines = this.lines;
    const listener: ChartListener = {
      fact: (_, event) => lines.push(`fact ${event}`),
      transition: (_, from, event, guard, to) => lines.push(`transition ${from} ${event} [${guard}] ${to}`),
      action: (_, action) => lines.push(`action ${action}`),
      timer: (_, delay, change, deadline) => lines.push(`timer ${delay} ${change} ${deadline}`),
      unhandled: (_, event) => lines.push(`unhandled ${event}`),
      settled: (chart) => lines.push(`settled in ${chart.state}`),
    };
    this.scope.listener = listener;
  }

  /** What happened since the last time it was asked. */
  take(): string[] {
    return this.lines.splice(0);
  }
}

describe.each<EngineName>(['compiled', 'xstate'])('the %s engine', (name) => {
  const engine = engineNamed(name);
  const start = () => {
    const world = new World();
    world.instance = engine.start(door, world, world.scope, 3);
    return { world, instance: world.instance };
  };

  test('starts in the initial state and does nothing yet', () => {
    const { world, instance } = start();
    expect([instance.state, instance.done, instance.instance, instance.chart]).toEqual([
      'shut',
      false,
      3,
      door,
    ]);
    expect([world.take(), world.timers.size, engine.name]).toEqual([[], 0, name]);
  });

  test('exits, acts, enters, then arms; tells each in this order', () => {
    const { world, instance } = start();
    world.listen();
    instance.send(doorEvents.push);
    expect(world.take()).toEqual([
      'fact push',
      'transition shut push [open] ajar.still',
      'action leave',
      'leave in shut',
      'action on',
      'on in shut',
      'action enter',
      'enter in shut',
      'action enterIn',
      'enterIn in shut',
      'timer wait armed 100',
      'settled in ajar.still',
    ]);
    instance.send(doorEvents.pull);
    expect(world.take()).toEqual([
      'fact pull',
      'transition ajar.still pull [undefined] shut',
      'action exitIn',
      'exitIn in ajar.still',
      'action leave',
      'leave in ajar.still',
      'timer wait cancelled 100',
      'settled in shut',
    ]);
  });

  test('a timer sends after.DELAY; it is not cancelled by the transition it causes', () => {
    const { world, instance } = start();
    instance.send(doorEvents.push);
    instance.send(doorEvents.nudge);
    world.listen();
    world.take();
    world.timers.advanceTo(99);
    expect(world.take()).toEqual([]);
    world.timers.advanceTo(1000);
    expect(world.take()).toEqual([
      'fact after.wait',
      'transition ajar.moving after.wait [undefined] shut',
      'action leave',
      'leave in ajar.moving',
      'settled in shut',
    ]);
  });

  test('reenter restarts the timer', () => {
    const { world, instance } = start();
    instance.send(doorEvents.push);
    world.timers.advanceTo(60);
    world.listen();
    world.take();
    instance.send(doorEvents.push);
    expect(world.take().filter((line) => line.startsWith('timer'))).toEqual([
      'timer wait cancelled 100',
      'timer wait armed 160',
    ]);
    expect(world.timers.nextTimeout).toBe(160);
  });

  test('tells an ignored event, one whose guards fail and one not handled apart', () => {
    const { world, instance } = start();
    world.listen();
    world.isOpen = false;
    instance.send(doorEvents.lock);
    instance.send(doorEvents.push);
    instance.send(doorEvents.pull);
    expect(world.take()).toEqual([
      'fact lock',
      'settled in shut',
      'fact push',
      'settled in shut',
      'fact pull',
      'unhandled pull',
      'settled in shut',
    ]);
  });

  test('an event sent by an action waits its turn', () => {
    const { world, instance } = start();
    world.when.set('leave', () => instance.send(doorEvents.nudge));
    world.when.set('enter', () => instance.send(doorEvents.pull));
    world.listen();
    instance.send(doorEvents.push);
    const facts = world.take().filter((line) => /^(fact|settled)/.test(line));
    expect(facts).toEqual([
      'fact push',
      'settled in ajar.still',
      'fact nudge',
      'settled in ajar.moving',
      'fact pull',
      'settled in shut',
      // pull left `ajar`, whose exit is `leave`
      'fact nudge',
      'settled in shut',
    ]);
  });

  test('a final state ends it: timers cancelled, later events ignored', () => {
    const { world, instance } = start();
    instance.send(doorEvents.push);
    world.when.set('end', () => instance.send(doorEvents.pull));
    instance.send(doorEvents.smash);
    expect([instance.state, instance.done, world.timers.size]).toEqual(['broken', true, 0]);
    world.take();
    world.listen();
    instance.send(doorEvents.push);
    expect(world.take()).toEqual([]);
  });

  test('stop cancels timers and runs no exit action', () => {
    const { world, instance } = start();
    instance.send(doorEvents.push);
    world.take();
    instance.stop();
    instance.stop();
    instance.send(doorEvents.pull);
    expect([world.take(), world.timers.size, instance.done, instance.state]).toEqual([
      [],
      0,
      true,
      'ajar.still',
    ]);
  });

  test('stopped by its own action it finishes the step', () => {
    const { world, instance } = start();
    world.when.set('on', () => {
      instance.stop();
      expect(instance.done).toBe(true);
      instance.send(doorEvents.pull);
    });
    instance.send(doorEvents.push);
    expect(world.take().map((line) => line.split(' ')[0])).toEqual(['leave', 'on', 'enter', 'enterIn']);
    expect([instance.state, world.timers.size]).toEqual(['ajar.still', 0]);
  });

  test('an action that throws ends it in its old state, with the error as it was thrown', () => {
    const { world, instance } = start();
    instance.send(doorEvents.push);
    const error = new Error('no');
    world.when.set('leave', () => {
      throw error;
    });
    instance.send(doorEvents.pull);
    expect(world.errors).toEqual([error]);
    expect(world.errors[0]).toBe(error);
    expect([instance.state, instance.done, world.timers.size]).toEqual(['ajar.still', true, 0]);
  });

  test('a guard that throws does the same', () => {
    const { world, instance } = start();
    const error = new Error('no');
    world.open = () => {
      throw error;
    };
    world.listen();
    instance.send(doorEvents.push);
    expect(world.errors[0]).toBe(error);
    expect([instance.state, instance.done]).toEqual(['shut', true]);
    expect(world.take()).toEqual(['fact push', 'settled in shut']);
  });

  test('an onError that throws reaches the sender', () => {
    const { world, instance } = start();
    world.when.set('leave', () => {
      throw new Error('no');
    });
    world.scope.onError = (error) => {
      throw error;
    };
    expect(() => instance.send(doorEvents.push)).toThrow('no');
    expect(instance.done).toBe(true);
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('a delay of %d is an error', (us) => {
    const { world, instance } = start();
    world.waits = us;
    instance.send(doorEvents.push);
    expect(String(world.errors[0])).toContain(`chart "door", state "ajar": the delay "wait" must be`);
    expect(String(world.errors[0])).toContain(`not ${us}`);
  });

  test('sending itself events for ever is an error', () => {
    const { world, instance } = start();
    world.when.set('bell', () => instance.send(doorEvents.nudge));
    world.act = (what) => world.when.get(what)?.();
    instance.send(doorEvents.nudge);
    expect(String(world.errors[0])).toContain('chart "door", state "shut": it sends itself events for ever');
    expect(instance.done).toBe(true);
  });

  test('refuses events that are not its own, and states that it has not', () => {
    const { instance } = start();
    const { push } = defineEvents('push');
    expect(() => instance.send(push)).toThrow('chart "door": "push" is not one of its events');
    expect(() => instance.in('ajat')).toThrow('chart "door": it has no state "ajat"');
    instance.send(doorEvents.push);
    expect(['ajar', 'ajar.still', 'ajar.moving', 'shut'].map((state) => instance.in(state))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('a restored chart goes on with its timers in their order', () => {
    const { world, instance } = start();
    instance.send(doorEvents.push);
    instance.send(doorEvents.nudge);
    const snapshot = JSON.parse(JSON.stringify(instance.snapshot()));
    expect(snapshot).toEqual({ state: 'ajar.moving', timers: [{ delay: 'wait', deadline: 100, order: 0 }] });
    for (const event of [undefined, doorEvents.pull]) {
      const next = new World();
      next.instance = engine.restore(door, next, next.scope, 3, snapshot);
      expect([next.instance.snapshot(), next.timers.nextOrder]).toEqual([snapshot, 1]);
      if (event === undefined) next.timers.advanceTo(100);
      else next.instance.send(event);
      expect([next.instance.state, next.timers.size, next.take()]).toEqual([
        'shut',
        0,
        ['leave in ajar.moving'],
      ]);
    }
    const bad = (state: string, delay: string) => () =>
      engine.restore(door, world, world.scope, 3, { state, timers: [{ delay, deadline: 1, order: 0 }] });
    expect(bad('ajar', 'wait')).toThrow('chart "door": it has no leaf "ajar"');
    expect(bad('shut', 'wait')).toThrow('chart "door": state "shut" has no timer "wait"');
    expect(engine.restore(door, world, world.scope, 3, { state: 'broken', timers: [] }).done).toBe(true);
  });
});

test('there are two engines', () => {
  expect(() => engineNamed('third' as EngineName)).toThrow('no engine "third"');
});

test("XState's inspectors see the actors of the interpreted engine", () => {
  const seen: string[] = [];
  const world = new World();
  const engine = interpretedEngineWith({ inspect: (event) => seen.push(event.type) });
  world.instance = engine.start(door, world, world.scope, 0);
  world.instance.send(doorEvents.push);
  expect(seen).toContain('@xstate.actor');
  expect(seen).toContain('@xstate.microstep');
});
