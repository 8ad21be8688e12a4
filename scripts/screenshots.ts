/**
 * Pictures of the inspector for the documentation, `npm run screenshots`: every view, and the playground, at 1280 and 1920
 * px in dark, two in light, always of the same run. Needs Chromium, `CHROMIUM` or /usr/bin/chromium, and
 * a font with Hangul (Debian's fonts-nanum): the seven commands have a Korean one.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { BuiltProgram } from './builtProgram.ts';
import { launchChromium } from './chromium.ts';
import { EXAMPLE } from './exampleRun.ts';

const OUT = 'docs/images';
const SIZES = [
  [1280, 800],
  [1920, 1080],
] as const;
/** Views that are shown in light colours as well. */
const IN_LIGHT = ['charts', 'ladder'];
interface Shot {
  readonly view: string;
  readonly colorScheme: 'dark' | 'light';
  readonly size: readonly [number, number];
}

/** What the address says of an event of a trace: that it is selected, and the moment is there, or so many us later. */
function placeOf(trace: string, is: (line: string) => boolean, later = 0): string {
  const line = trace.split('\n').find(is);
  if (line === undefined) throw new Error('the example has no such event');
  const { n, t } = JSON.parse(line);
  return `&t=${t + later}us&event=${n}`;
}

/** The client learns of a loss; of the ladder: the loss, and what is under way then; of the comparison: it sends data. */
function placesIn(trace: string): (view: string) => string {
  const loss = placeOf(trace, (line) => line.includes('"to":"recovery"'));
  const sending = placeOf(trace, (line) => line.includes('"kind":"send"') && line.includes('"why":"data"'));
  const lost = placeOf(trace, (line) => line.includes('"what":"lost"'), 12_000);
  return (view) => (view === 'compare' ? sending : view === 'ladder' ? lost : loss);
}

async function take(page: Page, url: string, { view, colorScheme, size }: Shot): Promise<Buffer> {
  const [width, height] = size;
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.goto(`${url}&view=${view}`);
  await page.getByRole('slider', { name: 'Moment' }).waitFor();
  if (view === 'compare') await compare(page);
  await page.getByText('Loading the view…').first().waitFor({ state: 'hidden' });
  // What is drawn is drawn in the frame after the one that measured it
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  return page.screenshot({ animations: 'disabled' });
}

/** Asks what if the selected segment had been dropped, so that there is something to compare. */
async function compare(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Playground/ }).click();
  await page.getByRole('region', { name: 'What if' }).getByRole('button', { name: 'dropped' }).click();
  await page.getByText(/They part after/).waitFor();
}

async function views(page: Page, url: string): Promise<string[]> {
  await page.goto(url);
  await page.getByRole('tab').first().waitFor();
  const ids = await page.getByRole('tab').evaluateAll((tabs) => tabs.map(({ id }) => id));
  return ids.map((id) => id.replace(/^tab-/, ''));
}

async function takeAll(
  browser: Browser,
  url: string,
  place: (view: string) => string,
  out: string,
): Promise<void> {
  const page = await browser.newPage();
  for (const view of await views(page, url)) {
    const schemes = IN_LIGHT.includes(view) ? (['dark', 'light'] as const) : (['dark'] as const);
    for (const colorScheme of schemes) {
      for (const size of SIZES) {
        if (colorScheme === 'light' && size !== SIZES[0]) continue;
        const name = `${view}-${size[0]}${colorScheme === 'light' ? '-light' : ''}.png`;
        writeFileSync(join(out, name), await take(page, url + place(view), { view, colorScheme, size }));
        console.log(join(OUT, name));
      }
    }
  }
}

/** The playground as it opens: the whole run at once, as nothing may move. */
async function takePlayground(browser: Browser, url: string, out: string): Promise<void> {
  const page = await browser.newPage();
  for (const [width, height] of SIZES) {
    const shot = { view: 'charts', colorScheme: 'dark', size: [width, height] } as const;
    writeFileSync(join(out, `playground-${width}.png`), await take(page, `${url}?`, shot));
    console.log(join(OUT, `playground-${width}.png`));
  }
}

async function main(root: string): Promise<void> {
  const program = new BuiltProgram(root);
  const browser = await launchChromium(process.env.CHROMIUM ?? '/usr/bin/chromium');
  try {
    program.run('demo', ...EXAMPLE, '--trace', 'run.jsonl');
    const place = placesIn(program.read('run.jsonl'));
    const url = await program.serve('inspect', 'run.jsonl');
    const out = join(root, OUT);
    mkdirSync(out, { recursive: true });
    await takeAll(browser, url, place, out);
    await takePlayground(browser, await program.serve('inspect'), out);
  } finally {
    await browser.close();
    await program.remove();
  }
}

await main(process.cwd());
