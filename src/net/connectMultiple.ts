/**
 * Several addresses, one after the other (RFC 8305 "Happy Eyeballs", as Node does it): each has a time to answer in, the
 * last one all the time there is; the first connection that stands is the socket's.
 */
import {
  bindLocal,
  connected,
  connectFailed,
  connectRefusedHere,
  isBlocked,
  type Target,
  TIMED_OUT,
} from './connect.ts';
import { attemptsFailed, connectionTimeout, UV } from './errors.ts';
import { TcpHandle } from './handle.ts';
import type { LookupAddress } from './lookup.ts';
import type { LoopTimer } from './loop.ts';
import type { Socket } from './socket.ts';
import { attachHandle } from './socketSetup.ts';
import { kState } from './socketState.ts';

interface Attempts {
  readonly socket: Socket;
  readonly addresses: readonly LookupAddress[];
  readonly port: number;
  readonly localPort: number | undefined;
  /** ms */
  readonly timeout: number;
  next: number;
  readonly errors: Error[];
  timer: LoopTimer | undefined;
}

/** Tries the addresses in their order. */
export function connectMultiple(
  socket: Socket,
  addresses: readonly LookupAddress[],
  port: number,
  localPort: number | undefined,
  timeout: number,
): void {
  socket.autoSelectFamilyAttemptedAddresses = [];
  tryNext({ socket, addresses, port, localPort, timeout, next: 0, errors: [], timer: undefined });
}

function tryNext(attempts: Attempts, cancelled = false): void {
  const { socket, addresses, errors } = attempts;
  attempts.timer?.cancel();
  const state = socket[kState];
  if (state.aborted) return;
  const place = addresses[attempts.next];
  if (cancelled || place === undefined) {
    socket.destroy(errors.length === 0 ? connectionTimeout() : attemptsFailed(errors));
    return;
  }
  const number = attempts.next;
  attempts.next += 1;
  if (number > 0) renewHandle(socket);
  const { port, localPort } = attempts;
  setOut(attempts, number, { ...place, port, localAddress: undefined, localPort });
}

/** A new handle for the next attempt. */
function renewHandle(socket: Socket): void {
  const state = socket[kState];
  state.handle?.close();
  attachHandle(socket, new TcpHandle(state.context.stack));
}

function setOut(attempts: Attempts, number: number, target: Target): void {
  const { socket, errors } = attempts;
  const { address, port, family } = target;
  const handle = socket[kState].handle!;
  const unbound = bindLocal(handle, target);
  if (unbound !== undefined) {
    errors.push(unbound);
    tryNext(attempts);
    return;
  }
  const flaw = isBlocked(socket, target);
  if (flaw !== undefined) {
    fails(attempts, flaw, target);
    tryNext(attempts);
    return;
  }
  socket.emit('connectionAttempt', address, port, family);
  if (socket[kState].handle !== handle) return;
  socket.autoSelectFamilyAttemptedAddresses?.push(`${address}:${port}`);
  const error = handle.connect(address, port, (status) => {
    answered(attempts, number, handle, target, status);
  });
  if (error !== 0) {
    fails(attempts, connectRefusedHere(socket, error, target), target);
    tryNext(attempts);
  } else if (number < attempts.addresses.length - 1) {
    const { loop } = socket[kState].context.stack;
    attempts.timer = loop.setTimer(attempts.timeout, () => tooLate(attempts, handle, target));
  }
}

function fails({ socket, errors }: Attempts, error: Error, { address, port, family }: Target): void {
  errors.push(error);
  socket.emit('connectionAttemptFailed', address, port, family, error);
}

function answered(
  attempts: Attempts,
  number: number,
  handle: TcpHandle,
  target: Target,
  status: number,
): void {
  const { socket } = attempts;
  attempts.timer?.cancel();
  if (status === 0 && number !== attempts.next - 1) {
    // Another attempt is under way: this one came too late
    handle.close();
    return;
  }
  if (status === 0) {
    if (!socket.destroyed) connected(socket);
    return;
  }
  fails(attempts, connectFailed(status, target), target);
  if (socket.connecting) tryNext(attempts, status === UV.ECANCELED);
}

function tooLate(attempts: Attempts, handle: TcpHandle, target: Target): void {
  const { socket } = attempts;
  if (!socket.connecting || socket[kState].handle !== handle) return;
  socket.emit('connectionAttemptTimeout', target.address, target.port, target.family);
  attempts.errors.push(connectFailed(TIMED_OUT, target));
  handle.close();
  if (socket.connecting) tryNext(attempts);
}
