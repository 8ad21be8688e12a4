/** How the page does with 100,000 segments, in figures; a hundred thousand take some time: with INSPECTOR_BIG=1. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type Inspected, it, program } from './browser.ts';

/** Sixteen values of 100,000 characters, there and back, in segments of 48 bytes. */
function bigTrace(): string {
  const file = program().path('big.jsonl');
  const keys = Array.from({ length: 16 }, (_, i) => `key${i}`);
  const commands = [
    ...keys.map((key) => `PUT,${key},${'x'.repeat(100_000)}`),
    ...keys.map((key) => `GET,${key}`),
  ].flatMap((command) => ['--command', command]);
  const link = ['--profile', 'lan', '--delay', '2', '--loss', '0.001', '--mss', '60'];
  program().run('demo', '--quiet', ...link, ...commands, '--trace', file);
  return file;
}

/**
 * When a part of the trace was there to be looked at, and when all of it was there and drawn: s since the page was asked
 * for, by its own clock. While some is still to come it says so.
 */
async function readTimes({ page }: Inspected): Promise<[first: number, whole: number]> {
  return page.evaluate<[number, number]>(`new Promise((resolve) => {
    let first = 0;
    requestAnimationFrame(function look() {
      const isShown = document.querySelector('[role=slider][aria-label=Moment]') !== null;
      if (isShown && first === 0) first = performance.now() / 1000;
      if (!isShown || document.querySelector('progress') !== null) requestAnimationFrame(look);
      else requestAnimationFrame(() => setTimeout(() => resolve([first, performance.now() / 1000])));
    });
  })`);
}

/** Frames drawn in a second while the moment is dragged to and fro, by the page's own clock. */
async function scrubRate({ page, moment }: Inspected): Promise<number> {
  const box = (await moment.boundingBox())!;
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + 20, y);
  await page.mouse.down();
  await page.evaluate(`(() => {
    const count = { frames: 0, from: performance.now() };
    globalThis.counted = count;
    requestAnimationFrame(function next() { count.frames += 1; requestAnimationFrame(next); });
  })()`);
  const end = Date.now() + 4000;
  for (let i = 0; Date.now() < end; i++) {
    await page.mouse.move(box.x + 20 + ((i * 53) % Math.round(box.width * 0.8)), y);
  }
  await page.mouse.up();
  return page.evaluate<number>('counted.frames * 1000 / (performance.now() - counted.from)');
}

it.runIf(process.env.INSPECTOR_BIG === '1')(
  'a hundred thousand segments are read and scrubbed through',
  { timeout: 300_000 },
  async ({ inspected }) => {
    const file = bigTrace();
    const segments = readFileSync(file, 'latin1').split('"kind":"send"').length - 1;
    expect(segments).toBeGreaterThan(100_000);
    const url = await program().serve('inspect', file);
    inspected.page.setDefaultTimeout(120_000);
    await inspected.page.goto(url);
    const [first, whole] = await readTimes(inspected);
    const rates: string[] = [];
    let slowest = Number.POSITIVE_INFINITY;
    for (const title of await inspected.page.getByRole('tab').allTextContents()) {
      await inspected.view(title);
      const rate = await scrubRate(inspected);
      slowest = Math.min(slowest, rate);
      rates.push(`${title} ${rate.toFixed(0)}`);
    }
    const times = `a part shown in ${first.toFixed(1)} s, all in ${whole.toFixed(1)} s`;
    console.log(`${segments} segments: ${times}; frames/s: ${rates.join(', ')}`);
    expect(whole).toBeLessThan(30);
    expect(slowest).toBeGreaterThan(3);
  },
);
