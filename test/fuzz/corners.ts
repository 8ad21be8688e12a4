/**
 * Programs that the fuzzer came upon, made small: faults that are mended, and corners where it is not plain what must
 * happen.
 */
import type { DuelProgram } from './duel.ts';
import type { Forged, SoloProgram, SoloStep } from './solo.ts';

export interface Corner {
  readonly what: string;
  readonly duel?: DuelProgram;
  /** Played again with hosts that are put together again after each step. */
  readonly twice?: DuelProgram;
  readonly solo?: SoloProgram;
}

const TCP = { mss: 1, sack: false, timestamps: false, windowScaling: false, nagle: false, delayedAck: 0 };
const ENDS = { passive: false, iss: 1000, irs: 1000, handshake: 2 } as const;
const FIN = 17;
const ACK = 16;
const SYN = 2;

function segment(flags: number, fields: Partial<Forged> = {}): SoloStep {
  const plain = { window: 20_000, bytes: 0, stamp: 0, sack: [], urgent: 0 };
  return {
    do: 'segment',
    segment: { flags, seq: ['next', 0], ack: ['nxt', 0], ...plain, ...fields },
    times: 1,
  };
}

export const corners: readonly Corner[] = [
  {
    what: 'data of a loss probe counts as sent, also by a host that is put together again',
    twice: {
      ...{ iss: [1000, 1000], simultaneous: false },
      tcp: {
        ...TCP,
        sack: true,
        receiveBuffer: 200_000,
        sendBuffer: 2000,
        delayedAck: 200,
        initialWindow: 10,
      },
      steps: [
        { do: 'send', side: 0, bytes: 60 },
        { do: 'send', side: 0, bytes: 1 },
        { do: 'flow' },
        { do: 'deliver', side: 1, at: 0 },
        { do: 'wait', ms: 250 },
        { do: 'deliver', side: 0, at: 0 },
        { do: 'deliver', side: 1, at: 1 },
      ],
    },
  },
  {
    what: 'text where the peer has said that its FIN stands counts for nothing',
    solo: {
      ...{ ...ENDS, tcp: TCP },
      steps: [segment(FIN, { seq: ['next', 1] }), segment(FIN, { seq: ['next', 1], bytes: 1 })],
    },
  },
  {
    what: 'a SYN beyond the old numbers opens a new connection in TIME_WAIT, where somebody listens',
    solo: {
      ...{ ...ENDS, tcp: TCP, passive: true },
      steps: [{ do: 'close' }, segment(ACK), segment(FIN), segment(SYN, { seq: ['next', 1] })],
    },
  },
  {
    what: 'a reset that is lost leaves the other in FIN_WAIT_2, without a timer',
    duel: {
      ...{ tcp: TCP, iss: [1000, 1000], simultaneous: false },
      steps: [
        { do: 'flow' },
        { do: 'close', side: 1 },
        { do: 'flow' },
        { do: 'abort', side: 0 },
        { do: 'lose', side: 0, at: 0 },
      ],
    },
  },
];
