/**
 * The requirements of RFC 9293 (its appendix B), in our own words, and what becomes of each: `met` where nothing else is
 * said. What proves it are the tests that carry its id in their names.
 */

export type Level = 'MUST' | 'SHOULD' | 'MAY' | 'RECOMMENDED';

/** `notApplicable`: there is nothing here that it could apply to; `declined`: deliberately not, with the reason. */
export type Status = 'met' | 'notApplicable' | 'declined';

export interface Requirement {
  readonly id: string;
  readonly section: string;
  readonly phrase: string;
  /** `met` when left out. */
  readonly status?: Exclude<Status, 'met'>;
  /** Why it is not, or in what way it is. */
  readonly note?: string;
}

const SOURCE_ROUTES =
  'source routes are not supported: hosts and routers drop packets with them (RFC 7126 sections 4.3 and 4.4)';

// biome-ignore format: a table
export const requirements: readonly Requirement[] = [
  { id: 'MUST-1', section: '3.1', phrase: 'window field is an unsigned quantity' },
  { id: 'MUST-2', section: '3.1', phrase: 'sender always fills in the checksum' },
  { id: 'MUST-3', section: '3.1', phrase: 'receiver verifies the checksum and drops bad segments' },
  { id: 'MUST-4', section: '3.1', phrase: 'understand the three base options: end-of-list, no-op, MSS' },
  { id: 'MUST-5', section: '3.1', phrase: 'options are accepted on any segment, not just SYN' },
  { id: 'MUST-6', section: '3.1', phrase: 'skip an unknown option by its length without error' },
  { id: 'MUST-7', section: '3.1', phrase: 'survive a nonsensical option length (0, 1, past the end)' },
  { id: 'MUST-8', section: '3.4.1', phrase: 'ISN generation is driven by a clock' },
  { id: 'MUST-9', section: '3.4.1', phrase: 'the keyed hash behind ISNs is not predictable from outside' },
  { id: 'MUST-10', section: '3.5', phrase: 'crossing SYNs establish one connection (simultaneous open)' },
  { id: 'MUST-11', section: '3.5', phrase: 'remember whether SYN-RECEIVED came from a passive or an active open' },
  { id: 'MUST-12', section: '3.6', phrase: 'application learns if the end was an orderly close or an abort' },
  { id: 'MUST-13', section: '3.6.1', phrase: 'active closer stays 2*MSL in TIME-WAIT' },
  { id: 'MUST-14', section: '3.1,3.7.1', phrase: 'send and parse the MSS option' },
  { id: 'MUST-15', section: '3.7.1', phrase: 'no MSS from peer: assume 536 (IPv4) / 1220 (IPv6)' },
  { id: 'MUST-16', section: '3.7.1', phrase: 'effective send size = min(peer MSS, path limit) less options' },
  { id: 'MUST-17', section: '3.7.4', phrase: 'Nagle can be switched off per connection' },
  { id: 'MUST-18', section: '3.8.1', phrase: 'RTO from RFC 6298 estimator with Karn\'s rule' },
  { id: 'MUST-19', section: '3.8.2', phrase: 'slow start, congestion avoidance and exponential RTO backoff present' },
  { id: 'MUST-20', section: '3.8.3', phrase: 'two-threshold (R1,R2) handling of repeated retransmission, closing at R2' },
  { id: 'MUST-21', section: '3.8.3', phrase: 'application sets R2 for a connection' },
  { id: 'MUST-22', section: '3.8.3', phrase: 'R1/R2 handling also covers SYN retransmission' },
  { id: 'MUST-23', section: '3.8.3', phrase: 'SYN keeps being retried for at least 3 minutes' },
  { id: 'MUST-24', section: '3.8.4', phrase: 'keep-alive can be turned on/off per connection' },
  { id: 'MUST-25', section: '3.8.4', phrase: 'keep-alive is off by default' },
  { id: 'MUST-26', section: '3.8.4', phrase: 'keep-alive probes only on an idle connection with nothing outstanding' },
  { id: 'MUST-27', section: '3.8.4', phrase: 'keep-alive interval is configurable' },
  { id: 'MUST-28', section: '3.8.4', phrase: 'default keep-alive interval >= 2 hours' },
  { id: 'MUST-29', section: '3.8.4', phrase: 'one unanswered probe does not mean the peer is dead' },
  { id: 'MUST-30', section: '3.8.5', phrase: 'urgent mechanism is supported' },
  { id: 'MUST-31', section: '3.8.5', phrase: 'urgent data can have any length' },
  { id: 'MUST-32', section: '3.8.5', phrase: 'application is told asynchronously when urgent data (or more of it) arrives' },
  { id: 'MUST-33', section: '3.8.5', phrase: 'application can ask how much urgent data remains' },
  { id: 'MUST-34', section: '3.8.6', phrase: 'sender tolerates the peer pulling in its right window edge' },
  { id: 'MUST-35', section: '3.8.6', phrase: 'a window that shrinks to zero is probed in the normal way' },
  { id: 'MUST-36', section: '3.8.6.1', phrase: 'zero-window probing exists' },
  { id: 'MUST-37', section: '3.8.6.1', phrase: 'connection stays open as long as probes are acknowledged' },
  { id: 'MUST-38', section: '3.8.6.2.1', phrase: 'sender-side silly-window avoidance' },
  { id: 'MUST-39', section: '3.8.6.2.2', phrase: 'receiver-side silly-window avoidance' },
  { id: 'MUST-40', section: '3.8.6.3', phrase: 'delayed ACK is held less than 500 ms' },
  { id: 'MUST-41', section: '3.9.1.1', phrase: 'a passive OPEN never disturbs existing connections' },
  { id: 'MUST-42', section: '3.9.1.1', phrase: 'may LISTEN on a port that has connections in SYN-SENT / SYN-RECEIVED' },
  { id: 'MUST-43', section: '3.9.1.1', phrase: 'OPEN takes an optional local address' },
  { id: 'MUST-44', section: '3.9.1.1', phrase: 'unspecified local address: ask the IP layer before sending SYN' },
  { id: 'MUST-45', section: '3.9.1.1', phrase: 'keep one local address for the life of the connection' },
  { id: 'MUST-46', section: '3.9.1.1', phrase: 'refuse OPEN to broadcast/multicast/invalid remote address' },
  { id: 'MUST-47', section: '3.9.1.8', phrase: 'soft errors are reportable to the application' },
  { id: 'MUST-48', section: '3.9.1.9', phrase: 'application can set the DSCP/traffic class' },
  { id: 'MUST-49', section: '3.9.2', phrase: 'TTL/hop limit of sent segments is configurable' },
  { id: 'MUST-50', section: '3.9.2', phrase: 'unknown IP options passed up are ignored' },
  { id: 'MUST-51', section: '3.9.2.1', phrase: 'application may give a source route on active open', status: 'notApplicable', note: SOURCE_ROUTES },
  { id: 'MUST-52', section: '3.9.2.1', phrase: 'that source route beats one received', status: 'notApplicable', note: SOURCE_ROUTES },
  { id: 'MUST-53', section: '3.9.2.1', phrase: 'a received source route is reused for replies on the connection', status: 'notApplicable', note: SOURCE_ROUTES },
  { id: 'MUST-54', section: '3.9.2.2', phrase: 'ICMP errors are demultiplexed to their connection and acted on' },
  { id: 'MUST-55', section: '3.9.2.2', phrase: 'Source Quench is dropped silently' },
  { id: 'MUST-56', section: '3.9.2.2', phrase: 'soft ICMP errors (unreach 0,1,5; time exceeded; param problem) do not abort' },
  { id: 'MUST-57', section: '3.9.2.3', phrase: 'SYN to a broadcast/multicast destination is dropped silently' },
  { id: 'MUST-58', section: '3.10.7.4', phrase: 'ACKs are aggregated where possible' },
  { id: 'MUST-59', section: '3.10.7.4', phrase: 'drain the whole queue of arrived segments before acknowledging' },
  { id: 'MUST-60', section: '3.9.1.2', phrase: 'without a PUSH flag in SEND, data is not held for ever' },
  { id: 'MUST-61', section: '3.9.1.2', phrase: 'without a PUSH flag in SEND, PSH is set on the last queued segment' },
  { id: 'MUST-62', section: '3.8.5', phrase: 'urgent pointer names the octet after the urgent data' },
  { id: 'MUST-63', section: '3.9.2.3', phrase: 'SYN from an invalid source address is ignored' },
  { id: 'MUST-64', section: '3.2', phrase: 'options need not be word aligned' },
  { id: 'MUST-65', section: '3.2', phrase: 'MSS option appears only on SYN segments' },
  { id: 'MUST-66', section: '3.4', phrase: 'RST and URG are processed even at zero receive window' },
  { id: 'MUST-67', section: '3.7.1', phrase: 'advertised MSS derives from the largest reassemblable message less 20' },
  { id: 'MUST-68', section: '3.1', phrase: 'every option except end-of-list and no-op carries a length' },
  { id: 'MUST-69', section: '3.1', phrase: 'bytes after end-of-list are zero padding' },
  { id: 'SHLD-1', section: '3.4.1', phrase: 'ISN uses a keyed pseudo-random function of the 4-tuple' },
  { id: 'SHLD-2', section: '3.5.3', phrase: 'accept RST segments that carry data' },
  { id: 'SHLD-3', section: '3.6.1', phrase: 'close with unread data (or data after close): send RST' },
  { id: 'SHLD-4', section: '3.6.1', phrase: 'use timestamps to shorten TIME-WAIT' },
  { id: 'SHLD-5', section: '3.7.1', phrase: 'send MSS when it differs from the default' },
  { id: 'SHLD-6', section: '3.7.3', phrase: 'variable MTU: advertise from the smallest effective MTU' },
  { id: 'SHLD-7', section: '3.7.4', phrase: 'Nagle coalescing by default' },
  { id: 'SHLD-8', section: '3.8.2', phrase: 'support ECN (RFC 3168)' },
  { id: 'SHLD-9', section: '3.8.3', phrase: 'tell the application about trouble between R1 and R2' },
  { id: 'SHLD-10', section: '3.8.3', phrase: 'R1 >= 3 retransmissions' },
  { id: 'SHLD-11', section: '3.8.3', phrase: 'R2 >= 100 s' },
  { id: 'SHLD-12', section: '3.8.4', phrase: 'keep-alive probe carries no data' },
  { id: 'SHLD-13', section: '3.8.5,3.9.1.2', phrase: 'new applications avoid urgent data', status: 'notApplicable', note: 'advice to applications: none of ours uses urgent data' },
  { id: 'SHLD-14', section: '3.8.6', phrase: 'receiver does not shrink its window' },
  { id: 'SHLD-15', section: '3.8.6', phrase: 'no new data past a shrunken window' },
  { id: 'SHLD-16', section: '3.8.6', phrase: 'old data inside a shrunken window is still retransmitted' },
  { id: 'SHLD-17', section: '3.8.6', phrase: 'do not time out because data beyond the right edge is unacked' },
  { id: 'SHLD-18', section: '3.8.6.3', phrase: 'delayed ACKs implemented' },
  { id: 'SHLD-19', section: '3.8.6.3', phrase: 'ACK at least every second full-size segment' },
  { id: 'SHLD-20', section: '3.9.1.8', phrase: 'application can switch soft-error reports off' },
  { id: 'SHLD-21', section: '3.9.1.9', phrase: 'DSCP may change during the connection' },
  { id: 'SHLD-22', section: '3.9.1.9', phrase: 'DSCP handed to IP unchanged' },
  { id: 'SHLD-23', section: '3.9.2', phrase: 'applications generally leave DSCP alone mid-connection', status: 'notApplicable', note: 'advice to applications: none of ours changes it' },
  { id: 'SHLD-24', section: '3.9.2.1', phrase: 'a later received source route replaces the earlier', status: 'notApplicable', note: SOURCE_ROUTES },
  { id: 'SHLD-25', section: '3.9.2.2', phrase: 'unreach 0,1,5 made visible to the application' },
  { id: 'SHLD-26', section: '3.9.2.2', phrase: 'hard errors (unreach 2-4) abort the connection', status: 'declined', note: 'they abort a connection only until it is established: a forged one must not end one that works (RFC 5927 section 5.2, RFC 5461); packet too big (code 4) is for path MTU discovery' },
  { id: 'SHLD-27', section: '3.9.1.2', phrase: 'collapse successive PSH marks when packetising' },
  { id: 'SHLD-28', section: '3.9.1.2', phrase: 'prefer maximum-size segments' },
  { id: 'SHLD-29', section: '3.8.6.1', phrase: 'first zero-window probe after one RTO' },
  { id: 'SHLD-30', section: '3.8.6.1', phrase: 'probe interval backs off exponentially' },
  { id: 'SHLD-31', section: '3.10.7.4', phrase: 'keep out-of-order segments for later' },
  { id: 'MAY-1', section: '3.6.1', phrase: 'half-duplex close: no more reading after CLOSE' },
  { id: 'MAY-2', section: '3.6.1', phrase: 'accept a fresh SYN directly from TIME-WAIT under conditions' },
  { id: 'MAY-3', section: '3.7.1', phrase: 'always send MSS' },
  { id: 'MAY-4', section: '3.8.1', phrase: 'reuse the IP identification on identical retransmission', status: 'notApplicable', note: 'packets are not fragmented on the way (DF is set), and so their identification means nothing (RFC 6864)' },
  { id: 'MAY-5', section: '3.8.4', phrase: 'offer keep-alives' },
  { id: 'MAY-6', section: '3.8.4', phrase: 'keep-alive may carry one garbage octet', status: 'declined', note: 'a probe without data is enough for every peer of today (SHLD-12)' },
  { id: 'MAY-7', section: '3.8.6', phrase: 'retransmit old data beyond SND.UNA+SND.WND' },
  { id: 'MAY-8', section: '3.8.6.1', phrase: 'receiver may keep its window shut indefinitely' },
  { id: 'MAY-9', section: '3.9.1.9', phrase: 'report received DSCP to the application', status: 'declined', note: 'no application has asked for it; every packet is in the trace' },
  { id: 'MAY-10', section: '3.9.2', phrase: 'support the IP timestamp option', status: 'notApplicable', note: 'IP options are not sent' },
  { id: 'MAY-11', section: '3.9.2', phrase: 'support IP record route', status: 'notApplicable', note: 'IP options are not sent' },
  { id: 'MAY-12', section: '3.10.7.4', phrase: 'RFC 5961 blind-injection ACK check' },
  { id: 'MAY-13', section: '3.10.7.4', phrase: 'ACK out-of-order in-window segments at once' },
  { id: 'MAY-14', section: '3.9.1.7', phrase: 'FLUSH call', status: 'declined', note: 'a call of its own for what ABORT and a new OPEN do' },
  { id: 'MAY-15', section: '3.9.1.2', phrase: 'PUSH flag on SEND', status: 'declined', note: 'every SEND is as if pushed: MUST-60 and MUST-61 apply' },
  { id: 'MAY-16', section: '3.9.1.2', phrase: 'hold un-pushed data', status: 'declined', note: 'what is not pushed is not held back but for the rules of Nagle and silly windows' },
  { id: 'MAY-17', section: '3.9.1.3', phrase: 'tell the application about received PSH', status: 'declined', note: 'data is handed over as it comes, pushed or not' },
  { id: 'MAY-18', section: '3.8.2', phrase: 'other standards-track-conformant congestion control' },
  { id: 'REC-1', section: '3.1', phrase: 'use 32-bit window variables internally' },
];

const LEVELS: Readonly<Record<string, Level>> = {
  MUST: 'MUST',
  SHLD: 'SHOULD',
  MAY: 'MAY',
  REC: 'RECOMMENDED',
};

/** How strong the requirement with this id is. */
export function levelOf(id: string): Level {
  return LEVELS[id.replace(/-.*/, '')] as Level;
}
