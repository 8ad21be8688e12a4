/** The host of the connection chart: what it asks to know and to be done, one line each. */
import { type ConnectionHost, connectionEvents } from '../../machines/connection.ts';
import type { Connection } from './connection.ts';
import { add } from './seq.ts';
import { sendReset } from './transmit.ts';

export class Lifecycle implements ConnectionHost {
  readonly #c: Connection;

  constructor(connection: Connection) {
    this.#c = connection;
  }

  openedPassively(): boolean {
    return this.#c.passive;
  }

  remoteGiven(): boolean {
    return this.#c.remote.port !== 0;
  }

  nothingToSend(): boolean {
    return this.#c.sender.buffered === 0;
  }

  unreadDiscarded(): boolean {
    return this.#c.detached && this.#c.receiver.available > 0;
  }

  orphaned(): boolean {
    return this.#c.detached;
  }

  synResets(): boolean {
    return !this.#c.config.rfc5961;
  }

  assassinationAllowed(): boolean {
    return !this.#c.config.rfc1337;
  }

  sendSyn(): void {
    this.#c.chooseIss();
    this.#c.ecn.opens();
    this.#c.synOwed = true;
    this.#c.touch();
  }

  sendSynAck(): void {
    if (this.#c.passive) this.#c.chooseIss();
    if (this.#c.cookie !== undefined) {
      // It has gone out already, when nothing was kept.
      this.#c.snd.nxt = add(this.#c.snd.iss, 1);
      return;
    }
    this.#c.synOwed = true;
    this.#c.touch();
  }

  queueFin(): void {
    this.#c.finQueued = true;
    this.#c.touch();
  }

  sendRst(): void {
    sendReset(this.#c);
  }

  acknowledge(): void {
    this.#c.acknowledge();
  }

  challenge(): void {
    this.#c.challenge();
  }

  deferClose(): void {
    this.#c.closeDeferred = true;
  }

  enterTimeWait(): void {
    this.#c.host.limits.enterTimeWait(this.#c);
    this.#c.sender.freeBuffer();
  }

  deleteTcb(): void {
    this.#c.deleteTcb();
  }

  returnToListen(): void {
    this.#c.end('refused');
    this.#c.deleteTcb();
  }

  reportEstablished(): void {
    this.#c.notice('established');
    this.#c.receiver.takeQueued();
    if (this.#c.closeDeferred) this.#c.chart.send(connectionEvents['user.close']);
  }

  reportEnded(): void {
    this.#c.notice('ended');
  }

  reportClosed(): void {
    this.#c.end('closed');
  }

  reportReset(): void {
    this.#c.end('reset');
  }

  reportRefused(): void {
    this.#c.end('refused');
  }

  reportTimedOut(): void {
    this.#c.end('timedOut');
  }

  reportAborted(): void {
    this.#c.end('aborted');
  }

  reportUnreachable(): void {
    this.#c.end('unreachable');
  }

  twoMsl(): number {
    return 2 * this.#c.config.msl;
  }

  orphanTimeout(): number {
    return this.#c.config.orphanTimeout;
  }

  toJSON(): object {
    return this.#c.toJSON();
  }
}
