/**
 * What reaches a listener (RFC 9293 section 3.10.7.2): a listener stays in LISTEN, and each SYN makes a connection, or,
 * when there are too many half-open ones, is answered with a SYN cookie (RFC 4987 section 3.6) and forgotten.
 */
import { connectionEvents } from '../../machines/connection.ts';
import type { IpHeader } from '../wire/ip.ts';
import { ACK, RST, Segment, SYN } from '../wire/tcp.ts';
import { arrivesInListen, segmentArrives } from './arrives.ts';
import { answerSyn, offeredMss } from './handshake.ts';
import type { Host } from './host.ts';
import type { Listener } from './listener.ts';
import { add, seq } from './seq.ts';
import { rebuildSyn, SynCookies } from './synCookies.ts';
import type { Endpoint } from './tcb.ts';
import { replyWithReset } from './transmit.ts';

/** How long after the last cookie an ACK may still bring one back, us: as long as one is good at most. */
const COOKIES_EXPECTED = 120_000_000;

export class PassiveOpen {
  readonly #host: Host;
  readonly #cookies: SynCookies;
  /** The SYN that a cookie stands for. */
  readonly #syn = new Segment();

  constructor(host: Host, secret: Uint8Array) {
    this.#host = host;
    this.#cookies = new SynCookies(secret);
  }

  /** A segment for a listener; `id` is its packet's number in the trace. */
  arrives(listener: Listener, segment: Segment, ip: IpHeader, id: number): void {
    const { flags } = segment;
    if ((flags & RST) !== 0) return;
    if ((flags & ACK) !== 0) {
      if (!this.#acceptCookie(listener, segment, ip)) replyWithReset(this.#host, segment);
    } else if ((flags & SYN) === 0) this.#host.discard('noSyn', id);
    else if (!this.keepsNothing(listener)) this.#accept(listener, segment, ip);
    else if (listener.config.synCookies === 'off') this.#host.discard('backlogFull', id);
    else this.#sendCookie(listener, segment, ip);
  }

  /** Is nothing kept of a SYN that comes now? */
  keepsNothing(listener: Listener): boolean {
    const { config, opening } = this.#host;
    return listener.config.synCookies === 'always' || listener.full || opening >= config.maxSynBacklog;
  }

  #accept(listener: Listener, segment: Segment, ip: IpHeader): void {
    const connection = this.#host.add(localOf(segment, ip), remoteOf(segment, ip), listener);
    connection.chart.send(connectionEvents['user.open']);
    arrivesInListen(connection, segment);
  }

  #sendCookie(listener: Listener, syn: Segment, ip: IpHeader): void {
    const host = this.#host;
    const { segment } = host.outlet;
    const remote = remoteOf(syn, ip);
    const mss = offeredMss(syn, remote.address.length);
    segment.clear();
    segment.sourcePort = syn.destinationPort;
    segment.destinationPort = syn.sourcePort;
    segment.seq = this.#cookies.iss(localOf(syn, ip), remote, syn.seq, mss, host.now());
    segment.ack = add(seq(syn.seq), 1);
    segment.flags = SYN | ACK;
    segment.window = Math.min(listener.config.receiveBuffer, 65_535);
    answerSyn(host, listener.config, segment, syn, remote.address.length);
    listener.cookieSentAt = host.now();
    host.counters.synCookiesSent += 1;
    host.reply(undefined, 'open');
  }

  /** The ACK of a cookie makes the connection that its SYN would have made; true if it did. */
  #acceptCookie(listener: Listener, ack: Segment, ip: IpHeader): boolean {
    const host = this.#host;
    const { synCookies } = listener.config;
    const expected = host.now() - listener.cookieSentAt < COOKIES_EXPECTED || synCookies === 'always';
    if (!expected || synCookies === 'off' || (ack.flags & SYN) !== 0) return false;
    const local = localOf(ack, ip);
    const remote = remoteOf(ack, ip);
    const mss = this.#cookies.mss(local, remote, ack, host.now());
    if (mss === 0) {
      host.counters.synCookiesFailed += 1;
      return false;
    }
    host.counters.synCookiesReceived += 1;
    const connection = host.add(local, remote, listener);
    connection.cookie = add(seq(ack.ack), -1);
    connection.chart.send(connectionEvents['user.open']);
    rebuildSyn(this.#syn, ack, mss);
    arrivesInListen(connection, this.#syn);
    // The low bits of the timestamp that comes back were options: no time can be measured by it.
    ack.tsEcr = 0;
    segmentArrives(connection, ack);
    return true;
  }
}

// Copies: the packet is only lent, and `slice` of a Buffer would be a view of it

function localOf(segment: Segment, ip: IpHeader): Endpoint {
  return { address: new Uint8Array(ip.destination()), port: segment.destinationPort };
}

function remoteOf(segment: Segment, ip: IpHeader): Endpoint {
  return { address: new Uint8Array(ip.source()), port: segment.sourcePort };
}
