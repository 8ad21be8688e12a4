/** Sockets as `ss -ti` writes them: a line of columns, and below it what TCP knows, under the names that ss has. */
import type { TcpInfo } from '../src/tcp/info.ts';
import type { ProgramRecord, SocketRecord } from './ssRecord.ts';

const STATES: Readonly<Record<string, string>> = {
  ESTABLISHED: 'ESTAB',
  SYN_RECEIVED: 'SYN-RECV',
  CLOSED: 'UNCONN',
};
const HEADINGS = ['State', 'Recv-Q', 'Send-Q', 'Local Address:Port', 'Peer Address:Port', 'Process'];
/** Linux's TCP_INFINITE_SSTHRESH */
const NO_SSTHRESH = 0x7fffffff;

/** Which sockets are shown: those that ss shows without more, with `-l`, with `-a`. */
export type Which = 'connected' | 'listening' | 'all';

export function isShown({ state }: SocketRecord, which: Which): boolean {
  return which === 'all' || (state === 'LISTEN') === (which === 'listening');
}

/** The lines of a listing, a heading first. */
export function ssLines(programs: readonly ProgramRecord[], which: Which): string[] {
  const rows = programs.flatMap(({ name, pid, sockets }) =>
    sockets.filter((socket) => isShown(socket, which)).map((socket) => ({ socket, name, pid })),
  );
  const cells = rows.map(({ socket, name, pid }) => cellsOf(socket, `users:(("${name}",pid=${pid}))`));
  const widths = HEADINGS.map((heading, i) =>
    Math.max(heading.length, ...cells.map((row) => row[i]!.length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join(' ')
      .trimEnd();
  return [
    line(HEADINGS),
    ...rows.flatMap(({ socket }, i) => [line(cells[i]!), ...(socket.info ? [`\t ${infoText(socket)}`] : [])]),
  ];
}

function cellsOf({ state, recvQ, sendQ, local, peer }: SocketRecord, process: string): string[] {
  return [STATES[state] ?? state.replaceAll('_', '-'), String(recvQ), String(sendQ), local, peer, process];
}

/** us as ms, without more digits than there are. */
function ms(us: number): string {
  return String(us / 1000);
}

function infoText({ info, congestion }: SocketRecord): string {
  const i = info as TcpInfo;
  const parts = [...optionWords(i), congestion ?? '', ...timeWords(i), ...windowWords(i), ...countWords(i)];
  return parts.filter((part) => part !== '').join(' ');
}

function optionWords({ tcpi_options: options, tcpi_snd_wscale, tcpi_rcv_wscale }: TcpInfo): string[] {
  return [
    (options & 1) !== 0 ? 'ts' : '',
    (options & 2) !== 0 ? 'sack' : '',
    (options & 8) !== 0 ? 'ecn' : '',
    (options & 16) !== 0 ? 'ecnseen' : '',
    (options & 4) !== 0 ? `wscale:${tcpi_snd_wscale},${tcpi_rcv_wscale}` : '',
  ];
}

function timeWords(i: TcpInfo): string[] {
  return [
    `rto:${ms(i.tcpi_rto)}`,
    given('backoff', i.tcpi_backoff),
    i.tcpi_rtt === 0 ? '' : `rtt:${ms(i.tcpi_rtt)}/${ms(i.tcpi_rttvar)}`,
    `ato:${ms(i.tcpi_ato)}`,
  ];
}

function windowWords(i: TcpInfo): string[] {
  return [
    `mss:${i.tcpi_snd_mss}`,
    `pmtu:${i.tcpi_pmtu}`,
    given('rcvmss', i.tcpi_rcv_mss),
    `advmss:${i.tcpi_advmss}`,
    `cwnd:${i.tcpi_snd_cwnd}`,
    i.tcpi_snd_ssthresh >= NO_SSTHRESH ? '' : `ssthresh:${i.tcpi_snd_ssthresh}`,
  ];
}

function countWords(i: TcpInfo): string[] {
  const rate = i.tcpi_rtt === 0 ? 0 : (i.tcpi_snd_mss * 8 * i.tcpi_snd_cwnd * 1_000_000) / i.tcpi_rtt;
  const repeated = i.tcpi_retrans > 0 || i.tcpi_total_retrans > 0;
  return [
    `segs_out:${i.tcpi_segs_out}`,
    `segs_in:${i.tcpi_segs_in}`,
    rate === 0 ? '' : `send ${bitRate(rate)}`,
    given('unacked', i.tcpi_unacked),
    repeated ? `retrans:${i.tcpi_retrans}/${i.tcpi_total_retrans}` : '',
    given('lost', i.tcpi_lost),
    given('sacked', i.tcpi_sacked),
    i.tcpi_reordering === 3 ? '' : `reordering:${i.tcpi_reordering}`,
    given('rcv_space', i.tcpi_rcv_space),
    given('notsent', i.tcpi_notsent_bytes),
    i.tcpi_min_rtt === 0 ? '' : `minrtt:${ms(i.tcpi_min_rtt)}`,
    `snd_wnd:${i.tcpi_snd_wnd}`,
    `rcv_wnd:${i.tcpi_rcv_wnd}`,
  ];
}

function given(name: string, value: number): string {
  return value === 0 ? '' : `${name}:${value}`;
}

/** As ss writes it: 3 digits, decimal units. */
function bitRate(bits: number): string {
  const [unit, size] =
    bits >= 1e9 ? ['Gbps', 1e9] : bits >= 1e6 ? ['Mbps', 1e6] : bits >= 1e3 ? ['kbps', 1e3] : ['bps', 1];
  return `${Number((bits / size).toPrecision(3))}${unit}`;
}
