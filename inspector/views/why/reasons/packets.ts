/** Calls and reports of the user, packets, and what the link does with them. */
import { type ReasonTable, TCP } from './table.ts';

export const PACKETS: ReasonTable = {
  'call OPEN': [
    `${TCP}3.10.1`,
    'The user asks for a connection: actively to a peer, or passively to whoever calls.',
  ],
  'call SEND': [`${TCP}3.10.2`, 'The user hands over bytes; when they go out is up to TCP.'],
  'call RECEIVE': [
    `${TCP}3.10.3`,
    'The user takes bytes that have arrived in order; the window opens by as much.',
  ],
  'call CLOSE': [`${TCP}3.10.4`, 'The user has no more to send; a FIN follows what is still waiting.'],
  'call ABORT': [`${TCP}3.10.5`, 'The user gives the connection up at once: a RST tells the peer.'],

  'report established': [`${TCP}3.5`, 'Both SYNs are acknowledged: data may flow both ways.'],
  'report readable': [`${TCP}3.10.7.4`, 'Bytes are there in order, and the user may take them.'],
  'report writable': [`${TCP}3.9.1`, 'There is room for more of the user’s bytes.'],
  'report ended': [`${TCP}3.6`, 'The peer’s FIN has come: it will send no more.'],
  'report closed': [`${TCP}3.10.4`, 'The connection is over; the word says how.'],
  'report trouble': [`${TCP}3.8.3`, 'A segment was sent again R1 times: the user may want to know.'],
  'report urgent': [`${TCP}3.8.5`, 'The peer points at urgent data.'],

  'send open': [`${TCP}3.5`, 'The three-way handshake.'],
  'send data': [
    `${TCP}3.8.6.2.1`,
    'New data: the windows have room, and it is worth a segment (Nagle, silly window avoidance).',
  ],
  'send ack': [`${TCP}3.8.6.3`, 'An acknowledgment alone.'],
  'send fin': [`${TCP}3.6`, 'Nothing more will be sent.'],
  'send timer': ['RFC 6298 section 5 (5.4)', 'Sent again because the retransmission timer ran out.'],
  'send fast': ['RFC 5681 section 3.2', 'Sent again because of duplicate ACKs, before the timer.'],
  'send lossProbe': ['RFC 8985 section 7.3', 'Asks whether the last segments have arrived.'],
  'send probe': [`${TCP}3.8.6.1`, 'Asks about a window that is shut.'],
  'send keepAlive': [`${TCP}3.8.4`, 'Asks whether the peer is there.'],
  'send challenge': ['RFC 5961 section 7', 'A real peer answers a challenge ACK rightly, a stranger cannot.'],
  'send reset': [`${TCP}3.5.2`, 'Nobody takes the segment, or the connection is given up.'],

  receive: [
    `${TCP}3.10.7`,
    'SEGMENT ARRIVES: sequence number, RST, SYN, ACK, text and FIN are looked at in this order.',
  ],

  'discard badChecksum': [
    `${TCP}3.1`,
    'The receiver must check the checksum (MUST-3); what is damaged is dropped without a word.',
  ],
  'discard badHeaderChecksum': [
    'RFC 791 section 3.1',
    'The IP header does not fit its own checksum: the packet is dropped.',
  ],
  'discard noListener': [`${TCP}3.10.7.1`, 'No connection takes it: it is answered with a RST.'],
  'discard noSyn': [`${TCP}3.10.7.2`, 'A listener takes SYNs only.'],
  'discard backlogFull': ['RFC 4987 section 3', 'The listener’s queue is full.'],

  'link enqueued': ['', 'It waits for the link’s rate in a queue.'],
  'link lost': ['', 'The link lost it; nobody is told.'],
  'link marked': [
    'RFC 3168 section 5',
    'The queue is long: the link marks the packet instead of dropping it.',
  ],
  'link corrupted': ['', 'The link flips one bit: the receiver’s checksum finds it.'],
  'link duplicated': ['', 'The link delivers it more than once.'],
  'link delayed': ['', 'It is on its way for so long.'],
  'link reordered': ['', 'It is held back, so that later ones overtake it.'],
  'link delivered': ['', 'It reaches the other end.'],

  variables: ['', 'What changed in the connection by this input.'],
};
