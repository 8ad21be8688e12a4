/** The congestion controls by name. */
import { Bbr } from './bbr.ts';
import { Bbr3 } from './bbr3.ts';
import type { CongestionControl, CongestionName, CongestionStart } from './congestion.ts';
import { Cubic } from './cubic.ts';
import { NewReno } from './newReno.ts';

const made: Readonly<Record<CongestionName, (start: CongestionStart) => CongestionControl>> = {
  cubic: (start) => new Cubic(start),
  bbr: (start) => new Bbr(start),
  bbr3: (start) => new Bbr3(start),
  newreno: (start) => new NewReno(start),
};

export function createCongestionControl(name: CongestionName, start: CongestionStart): CongestionControl {
  return made[name](start);
}
