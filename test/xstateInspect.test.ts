/** The bridge to @xstate/inspect 0.8: what a receiver of the real package sees of a run, in order. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { charts } from '../machines/index.ts';
import { Demo } from '../src/app/demo.ts';
import { seven } from '../src/app/seven.ts';
import { profileNamed } from '../src/channel/profiles.ts';
import { chartTable, engineNamed } from '../src/chart/index.ts';
import type { TraceEvent } from '../src/trace/event.ts';
import { Trace } from '../src/trace/trace.ts';

type Transition = TraceEvent & { kind: 'transition' };

function transitionsOf(names: readonly string[]): Transition[] {
  const { link, endpoint } = profileNamed('classroom');
  const transitions: Transition[] = [];
  const trace = new Trace();
  trace.listen((event) => {
    if (event.kind === 'transition' && names.includes(event.chart)) transitions.push(event);
  });
  new Demo({
    seed: 1,
    link,
    engine: engineNamed('compiled'),
    tcp: endpoint,
    commands: seven,
    trace,
  }).run();
  return transitions;
}

/** Runs the bridge and a receiver in a process where XState is version 4; resolves with what the receiver saw. */
function received(transitions: readonly Transition[], names: readonly string[]): Promise<string[][]> {
  const tables = Object.fromEntries(Object.entries(charts).map(([name, chart]) => [name, chartTable(chart)]));
  const script = fileURLToPath(new URL('../xstate-inspect/receiver.js', import.meta.url));
  const child = fork(script, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  return new Promise((resolve, reject) => {
    child.once('message', (seen) => resolve(seen as string[][]));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the receiver ended with ${code}`)));
    child.send({ tables, names, transitions });
  });
}

test('a receiver sees each chart’s states in order, nested ones too', async () => {
  const names = ['connection', 'session', 'growth', 'recovery', 'delayedAck'];
  const transitions = transitionsOf(names);
  const seen = await received(transitions, names);
  const instances = new Map<string, string[]>();
  for (const { end, chart, instance, from, to } of transitions) {
    const key = `${end} ${chart} ${instance}`;
    const states = instances.get(key) ?? [from];
    states.push(to);
    instances.set(key, states);
  }
  expect(instances.get('client connection 1')).toContain('ESTABLISHED');
  expect(seen).toEqual([...instances.values()]);
});
