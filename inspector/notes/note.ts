/** What a finding is: the kinds there are, how grave each is, and which section of which RFC speaks of it. */

/** `error`: the run failed or data is in danger; `warning`: time was lost; `remark`: worth knowing. */
export type Severity = 'error' | 'warning' | 'remark';

export interface NoteKindAbout {
  /** Heading of the group. */
  readonly title: string;
  readonly severity: Severity;
  readonly rfc: string;
}

/** All kinds, the gravest first. */
export const NOTE_KINDS = {
  gaveUp: {
    title: 'Connection given up',
    severity: 'error',
    rfc: 'RFC 9293 section 3.8.3',
  },
  reset: { title: 'Reset', severity: 'error', rfc: 'RFC 9293 section 3.5.2' },
  undetected: {
    title: 'Damage not noticed',
    severity: 'error',
    rfc: 'RFC 9293 section 3.1',
  },
  timeout: { title: 'Retransmission by timeout', severity: 'warning', rfc: 'RFC 6298 section 5' },
  backoff: { title: 'Timeout again, backed off', severity: 'warning', rfc: 'RFC 6298 section 5 (5.5)' },
  spurious: { title: 'Spurious retransmission', severity: 'warning', rfc: 'RFC 5682 section 1' },
  synRepeated: { title: 'SYN sent again', severity: 'warning', rfc: 'RFC 6298 section 5 (5.7)' },
  zeroWindow: { title: 'Window closed', severity: 'warning', rfc: 'RFC 9293 section 3.8.6.1' },
  nagle: {
    title: 'Nagle waits for a delayed ACK',
    severity: 'warning',
    rfc: 'RFC 9293 section 3.7.4',
  },
  paws: { title: 'Refused as too old', severity: 'warning', rfc: 'RFC 7323 section 5.3' },
  outOfWindow: { title: 'Outside the window', severity: 'warning', rfc: 'RFC 9293 section 3.10.7.4' },
  queueLoss: { title: 'Dropped on the way', severity: 'warning', rfc: 'RFC 5681 section 3' },
  idle: { title: 'Idle', severity: 'remark', rfc: 'RFC 5681 section 4.1' },
  fast: { title: 'Fast retransmit', severity: 'remark', rfc: 'RFC 5681 section 3.2' },
  corrupted: { title: 'Damage found by the checksum', severity: 'remark', rfc: 'RFC 9293 section 3.1' },
  discarded: { title: 'Dropped at an end', severity: 'remark', rfc: 'RFC 9293 section 3.10.7' },
  challenge: { title: 'Challenge ACK', severity: 'remark', rfc: 'RFC 5961 sections 3 to 5' },
  reordered: { title: 'Reordered', severity: 'remark', rfc: 'RFC 5681 section 3.2' },
  duplicate: { title: 'Received twice', severity: 'remark', rfc: 'RFC 9293 section 3.10.7.4' },
  ackLost: { title: 'Lost ACK that did no harm', severity: 'remark', rfc: 'RFC 9293 section 3.4' },
  timeWait: { title: 'TIME_WAIT', severity: 'remark', rfc: 'RFC 9293 section 3.6.1' },
} as const satisfies Readonly<Record<string, NoteKindAbout>>;

export type NoteKind = keyof typeof NOTE_KINDS;

export interface Note {
  readonly kind: NoteKind;
  /** The event that it is about. */
  readonly row: number;
  /** At which end; empty for the link. */
  readonly end: string;
  /** 0 when it belongs to none. */
  readonly connection: number;
  readonly text: string;
  /** Other events that it speaks of, by what they are. */
  readonly links: readonly NoteLink[];
}

export interface NoteLink {
  readonly text: string;
  readonly row: number;
}
