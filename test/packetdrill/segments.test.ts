/**
 * RFC 9293 section 3.10.7: every state against every combination of SYN, ACK, RST and FIN, where it is expected and
 * where it is not. Each cell is a script: the segment, the answer, the state after it. The rows are written from the
 * RFC's text, and from RFC 5961 where it replaces it (RST and SYN in the window).
 */
import { describe } from 'vitest';
import { packetdrill } from './packetdrill.ts';
import { inState, type Situation, situations, synchronized } from './states.ts';

/** All with RST, whatever else they carry; the others by what they carry. */
const RESETS_WITHOUT_ACK = ['R', 'RF', 'RS', 'RSF'];
const RESETS_WITH_ACK = ['R.', 'RF.', 'RS.', 'RSF.'];
const RESETS = [...RESETS_WITHOUT_ACK, ...RESETS_WITH_ACK];
const SYNS_WITHOUT_ACK = ['S', 'SF'];
const SYNS_WITH_ACK = ['S.', 'SF.'];
const SYNS = [...SYNS_WITHOUT_ACK, ...SYNS_WITH_ACK];
const NO_ACK = ['-', 'F'];

interface Segment {
  readonly seq?: number;
  readonly ack?: number;
  readonly length?: number;
  /** What the test is called after the flags. */
  readonly where?: string;
  /** Of the ledger of RFC 9293's requirements. */
  readonly id?: string;
}

/** A row: these flags, at their place unless said otherwise, bring this answer and this state. */
function row(
  situation: Situation,
  flags: readonly string[],
  answer: string,
  state: string,
  segment: Segment = {},
): void {
  const { seq = situation.rcv, ack = situation.nxt, length = 0, where = '', id } = segment;
  const end = (seq + length) >>> 0;
  for (const letters of flags) {
    const acks = letters.includes('.') ? ` ack ${ack}` : '';
    const what = [letters, where, id === undefined ? '' : `[${id}]`].filter((part) => part !== '').join(' ');
    const outcome = answer === '' ? 'nothing' : answer;
    packetdrill(
      `${what}: ${outcome}, ${state}`,
      situation.options,
      `
      +0 < ${letters} ${seq}:${end}(${length})${acks} win 65535
      ${answer === '' ? '' : `+0 > ${answer}`}
      ${inState(state)}
      `,
    );
  }
}

/** An ACK of what is expected: <SEQ=SND.NXT><ACK=RCV.NXT>. */
function ackOf({ nxt, rcv }: Situation): string {
  return `. ${nxt}:${nxt}(0) ack ${rcv}`;
}

describe('CLOSED', () => {
  const at = situations.CLOSED;
  row(at, RESETS, '', 'CLOSED');
  row(at, ['S'], 'R. 0:0(0) ack 11', 'CLOSED');
  row(at, ['SF'], 'R. 0:0(0) ack 12', 'CLOSED');
  row(at, ['-'], 'R. 0:0(0) ack 10', 'CLOSED');
  row(at, ['F'], 'R. 0:0(0) ack 11', 'CLOSED');
  row(at, ['F'], 'R. 0:0(0) ack 16', 'CLOSED', { length: 5, where: 'with data' });
  row(at, ['.', 'F.', ...SYNS_WITH_ACK], 'R 20:20(0)', 'CLOSED');
});

describe('LISTEN', () => {
  const at = situations.LISTEN;
  row(at, RESETS, '', 'LISTEN');
  row(at, ['.', 'F.', ...SYNS_WITH_ACK], 'R 20:20(0)', 'LISTEN');
  row(at, SYNS_WITHOUT_ACK, 'S. 0:0(0) ack 11 <mss 1000>', 'SYN_RECEIVED');
  row(at, ['S'], 'S. 0:0(0) ack 11 <mss 1000>', 'SYN_RECEIVED', { length: 100, where: 'with data' });
  row(at, NO_ACK, '', 'LISTEN');
  row(at, ['-'], '', 'LISTEN', { length: 5, where: 'with data' });
});

describe('SYN_SENT', () => {
  const at = situations.SYN_SENT;
  row(at, RESETS_WITHOUT_ACK, '', 'SYN_SENT');
  row(at, RESETS_WITH_ACK, '', 'CLOSED');
  row(at, SYNS_WITHOUT_ACK, 'S. 0:0(0) ack 11 <mss 1000>', 'SYN_RECEIVED', { id: 'MUST-10' });
  row(at, ['S.'], '. 1:1(0) ack 1', 'ESTABLISHED');
  row(at, ['SF.'], '. 1:1(0) ack 2', 'CLOSE_WAIT');
  row(at, [...NO_ACK, '.', 'F.'], '', 'SYN_SENT');
  for (const ack of [0, 2, 0x9000_0000]) {
    const where = `acknowledging ${ack}`;
    row(at, ['.', 'F.', ...SYNS_WITH_ACK], `R ${ack}:${ack}(0)`, 'SYN_SENT', { ack, where });
    row(at, RESETS_WITH_ACK, '', 'SYN_SENT', { ack, where });
  }
});

describe('SYN_RECEIVED', () => {
  for (const at of [situations.passive, situations.active]) {
    describe(at.name, () => {
      const given = at === situations.passive ? 'LISTEN' : 'CLOSED';
      row(at, RESETS, '', given, { id: 'MUST-11' });
      row(at, RESETS, ackOf(at), 'SYN_RECEIVED', { seq: 100, where: 'in the window' });
      row(at, RESETS, '', 'SYN_RECEIVED', { seq: 100_000, where: 'outside the window' });
      row(at, NO_ACK, '', 'SYN_RECEIVED');
      row(at, ['.'], '', 'ESTABLISHED');
      row(at, ['F.'], '. 1:1(0) ack 2', 'CLOSE_WAIT');
      for (const ack of [0, 2, 0x7000_0000]) {
        row(at, ['.', 'F.'], `R ${ack}:${ack}(0)`, 'SYN_RECEIVED', { ack, where: `acknowledging ${ack}` });
      }
      row(at, ['.', 'F.', '-', 'S'], ackOf(at), 'SYN_RECEIVED', {
        seq: 100_000,
        where: 'outside the window',
      });
      row(at, SYNS_WITHOUT_ACK, ackOf(at), 'SYN_RECEIVED', { seq: 0, where: 'repeated' });
    });
  }
  row(situations.passive, SYNS, '', 'LISTEN');
  row(situations.active, SYNS, ackOf(situations.active), 'SYN_RECEIVED', { where: 'in the window' });
  row(situations.active, ['S.'], '. 1:1(0) ack 1', 'ESTABLISHED', { seq: 0, id: 'MUST-10' });
});

for (const at of synchronized) {
  describe(at.state, () => {
    const { state, nxt, rcv } = at;
    // RFC 5961 section 3.2; RFC 1337 in TIME_WAIT
    row(at, RESETS, '', state === 'TIME_WAIT' ? 'TIME_WAIT' : 'CLOSED');
    row(at, RESETS, ackOf(at), state, { seq: rcv + 100, where: 'in the window' });
    row(at, RESETS, '', state, { seq: rcv + 100_000, where: 'beyond the window' });
    row(at, RESETS, '', state, { seq: (rcv - 10) >>> 0, where: 'before the window' });
    // RFC 5961 section 4.2
    row(at, SYNS, ackOf(at), state);
    row(at, SYNS, ackOf(at), state, { seq: 0, where: 'repeated' });
    row(at, NO_ACK, '', state);
    row(at, ['-', 'P'], '', state, { length: 10, where: 'with data' });
    // First, check sequence number
    row(at, ['.', 'F.', '-', 'F'], ackOf(at), state, { seq: rcv + 100_000, where: 'beyond the window' });
    row(at, ['.', 'P.'], ackOf(at), state, { seq: (rcv - 10) >>> 0, length: 5, where: 'before the window' });
    row(at, ['.'], ackOf(at), state, { seq: (rcv - 1) >>> 0, where: 'before the window' });
    // Fifth, check the ACK field
    row(at, ['.', 'F.'], ackOf(at), state, { ack: nxt + 1, where: 'acknowledging what was not sent' });
    row(at, ['P.'], ackOf(at), state, { ack: nxt + 1, length: 10, where: 'acknowledging what was not sent' });
    row(at, ['.', 'F.'], ackOf(at), state, {
      ack: (nxt - 70_000) >>> 0,
      where: 'acknowledging what is older than any window',
      id: 'MAY-12',
    });
    row(at, ['.'], '', state, { ack: 0, where: 'acknowledging our SYN alone' });
  });
}

describe('where the peer may still send', () => {
  for (const at of [situations.ESTABLISHED, situations.FIN_WAIT_2]) {
    const { state, nxt } = at;
    describe(state, () => {
      row(at, ['.'], '', state);
      row(at, ['P.'], '', state, { length: 10, where: 'with data' });
      row(at, ['P.'], ackOf(at), state, { seq: 100, length: 10, where: 'ahead of a gap', id: 'MAY-13' });
      row(at, ['F.'], ackOf(at), state, { seq: 100, where: 'ahead of a gap' });
      const ended = state === 'ESTABLISHED' ? 'CLOSE_WAIT' : 'TIME_WAIT';
      row(at, ['F.', 'FP.'], `. ${nxt}:${nxt}(0) ack 2`, ended);
      row(at, ['FP.'], `. ${nxt}:${nxt}(0) ack 12`, ended, { length: 10, where: 'with data' });
    });
  }

  describe('FIN_WAIT_1', () => {
    const at = situations.FIN_WAIT_1;
    row(at, ['.'], '', 'FIN_WAIT_2', { where: 'acknowledging our FIN' });
    row(at, ['.'], '', 'FIN_WAIT_1', { ack: 1, where: 'not acknowledging our FIN' });
    row(at, ['F.'], '. 2:2(0) ack 2', 'TIME_WAIT', { where: 'acknowledging our FIN' });
    row(at, ['F.'], '. 2:2(0) ack 2', 'CLOSING', { ack: 1, where: 'not acknowledging our FIN' });
    row(at, ['FP.'], '. 2:2(0) ack 12', 'CLOSING', { ack: 1, length: 10, where: 'with data' });
    row(at, ['P.'], '', 'FIN_WAIT_2', { length: 10, where: 'with data' });
  });
});

describe('where the peer has sent its FIN', () => {
  for (const at of [situations.CLOSE_WAIT, situations.CLOSING, situations.LAST_ACK, situations.TIME_WAIT]) {
    const { state } = at;
    describe(state, () => {
      row(at, ['F.'], ackOf(at), state, { seq: 1, where: 'repeated' });
      row(at, ['F.'], ackOf(at), state, { seq: 1, ack: 1, where: 'repeated, with an old ACK' });
      row(at, ['P.'], '', state, { ack: 1, length: 10, where: 'with data after it' });
    });
  }
  row(situations.CLOSE_WAIT, ['.'], '', 'CLOSE_WAIT');
  row(situations.CLOSING, ['.'], '', 'TIME_WAIT', { where: 'acknowledging our FIN' });
  row(situations.CLOSING, ['.'], '', 'CLOSING', { ack: 1, where: 'not acknowledging our FIN' });
  row(situations.LAST_ACK, ['.'], '', 'CLOSED', { where: 'acknowledging our FIN' });
  row(situations.LAST_ACK, ['.'], '', 'LAST_ACK', { ack: 1, where: 'not acknowledging our FIN' });
  row(situations.TIME_WAIT, ['.'], '', 'TIME_WAIT');
  row(situations.TIME_WAIT, ['S'], 'S. 0:0(0) ack 101 <mss 1000>', 'SYN_RECEIVED', {
    seq: 100,
    where: 'of a new connection',
    id: 'MAY-2',
  });
});

describe('before RFC 5961', () => {
  for (const at of synchronized) {
    const before = {
      ...at,
      options: { ...at.options, tcp: { ...at.options.tcp, rfc5961: false, rfc1337: false } },
    };
    const reset = `R. ${at.nxt}:${at.nxt}(0) ack ${at.rcv}`;
    describe(at.state, () => {
      row(before, RESETS, '', 'CLOSED', { seq: at.rcv + 100, where: 'in the window' });
      row(before, RESETS, '', at.state, { seq: at.rcv + 100_000, where: 'beyond the window' });
      row(before, SYNS, reset, 'CLOSED', { where: 'in the window' });
    });
  }
  const active = situations.active;
  const old = { ...active, options: { ...active.options, tcp: { rfc5961: false } } };
  row(old, SYNS, 'R. 1:1(0) ack 1', 'CLOSED', { where: 'in the window of SYN_RECEIVED (active)' });
});
