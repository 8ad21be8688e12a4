/** The knobs: defaults, units, and what a wrong value is told. */
import { describe, expect, it } from 'vitest';
import { resolveConfig, stacks, type TcpConfig } from '../../src/tcp/config.ts';

describe('configuration', () => {
  it('times are ms outside and us inside', () => {
    const config = resolveConfig({ initialRto: 1.5, delayedAck: 40, msl: 0 });
    expect([config.initialRto, config.delayedAck, config.msl]).toEqual([1500, 40_000, 0]);
  });

  it('what is not given comes from the stack', () => {
    expect(resolveConfig({}, 'rfc').minimumRto).toBe(1_000_000);
    expect(resolveConfig({}, 'freebsd').minimumRto).toBe(230_000);
    expect(resolveConfig({ minimumRto: 5 }, 'rfc').minimumRto).toBe(5000);
    expect(resolveConfig().minimumRto).toBe(200_000);
  });

  it('MUST-23: by default a SYN is sent for at least 3 minutes, R2 is at least 100 s (SHLD-11)', () => {
    for (const stack of Object.values(stacks)) {
      expect(stack.synR2).toBeGreaterThanOrEqual(180_000);
      expect(stack.r2).toBeGreaterThanOrEqual(100_000);
      // MUST-40
      expect(stack.delayedAck).toBeLessThan(500);
      // RFC 6298 (2.5)
      expect(stack.maximumRto).toBeGreaterThanOrEqual(60_000);
    }
  });

  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    mtu: [67, 65_536, 1500.5, Number.NaN, '1500'],
    mss: [-1, 65_496, 0.5, null],
    receiveBuffer: [0, (1 << 30) + 1],
    sendBuffer: [0, -5],
    arq: ['stop-and-wait', 7],
    window: [0, 1.5],
    sack: ['yes', 1],
    windowScaling: [0],
    timestamps: ['on'],
    nagle: [null],
    rfc5961: [1],
    rfc1337: ['no'],
    initialWindow: [0, 1001],
    dupThresh: [0, 101],
    initialRto: [0, Number.NaN, Number.POSITIVE_INFINITY, '1'],
    minimumRto: [-1],
    maximumRto: [0],
    delayedAck: [-1, 500],
    msl: [-1],
    r2: [-1],
    synR2: [-1],
    userTimeout: [-1],
    orphanTimeout: [-1],
    challengeAckLimit: [-1, 0.5],
    invalidRateLimit: [-1],
    backlog: [0, 65_536],
    mtuProbing: ['always', true],
    mtuRaise: [0],
    receiveBufferMax: [-1],
    synCookies: ['maybe', true],
    maxSynBacklog: [0],
    maxOrphans: [-1],
    maxTimeWait: [0],
    linger: [-2, 1],
    notSentLowWater: [-1],
    dscp: [-1, 64],
    ttl: [0, 256],
  };
  for (const [knob, values] of Object.entries(wrong)) {
    it(`a wrong ${knob} is named, with its value and what is allowed`, () => {
      for (const value of values) {
        const set = () => resolveConfig({ [knob]: value } as Partial<TcpConfig>);
        expect(set).toThrow(RangeError);
        expect(set).toThrow(new RegExp(`^${knob} is .*${String(value).replace('.', '\\.')}.*must be`));
      }
    });
  }

  it('every knob there is has a check', () => {
    for (const knob of Object.keys(stacks.linux)) {
      expect(() => resolveConfig({ [knob]: {} } as Partial<TcpConfig>), knob).toThrow(RangeError);
    }
  });

  it('unknown knobs and stacks are named, also those that every object has', () => {
    expect(() => resolveConfig({ mms: 5 } as Partial<TcpConfig>)).toThrow("unknown TCP setting 'mms'");
    expect(() => resolveConfig({ toString: 5 } as unknown as Partial<TcpConfig>)).toThrow(
      "unknown TCP setting 'toString'",
    );
    expect(() => resolveConfig({}, 'windows' as 'linux')).toThrow("unknown stack 'windows': one of linux");
    expect(() => resolveConfig({}, 'constructor' as 'linux')).toThrow("unknown stack 'constructor'");
  });

  it('undefined is as if it were not given', () => {
    expect(resolveConfig({ mss: undefined } as unknown as Partial<TcpConfig>).mss).toBe(0);
  });
});
