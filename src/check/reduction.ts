/**
 * Which of the moves that are possible need be gone from a state. Steps at different ends do not touch each other: of
 * all orders of those one will do, as long as nothing is lost by it. (Partial-order reduction, by persistent sets.)
 *
 * Take a state in which packets are on their way to B, and any run from it to where nothing is under way. It holds a
 * move of B's: its user's, or one with the first packets of that wire. All that goes before the first of these is A's:
 * a step of A changes A, takes from the other wire and puts packets at the end of this one. So that first move of B's
 * is possible at once, and with it at the front the run ends where it did: the same steps at each end, the same
 * packets, as many faults. To go B's moves is enough, then, to come wherever nothing is under way, and to see every
 * step that an end can make; what is asked of two ends together is asked where nothing is under way, or follows from
 * what is asked of each step (properties.ts).
 *
 * It takes care of three moves that touch both ends: a duplicate goes to the end of the wire, where A puts its packets;
 * what overtakes may be a packet that A has not sent yet; and time passes for all.
 */
import { SIDES, type Side } from './actor.ts';
import type { Move, World } from './world.ts';

/** Enough of the moves that are possible in this state. */
export function enough(world: World, moves: readonly Move[]): readonly Move[] {
  let fewest = moves;
  for (const sender of SIDES) {
    if (!isApart(world, sender)) continue;
    const own = moves.filter((move) => receiverOf(move) === 1 - sender);
    if (own.length < fewest.length) fewest = own;
  }
  return fewest;
}

/** Can nothing that the sender does come between its peer's moves? */
function isApart({ wires, bounds }: World, sender: Side): boolean {
  const { length } = wires[sender];
  if (length === 0 || bounds.dups > 0 || bounds.early > 0) return false;
  return bounds.reorder === 0 || length > 1;
}

/** Whose move it is: the user's, or that of who gets the packet. */
function receiverOf({ kind, side }: Move): number {
  return kind === 'user' || kind === 'read' ? side : 1 - side;
}
