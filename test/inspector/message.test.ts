import { describe, expect, it } from 'vitest';
import { readMessage } from '../../inspector/load/message.ts';

describe('a message of a running program', () => {
  it('has lines of the trace, each ended', () => {
    expect(readMessage('{"n":1}\n{"n":2}', false)).toEqual({
      lines: '{"n":1}\n{"n":2}\n',
      dropped: 0,
      over: false,
    });
    expect(readMessage('{"n":1}\n', false).lines).toBe('{"n":1}\n');
    expect(readMessage('', false).lines).toBe('');
  });

  it('says behind the header how many events were dropped, and only there', () => {
    const text = '{"statewire":1}\n{"dropped":1200}';
    expect(readMessage(text, true)).toEqual({ lines: '{"statewire":1}\n', dropped: 1200, over: false });
    expect(readMessage(`${text}\n{"n":1201}`, true)).toMatchObject({
      lines: '{"statewire":1}\n{"n":1201}\n',
      dropped: 1200,
    });
    expect(readMessage(text, false)).toMatchObject({ lines: `${text}\n`, dropped: 0 });
    expect(readMessage('{"statewire":1}\n{"dropped":"many"}', true)).toMatchObject({ dropped: 0 });
  });

  it('says at last that the run is over', () => {
    expect(readMessage('{"end":true}', false)).toEqual({ lines: '', dropped: 0, over: true });
    expect(readMessage('{"end":true}\n', true).over).toBe(true);
  });
});
