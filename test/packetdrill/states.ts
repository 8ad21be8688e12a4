/** The eleven states of a connection, each with a script that reaches it in no time. Both ISNs are 0. */
import { connected, established, listening, type Preparation } from './packetdrill.ts';

export interface Situation {
  /** As `chart.connection` names it. */
  readonly state: string;
  /** How tests call it: SYN_RECEIVED comes in two kinds. */
  readonly name: string;
  readonly options: Preparation;
  /** The socket of the connection. */
  readonly fd: number;
  /** SND.NXT and RCV.NXT as numbers of the script; where there are none, numbers that a stranger might use. */
  readonly nxt: number;
  readonly rcv: number;
}

const openSocket = `
  0   socket(..., SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP) = 3
`;
const synSent = `${openSocket}
  +0  connect(3, ..., ...) = -1 EINPROGRESS
  +0  > S 0:0(0) <mss 1000>
`;
const finWait1 = `
  +0  shutdown(4, SHUT_WR) = 0
  +0  > F. 1:1(0) ack 1
`;
const finWait2 = `${finWait1}
  +0  < . 1:1(0) ack 2 win 65535
`;
const closeWait = `
  +0  < F. 1:1(0) ack 1 win 65535
  +0  > . 1:1(0) ack 2
`;
const closing = `${finWait1}
  +0  < F. 1:1(0) ack 1 win 65535
  +0  > . 2:2(0) ack 2
`;
const lastAck = `${closeWait}
  +0  shutdown(4, SHUT_WR) = 0
  +0  > F. 1:1(0) ack 2
`;
const timeWait = `${finWait2}
  +0  < F. 1:1(0) ack 2 win 65535
  +0  > . 2:2(0) ack 2
`;

function after(more: string): Preparation {
  const before = established();
  return { ...before, prologue: `${before.prologue}${more}` };
}

function situation(
  state: string,
  options: Preparation,
  fd: number,
  nxt: number,
  rcv: number,
  name = state,
): Situation {
  return { state, name, options, fd, nxt, rcv };
}

export const situations = {
  CLOSED: situation('CLOSED', { prologue: openSocket }, 3, 20, 10),
  LISTEN: situation('LISTEN', { prologue: listening }, 3, 20, 10),
  SYN_SENT: situation('SYN_SENT', { prologue: synSent }, 3, 1, 10),
  passive: situation(
    'SYN_RECEIVED',
    {
      prologue: `${listening}
        +0  < S 0:0(0) win 65535 <mss 1000>
        +0  > S. 0:0(0) ack 1 <mss 1000>`,
    },
    3,
    1,
    1,
    'SYN_RECEIVED (passive)',
  ),
  active: situation(
    'SYN_RECEIVED',
    {
      prologue: `${synSent}
        +0  < S 0:0(0) win 65535 <mss 1000>
        +0  > S. 0:0(0) ack 1 <mss 1000>`,
    },
    3,
    1,
    1,
    'SYN_RECEIVED (active)',
  ),
  ESTABLISHED: situation('ESTABLISHED', established(), 4, 1, 1),
  FIN_WAIT_1: situation('FIN_WAIT_1', after(finWait1), 4, 2, 1),
  FIN_WAIT_2: situation('FIN_WAIT_2', after(finWait2), 4, 2, 1),
  CLOSE_WAIT: situation('CLOSE_WAIT', after(closeWait), 4, 1, 2),
  CLOSING: situation('CLOSING', after(closing), 4, 2, 2),
  LAST_ACK: situation('LAST_ACK', after(lastAck), 4, 2, 2),
  TIME_WAIT: situation('TIME_WAIT', after(timeWait), 4, 2, 2),
} as const;

/** ESTABLISHED by active open, where nobody listens. */
export const opened = situation('ESTABLISHED', connected(), 3, 1, 1);

/** Those in which both ends know each other's numbers. */
export const synchronized: readonly Situation[] = [
  situations.ESTABLISHED,
  situations.FIN_WAIT_1,
  situations.FIN_WAIT_2,
  situations.CLOSE_WAIT,
  situations.CLOSING,
  situations.LAST_ACK,
  situations.TIME_WAIT,
];

/** Asserts the state. */
export function inState(state: string): string {
  return `+0 %{ assert chart.connection == "${state}" }%`;
}
