/**
 * A packetdrill script as data: what the parser makes and the runner plays. Nothing here knows a stack.
 * Times are integer microseconds.
 */

/** Where something stands in the script, both counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** `0.1`, `+0.1`, `*`, `0.1~0.2`, `+0.1~+0.2`; us. `*` is any time. */
export type EventTime =
  | { readonly kind: 'any' }
  | {
      readonly kind: 'absolute' | 'relative';
      readonly at: number;
      /** The end of a range; equal to `at` without one. */
      readonly until: number;
    };

/** An argument or a result of a call. */
export type Expression =
  /** `...`: do not care. */
  | { readonly kind: 'any' }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  /** A constant such as `O_NONBLOCK`. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  /** `{fd=3, events=POLLIN}`; items without a name are under their number, from 0. */
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, Expression> }
  /** `htons(8080)` */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    };

export interface CallAction {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Expression[];
  readonly result: Expression;
  /** `ECONNRESET`, after a result of -1. */
  readonly errno: string | undefined;
  /** When a blocking call returns, on the same scale as the event's time; undefined: at once. */
  readonly end: number | undefined;
}

/** One TCP option. Sequence numbers and timestamps as the script has them. */
export type ScriptOption =
  | { readonly kind: 'nop' }
  | { readonly kind: 'eol' }
  | { readonly kind: 'mss'; readonly value: number }
  | { readonly kind: 'wscale'; readonly value: number }
  | { readonly kind: 'sackOK' }
  | { readonly kind: 'sack'; readonly blocks: readonly (readonly [number, number])[] }
  | {
      readonly kind: 'TS';
      /** undefined: `...` */
      readonly val: number | undefined;
      readonly ecr: number;
      readonly ecrAbsolute: boolean;
    }
  /** Any other, as bytes after kind and length: `md5`, `FO`, `FOEXP`. */
  | { readonly kind: 'raw'; readonly name: string; readonly number: number; readonly bytes: Uint8Array }
  /** One that is read but cannot be played. */
  | { readonly kind: 'unsupported'; readonly name: string };

/** What stands in parentheses or brackets before a packet. */
export interface IpInfo {
  readonly ecn?: 'ect0' | 'ect1' | 'ce' | 'noecn' | 'ect01';
  readonly tos?: number;
  readonly ttl?: number;
  readonly flowLabel?: number;
}

export interface PacketAction {
  readonly kind: 'packet';
  readonly inbound: boolean;
  readonly ip: IpInfo;
  readonly ports: { readonly source: number; readonly destination: number } | undefined;
  /** The bits of the header; see src/wire. */
  readonly flags: number;
  /** undefined: `...(len)`, not checked. */
  readonly seq: number | undefined;
  /** The sequence number is not relative to any ISN (`!`). */
  readonly absolute: boolean;
  readonly length: number;
  readonly ack: number | undefined;
  readonly window: number | undefined;
  readonly urgent: number | undefined;
  /** undefined: `<...>`, not checked. */
  readonly options: readonly ScriptOption[] | undefined;
  /** A part that is read but cannot be played. */
  readonly unsupported: string | undefined;
}

export interface QuotedSegment {
  /** undefined: `...` */
  readonly seq: number | undefined;
  readonly length: number;
}

export interface IcmpAction {
  readonly kind: 'icmp';
  readonly inbound: boolean;
  readonly type: string;
  readonly code: string | undefined;
  readonly mtu: number | undefined;
  readonly id: number | undefined;
  /** The segment that it quotes: `[1:1001(1000)]`. */
  readonly quoted: QuotedSegment | undefined;
}

export type Action =
  | CallAction
  | PacketAction
  | IcmpAction
  /** Between backticks: read for what it asks, never executed. */
  | { readonly kind: 'command'; readonly text: string }
  /** Between %{ and }%. */
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'unsupported'; readonly what: string };

export interface ScriptEvent {
  readonly place: Place;
  readonly time: EventTime;
  readonly action: Action;
  /** As written, on one line. */
  readonly text: string;
}

export interface ScriptSetting {
  readonly name: string;
  /** Empty without one. */
  readonly value: string;
  readonly place: Place;
}

export interface Script {
  /** What errors call it: a file's name, or a test's. */
  readonly name: string;
  readonly settings: readonly ScriptSetting[];
  readonly initCommand: string | undefined;
  readonly events: readonly ScriptEvent[];
  readonly cleanupCommand: string | undefined;
}
