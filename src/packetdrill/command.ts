/** Shell commands of a script: read for what they ask, never executed. What cannot be read is unsupported. */
import { stateNamed } from './constants.ts';
import { Mismatch, ScriptUnsupported } from './errors.ts';

/** `sockstat ... | grep -c STATE | grep 1`: how many sockets are in a state. */
const SOCKSTAT = /^\s*sockstat\b[^|]*\|\s*grep\s+-c\s+(\S+)\s*\|\s*grep\s+(?:-q\s+)?([01])\s*$/;

/** Plays a command; `state` is that of the connection under test. */
export function runCommand(text: string, state: () => string): void {
  for (const line of text.split('\n')) {
    if (line.trim() === '' || /^\s*#/.test(line)) continue;
    const asked = SOCKSTAT.exec(line);
    if (asked === null) throw new ScriptUnsupported(`the command '${line.trim()}'`);
    const [, name = '', count] = asked;
    const wanted = stateNamed(name);
    if (wanted === undefined) throw new ScriptUnsupported(`the state '${name}'`);
    const got = state();
    if ((got === wanted) !== (count === '1')) {
      throw new Mismatch(`the state is ${got}, ${count === '1' ? 'not' : 'and should not be'} ${wanted}`);
    }
  }
}
