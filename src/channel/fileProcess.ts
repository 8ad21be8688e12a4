/**
 * Which process an opener of a file channel is, and whether it still runs. A number alone does not say: numbers are
 * given again, and mean something else in another container or on another machine.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, as it can be told to another. */
export interface ProcessName {
  readonly pid: number;
  /** When it was started, as the kernel counts; '-' where that cannot be known. */
  readonly start: string;
  /** Where its number means something: machine, and PID namespace where there are such. */
  readonly place: string;
}

/** This one. */
export const OWN_PROCESS: ProcessName = {
  pid: process.pid,
  start: startOf(process.pid) ?? '-',
  place: `${hostname()} ${pidNamespace()}`,
};

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '-';
  }
}

/** Undefined when it is a zombie. */
function startOf(pid: number): string | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return '-';
  }
  // Fields 3 (state) and 22 (start) of proc_pid_stat(5); the name before them, in parentheses, may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : (fields[19] ?? '-');
}

/** Whether a process runs; undefined when that cannot be seen from here. */
export function runs({ pid, start, place }: ProcessName): boolean | undefined {
  if (place !== OWN_PROCESS.place) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It may be another user's
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = startOf(pid);
  return now !== undefined && (now === '-' || start === '-' || now === start);
}
