/** Which view is where: the first is the large one, the next ones are tiles, as many as there is room for. */
import { signal } from '@preact/signals';

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

/** Puts a view in a place; the one that is there takes its place. */
export function putView(place: number, id: string): void {
  const ids = [...order.peek()];
  const at = ids.indexOf(id);
  if (at < 0 || ids[place] === undefined) return;
  [ids[place], ids[at]] = [ids[at]!, ids[place]];
  order.value = ids;
}
