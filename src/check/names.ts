/** Numbers in place of texts and of states: equal ones have the same number, and no two others (nothing is hashed away). */
import { Column } from './column.ts';
import type { World } from './world.ts';

/** Numbers texts; of long ones the lines, of which there are far fewer. */
export class TextNumbers {
  readonly #lines = new Map<string, number>();
  readonly #texts = new Map<string, number>();

  numberOf(text: string): number {
    const lines = text.split('\n').map((line) => numberIn(this.#lines, line));
    return numberIn(this.#texts, lines.join(' '));
  }
}

function numberIn(numbers: Map<string, number>, text: string): number {
  let number = numbers.get(text);
  if (number === undefined) {
    number = numbers.size;
    numbers.set(text, number);
  }
  return number;
}

/** Numbers that make up a state: both places, both wires, the order of timers, the bounds. */
const WIDTH = 6;

/** Numbers states in the order in which they are found. */
export class StateNumbers {
  readonly #states = new Column(Int32Array);
  /** By a hash of the state: its number + 1; 0: free. */
  #slots = new Int32Array(1 << 16);
  readonly #texts = new Map<string, number>();
  readonly #state = new Int32Array(WIDTH);
  size = 0;

  /** The number of a state; that of one not met before is `size` as it was. */
  numberOf(world: World): number {
    this.#take(world);
    if (this.size * 2 >= this.#slots.length) this.#grow();
    const slot = this.#find();
    if (this.#slots[slot] !== 0) return this.#slots[slot]! - 1;
    for (const part of this.#state) this.#states.push(part);
    this.size += 1;
    this.#slots[slot] = this.size;
    return this.size - 1;
  }

  #take({ places, wires, bounds }: World): void {
    const state = this.#state;
    const { losses, dups, reorder, early } = bounds;
    state[0] = places[0].name;
    state[1] = places[1].name;
    state[2] = this.#wire(wires[0]);
    state[3] = this.#wire(wires[1]);
    state[4] = numberIn(this.#texts, `due ${orderOf(places[0].due, places[1].due)}`);
    state[5] = losses + 10 * (dups + 10 * (reorder + 10 * early));
  }

  #wire(wire: World['wires'][0]): number {
    return numberIn(this.#texts, wire.map(({ id }) => id).join());
  }

  /** Where the state at hand is, or belongs. */
  #find(): number {
    const mask = this.#slots.length - 1;
    let slot = hashOf(this.#state, 0) & mask;
    while (this.#slots[slot] !== 0 && !this.#isAt(this.#slots[slot]! - 1)) slot = (slot + 1) & mask;
    return slot;
  }

  #isAt(index: number): boolean {
    const states = this.#states.values;
    for (let i = 0; i < WIDTH; i += 1) if (states[index * WIDTH + i] !== this.#state[i]) return false;
    return true;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let index = 0; index < this.size; index += 1) {
      let slot = hashOf(this.#states.values, index * WIDTH) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    }
    this.#slots = slots;
  }
}

/** FNV-1a over whole numbers, and a last mix. */
function hashOf(values: Int32Array, from: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < from + WIDTH; i += 1) {
    hash = Math.imul(hash ^ values[i]!, 0x01000193);
    hash ^= hash >>> 15;
  }
  return (Math.imul(hash, 0x85ebca6b) ^ (hash >>> 13)) >>> 0;
}

/** Whose timers are due in which order, those of both sides together: of each one's, how many of the other's go before
 * it, and how many with it. */
function orderOf(mine: readonly number[], others: readonly number[]): string {
  return mine
    .map((due) => {
      const before = others.filter((other) => other < due).length;
      const by = others.filter((other) => other <= due).length;
      return before === by ? before : `${before}=${by}`;
    })
    .join();
}
