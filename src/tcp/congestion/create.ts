/** The congestion controls by name. */
import type { CongestionControl, CongestionName } from './congestion.ts';
import { Cubic } from './cubic.ts';
import { NewReno } from './newReno.ts';
import type { CongestionStart } from './window.ts';

const made: Readonly<Record<CongestionName, (start: CongestionStart) => CongestionControl>> = {
  cubic: (start) => new Cubic(start),
  newreno: (start) => new NewReno(start),
};

export function createCongestionControl(name: CongestionName, start: CongestionStart): CongestionControl {
  return made[name](start);
}
