/**
 * Tests of the inspector's page in a real browser: `it` with a page of its own, which must not complain on its console
 * nor ask any other host for anything. Without Chromium they are skipped, but not in CI.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import axe, { type AxeResults } from 'axe-core';
import type { Browser, BrowserContext, ConsoleMessage, Locator, Page } from 'playwright-core';
import { afterAll, expect, type TestContext, test } from 'vitest';
import { BuiltProgram } from '../../scripts/builtProgram.ts';
import { launchChromium } from '../../scripts/chromium.ts';
import { requireTool } from '../tools.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

let built: BuiltProgram | undefined;
let browser: Promise<Browser> | undefined;

/** The program and its page, built once for a test file. */
export function program(): BuiltProgram {
  built ??= new BuiltProgram(root);
  return built;
}

afterAll(async () => {
  await (await browser)?.close();
  await built?.remove();
});

/** A browser's page with the inspector on it. */
export class Inspected {
  readonly page: Page;
  /** What a person would see on the console as wrong. */
  readonly complaints: string[] = [];
  /** Asked for elsewhere than on this machine. */
  readonly strange: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(15_000);
    page.on('console', (message) => this.#hear(message));
    page.on('pageerror', (error) => this.complaints.push(error.stack ?? String(error)));
    page.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (['data:', 'blob:', 'file:'].includes(protocol) || hostname === '127.0.0.1') return;
      this.strange.push(request.url());
    });
  }

  /** Goes to a page of the inspector and waits until a run is shown. */
  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await this.moment.waitFor();
  }

  /** Shows a file as `statewire inspect` does, at what is in `query`. */
  async inspect(file: string, query = ''): Promise<void> {
    await this.open(`${await program().inspection(file)}${query}`);
  }

  /** The slider that is the moment. */
  get moment(): Locator {
    return this.page.getByRole('slider', { name: 'Moment' });
  }

  /** us */
  async time(): Promise<number> {
    return Number(await this.moment.getAttribute('aria-valuenow'));
  }

  /** Waits until the moment is as wanted. */
  async timeBecomes(wanted: (t: number) => boolean): Promise<void> {
    await expect.poll(async () => wanted(await this.time()), { timeout: 15_000 }).toBe(true);
  }

  /** Makes a view the large one; its panel. */
  async view(title: string): Promise<Locator> {
    await this.page.getByRole('tab', { name: title, exact: true }).click();
    return this.panel(title);
  }

  panel(title: string): Locator {
    return this.page.getByRole('region', { name: title, exact: true });
  }

  /** Finds the next event that says so, and waits until the moment is there. */
  async search(text: string): Promise<void> {
    const before = await this.time();
    const box = this.page.getByRole('searchbox', { name: /Search events/ });
    await box.fill(text);
    await box.press('Enter');
    await this.timeBecomes((t) => t !== before);
  }

  /** What a panel saves as a picture. */
  async picture(panel: Locator, format: 'SVG' | 'PNG'): Promise<Buffer> {
    const [download] = await Promise.all([
      this.page.waitForEvent('download'),
      panel.getByRole('button', { name: format, exact: true }).click(),
    ]);
    return readFile(await download.path());
  }

  /** A panel is saved in both formats, with something on it; the SVG. */
  async isPictured(panel: Locator): Promise<string> {
    const svg = String(await this.picture(panel, 'SVG'));
    expect(svg).toMatch(/^<svg[^>]* xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg.match(/<(path|text|rect|circle|line|tspan)\b/g)?.length).toBeGreaterThan(10);
    expect(svg).not.toMatch(/NaN|undefined|var\(--/);
    const png = await this.picture(panel, 'PNG');
    expect(png.subarray(0, 8).toString('latin1')).toBe('\u0089PNG\r\n\u001a\n');
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
    expect(Math.min(width, height)).toBeGreaterThan(200);
    return svg;
  }

  /** What axe finds that keeps people out, serious and critical, in what a selector selects; of all its rules or some. */
  async barriers(selector: string, ...rules: string[]): Promise<string[]> {
    if (!(await this.page.evaluate<boolean>('"axe" in globalThis'))) await this.page.evaluate(axe.source);
    const { violations } = await this.page.evaluate<AxeResults>(
      `axe.run(${JSON.stringify(selector)}, ${JSON.stringify({
        resultTypes: ['violations'],
        ...(rules.length > 0 && { runOnly: rules }),
      })})`,
    );
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}: ${failureSummary}`),
      );
  }

  /** A second page of the same person. */
  async another(): Promise<Inspected> {
    return new Inspected(await this.page.context().newPage());
  }

  #hear(message: ConsoleMessage): void {
    if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
  }
}

interface Fixtures {
  readonly inspected: Inspected;
}

export const it = test.extend<Fixtures>({
  inspected: async ({ task, skip }, use) => {
    const path = requireTool('chromium', { task, skip } as TestContext);
    browser ??= launchChromium(path);
    const context: BrowserContext = await (await browser).newContext({
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
    });
    const inspected = new Inspected(await context.newPage());
    try {
      await use(inspected);
      expect(inspected.complaints, 'on the console').toEqual([]);
      expect(inspected.strange, 'requests to other hosts').toEqual([]);
    } finally {
      await context.close();
    }
  },
});
