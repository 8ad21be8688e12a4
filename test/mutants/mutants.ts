/**
 * Mistakes that a TCP can make, each as a piece of text put in the place of another. They are applied as a file is
 * loaded, and never to the product: see `plugin.ts`.
 */

/** What looks for mistakes. */
export const DETECTORS = ['check', 'fuzz', 'model', 'packetdrill', 'conformance'] as const;
export type Detector = (typeof DETECTORS)[number];

export interface Mutant {
  readonly name: string;
  /** What is wrong then. */
  readonly what: string;
  readonly file: string;
  /** Stands there exactly once. */
  readonly text: string;
  readonly instead: string;
  /** The one that finds it soonest. */
  readonly quick: 'check' | 'fuzz' | 'packetdrill';
}

export const mutants: readonly Mutant[] = [
  {
    name: 'fin-ignored',
    what: 'A FIN in FIN_WAIT_2 is ignored',
    file: 'machines/connection.ts',
    text: "finReceived: {\n          target: 'TIME_WAIT',\n          actions: ['acknowledge', 'reportEnded', 'reportClosed', 'enterTimeWait'],\n        },",
    instead: 'finReceived: {},',
    quick: 'check',
  },
  {
    name: 'simultaneous-close',
    what: 'Both close at once: TIME_WAIT before our FIN is acknowledged',
    file: 'machines/connection.ts',
    text: "finReceived: { target: 'CLOSING', actions: ['acknowledge', 'reportEnded'] },",
    instead: "finReceived: { target: 'TIME_WAIT', actions: ['acknowledge', 'reportEnded', 'reportClosed'] },",
    quick: 'check',
  },
  {
    name: 'repeated-fin-unanswered',
    what: 'A repeated FIN is not acknowledged in TIME_WAIT',
    file: 'machines/connection.ts',
    text: "finRepeated: { target: 'TIME_WAIT', reenter: true, actions: 'acknowledge' },",
    instead: "finRepeated: { target: 'TIME_WAIT', reenter: true },",
    quick: 'fuzz',
  },
  {
    name: 'time-wait-short',
    what: 'TIME_WAIT lasts one MSL',
    file: 'src/tcp/lifecycle.ts',
    text: 'return 2 * this.#c.config.msl;',
    instead: 'return this.#c.config.msl;',
    quick: 'fuzz',
  },
  {
    name: 'old-ack',
    what: 'An old ACK takes SND.UNA back',
    file: 'src/tcp/arrives.ts',
    text: 'if (gt(ack, snd.una)) sender.ackAdvanced(ack, segment);',
    instead: 'if (ack !== snd.una) sender.ackAdvanced(ack, segment);',
    quick: 'check',
  },
  {
    name: 'ack-of-unsent',
    what: 'An ACK of what was never sent is taken',
    file: 'src/tcp/arrives.ts',
    text: 'if (gt(ack, snd.nxt)) {\n    c.challenge();\n    return false;\n  }',
    instead: '',
    quick: 'fuzz',
  },
  {
    name: 'timer-not-rearmed',
    what: 'An ACK of a part does not start the timer of what is left',
    file: 'src/tcp/retransmission.ts',
    text: 'oldest.chart.send(segmentEvents.becameOldest);',
    instead: '',
    quick: 'fuzz',
  },
  {
    name: 'no-backoff',
    what: 'The retransmission timeout is not doubled',
    file: 'src/tcp/sender.ts',
    text: 'else this.backoff += 1;',
    instead: '',
    quick: 'fuzz',
  },
  {
    name: 'karn-ignored',
    what: "Karn's rule is ignored: what was sent twice is measured",
    file: 'src/tcp/sender.ts',
    text: 'else if (acked.sentAt >= 0 && !acked.retransmitted) sample = now - acked.sentAt;',
    instead: 'else if (acked.bytes > 0) sample = now - Math.max(acked.sentAt, 0);',
    quick: 'fuzz',
  },
  {
    name: 'gap-ack-delayed',
    what: 'What comes out of order is not acknowledged at once',
    file: 'src/tcp/receiver.ts',
    text: 'return this.#urgent || this.#c.config.delayedAck === 0;',
    instead: 'return this.#c.config.delayedAck === 0;',
    quick: 'fuzz',
  },
  {
    name: 'window-shrinks',
    what: 'The right edge of the window moves left as data waits unread',
    file: 'src/tcp/receiver.ts',
    text: 'const wanted = this.openWindow();',
    instead: 'const wanted = Math.max(this.openWindow() - this.available, 0);',
    quick: 'fuzz',
  },
  {
    name: 'overlap-doubled',
    what: 'Of a segment that overlaps what has come, the wrong bytes are kept',
    file: 'src/tcp/receiver.ts',
    text: 'segment.payloadOffset + distance(left, first), length);',
    instead: 'segment.payloadOffset, length);',
    quick: 'fuzz',
  },
  {
    name: 'paws-off',
    what: 'Old timestamps are not refused',
    file: 'src/tcp/arrives.ts',
    text: 'if (newer || c.now() - c.tsRecentAt > TIMESTAMP_HORIZON) return true;',
    instead: 'if (newer || c.now() >= 0) return true;',
    quick: 'fuzz',
  },
  {
    name: 'sack-block-ignored',
    what: 'The first SACK block is ignored',
    file: 'src/tcp/arrives.ts',
    text: 'for (let i = 0; i < segment.sackCount; i++) {',
    instead: 'for (let i = 1; i < segment.sackCount; i++) {',
    quick: 'fuzz',
  },
  {
    name: 'challenge-missing',
    what: 'A reset in the window, but not exact, is dropped without a challenge ACK',
    file: 'src/tcp/arrives.ts',
    text: "c.chart.send(connectionEvents['segment.rst']);\n  else c.challenge();",
    instead: "c.chart.send(connectionEvents['segment.rst']);",
    quick: 'fuzz',
  },
  {
    name: 'blind-reset',
    what: 'Any reset in the window ends the connection',
    file: 'src/tcp/arrives.ts',
    text: 'if (seq(segment.seq) === c.rcv.nxt || !c.config.rfc5961)',
    instead: 'if (c.rcv.nxt >= 0)',
    quick: 'fuzz',
  },
  {
    name: 'outside-unanswered',
    what: 'A segment outside the window is dropped in silence',
    file: 'src/tcp/arrives.ts',
    text: 'c.chart.send(connectionEvents.finRepeated);\n  else answerStray(c, segment);',
    instead: 'c.chart.send(connectionEvents.finRepeated);',
    quick: 'fuzz',
  },
  {
    name: 'window-from-old-segment',
    what: 'The window is taken from segments that are old',
    file: 'src/tcp/arrives.ts',
    text: 'if (newer) takeWindow(c, segment, ack);',
    instead: 'if (newer || snd.wnd >= 0) takeWindow(c, segment, ack);',
    quick: 'fuzz',
  },
  {
    name: 'no-probe',
    what: 'A shut window is never probed',
    file: 'machines/persist.ts',
    text: "{ target: 'probing', reenter: true, actions: ['sendProbe', 'backOff'] },",
    instead: "{ target: 'probing', reenter: true, actions: 'backOff' },",
    quick: 'fuzz',
  },
  {
    name: 'no-fast-retransmit',
    what: 'The third duplicate ACK brings nothing',
    file: 'machines/recovery.ts',
    text: "lossInferred: { target: 'recovery', actions: 'enterRecovery' },",
    instead: 'lossInferred: {},',
    quick: 'fuzz',
  },
  {
    name: 'loss-keeps-window',
    what: 'The congestion window is kept when the timer runs out',
    file: 'machines/recovery.ts',
    text: "timedOut: { target: 'loss', actions: 'enterLoss' },",
    instead: "timedOut: { target: 'loss' },",
    quick: 'fuzz',
  },
  {
    name: 'delayed-ack-forgotten',
    what: 'A delayed ACK is never sent',
    file: 'machines/delayedAck.ts',
    text: "delayedAck: { target: 'idle', actions: 'acknowledge' },",
    instead: "delayedAck: { target: 'idle' },",
    quick: 'fuzz',
  },
  {
    name: 'cookie-unchecked',
    what: 'Any ACK is taken for one that brings a SYN cookie back',
    file: 'src/tcp/synCookies.ts',
    text: 'return tableOf(local.address.length)[index] ?? 0;',
    instead: 'return tableOf(local.address.length)[index & 3] ?? 0;',
    quick: 'packetdrill',
  },
  {
    name: 'frag-needed-grows',
    what: 'The path MTU goes up when a router says that a packet was too big',
    file: 'src/tcp/pathMtu.ts',
    text: 'told >= quotedLength || (told >= this.mtu && !probe)',
    instead: 'told < quotedLength',
    quick: 'packetdrill',
  },
  {
    name: 'prr-unproportional',
    what: 'A recovery sends for all that arrives, not for its share',
    file: 'src/tcp/prr.ts',
    text: 'Math.ceil((this.delivered * ssthresh) / this.flight / smss) * smss',
    instead: 'Math.ceil(this.delivered / smss) * smss',
    quick: 'packetdrill',
  },
  {
    name: 'tlp-silent',
    what: 'The tail loss probe runs out and nothing is sent',
    file: 'machines/lossProbe.ts',
    text: "pto: { target: 'probing', actions: 'sendProbe' }",
    instead: "pto: { target: 'probing' }",
    quick: 'packetdrill',
  },
  {
    name: 'frto-hasty',
    what: 'F-RTO: the first ACK after a timeout is taken for an answer to what was sent first',
    file: 'machines/spuriousTimeout.ts',
    text: "ackAdvanced: [{ guard: 'newDataMayGo', target: 'awaitingSecond' }, { target: 'idle' }],",
    instead: "ackAdvanced: { target: 'idle', actions: 'declareSpurious' },",
    quick: 'packetdrill',
  },
  {
    name: 'cubic-halves',
    what: 'CUBIC halves the window at a loss',
    file: 'src/tcp/congestion/cubic.ts',
    text: 'return Math.floor(this.cwnd * BETA);',
    instead: 'return Math.floor(this.cwnd / 2);',
    quick: 'packetdrill',
  },
  {
    name: 'stray-acks-unlimited',
    what: 'Confused ends answer each other each time',
    file: 'src/tcp/connection.ts',
    text: 'now - this.strayAnsweredAt < invalidRateLimit',
    instead: 'now < this.strayAnsweredAt',
    quick: 'packetdrill',
  },
  {
    name: 'rack-no-window',
    what: 'RACK does not wait for what may only be late',
    file: 'src/tcp/rack.ts',
    text: 'return Math.min(this.steps * (minRtt >> 2), srtt);',
    instead: 'return 0;',
    quick: 'packetdrill',
  },
];
