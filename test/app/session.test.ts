import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { session } from '../../machines/session.ts';
import { formatRecord, parseRecord } from '../../src/app/csv.ts';
import { MemoryStore } from '../../src/app/keyValue.ts';
import { type ClientOptions, KeyValueClient } from '../../src/app/keyValueClient.ts';
import { type ServeOptions, serveKeyValue } from '../../src/app/keyValueServer.ts';
import { seven } from '../../src/app/seven.ts';
import type { ChartInstance, ChartScope } from '../../src/chart/chart.ts';
import { compiledEngine } from '../../src/chart/compiled.ts';
import { interpretedEngine } from '../../src/chart/interpreted.ts';
import { handled } from '../../src/chart/table.ts';
import { TimerQueue } from '../../src/time/timerQueue.ts';
import { type PipeEnd, type PipeOptions, pipe } from './pipe.ts';

/** A scope in which an unhandled event or a throwing action is a failure of the test. */
function strictScope(log: string[] = []): ChartScope {
  return {
    timers: new TimerQueue(),
    listener: {
      fact: () => {},
      transition: (_chart, from, event, _guard, to) => log.push(`${from} ${event} ${to}`),
      action: () => {},
      timer: () => {},
      unhandled(chart: ChartInstance, event: string) {
        throw new Error(`session: ${event} is not handled in ${chart.state}`);
      },
      settled: () => {},
    },
    onError(error) {
      throw error;
    },
  };
}

interface Heard {
  answers: string[];
  ends: string[];
  log: string[];
}

type Given = Partial<Pick<ClientOptions, 'commands' | 'engine' | 'lineLimit' | 'onAnswer'>>;

function clientOn(end: PipeEnd, given: Given = {}): Heard & { client: KeyValueClient } {
  const heard: Heard = { answers: [], ends: [], log: [] };
  const client = new KeyValueClient(end, {
    engine: compiledEngine,
    scope: strictScope(heard.log),
    ...given,
    onAnswer(command, answer) {
      heard.answers.push(answer);
      given.onAnswer?.(command, answer);
    },
    onEnd: (reason) => heard.ends.push(reason),
  });
  return Object.assign(heard, { client });
}

/** A whole session over a pipe: commands in, what was heard out. */
function converse(commands: readonly string[], how: PipeOptions & Given & ServeOptions = {}): Heard {
  const { client: left, server: right, run } = pipe(how);
  const serverEnds: string[] = [];
  serveKeyValue(right, new MemoryStore(), { ...how, onEnd: (reason) => serverEnds.push(reason) });
  const heard = clientOn(left, { ...how, commands });
  heard.client.finish();
  run();
  expect(serverEnds).toEqual(heard.ends[0] === 'finished' ? ['closed'] : serverEnds);
  return heard;
}

describe.each([compiledEngine, interpretedEngine])('the session in the $name engine', (engine) => {
  it.each([1, 2, 5, 7, 1460])('answers the seven inputs through pieces of %i bytes', (size) => {
    const heard = converse(
      seven.map(({ command }) => command),
      { engine, sendBuffer: 15, receiveBuffer: 15, cut: () => size },
    );
    expect(heard.answers).toEqual(seven.map(({ answer }) => answer));
    expect(heard.ends).toEqual(['finished']);
  });

  it('goes from connecting over one answer at a time to its end', () => {
    expect(converse(['PUT,a,b', 'GET,a'], { engine }).log).toEqual([
      'connecting established awaitingAnswer',
      'awaitingAnswer answered awaitingAnswer',
      'awaitingAnswer answered closing',
      'closing closed ended',
    ]);
  });
});

describe('the session chart', () => {
  it('keeps to the subset, and every state has a word for every event until the end', () => {
    compiledEngine.check(session);
    interpretedEngine.check(session);
    const { ended, failed, ...live } = handled(session);
    expect([ended, failed]).not.toContain(undefined);
    expect(Object.keys(live)).toEqual(['connecting', 'ready', 'awaitingAnswer', 'closing']);
    for (const row of Object.values(live)) expect(Object.values(row)).not.toContain('unhandled');
  });
});

describe('the key-value client', () => {
  it('without commands opens, closes and ends', () => {
    expect(converse([])).toMatchObject({ answers: [], ends: ['finished'] });
  });

  it('takes commands while it runs, also from within an answer', () => {
    const { client: left, server: right, run } = pipe();
    serveKeyValue(right, new MemoryStore());
    const heard = clientOn(left, {
      onAnswer(command) {
        if (command === 'GET,a') {
          heard.client.send('PUT,a,1');
          heard.client.send('LIST');
          heard.client.finish();
        }
      },
    });
    run();
    expect(heard.client.state).toBe('ready');
    heard.client.send('GET,a');
    run();
    expect(heard.answers).toEqual(['Not exist!', 'Success!', '[a,1]']);
    expect(heard.ends).toEqual(['finished']);
  });

  it('catches up on a connection that is already open', () => {
    const { client: left, server: right, run } = pipe();
    run();
    serveKeyValue(right, new MemoryStore());
    const heard = clientOn(left, { commands: ['LIST'] });
    heard.client.finish();
    run();
    expect(heard).toMatchObject({ answers: [''], ends: ['finished'] });
  });

  it.each([
    ['PUT,a,"b', 'a quote is opened and not closed'],
    ['LIST\nLIST', 'a line end outside quotes'],
    ['PUT,a,b\r', 'a line end outside quotes'],
    ['PUT,a,\ud83d', 'half of a surrogate pair'],
  ])('refuses %j, which is not one line', (command, why) => {
    const heard = clientOn(pipe().client);
    expect(() => heard.client.send(command)).toThrow(why);
    expect(() => clientOn(pipe().client, { commands: [command] })).toThrow(why);
  });

  it('refuses a command after the last one', () => {
    const heard = clientOn(pipe().client);
    heard.client.finish();
    expect(() => heard.client.send('LIST')).toThrow('"LIST" given after the last one');
  });

  /** A client whose peer says `words` to its first command (or at once), and then does `last`. */
  function against(words: string, last?: (end: PipeEnd) => void, commands = ['LIST']): Heard {
    const { client: left, server: right, run } = pipe({ sendBuffer: 1000 });
    const heard = clientOn(left, { commands, lineLimit: 20 });
    right.handler = {
      readable: () => {
        right.receive();
        right.send(new TextEncoder().encode(words));
        last?.(right);
      },
    };
    if (commands.length === 0) right.send(new TextEncoder().encode(words));
    run();
    return heard;
  }

  it.each([
    // The 21st might still be the carriage return of the line end
    ['too long', 'x'.repeat(22)],
    ['too long, with its end', `${'x'.repeat(30)}\n`],
    ['never ending, in quotes', `"${'\n'.repeat(40)}`],
    ['and another one that nobody asked for', 'a\nb\n'],
  ])('breaks off at an answer %s', (_what, words) => {
    expect(against(words).ends).toEqual(['badAnswer']);
  });

  it('breaks off when it is spoken to before it has asked', () => {
    expect(against('hello\n', undefined, [])).toMatchObject({ answers: [], ends: ['badAnswer'] });
  });

  it('says so when the server hangs up on a command', () => {
    expect(against('', (end) => end.close()).ends).toEqual(['hungUp']);
    expect(against('half an ans', (end) => end.close()).ends).toEqual(['hungUp']);
  });

  it('tells the answer that came before the server hung up', () => {
    const heard = against('bye\n', (end) => end.close());
    expect(heard).toMatchObject({ answers: ['bye'], ends: ['finished'] });
  });

  it.each(['reset', 'refused', 'timedOut', 'unreachable', 'aborted'] as const)('tells of %s', (reason) => {
    const { client: left } = pipe();
    const heard = clientOn(left, { commands: ['LIST'] });
    left.over(reason);
    expect(heard.ends).toEqual([reason]);
  });
});

describe('the key-value server', () => {
  /** Says bytes to a server, closes, and returns what it answers. */
  function say(words: string | Uint8Array, options: ServeOptions & PipeOptions = {}): string {
    const { client: left, server: right, run } = pipe(options);
    serveKeyValue(right, new MemoryStore(), options);
    const bytes = typeof words === 'string' ? new TextEncoder().encode(words) : words;
    let sent = 0;
    const got: number[] = [];
    const push = () => {
      sent += left.send(bytes.subarray(sent));
      if (sent === bytes.length) left.close();
    };
    left.handler = { established: push, writable: push, readable: () => got.push(...left.receive()) };
    run();
    expect([left.state, right.state]).toEqual(['CLOSED', 'CLOSED']);
    return new TextDecoder().decode(Uint8Array.from(got));
  }

  it('answers commands sent all at once in their order', () => {
    expect(say('PUT,a,1\nGET,a\nGET,b\n\nLIST\n')).toBe('Success!\n1\nNot exist!\ncommand error.\n[a,1]\n');
  });

  it('sends its last answer whole before it closes', () => {
    const value = 'v'.repeat(50);
    expect(say(`PUT,k,${value}\nGET,k\n`, { sendBuffer: 3, receiveBuffer: 4 })).toBe(`Success!\n${value}\n`);
  });

  it('answers a last line without a line end, unless a quote is open', () => {
    expect(say('PUT,a,1\nLIST')).toBe('Success!\n[a,1]\n');
    expect(say('PUT,a,"1')).toBe('command error.\n');
  });

  it('answers what is not UTF-8 with an error, and goes on', () => {
    expect(say(Uint8Array.from([0x4c, 0xff, 0x0a, 0x4c, 0x49, 0x53, 0x54, 0x0a]))).toBe('command error.\n\n');
  });

  it('answers a line that is too long once and closes, without a reset', () => {
    const options = { lineLimit: 10, sendBuffer: 10_000, receiveBuffer: 10_000 };
    expect(say(`LIST\n${'x'.repeat(11)}\nLIST\n`, options)).toBe('\ncommand error.\n');
    expect(say('y'.repeat(5000), { ...options, receiveBuffer: 16 })).toBe('command error.\n');
  });

  it('does not read on while its answers pile up', () => {
    const { client: left, server: right, run } = pipe({ sendBuffer: 1000, receiveBuffer: 1000 });
    let queued = 0;
    serveKeyValue(right, new MemoryStore(), {
      onAnswer: (_command, answer) => (queued += answer.length + 1),
    });
    // A client that asks for ever and never reads
    const ask = new TextEncoder().encode(`PUT,k,${'v'.repeat(900)}\n${'GET,k\n'.repeat(2000)}`);
    let sent = 0;
    const push = () => (sent += left.send(ask.subarray(sent)));
    left.handler = { established: push, writable: push };
    run();
    expect(sent).toBeLessThan(ask.length);
    // 64 KiB of backlog, one answer beyond it, the send buffer and the peer's receive buffer
    expect(queued).toBeLessThan(65_536 + 901 + 1000 + 1000);
  });

  it('is left with nothing to do by a reset', () => {
    const { client: left, server: right, run } = pipe();
    const ends: string[] = [];
    serveKeyValue(right, new MemoryStore(), { onEnd: (reason) => ends.push(reason) });
    run();
    left.abort();
    run();
    expect(ends).toEqual(['reset']);
  });
});

describe('a session', () => {
  it('brings any text there and back, wherever the stream is cut', () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', '[', ']', '서', '울', 'a'), maxLength: 8 }),
      fc.string({ unit: 'binary', maxLength: 8 }),
    );
    const pairs = fc.uniqueArray(fc.tuple(text, text), { maxLength: 4, selector: ([key]) => key });
    const cuts = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(pairs, cuts, fc.integer({ min: 1, max: 9 }), (entries, sizes, buffer) => {
        let piece = 0;
        const heard = converse(
          [
            ...entries.map((entry) => formatRecord(['PUT', ...entry])),
            ...entries.map(([key]) => formatRecord(['GET', key])),
            'LIST',
          ],
          { sendBuffer: buffer, receiveBuffer: buffer, cut: () => sizes[piece++ % sizes.length]! },
        );
        const values = heard.answers.slice(entries.length, -1).map((answer) => parseRecord(answer));
        expect(values).toEqual(entries.map(([, value]) => [value]));
        expect(heard.answers.at(-1)).toBe(entries.map((entry) => `[${formatRecord(entry)}]`).join(', '));
        expect(heard.ends).toEqual(['finished']);
      }),
    );
  });
});
