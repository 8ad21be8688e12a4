/** What the client's prompt shows and completes, and the history it keeps. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { History, historyPath } from '../../cli/promptHistory.ts';
import { KnownKeys, localCommand, statusText } from '../../cli/promptText.ts';
import { formatRecord } from '../../src/app/csv.ts';
import { execute, MemoryStore } from '../../src/app/keyValue.ts';
import type { TcpInfo } from '../../src/tcp/info.ts';

const folder = mkdtempSync(join(tmpdir(), 'statewire-prompt-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the status line', () => {
  const info = { tcpi_snd_cwnd: 10, tcpi_rtt: 12_345, tcpi_total_retrans: 3, tcpi_unacked: 0 } as TcpInfo;

  it.each([
    [{ state: 'ESTABLISHED', info, pending: 0 }, 'ESTABLISHED   cwnd 10   RTT 12.3 ms   sent again 3'],
    [
      { state: 'SYN_SENT', info: { ...info, tcpi_rtt: 0, tcpi_unacked: 1 }, pending: 2 },
      'SYN_SENT   cwnd 10   RTT ?   sent again 3   in flight 1   waits for 2 answers',
    ],
    [
      { state: 'ESTABLISHED', info: { ...info, tcpi_rtt: 870 }, pending: 1, window: 8 },
      'ESTABLISHED   window 8   RTT 870 us   sent again 3   waits for the answer',
    ],
    [
      { state: 'CLOSE_WAIT', info: { ...info, tcpi_rtt: 1_204_000 }, pending: 0 },
      'CLOSE_WAIT   cwnd 10   RTT 1.20 s   sent again 3',
    ],
  ])('%#', (status, text) => {
    expect(statusText(status)).toBe(text);
  });
});

describe('completion', () => {
  const knowing = (...pairs: readonly [command: string, answer: string][]): KnownKeys => {
    const keys = new KnownKeys();
    for (const [command, answer] of pairs) keys.learn(command, answer);
    return keys;
  };

  it('of commands, in any case', () => {
    const keys = new KnownKeys();
    expect(keys.complete('')).toEqual([['DELETE,', 'GET,', 'LIST', 'PUT,', 'HELP', 'QUIT'], '']);
    expect(keys.complete('g')).toEqual([['GET,'], 'g']);
    expect(keys.complete('PUTT')).toEqual([[], 'PUTT']);
  });

  it('of keys that were spoken of, quoted where they must be', () => {
    const keys = knowing(['PUT,name,sung', 'Success!'], ['PUT,"na,me",x', 'Success!'], ['GET,nearly', 'y']);
    expect(keys.complete('GET,na')).toEqual([['name'], 'na']);
    expect(keys.complete('GET,n')).toEqual([['name', 'nearly'], 'n']);
    expect(keys.complete('PUT,n')).toEqual([['name,', 'nearly,'], 'n']);
    expect(keys.complete('DELETE,"')).toEqual([['"na,me"'], '"']);
    expect(keys.complete('GRAB,n')).toEqual([[], 'n']);
  });

  it('of no keys that are gone, never were, or do not fit one line', () => {
    const keys = knowing(
      ['PUT,a,1', 'Success!'],
      ['DELETE,a', 'Success!'],
      ['GET,b', 'Not exist!'],
      ['PUT,c', 'command error.'],
      ['PUT,"d\ne",1', 'Success!'],
      ['NONSENSE,f', 'command error.'],
      ['"', 'command error.'],
    );
    expect(keys.complete('GET,')).toEqual([[], '']);
  });

  it('of all keys that LIST names, whatever they and their values are', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ',', '"', ']', '[', ' ', '울'), maxLength: 5 });
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(text, text), { selector: ([key]) => key }), (pairs) => {
        const store = new MemoryStore();
        for (const [key, value] of pairs) store.put(key, value);
        const keys = knowing(['LIST', execute(store, 'LIST')]);
        const expected = pairs.map(([key]) => formatRecord([key])).sort();
        expect(keys.complete('GET,')).toEqual([expected, '']);
      }),
    );
  });

  it('is quick for a hostile answer to LIST', () => {
    const keys = knowing(['LIST', `[a,${'"'.repeat(500_001)}`], ['LIST', `[a,1], [${']'.repeat(500_000)}`]);
    expect(keys.complete('GET,')).toEqual([['a'], '']);
  });
});

describe('what the prompt keeps for itself', () => {
  it.each([
    ['HELP', 'HELP'],
    [' quit ', 'QUIT'],
    ['GET,help', undefined],
    ['helper', undefined],
  ])('%j', (line, command) => {
    expect(localCommand(line)).toBe(command);
  });
});

describe('the history', () => {
  it('is in the state folder', () => {
    expect(historyPath({ XDG_STATE_HOME: '/var/state' })).toBe('/var/state/statewire/history');
    for (const env of [{}, { XDG_STATE_HOME: '' }, { XDG_STATE_HOME: 'relative' }]) {
      expect(historyPath(env)).toBe(join(homedir(), '.local', 'state', 'statewire', 'history'));
    }
  });

  it('is there again, newest first, for its owner only', () => {
    const path = join(folder, 'a', 'history');
    const first = new History(path);
    expect(first.lines).toEqual([]);
    for (const line of ['PUT,a,1', 'LIST']) first.add(line);
    expect(new History(path).lines).toEqual(['LIST', 'PUT,a,1']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('does not grow without end, and has nothing that a terminal would obey', () => {
    const path = join(folder, 'long');
    writeFileSync(path, Array.from({ length: 5000 }, (_, i) => `GET,${i}\n\u001b[2J\n\n`).join(''));
    const { lines } = new History(path);
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([1000, 'GET,4999', 'GET,4000']);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(1001);
  });

  it('may be impossible', () => {
    const history = new History(join(folder, 'long', 'below a file'));
    history.add('LIST');
    expect(history.lines).toEqual([]);
  });
});
