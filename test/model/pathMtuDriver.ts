/** The path MTU at a real connection: routers that say "too big", paths that do not, and probes. */
import { expect } from 'vitest';
import { pathMtu as pathMtuChart } from '../../machines/index.ts';
import type { Driver } from './driver.ts';
import { MSS, TcpRig } from './tcpRig.ts';

const HEADERS = 40;
/** RFC 4821 section 7.2 */
const BASE = 1024;

/** All that was sent is acknowledged. */
function settle(rig: TcpRig): void {
  rig.prepare(() => rig.say('.'));
}

export const pathMtu: Driver<TcpRig> = {
  chart: pathMtuChart,
  start(engine, { from, event, guard }) {
    // Where the search is to be over, it is from the beginning: 1028 bytes are all that the interface takes.
    const short = from === 'found' || event === 'nothingLeft';
    const classic = from === 'reduced' && event === 'after.raiseTimer' && guard === undefined;
    const tcp = {
      mss: short ? 988 : 0,
      r1: 1,
      mtuProbing: classic ? 'off' : 'on',
      mtuRaise: 3_600_000,
    } as const;
    return new TcpRig({ engine, chart: 'pathMtu', tcp }).established();
  },
  state: ({ connection }) => connection.pathMtu.state,
  steps: {
    tooBig: (rig) => {
      if (rig.connection.pathMtu.state === 'probing') {
        // Of the probe, which is larger than all that has arrived
        rig.packetTooBig(BASE + 4, rig.largest);
        return;
      }
      settle(rig);
      rig.prepare(() => rig.write(rig.connection.snd.mss));
      rig.packetTooBig(rig.connection.snd.mss + HEADERS - 100);
      // What larger packets that arrived speak against counts once the segment is not acknowledged (RFC 5927 7.2).
      if (rig.tap.queue.length === 0) rig.elapse();
    },
    blackHoleSuspected: (rig) => {
      settle(rig);
      rig.prepare(() => rig.write(rig.connection.snd.mss));
      rig.untilTransition();
    },
    probeSent: (rig) => {
      settle(rig);
      // The window opens again, by less data than a probe would go with
      for (let i = 0; i < 3; i++) {
        rig.prepare(() => {
          rig.write(3 * MSS);
          rig.say('.');
          rig.say('.');
        });
      }
      rig.largest = new Uint8Array(0);
      rig.write(8 * MSS);
    },
    probeAcked: (rig) => rig.say('.'),
    probeLost: (rig) => rig.untilTransition(),
    nothingLeft: (rig) => rig.say('.'),
    'after.raiseTimer [mayProbe]': (rig) => {
      settle(rig);
      rig.untilTransition();
    },
    'after.raiseTimer': (rig) => {
      settle(rig);
      rig.untilTransition();
    },
  },
  // All that the interface takes is too near to what is known already.
  follows: {
    'found: after.raiseTimer': ['searching: nothingLeft'],
    'probing: probeAcked': ['searching: nothingLeft'],
  },
  check(rig, { actions, event, from, to }) {
    const { snd, pathMtu } = rig.connection;
    const sizes = rig.heard.map(({ length }) => length);
    if (actions.includes('reduce') || actions.includes('takeSmaller')) {
      for (const size of sizes.slice(event === 'tooBig' ? 0 : 1)) expect(size).toBeLessThanOrEqual(snd.mss);
    }
    if (actions.includes('fallBack')) expect(snd.mss).toBeLessThanOrEqual(BASE - HEADERS);
    if (actions.includes('raise')) expect(snd.mss).toBe(MSS);
    if (actions.includes('takeLarger')) expect(snd.mss).toBeGreaterThan(BASE - HEADERS);
    if (event === 'probeSent') expect(sizes[0]).toBeGreaterThan(snd.mss);
    expect(snd.mss).toBe(Math.min(pathMtu.mtu - HEADERS, rig.connection.config.mss || MSS));
    // What follows in the same input counts: nothing is left to be tried, and that is found.
    const again = event === 'probeAcked' || (from === 'found' && event === 'after.raiseTimer');
    const timed = to === 'reduced' || to === 'found' || again;
    expect(rig.tap.armed).toEqual(timed ? [3_600_000_000] : []);
  },
};
