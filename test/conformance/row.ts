/** The form of a row of the transition tables: one thing that happens, in one or several states, and what must follow. */
import type { TcpConfig } from '../../src/tcp/config.ts';
import type { CloseReason } from '../../src/tcp/user.ts';

/** The eleven states of RFC 9293 section 3.3.2. */
export const STATES = [
  'CLOSED',
  'LISTEN',
  'SYN_SENT',
  'SYN_RECEIVED',
  'ESTABLISHED',
  'FIN_WAIT_1',
  'FIN_WAIT_2',
  'CLOSE_WAIT',
  'CLOSING',
  'LAST_ACK',
  'TIME_WAIT',
] as const;
export type State = (typeof STATES)[number];

/** How the connection was opened: it matters in SYN_RECEIVED (MUST-11), and nowhere else may it. */
export type Opening = 'passive' | 'active';

/** A state, or a state of a connection that was opened in this way. */
export type From = State | `${State}(${Opening})`;

/**
 * What happens: a segment that arrives in the notation of the RFC, a user call, or time that passes.
 * `CLOSE both ways` is close(2); `TIMEOUT` waits until the state changes, `RETRANSMISSION` for the next deadline.
 * `FACT x` tells the chart what the host has no means to find out yet.
 */
export type Stimulus =
  | `<${string}>`
  | 'OPEN passive'
  | 'OPEN active'
  | `SEND ${number}`
  | 'CLOSE'
  | 'CLOSE both ways'
  | 'ABORT'
  | 'TIMEOUT'
  | 'RETRANSMISSION'
  | `FACT ${string}`;

export interface Row {
  /** Section of RFC 9293, or another RFC's. */
  readonly section: string;
  /** In each of these states, opened in each way. */
  readonly from: From | readonly From[];
  readonly when: Stimulus;
  /** Beforehand, in the state. */
  readonly first?: readonly Stimulus[];
  /** Knobs it needs, ms. */
  readonly given?: Partial<TcpConfig>;
  /** What is sent in answer; numbers are those of before. Silence when not given. */
  readonly sends?: string;
  /** What the user is told at the end of the connection. */
  readonly tells?: CloseReason;
  /** Ids of RFC 9293's requirements that the row proves. */
  readonly proves?: readonly string[];
}

/** The state changes, by one transition of the chart. */
export interface Edge extends Row {
  readonly event: string;
  readonly guard?: string;
  readonly to: State;
}

/** The state does not change. */
export type Stay = Row;

/** The state changes by several transitions that one segment brings. */
export interface Path extends Row {
  readonly through: readonly State[];
}

/** RFC 9293 section 3.3.2: the states after the handshake. */
export const SYNCHRONIZED: readonly State[] = STATES.slice(STATES.indexOf('ESTABLISHED'));

/** <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, the answer to most that is wrong. */
export const PLAIN_ACK = '<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>';
/** The same, when the segment took one sequence number. */
export const ACK_OF_FIN = '<SEQ=SND.NXT><ACK=RCV.NXT+1><CTL=ACK>';
/** What ABORT and its like send. */
export const RESET = '<SEQ=SND.NXT><ACK=RCV.NXT><CTL=RST,ACK>';
