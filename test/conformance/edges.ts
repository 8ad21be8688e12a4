/**
 * The legal transitions of a connection by RFC 9293 (figure 5 with its notes, and section 3.10): every one of them, and
 * no other. The connection chart's edges must be exactly these; each is driven at a real host too.
 */
import { ACK_OF_FIN, type Edge, PLAIN_ACK, RESET, SYNCHRONIZED } from './row.ts';

const SYN = '<SEQ=IRS><CTL=SYN>';
const DATA = '<SEQ=RCV.NXT><ACK=SND.UNA><CTL=PSH,ACK><LEN=10>';
const RST = '<SEQ=RCV.NXT><CTL=RST>';
const SYN_IN_WINDOW = '<SEQ=RCV.NXT><CTL=SYN>';
const FIN = '<SEQ=RCV.NXT><ACK=SND.UNA><CTL=FIN,ACK>';
const ACK_OF_ALL = '<SEQ=RCV.NXT><ACK=SND.NXT><CTL=ACK>';
/** With a FIN of ours, or a SYN, outstanding; with data outstanding. */
const WITH_QUEUE = ['SYN_SENT', 'SYN_RECEIVED', 'FIN_WAIT_1', 'CLOSING', 'LAST_ACK'] as const;
const WITH_DATA = ['ESTABLISHED', 'CLOSE_WAIT'] as const;
const OLD = { rfc5961: false };

// biome-ignore format: a table
const opening: readonly Edge[] = [
  { section: '3.10.1', from: 'CLOSED', event: 'user.open', guard: 'openedPassively', to: 'LISTEN', when: 'OPEN passive' },
  { section: '3.10.1', from: 'CLOSED', event: 'user.open', guard: 'remoteGiven', to: 'SYN_SENT', when: 'OPEN active',
    sends: '<SEQ=ISS><CTL=SYN>' },
  { section: '3.10.1', from: 'LISTEN', event: 'user.open', guard: 'remoteGiven', to: 'SYN_SENT', when: 'OPEN active',
    sends: '<SEQ=ISS><CTL=SYN>' },
  { section: '3.10.2', from: 'LISTEN', event: 'user.send', guard: 'remoteGiven', to: 'SYN_SENT', when: 'FACT user.send',
    sends: '<SEQ=ISS><CTL=SYN>' },
  { section: '3.10.7.2', from: 'LISTEN', event: 'segment.syn', to: 'SYN_RECEIVED', when: SYN,
    sends: '<SEQ=ISS><ACK=SEG.SEQ+1><CTL=SYN,ACK>' },
  { section: '3.10.7.3', from: 'SYN_SENT', event: 'segment.synAck', to: 'ESTABLISHED',
    when: '<SEQ=IRS><ACK=SND.NXT><CTL=SYN,ACK>', sends: '<SEQ=SND.NXT><ACK=SEG.SEQ+1><CTL=ACK>' },
  { section: '3.10.7.3', from: 'SYN_SENT', event: 'segment.syn', to: 'SYN_RECEIVED', when: SYN,
    sends: '<SEQ=ISS><ACK=SEG.SEQ+1><CTL=SYN,ACK>', proves: ['MUST-10'] },
  { section: '3.10.7.3', from: 'SYN_SENT', event: 'segment.rst', to: 'CLOSED',
    when: '<SEQ=0><ACK=SND.NXT><CTL=RST,ACK>', tells: 'refused' },
  { section: '3.10.7.4', from: 'SYN_RECEIVED', event: 'synAcked', to: 'ESTABLISHED', when: ACK_OF_ALL },
  // Figure 7: before the window, and taken all the same
  { section: '3.5', from: 'SYN_RECEIVED(active)', event: 'segment.synAck', to: 'ESTABLISHED',
    when: '<SEQ=IRS><ACK=SND.NXT><CTL=SYN,ACK>', sends: PLAIN_ACK, proves: ['MUST-10'] },
  { section: '3.10.7.4', from: 'SYN_RECEIVED(passive)', event: 'segment.rst', guard: 'openedPassively', to: 'LISTEN',
    when: RST, tells: 'refused', proves: ['MUST-11'] },
  { section: '3.10.7.4', from: 'SYN_RECEIVED(active)', event: 'segment.rst', to: 'CLOSED',
    when: RST, tells: 'refused', proves: ['MUST-11'] },
  { section: '3.10.7.4', from: 'SYN_RECEIVED(passive)', event: 'segment.syn', guard: 'openedPassively', to: 'LISTEN',
    when: SYN_IN_WINDOW, tells: 'refused', proves: ['MUST-11'] },
];

// biome-ignore format: a table
const closing: readonly Edge[] = [
  { section: '3.10.4', from: 'LISTEN', event: 'user.close', to: 'CLOSED', when: 'CLOSE', tells: 'closed' },
  { section: '3.10.4', from: 'SYN_SENT', event: 'user.close', to: 'CLOSED', when: 'CLOSE', tells: 'aborted' },
  { section: '3.10.4', from: 'SYN_RECEIVED', event: 'user.close', guard: 'nothingToSend', to: 'FIN_WAIT_1',
    when: 'CLOSE', sends: '<SEQ=SND.NXT><ACK=RCV.NXT><CTL=FIN,ACK>' },
  { section: '3.10.4', from: 'ESTABLISHED', event: 'user.close', to: 'FIN_WAIT_1',
    when: 'CLOSE', sends: '<SEQ=SND.NXT><ACK=RCV.NXT><CTL=FIN,ACK>' },
  { section: '3.10.7.4', from: 'ESTABLISHED', event: 'finReceived', to: 'CLOSE_WAIT', when: FIN, sends: ACK_OF_FIN },
  { section: '3.10.4', from: 'CLOSE_WAIT', event: 'user.close', to: 'LAST_ACK',
    when: 'CLOSE', sends: '<SEQ=SND.NXT><ACK=RCV.NXT><CTL=FIN,ACK>' },
  { section: '3.10.7.4', from: 'FIN_WAIT_1', event: 'finAcked', to: 'FIN_WAIT_2', when: ACK_OF_ALL },
  { section: '3.10.7.4', from: 'FIN_WAIT_1', event: 'finReceived', to: 'CLOSING', when: FIN, sends: ACK_OF_FIN },
  { section: '3.10.7.4', from: 'FIN_WAIT_2', event: 'finReceived', to: 'TIME_WAIT', when: FIN, sends: ACK_OF_FIN,
    tells: 'closed', proves: ['MUST-12'] },
  { section: '3.10.7.4', from: 'CLOSING', event: 'finAcked', to: 'TIME_WAIT', when: ACK_OF_ALL, tells: 'closed' },
  { section: '3.10.7.4', from: 'LAST_ACK', event: 'finAcked', to: 'CLOSED', when: ACK_OF_ALL, tells: 'closed',
    proves: ['MUST-12'] },
  { section: '3.10.8', from: 'TIME_WAIT', event: 'after.twoMsl', to: 'CLOSED', when: 'TIMEOUT', tells: 'closed',
    proves: ['MUST-13'] },
  // Data that nobody will read
  { section: '3.6.1', from: WITH_DATA, event: 'user.close', guard: 'unreadDiscarded', to: 'CLOSED',
    first: [DATA], when: 'CLOSE both ways', sends: RESET, tells: 'aborted', proves: ['SHLD-3'] },
  { section: '3.6.1', from: ['FIN_WAIT_1', 'FIN_WAIT_2'], event: 'textRefused', to: 'CLOSED',
    first: ['CLOSE both ways'], when: DATA, sends: RESET, tells: 'aborted', proves: ['SHLD-3'] },
];

// biome-ignore format: a table
const aborting: readonly Edge[] = [
  { section: '3.10.5', from: ['LISTEN', 'SYN_SENT', 'CLOSING', 'LAST_ACK'], event: 'user.abort', to: 'CLOSED',
    when: 'ABORT', tells: 'aborted' },
  { section: '3.10.5', from: 'TIME_WAIT', event: 'user.abort', to: 'CLOSED', when: 'ABORT', tells: 'closed' },
  { section: '3.10.5', from: ['SYN_RECEIVED', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSE_WAIT'],
    event: 'user.abort', to: 'CLOSED', when: 'ABORT', sends: RESET, tells: 'aborted' },
  { section: '3.10.7.4', from: ['ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSE_WAIT', 'CLOSING', 'LAST_ACK'],
    event: 'segment.rst', to: 'CLOSED', when: RST, tells: 'reset', proves: ['MUST-12'] },
  { section: '3.10.7.4', from: 'TIME_WAIT', event: 'segment.rst', guard: 'assassinationAllowed', to: 'CLOSED',
    given: { rfc1337: false }, when: RST, tells: 'closed' },
  // Section 3.10.7.4, fourth, sends SYN_RECEIVED after an active OPEN the way of the synchronized states.
  { section: '3.10.7.4', from: ['SYN_RECEIVED(active)', ...SYNCHRONIZED.filter((state) => state !== 'TIME_WAIT')],
    event: 'segment.syn', guard: 'synResets', to: 'CLOSED', given: OLD, when: SYN_IN_WINDOW, sends: RESET, tells: 'reset' },
  { section: '3.10.7.4', from: 'TIME_WAIT', event: 'segment.syn', guard: 'synResets', to: 'CLOSED', given: OLD,
    when: SYN_IN_WINDOW, sends: RESET, tells: 'closed' },
];

// biome-ignore format: a table
const givingUp: readonly Edge[] = [
  { section: '3.10.8', from: WITH_QUEUE, event: 'userTimeout', to: 'CLOSED', given: { userTimeout: 5000 },
    when: 'TIMEOUT', tells: 'timedOut' },
  { section: '3.10.8', from: WITH_DATA, event: 'userTimeout', to: 'CLOSED', given: { userTimeout: 5000 },
    first: ['SEND 10'], when: 'TIMEOUT', tells: 'timedOut' },
  { section: '3.10.8', from: ['LISTEN', 'FIN_WAIT_2'], event: 'userTimeout', to: 'CLOSED', when: 'FACT userTimeout',
    tells: 'timedOut' },
  { section: '3.10.8', from: 'TIME_WAIT', event: 'userTimeout', to: 'CLOSED', when: 'FACT userTimeout', tells: 'closed' },
  { section: '3.8.3', from: ['SYN_SENT', 'SYN_RECEIVED'], event: 'r2Reached', to: 'CLOSED', given: { synR2: 5000 },
    when: 'TIMEOUT', tells: 'timedOut', proves: ['MUST-20', 'MUST-22'] },
  { section: '3.8.3', from: ['FIN_WAIT_1', 'CLOSING', 'LAST_ACK'], event: 'r2Reached', to: 'CLOSED',
    given: { r2: 5000 }, when: 'TIMEOUT', tells: 'timedOut', proves: ['MUST-20'] },
  { section: '3.8.3', from: WITH_DATA, event: 'r2Reached', to: 'CLOSED', given: { r2: 5000 }, first: ['SEND 10'],
    when: 'TIMEOUT', tells: 'timedOut', proves: ['MUST-20'] },
  { section: '3.8.4', from: ['ESTABLISHED', 'CLOSE_WAIT', 'FIN_WAIT_2'], event: 'keepAliveFailed', to: 'CLOSED',
    given: { keepAlive: true, keepAliveProbes: 2 }, when: 'TIMEOUT', sends: RESET, tells: 'timedOut' },
  { section: '3.9.2.2', from: ['SYN_SENT', 'SYN_RECEIVED'], event: 'hardError', to: 'CLOSED', when: 'FACT hardError',
    tells: 'unreachable' },
  // A limit of ours: nobody is there to wait for the peer's FIN.
  { section: 'ours', from: 'FIN_WAIT_2', event: 'after.orphanTimeout', guard: 'orphaned', to: 'CLOSED',
    first: ['CLOSE both ways'], when: 'TIMEOUT', tells: 'timedOut' },
];

/** Every edge there is. */
export const edges: readonly Edge[] = [...opening, ...closing, ...aborting, ...givingUp];
