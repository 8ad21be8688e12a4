/** What the system says of an error, without the call and the path that Node puts around it. */
import { getSystemErrorMap } from 'node:util';

/** `no such file or directory`; the error's own message when it is none of the system's. */
export function systemReason(error: unknown): string {
  const { errno = 0, message } = error as NodeJS.ErrnoException;
  return getSystemErrorMap().get(errno)?.[1] ?? message;
}
