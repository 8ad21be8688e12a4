/** How a session ends before its time: the server is told to finish, the client to stop. */
import { describe, expect, it } from 'vitest';
import { execute, MemoryStore, StoreError } from '../../src/app/keyValue.ts';
import { KeyValueClient } from '../../src/app/keyValueClient.ts';
import { type Served, serveKeyValue } from '../../src/app/keyValueServer.ts';
import { compiledEngine } from '../../src/chart/compiled.ts';
import { TimerQueue } from '../../src/time/timerQueue.ts';
import { type PipeOptions, pipe } from './pipe.ts';

/** A client with these commands and a server; `act` is called at each answer that the server gives. */
function converse(
  commands: readonly string[],
  act: (served: Served, client: KeyValueClient, count: number) => void,
  options: PipeOptions = {},
) {
  const { client: left, server: right, run } = pipe(options);
  const heard = { given: 0, answers: [] as string[], ends: [] as string[] };
  const client = new KeyValueClient(left, {
    engine: compiledEngine,
    scope: {
      timers: new TimerQueue(),
      listener: undefined,
      onError: (error) => expect(error).toBe(undefined),
    },
    commands,
    onAnswer: (_, answer) => heard.answers.push(answer),
    onEnd: (end) => heard.ends.push(end),
  });
  const served: Served = serveKeyValue(right, new MemoryStore(), {
    onAnswer: () => {
      heard.given += 1;
      act(served, client, heard.given);
    },
    onEnd: (end) => heard.ends.push(`server ${end}`),
  });
  return { heard, client, served, run };
}

const puts = Array.from({ length: 10 }, (_, i) => `PUT,${i},value`);

describe('a server that is told to finish', () => {
  it('sends the answers that it has given, however little the buffers hold, and takes no more', () => {
    const long = `PUT,a,${'x'.repeat(5000)}`;
    const { heard, run } = converse(
      [long, 'GET,a', ...puts],
      (served, _, count) => {
        if (count === 2) served.finish();
      },
      { sendBuffer: 64, receiveBuffer: 32 },
    );
    run();
    expect(heard.given).toBe(2);
    expect(heard.answers).toEqual(['Success!', 'x'.repeat(5000)]);
    // The third command had no answer
    expect(heard.ends).toEqual(['hungUp', 'server closed']);
  });

  it('ends a client that asks nothing in order', () => {
    const { heard, run, served } = converse(['LIST'], () => {});
    run();
    served.finish();
    served.finish();
    run();
    expect(heard.answers).toEqual(['']);
    expect(heard.ends).toEqual(['finished', 'server closed']);
  });

  it('may be told so when it is over', () => {
    const { heard, run, served, client } = converse([], () => {});
    client.finish();
    run();
    served.finish();
    expect(heard.ends).toEqual(['finished', 'server closed']);
  });
});

describe('a client that is told to stop', () => {
  it('has the answer under way, and asks nothing more', () => {
    const { heard, run, client } = converse(puts, (_, client, count) => {
      if (count === 3) client.stop();
    });
    expect(client.waiting).toBe(10);
    run();
    expect(heard.given).toBe(3);
    expect(heard.answers).toHaveLength(3);
    expect(heard.ends).toEqual(['finished', 'server closed']);
    expect(client.waiting).toBe(0);
  });
});

describe('a change that cannot be kept', () => {
  class Broken extends MemoryStore {
    override put(): boolean {
      throw new StoreError('the disk has gone');
    }
    override delete(): boolean {
      throw new TypeError('a mistake of ours');
    }
  }

  it('is an answer of its own, and its reason is told', () => {
    const errors: string[] = [];
    expect(execute(new Broken(), 'PUT,a,1', ({ message }) => errors.push(message))).toBe('store error.');
    expect(errors).toEqual(['the disk has gone']);
    expect(execute(new Broken(), 'PUT,a,1')).toBe('store error.');
  });

  it('is no name for other errors', () => {
    expect(() => execute(new Broken(), 'DELETE,a')).toThrow(TypeError);
  });
});
