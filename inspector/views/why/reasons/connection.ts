/** The connection: how it is opened and closed, and what it does with what arrives. */
import { type ReasonTable, TCP } from './table.ts';

export const CONNECTION: ReasonTable = {
  'connection user.open SYN_SENT': [`${TCP}3.10.1`, 'An active OPEN sends a SYN and waits for its answer.'],
  'connection user.open LISTEN': [`${TCP}3.10.1`, 'A passive OPEN waits for a SYN.'],
  'connection segment.syn SYN_RECEIVED': [
    `${TCP}3.10.7.2`,
    'A SYN in LISTEN (or, crossing ours, in SYN_SENT) is answered with SYN and ACK.',
  ],
  'connection segment.syn': [
    'RFC 5961 section 4',
    'A SYN where none belongs is not obeyed but answered with a challenge ACK.',
  ],
  'connection segment.synAck': [
    `${TCP}3.10.7.3`,
    'Our SYN is acknowledged and the peer’s is here: the handshake is done.',
  ],
  'connection synAcked': [`${TCP}3.10.7.4`, 'In SYN_RECEIVED an ACK of our SYN completes the handshake.'],
  'connection user.close': [`${TCP}3.10.4`, 'CLOSE queues a FIN behind the data that waits.'],
  'connection user.detach': [
    `${TCP}3.6`,
    'Closed both ways: data that still comes will be answered with a reset, and FIN_WAIT_2 does not last for ever.',
  ],
  'connection user.send': [`${TCP}3.10.2`, 'SEND in LISTEN makes the OPEN an active one.'],
  'connection finReceived': [
    `${TCP}3.10.7.4`,
    'Eighth, check the FIN bit: all before it is here, so the peer has ended.',
  ],
  'connection finAcked': [`${TCP}3.10.7.4`, 'Fifth, check the ACK field: our FIN is acknowledged.'],
  'connection finRepeated': [
    `${TCP}3.10.7.4`,
    'In TIME_WAIT a FIN that comes again is acknowledged and the wait begins anew.',
  ],
  'connection after.twoMsl': [
    `${TCP}3.6.1`,
    'Two maximum segment lifetimes have passed: no old segment can be about.',
  ],
  'connection after.orphanTimeout': [`${TCP}3.6.1`, 'Nobody is left to wait for the peer’s FIN.'],
  'connection segment.rst': [
    'RFC 5961 section 3',
    'A RST with exactly the awaited sequence number ends the connection.',
  ],
  'connection textRefused': [
    `${TCP}3.6.1`,
    'Data came after the user had closed both ways: nobody would read it.',
  ],
  'connection userTimeout': [
    `${TCP}3.10.8`,
    'Data has waited for its acknowledgment for the whole user timeout.',
  ],
  'connection r2Reached': [`${TCP}3.8.3`, 'Retransmitting went on for R2: the connection is given up.'],
  'connection keepAliveFailed': [`${TCP}3.8.4`, 'All keep-alive probes went unanswered.'],
  'connection hardError': [`${TCP}3.9.2.2`, 'An ICMP message says that the peer cannot be reached.'],
  'connection user.abort': [`${TCP}3.10.5`, 'ABORT: a RST to the peer, and the connection is gone.'],
  'connection user.open': [`${TCP}3.10.1`, 'The user asks for a connection.'],
  'connection reportEstablished': [`${TCP}3.5`, 'The user is told that the connection stands.'],
  'connection reportEnded': [`${TCP}3.6`, 'The user is told that the peer will send no more.'],
  'connection reportClosed': [`${TCP}3.6`, 'The user is told that both ways are closed.'],
  'connection reportReset': [`${TCP}3.5.3`, 'The user is told that the peer has reset the connection.'],
  'connection reportRefused': [`${TCP}3.5.3`, 'The user is told that the peer refused.'],
  'connection reportTimedOut': [`${TCP}3.8.3`, 'The user is told that the peer does not answer.'],
  'connection reportAborted': [`${TCP}3.10.5`, 'The user is told that the connection was given up.'],
  'connection reportUnreachable': [`${TCP}3.9.2.2`, 'The user is told that the peer cannot be reached.'],
  'connection deferClose': [`${TCP}3.10.4`, 'CLOSE waits until the data could be sent.'],
  'connection twoMsl': [`${TCP}3.6.1`, 'The wait of TIME_WAIT, two maximum segment lifetimes.'],
  'connection orphanTimeout': [`${TCP}3.6.1`, 'How long FIN_WAIT_2 is kept when no user waits.'],
  'connection sendSyn': [`${TCP}3.5`, 'A SYN with our initial sequence number is owed.'],
  'connection sendSynAck': [`${TCP}3.5`, 'A SYN,ACK is owed.'],
  'connection queueFin': [`${TCP}3.10.4`, 'A FIN is queued behind the data.'],
  'connection acknowledge': [`${TCP}3.10.7.4`, 'An ACK is owed.'],
  'connection challenge': [
    'RFC 5961 section 7',
    'A challenge ACK, of which there are only so many a second.',
  ],
  'connection sendRst': [`${TCP}3.5.2`, 'The peer is told with a RST.'],
  'connection enterTimeWait': [`${TCP}3.6.1`, 'Only time is left to pass: 2 MSL.'],
  'connection deleteTcb': [`${TCP}3.10.4`, 'The connection’s state is let go.'],
  'connection returnToListen': [`${TCP}3.10.7.4`, 'A passive connection goes back to its listener.'],
};
