/** What calls do: which wait, which are refused, and what a closed socket takes with it. */
import { expect, test } from 'vitest';
import { formatOutput, outputsOf, parseWords } from '../../src/conform/index.ts';

const OPEN = 'CONNECT SYN+ACK(V,V,0)';
const ACCEPTED = 'LISTEN SYN(V,V,0) ACK(V,V,0) ACCEPT';
const DATA = 'ACK+PSH(V,V,1)';
const FIN = 'ACK+FIN(NEXT,CURRENT,0)';
/** Data was unread, or the connection was nobody's. */
const RESET = 'ACK+RST(NEXT,CURRENT,0)';

test.each([
  [`${OPEN} ${DATA} CLOSE`, RESET, 'nobody has read the data'],
  [`${OPEN} ${DATA} RCV CLOSE`, FIN, 'the data has been read'],
  [`${OPEN} RCV ${DATA} CLOSE`, FIN, 'a read that waits takes the data'],
  [`${OPEN} RCV RCV ${DATA} ${DATA} CLOSE`, RESET, 'only one read waits'],
  [`${OPEN} ${DATA} RCV RCV ${DATA} CLOSE`, FIN, 'a read that found nothing waits'],
  [`CONNECT RCV SYN+ACK(V,V,0) ${DATA} CLOSE`, RESET, 'a read does not wait behind CONNECT'],
  [`${OPEN} RCV CLOSE ${DATA}`, RESET, 'a closed socket reads no more'],
  [`CONNECT ACK+RST(V,V,0) CONNECT SYN+ACK(V,V,0)`, 'RST(ZERO,ZERO,0)', 'CONNECT runs once'],
  [`CLOSE CONNECT`, 'TIMEOUT', 'a closed socket does not connect'],
  [`LISTEN CONNECT`, 'TIMEOUT', 'nor does one that listens'],
  [`CONNECT LISTEN`, 'TIMEOUT', 'one that connects does not listen'],
  [`CLOSE LISTEN SYN(V,V,0)`, 'ACK+RST(ZERO,NEXT,0)', 'nor does a closed one'],
  [`${ACCEPTED} ${DATA} CLOSECONNECTION`, RESET, 'nobody has read the data'],
  [`${ACCEPTED} RCV ${DATA} CLOSECONNECTION`, FIN, 'a read that waits takes the data'],
  [`LISTEN ACCEPT SYN(V,V,0) ACK(V,V,0) RCV ${DATA} CLOSECONNECTION`, FIN, 'ACCEPT waits no more'],
  [
    `LISTEN ACCEPT RCV SYN(V,V,0) ACK(V,V,0) ${DATA} CLOSECONNECTION`,
    RESET,
    'a read does not wait behind ACCEPT',
  ],
  [`LISTEN SYN(V,V,0) ACK(V,V,0) CLOSECONNECTION`, 'TIMEOUT', 'nothing is accepted'],
  [
    `LISTEN SYN(V,V,0) ACCEPT CLOSECONNECTION ACK(V,V,0) CLOSECONNECTION`,
    FIN,
    'accepted once it is established',
  ],
  [`LISTEN SYN(V,V,0) ACK(V,V,0) CLOSE`, RESET, 'nobody can accept it any more'],
  [`LISTEN SYN(V,V,0) CLOSE ACK(V,V,0)`, RESET, 'nor this one'],
  [`LISTEN ACCEPT CLOSE SYN(V,V,0)`, 'ACK+RST(ZERO,NEXT,0)', 'nobody listens'],
  [`${ACCEPTED} RCV FIN+ACK(V,V,0) CLOSECONNECTION`, FIN, 'the end of the data ends a read'],
])('%s brings %s: %s', (inputs, last) => {
  const line = `${inputs}\t${inputs.replaceAll(/\S+/g, 'TIMEOUT')}`;
  const [word] = parseWords(line, 'server');
  expect(formatOutput(outputsOf(word!.inputs).at(-1)!)).toBe(last);
});
