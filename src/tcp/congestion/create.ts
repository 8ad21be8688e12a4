/** The congestion controls by name. */
import type { CongestionControl, CongestionName, CongestionOwner } from './congestion.ts';
import { NewReno } from './newReno.ts';

/** What an algorithm begins with. */
interface Start {
  readonly owner: CongestionOwner;
  readonly smss: number;
  /** Segments. */
  readonly initialWindow: number;
}

const made: Readonly<Record<CongestionName, (start: Start) => CongestionControl>> = {
  newreno: ({ owner, smss, initialWindow }) => new NewReno(owner, smss, initialWindow),
};

export function createCongestionControl(name: CongestionName, start: Start): CongestionControl {
  return made[name](start);
}
