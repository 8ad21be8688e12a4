/**
 * The one stream that every picture is drawn from: what was called, heard, decided, sent, and what the link did.
 * Each event names the one that caused it, so that the chain packet, fact, transition, action, packet can be walked.
 */

/** The TCP segment in a packet, as a person reads it. Sequence numbers are absolute, sizes bytes. */
export interface SegmentSummary {
  /** address:port, IPv6 addresses in brackets */
  readonly source: string;
  readonly destination: string;
  /** Letters as packetdrill writes them: S F R P U E W A, and `.` for ACK; `-` for none. */
  readonly flags: string;
  readonly seq: number;
  /** 0 without the ACK flag. */
  readonly ack: number;
  /** As in the header, not scaled. */
  readonly window: number;
  /** Payload bytes. */
  readonly length: number;
  readonly options?: SegmentOptions;
}

export interface SegmentOptions {
  readonly mss?: number;
  readonly windowScale?: number;
  readonly sackPermitted?: true;
  /** Left and right edge of each block. */
  readonly sack?: readonly (readonly [number, number])[];
  /** TSval and TSecr. */
  readonly timestamps?: readonly [number, number];
}

/** Why a segment was sent. */
export type SendReason =
  | 'open'
  | 'data'
  | 'ack'
  | 'fin'
  | 'timer'
  | 'fast'
  | 'probe'
  | 'lossProbe'
  | 'keepAlive'
  | 'challenge'
  | 'reset';

/** What the link did with a packet. Times in us. */
export type LinkAction =
  | { readonly what: 'enqueued'; readonly queue: number }
  | { readonly what: 'lost'; readonly reason: 'loss' | 'queue' | 'mtu' | 'outage' | 'fault' }
  | { readonly what: 'duplicated'; readonly copy: number }
  | { readonly what: 'marked' }
  | { readonly what: 'corrupted'; readonly bit: number }
  | { readonly what: 'delayed'; readonly by: number }
  | { readonly what: 'reordered'; readonly by: number }
  | { readonly what: 'delivered'; readonly late?: true };

export type TraceBody =
  /** A user call: OPEN, SEND, RECEIVE, CLOSE, ABORT (RFC 9293 section 3.10). */
  | { readonly kind: 'call'; readonly connection: number; readonly call: string; readonly detail?: string }
  /** What the user is told: established, readable, ended, closed and why. */
  | {
      readonly kind: 'report';
      readonly connection: number;
      readonly report: string;
      readonly detail?: string;
    }
  | {
      readonly kind: 'fact';
      readonly connection: number;
      readonly chart: string;
      readonly instance: number;
      readonly event: string;
    }
  | {
      readonly kind: 'transition';
      readonly connection: number;
      readonly chart: string;
      readonly instance: number;
      readonly from: string;
      readonly event: string;
      readonly guard?: string;
      readonly to: string;
    }
  | {
      readonly kind: 'action';
      readonly connection: number;
      readonly chart: string;
      readonly instance: number;
      readonly action: string;
    }
  | {
      readonly kind: 'timer';
      readonly connection: number;
      readonly chart: string;
      readonly instance: number;
      readonly delay: string;
      readonly change: 'armed' | 'cancelled';
      /** us */
      readonly deadline: number;
    }
  /** A packet leaves its sender. Its number `n` is the packet's id from here to the receiver. */
  | {
      readonly kind: 'send';
      readonly connection: number;
      readonly why: SendReason;
      readonly segment: SegmentSummary;
      /** The whole IP packet. */
      readonly bytes: Uint8Array;
    }
  /** An ICMP message leaves: an answer to a packet, and so of no connection. Its `n` is the packet's id too. */
  | { readonly kind: 'icmp'; readonly what: string; readonly bytes: Uint8Array }
  | ({ readonly kind: 'link'; readonly packet: number; readonly direction: string } & LinkAction)
  /** A packet reaches an end; `bytes` is what arrived, corruption included. */
  | {
      readonly kind: 'receive';
      readonly packet: number;
      readonly segment?: SegmentSummary;
      readonly bytes: Uint8Array;
    }
  /** A packet was dropped by the end it reached, and why: a counter's name (`badChecksum`, `noListener`, ...). */
  | { readonly kind: 'discard'; readonly packet: number; readonly reason: string }
  /** Variables of a connection after an input, those that changed. Bytes, us. */
  | {
      readonly kind: 'variables';
      readonly connection: number;
      readonly values: Readonly<Record<string, number>>;
    }
  /** The application's words: a command typed, an answer received, right or wrong. */
  | { readonly kind: 'app'; readonly what: string; readonly text: string };

export type TraceEvent = {
  /** 1, 2, 3, ... */
  readonly n: number;
  /** us */
  readonly t: number;
  /** Which end: `client`, `server`, `link`, or a host's name. */
  readonly end: string;
  /** The event that brought this one about, 0 for none. */
  readonly cause: number;
} & TraceBody;

/** First line of a trace. */
export interface TraceHeader {
  /** Version of the format. */
  readonly statewire: 1;
  /** Version of the product. */
  readonly version: string;
  readonly engine: string;
  readonly seed: number;
  /** Of a run in real time: ms since 1970 at its time 0, so that traces of several processes can be laid together. */
  readonly start?: number;
  readonly configuration: Readonly<Record<string, unknown>>;
  /** What the user typed or asked for. */
  readonly inputs: readonly string[];
}

export type TraceSink = (event: TraceEvent) => void;
