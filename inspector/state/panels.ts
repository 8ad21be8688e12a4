/** Which view is where: the first is the large one, the next ones are tiles, as many as there is room for. */
import { effect, signal } from '@preact/signals';
import { run } from './run.ts';

/** Ids of views, the large one first. */
export const order = signal<readonly string[]>([]);

/** Makes a view the large one; the one that was goes where it came from. */
export function enlarge(id: string): void {
  const ids = [...order.peek()];
  const at = ids.indexOf(id);
  if (at <= 0) return;
  [ids[0], ids[at]] = [ids[at]!, ids[0]!];
  order.value = ids;
}

/** What has packets but no connection, as what a network has seen, begins with the ladder instead of the charts. */
export function startWithLadder(): void {
  const end = effect(() => {
    const { model } = run.value ?? {};
    if (model === undefined) return;
    const packetsOnly = model.packets.length > 0 || model.header?.configuration.program === 'network';
    const known = model.conversations.all.size > 0;
    if (!known && !packetsOnly) return;
    if (!known) enlarge('ladder');
    queueMicrotask(() => end());
  });
}

/** Puts a view in a place; the one that is there takes its place. */
export function putView(place: number, id: string): void {
  const ids = [...order.peek()];
  const at = ids.indexOf(id);
  if (at < 0 || ids[place] === undefined) return;
  [ids[place], ids[at]] = [ids[at]!, ids[place]];
  order.value = ids;
}
