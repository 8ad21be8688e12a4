/** What Node checks of the arguments it is given, with the errors it throws. */
import { badPort, invalidType, outOfRange } from './errors.ts';

export function validateNumber(value: unknown, name: string): asserts value is number {
  if (typeof value !== 'number') throw invalidType(name, 'number', value);
}

export function validateBoolean(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== 'boolean') throw invalidType(name, 'boolean', value);
}

export function validateString(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string') throw invalidType(name, 'string', value);
}

export function validateFunction(value: unknown, name: string): void {
  if (typeof value !== 'function') throw invalidType(name, 'Function', value);
}

export function validateAbortSignal(value: unknown, name: string): asserts value is AbortSignal {
  if (value === null || typeof value !== 'object' || !('aborted' in value)) {
    throw invalidType(name, 'AbortSignal', value);
  }
}

const LARGEST_INT32 = 2_147_483_647;

export function validateInt32(value: unknown, name: string, least: number): asserts value is number {
  validateNumber(value, name);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < least || value > LARGEST_INT32) {
    throw outOfRange(name, `>= ${least} && <= ${LARGEST_INT32}`, value);
  }
}

/** @returns the port as a number */
export function validatePort(port: unknown, name: string): number {
  const text = typeof port === 'string' && port.trim().length > 0;
  if ((typeof port !== 'number' && !text) || Number(port) !== Number(port) >>> 0 || Number(port) > 65_535) {
    throw badPort(name, port);
  }
  return Number(port) | 0;
}

/** A time in ms for a timer: what is too long is cut, with a warning. */
export function validateDuration(ms: unknown, name: string): number {
  validateNumber(ms, name);
  if (ms < 0 || !Number.isFinite(ms)) throw outOfRange(name, 'a non-negative finite number', ms);
  if (ms <= LARGEST_INT32) return ms;
  const words = `${ms} does not fit into a 32-bit signed integer.\nTimer duration was truncated to ${LARGEST_INT32}.`;
  process.emitWarning(words, 'TimeoutOverflowWarning');
  return LARGEST_INT32;
}
