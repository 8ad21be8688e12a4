/** The congestion controls by name. */
import { Bbr } from './bbr.ts';
import type { CongestionControl, CongestionName, CongestionStart } from './congestion.ts';
import { Cubic } from './cubic.ts';
import { NewReno } from './newReno.ts';

const made: Readonly<Record<CongestionName, (start: CongestionStart) => CongestionControl>> = {
  cubic: (start) => new Cubic(start),
  bbr: (start) => new Bbr(start),
  newreno: (start) => new NewReno(start),
};

export function createCongestionControl(name: CongestionName, start: CongestionStart): CongestionControl {
  return made[name](start);
}
