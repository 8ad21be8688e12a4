/** What a host counts: packets, and why some were dropped (the names are those of the trace's `discard` events). */
export class HostCounters {
  packetsIn = 0;
  packetsOut = 0;
  /** Segments whose text or sequence number lay outside the window. */
  outsideWindow = 0;
  /** RFC 7323 section 5: refused as too old. */
  badTimestamp = 0;
  /** Segments that were none of their connection and not answered, since one had just been. */
  acksSkipped = 0;
  /** ICMP messages that could be read. */
  icmpIn = 0;
  /** Echo replies and errors sent. */
  icmpOut = 0;
  /** SYNs answered without keeping anything, cookies that came back, and ACKs that were none (RFC 4987). */
  synCookiesSent = 0;
  synCookiesReceived = 0;
  synCookiesFailed = 0;
  /** Connections reset because there were too many orphans. */
  orphansReset = 0;
  /** Connections that left TIME_WAIT early to make room. */
  timeWaitOverflow = 0;
  /** By reason. */
  readonly discarded: Record<string, number> = {};

  discard(reason: string): void {
    this.discarded[reason] = (this.discarded[reason] ?? 0) + 1;
  }

  /** As plain data. */
  snapshot(): CountersSnapshot {
    return { ...this, discarded: { ...this.discarded } };
  }

  restore({ discarded, ...counts }: CountersSnapshot): void {
    Object.assign(this, counts);
    Object.assign(this.discarded, discarded);
  }

  /** Packets dropped for any reason. */
  get discards(): number {
    return Object.values(this.discarded).reduce((sum, count) => sum + count, 0);
  }
}

/** A host's counters as plain data. */
export type CountersSnapshot = Omit<HostCounters, 'discard' | 'discards' | 'snapshot' | 'restore'>;
