/**
 * What must not change a connection's state by RFC 9293 section 3.10, with the answer it gets; and the paths, on which
 * one segment brings several transitions.
 */
import { ACK_OF_FIN, type Path, PLAIN_ACK, type Stay, SYNCHRONIZED } from './row.ts';

const RESET_BY_ACK = '<SEQ=SEG.ACK><CTL=RST>';
const IN_WINDOW_RST = '<SEQ=RCV.NXT+1><CTL=RST>';
const FIN_AGAIN = '<SEQ=RCV.NXT-1><ACK=SND.NXT><CTL=FIN,ACK>';

// biome-ignore format: a table
const opening: readonly Stay[] = [
  { section: '3.10.7.1', from: 'CLOSED', when: '<SEQ=700><CTL=SYN>', sends: '<SEQ=0><ACK=SEG.SEQ+1><CTL=RST,ACK>' },
  { section: '3.10.7.1', from: 'CLOSED', when: '<SEQ=700><CTL=FIN><LEN=10>',
    sends: '<SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>' },
  { section: '3.10.7.1', from: 'CLOSED', when: '<SEQ=700><ACK=300><CTL=SYN,ACK>', sends: RESET_BY_ACK },
  { section: '3.10.7.1', from: 'CLOSED', when: '<SEQ=700><ACK=300><CTL=ACK><LEN=10>', sends: RESET_BY_ACK },
  { section: '3.10.7.1', from: 'CLOSED', when: '<SEQ=700><CTL=RST>' },
  { section: '3.10.7.1', from: 'CLOSED', when: '<SEQ=700><ACK=300><CTL=RST,ACK>' },
  { section: '3.10.7.2', from: 'LISTEN', when: '<SEQ=700><CTL=RST>' },
  { section: '3.10.7.2', from: 'LISTEN', when: '<SEQ=700><CTL=SYN,RST>' },
  { section: '3.10.7.2', from: 'LISTEN', when: '<SEQ=700><ACK=300><CTL=ACK>', sends: RESET_BY_ACK },
  { section: '3.10.7.2', from: 'LISTEN', when: '<SEQ=700><ACK=300><CTL=SYN,ACK>', sends: RESET_BY_ACK },
  { section: '3.10.7.2', from: 'LISTEN', when: '<SEQ=700><CTL=FIN>' },
  { section: '3.10.7.3', from: 'SYN_SENT', when: '<SEQ=700><ACK=ISS><CTL=ACK>', sends: RESET_BY_ACK },
  { section: '3.10.7.3', from: 'SYN_SENT', when: '<SEQ=700><ACK=SND.NXT+1><CTL=SYN,ACK>', sends: RESET_BY_ACK },
  { section: '3.10.7.3', from: 'SYN_SENT', when: '<SEQ=700><ACK=ISS><CTL=RST,ACK>' },
  { section: '3.10.7.3', from: 'SYN_SENT', when: '<SEQ=700><ACK=SND.NXT+1><CTL=RST,ACK>' },
  { section: '3.10.7.3', from: 'SYN_SENT', when: '<SEQ=700><CTL=RST>' },
  { section: '3.10.7.3', from: 'SYN_SENT', when: '<SEQ=700><ACK=SND.NXT><CTL=ACK>' },
  { section: '3.10.7.3', from: 'SYN_SENT', when: '<SEQ=700><ACK=SND.NXT><CTL=FIN,ACK><LEN=10>' },
  // The FIN follows the data, once established.
  { section: '3.10.4', from: 'SYN_RECEIVED', first: ['SEND 10'], when: 'CLOSE' },
  { section: '3.10.7.4', from: 'SYN_RECEIVED', when: '<SEQ=RCV.NXT><ACK=ISS><CTL=ACK>', sends: RESET_BY_ACK },
  { section: '3.10.7.4', from: 'SYN_RECEIVED', when: '<SEQ=RCV.NXT><ACK=SND.NXT+1><CTL=ACK>', sends: RESET_BY_ACK },
];

// biome-ignore format: a table
const windows: readonly Stay[] = [
  // RFC 5961 section 3.2: all but the exact number must be proved, in SYN_RECEIVED too.
  { section: '3.10.7.4', from: ['SYN_RECEIVED', ...SYNCHRONIZED], when: IN_WINDOW_RST, sends: PLAIN_ACK },
  { section: '3.10.7.4', from: ['SYN_RECEIVED', ...SYNCHRONIZED], when: '<SEQ=RCV.NXT+RCV.WND-1><CTL=RST>', sends: PLAIN_ACK },
  { section: '3.10.7.4', from: ['SYN_RECEIVED', ...SYNCHRONIZED], when: '<SEQ=RCV.NXT+RCV.WND><CTL=RST>' },
  { section: '3.10.7.4', from: ['SYN_RECEIVED', ...SYNCHRONIZED], when: '<SEQ=RCV.NXT-1><CTL=RST>' },
  // RFC 5961 section 4.2
  { section: '3.10.7.4', from: ['SYN_RECEIVED(active)', ...SYNCHRONIZED], when: '<SEQ=RCV.NXT><CTL=SYN>', sends: PLAIN_ACK },
  { section: '3.10.7.4', from: ['SYN_RECEIVED', ...SYNCHRONIZED], when: '<SEQ=RCV.NXT-1><CTL=SYN>', sends: PLAIN_ACK },
  // RFC 1337: a RST does not end TIME_WAIT.
  { section: '3.10.7.4', from: 'TIME_WAIT', when: '<SEQ=RCV.NXT><CTL=RST>' },
  { section: '3.10.7.4', from: ['SYN_RECEIVED', ...SYNCHRONIZED],
    when: '<SEQ=RCV.NXT+RCV.WND><ACK=SND.NXT><CTL=ACK>', sends: PLAIN_ACK },
  { section: '3.10.7.4', from: ['SYN_RECEIVED', ...SYNCHRONIZED],
    when: '<SEQ=RCV.NXT-10><ACK=SND.NXT><CTL=PSH,ACK><LEN=10>', sends: PLAIN_ACK },
  { section: '3.10.7.4', from: ['SYN_RECEIVED', ...SYNCHRONIZED], when: '<SEQ=RCV.NXT><CTL=PSH><LEN=10>' },
  { section: '3.10.7.4', from: ['SYN_RECEIVED', ...SYNCHRONIZED], when: '<SEQ=RCV.NXT><CTL=FIN>' },
  { section: '3.10.7.4', from: SYNCHRONIZED, when: '<SEQ=RCV.NXT><ACK=SND.NXT+1><CTL=ACK>', sends: PLAIN_ACK },
];

// biome-ignore format: a table
const closing: readonly Stay[] = [
  { section: '3.10.7.4', from: ['CLOSE_WAIT', 'CLOSING', 'LAST_ACK', 'TIME_WAIT'], when: FIN_AGAIN, sends: PLAIN_ACK },
  { section: '3.10.4', from: ['FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSING', 'LAST_ACK', 'TIME_WAIT'], when: 'CLOSE' },
  { section: '3.10.4', from: ['FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSING', 'LAST_ACK', 'TIME_WAIT'], when: 'CLOSE both ways' },
  // Section 3.10.8: the front of the queue is sent again.
  { section: '3.10.8', from: 'SYN_SENT', when: 'RETRANSMISSION', sends: '<SEQ=ISS><CTL=SYN>' },
  { section: '3.10.8', from: 'SYN_RECEIVED', when: 'RETRANSMISSION', sends: '<SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>' },
  { section: '3.10.8', from: ['ESTABLISHED', 'CLOSE_WAIT'], first: ['SEND 10'], when: 'RETRANSMISSION',
    sends: '<SEQ=SND.UNA><ACK=RCV.NXT><CTL=PSH,ACK><LEN=10>' },
  { section: '3.10.8', from: ['FIN_WAIT_1', 'CLOSING', 'LAST_ACK'], when: 'RETRANSMISSION',
    sends: '<SEQ=SND.UNA><ACK=RCV.NXT><CTL=FIN,ACK>' },
  // Section 3.9.2.2 with RFC 5927: an ICMP error is soft once the connection stands.
  { section: '3.9.2.2', from: SYNCHRONIZED, when: 'FACT hardError' },
];

/** Nothing changes. */
export const stays: readonly Stay[] = [...opening, ...windows, ...closing];

/** One segment, several transitions. */
// biome-ignore format: a table
export const paths: readonly Path[] = [
  { section: '3.10.7.4', from: 'SYN_RECEIVED', when: '<SEQ=RCV.NXT><ACK=SND.NXT><CTL=FIN,ACK>',
    sends: ACK_OF_FIN, through: ['SYN_RECEIVED', 'ESTABLISHED', 'CLOSE_WAIT'] },
  { section: '3.10.7.4', from: 'FIN_WAIT_1', when: '<SEQ=RCV.NXT><ACK=SND.NXT><CTL=FIN,ACK>',
    sends: ACK_OF_FIN, through: ['FIN_WAIT_1', 'FIN_WAIT_2', 'TIME_WAIT'], tells: 'closed' },
  // The old connection ends, the listener makes a new one.
  { section: '3.6.1', from: 'TIME_WAIT(passive)', when: '<SEQ=RCV.NXT+1><CTL=SYN>',
    sends: '<SEQ=ISS><ACK=SEG.SEQ+1><CTL=SYN,ACK>', through: ['TIME_WAIT', 'CLOSED', 'LISTEN', 'SYN_RECEIVED'], tells: 'closed',
    proves: ['MAY-2'] },
];
