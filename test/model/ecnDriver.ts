/** The ECN chart at a real connection: offers by SYNs of both ends, marks on the peer's data. */
import { expect } from 'vitest';
import { ecn as ecnChart } from '../../machines/index.ts';
import type { Driver } from './driver.ts';
import { MSS, type Said, TcpRig } from './tcpRig.ts';

/** The ECN field of a marked packet. */
const CE = 3;

class EcnRig extends TcpRig {
  /** In order, and perhaps marked. */
  text(flags: string, said: Said = {}): void {
    this.say(flags, { payload: new Uint8Array(MSS), ...said });
  }
}

export const ecn: Driver<EcnRig> = {
  chart: ecnChart,
  start: (engine) => new EcnRig({ engine, chart: 'ecn', tcp: { ecn: 'on' } }),
  state: ({ host }) => host.connections[0]?.ecn.state ?? 'off',
  steps: {
    offered: (rig) => rig.connect(),
    synLost: (rig) => rig.elapse(),
    'off: agreed': (rig) => rig.accept('SEW'),
    'offering: agreed': (rig) => rig.say('SE.'),
    'offering: declined': (rig) => rig.say('S.'),
    'quiet: declined': (rig) => rig.say('S', { seq: 0 }),
    markArrived: (rig) => rig.text('P.', { ecn: CE }),
    cwrArrived: (rig) => rig.text('P.W'),
  },
  check(rig, { from, event, to }) {
    const sent: Readonly<Record<string, string>> = {
      offered: 'SEW',
      synLost: 'S',
      agreed: from === 'off' ? 'S.E' : '.',
      declined: '.',
      // Not delayed
      markArrived: '.E',
      cwrArrived: '.',
    };
    expect(rig.heard.map(({ flags }) => flags)).toEqual([sent[event]]);
    // Only what both have agreed on marks what we send
    rig.prepare(() => {
      if (rig.connection.state !== 'ESTABLISHED') return;
      rig.begin();
      rig.write(10);
      expect(rig.heard.map((heard) => heard.ecn)).toEqual([to === 'off' ? 0 : 2]);
      rig.say('.');
    });
  },
};
