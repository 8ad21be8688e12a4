/** How connections begin, pause and end between the kernel's TCP and ours. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionStream } from '../../cli/connectionStream.ts';
import { expertNotes } from './expert.ts';
import { enterNamespace } from './namespace.ts';
import { kernelOpens, type Pair, readAll, Site, type SiteOptions, weOpen, writeAll } from './site.ts';

const problem = enterNamespace();
const links: readonly (readonly [string, SiteOptions])[] = [
  ['clean', {}],
  ['1 % loss', { link: { loss: 0.01, delay: 500 } }],
  ['5 % loss', { link: { loss: 0.05, delay: 500 } }],
  ['10 % corruption', { link: { corrupt: 0.1, delay: 500 } }],
  ['10 % reordering', { link: { reorder: { probability: 0.1, by: 1000 }, delay: 500 } }],
];

const large = Buffer.alloc(9_000_000, 'window');
/** Ours, bytes: on a bad link a small one, which is full soon. */
const buffers = { clean: 1 << 20, bad: 1 << 17 };
const hello = Buffer.from('hello');
/** The error that ends a stream. */
const errorOf = (stream: Duplex) => new Promise<Error>((resolve) => stream.once('error', resolve));

async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let i = 0; i < 3000; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`never: ${what}`);
}

/** One end's data and FIN, as the other sees them. */
async function sayGoodbye(from: Socket | ConnectionStream, to: Socket | ConnectionStream): Promise<void> {
  const got = readAll(to);
  from.end(hello);
  expect(await got).toEqual(hello);
}

const stateOf = (stream: ConnectionStream) => stream.connection.state;

describe.skipIf(problem !== undefined).concurrent.each(links)('%s', (name, options) => {
  let site: Site;
  let port = 2000;
  const buffer = name === 'clean' ? buffers.clean : buffers.bad;
  /** More than both ends have buffers for. */
  const much = large.subarray(0, name === 'clean' ? 9_000_000 : 600_000);
  beforeAll(async () => {
    site = await Site.open({ ...options, tcp: { msl: 50, receiveBuffer: buffer, receiveBufferMax: 0 } });
  });
  afterAll(async () => {
    await site.close();
    expect(expertNotes(site)).toBe('');
  });
  const opened = (way: 'kernel' | 'we', host?: string): Promise<Pair> => {
    port += 1;
    return way === 'kernel' ? kernelOpens(site, port, host) : weOpen(site, host);
  };

  describe.each(['kernel', 'we'] as const)('the %s opens', (way) => {
    test('the kernel closes first', async () => {
      const { kernel, ours } = await opened(way);
      await sayGoodbye(kernel, ours);
      expect(stateOf(ours)).toBe('CLOSE_WAIT');
      await sayGoodbye(ours, kernel);
      await eventually(() => stateOf(ours) === 'CLOSED', 'the ACK of our FIN');
      expect(ours.connection).toMatchObject({ reason: 'closed' });
    });

    test('we close first, and what the kernel still sends arrives', async () => {
      const { kernel, ours } = await opened(way);
      await sayGoodbye(ours, kernel);
      await eventually(() => stateOf(ours) === 'FIN_WAIT_2', 'the ACK of our FIN');
      await sayGoodbye(kernel, ours);
      expect(ours.connection).toMatchObject({ reason: 'closed' });
      await eventually(() => stateOf(ours) === 'CLOSED', 'the end of TIME_WAIT');
    });

    test('both close at once', async () => {
      const { kernel, ours } = await opened(way);
      const got = Promise.all([readAll(kernel), readAll(ours)]);
      kernel.end(hello);
      ours.end(hello);
      expect(await got).toEqual([hello, hello]);
      await eventually(() => stateOf(ours) === 'CLOSED', 'the end');
      expect(ours.connection).toMatchObject({ reason: 'closed' });
    });

    test('the kernel resets in the middle', async () => {
      const { kernel, ours } = await opened(way);
      await writeAll(kernel, hello);
      await once(ours, 'readable');
      const failed = errorOf(ours);
      kernel.resetAndDestroy();
      // One that is lost is not sent again: what we send next brings another
      const nudge = setInterval(() => ours.writable && ours.write(hello), 50);
      expect(await failed).toMatchObject({ code: 'ECONNRESET' });
      clearInterval(nudge);
      expect(stateOf(ours)).toBe('CLOSED');
    });

    test('we reset in the middle', async () => {
      const { kernel, ours } = await opened(way);
      await writeAll(ours, hello);
      await once(kernel, 'readable');
      kernel.resume();
      const failed = errorOf(kernel);
      ours.destroy();
      const nudge = setInterval(() => kernel.writable && kernel.write(hello), 50);
      expect(await failed).toMatchObject({ code: 'ECONNRESET' });
      clearInterval(nudge);
    });

    const twice = name !== 'clean' && way === 'we';
    test.skipIf(twice)('a window that is shut opens again: ours', async () => {
      const { kernel, ours } = await opened(way);
      ours.pause();
      kernel.end(much);
      await eventually(() => ours.connection.available > 0.8 * buffer, 'a full buffer');
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect((await readAll(ours)).equals(much)).toBe(true);
      ours.end();
    });

    test.skipIf(twice)('a window that is shut opens again: the kernel’s', async () => {
      const { kernel, ours } = await opened(way);
      kernel.pause();
      ours.end(much);
      await eventually(() => windowIsShut(ours), 'a shut window');
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect((await readAll(kernel)).equals(much)).toBe(true);
      kernel.end();
    });
  });

  test('nobody listens: each is refused by the other', async () => {
    await expect(site.connect(9)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(site.kernelConnect(9)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('IPv6, and a second address', async () => {
    for (const [way, host] of [
      ['kernel', site.ours6],
      ['we', site.kernel6],
      ['kernel', site.oursToo],
    ] as const) {
      const { kernel, ours } = await opened(way, host);
      await sayGoodbye(kernel, ours);
      await sayGoodbye(ours, kernel);
    }
  });
});

/** Has the peer's window no room for a segment? */
function windowIsShut({ connection }: ConnectionStream): boolean {
  const { snd } = connection as unknown as { snd: { una: number; nxt: number; wnd: number; mss: number } };
  return snd.wnd - ((snd.nxt - snd.una) >>> 0) < snd.mss;
}
