/**
 * Data between the kernel's TCP and ours, on a clean link and on bad ones: every byte is checked. `INTEROP_BYTES` sets
 * how much goes over the bad ones (default 1 MB; 10 MB over the clean one).
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../src/time/random.ts';
import { expertNotes } from './expert.ts';
import { enterNamespace } from './namespace.ts';
import { kernelOpens, type Pair, readAll, Site, type SiteOptions, weOpen, writeAll } from './site.ts';

const problem = enterNamespace();
const MEGABYTE = 1_000_000;
const LARGE = 10 * MEGABYTE;
const IMPAIRED = Number(process.env.INTEROP_BYTES ?? MEGABYTE);

/** Each with a link of its own; delays in us. */
const links: readonly (readonly [string, number, SiteOptions])[] = [
  ['clean', LARGE, {}],
  ['1 % loss', IMPAIRED, { link: { loss: 0.01, delay: 500 } }],
  ['5 % loss', IMPAIRED, { link: { loss: 0.05, delay: 500 } }],
  ['10 % corruption', IMPAIRED, { link: { corrupt: 0.1, delay: 500 } }],
  ['10 % reordering', IMPAIRED, { link: { reorder: { probability: 0.1, by: 1000 }, delay: 500 } }],
  ['MTU 576', IMPAIRED, { mtu: 576 }],
  ['MTU 9000', IMPAIRED, { mtu: 9000 }],
];

const digest = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');
const noise = (length: number, seed: number) => new Random(seed).bytes(length);

/** One way or both: what is sent arrives, and both ends close in order. */
async function exchange({ kernel, ours }: Pair, toUs: Uint8Array, toKernel: Uint8Array): Promise<void> {
  const closed = [once(kernel, 'close'), once(ours, 'close')];
  kernel.end(toUs);
  ours.end(toKernel);
  const [atUs, atKernel] = await Promise.all([readAll(ours), readAll(kernel)]);
  expect([atUs.length, digest(atUs)]).toEqual([toUs.length, digest(toUs)]);
  expect([atKernel.length, digest(atKernel)]).toEqual([toKernel.length, digest(toKernel)]);
  await Promise.all(closed);
}

describe.skipIf(problem !== undefined).concurrent.each(links)('%s', (_, bytes, options) => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open(options);
  });
  afterAll(async () => {
    await site.close();
    expect(expertNotes(site)).toBe('');
  });
  const data = noise(bytes, 5);
  const none = new Uint8Array(0);

  test('to us', async () => exchange(await kernelOpens(site, 1001), data, none));
  test('from us', async () => exchange(await weOpen(site), none, data));
  test('both ways at once', async () => {
    await exchange(await kernelOpens(site, 1003), data, data.slice().reverse());
  });
  test('tiny writes', async () => {
    const { kernel, ours } = await kernelOpens(site, 1004);
    for (const stream of [kernel, ours]) {
      const other = stream === kernel ? ours : kernel;
      const got = readAll(other);
      for (let i = 0; i < 500; i++) await writeAll(stream, data.subarray(i, i + 1));
      stream.end();
      expect((await got).equals(data.subarray(0, 500))).toBe(true);
    }
  });
});
