import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { Locator } from 'playwright-core';
import { describe, expect } from 'vitest';
import { EXAMPLE } from '../../scripts/exampleRun.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { parseTrace } from '../../src/trace/jsonParse.ts';
import { type Inspected, it, program } from './browser.ts';

let recorded: readonly TraceEvent[] | undefined;

/** The example's trace, written once. */
function recording(): { readonly file: string; readonly events: readonly TraceEvent[] } {
  const file = program().path('run.jsonl');
  if (recorded === undefined) {
    program().run('demo', ...EXAMPLE, '--trace', file, '--pcap', program().path('run.pcapng'));
    recorded = parseTrace(readFileSync(file, 'utf8').trimEnd().split('\n')).events;
  }
  return { file, events: recorded };
}

/** The first event that is so. */
function eventThat(is: (event: TraceEvent) => boolean): TraceEvent {
  return recording().events.find(is)!;
}

const loss = (): TraceEvent => eventThat((event) => event.kind === 'link' && event.what === 'lost');
const recovery = (): TraceEvent =>
  eventThat(({ kind, ...event }) => kind === 'transition' && 'to' in event && event.to === 'recovery');

/** The chart in the large place; what is lit in it. */
function lit(inspected: Inspected): Locator {
  return inspected.page.locator('svg.chart:not(.mini) .state.active[role=button]');
}

/** Drags the moment along the timeline to a time, as a person does: to and fro until it is there. */
async function scrub({ moment, page }: Inspected, t: number): Promise<void> {
  const box = (await moment.boundingBox())!;
  const y = box.y + box.height / 2;
  let [left, right] = [box.x + 10, box.x + box.width - 10];
  await page.mouse.move(left, y);
  await page.mouse.down();
  for (let i = 0; i < 12 && right - left > 0.5; i++) {
    const middle = (left + right) / 2;
    await page.mouse.move(middle, y);
    const now = Number(await moment.getAttribute('aria-valuenow'));
    if (now < t) left = middle;
    else right = middle;
  }
  await page.mouse.up();
}

/** Drops a file on the page. */
async function drop({ page }: Inspected, name: string, bytes: Buffer): Promise<void> {
  const transfer = await page.evaluateHandle(
    `(() => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(${JSON.stringify(bytes.toString('base64'))}), (c) => c.charCodeAt(0));
      transfer.items.add(new File([bytes], ${JSON.stringify(name)}));
      return transfer;
    })()`,
  );
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
}

describe('a recorded trace', () => {
  it('is scrubbed to a loss and on to recovery, and stepped back', async ({ inspected }) => {
    const { file } = recording();
    await inspected.inspect(file);
    const { page } = inspected;
    // Traffic has the width of the timeline, though TIME_WAIT is a hundred times as long
    const { t } = loss();
    await scrub(inspected, t);
    await inspected.timeBecomes((now) => Math.abs(now - t) < 2000);

    await inspected.search(`#${loss().n}`);
    const ladder = await inspected.picture(await inspected.view('Ladder'), 'SVG');
    // A cross, and why
    expect(ladder.toString()).toMatch(/d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)M\3 \2L\1 \4"/);
    expect(ladder.toString()).toContain('>fault</text>');

    await page
      .getByRole('button', { name: /^recovery/ })
      .first()
      .click();
    await inspected.search(`#${recovery().n}`);
    await expect.poll(() => lit(inspected).getAttribute('aria-label')).toContain('recovery, active');
    await expect.poll(() => page.locator('.label.taken').textContent()).toContain('lossInferred');
    await page.getByRole('button', { name: 'Step back' }).click();
    await expect.poll(() => lit(inspected).getAttribute('aria-label')).toContain('open, active');
    expect(await inspected.time()).toBeLessThanOrEqual(recovery().t);
  });

  it('tells values wherever it is pointed at', async ({ inspected }) => {
    const { t, n } = recovery();
    await inspected.inspect(recording().file, `&t=${t}us&event=${n}`);
    const { page } = inspected;
    const tip = page.getByRole('tooltip');
    const says = (text: string | RegExp): Promise<void> =>
      expect.poll(() => tip.textContent().catch(() => '')).toMatch(text);
    const chart = page.locator('svg.chart:not(.mini)');
    await chart.locator('.state.active').first().hover();
    await says(/ESTABLISHEDactive since .* for /);
    await chart.locator('.label.taken').hover();
    await says(/SYN_SENT → ESTABLISHED.*segment\.synAck \/ acknowledge.*taken once, last at/);
    const outstanding = await inspected.view('Outstanding');
    await outstanding
      .locator('canvas')
      .first()
      .hover({ position: { x: 20, y: 8 } });
    await says(/sent once, .* ago|sent 2 times/);
    const graph = await inspected.view('Time-sequence');
    await graph
      .locator('canvas')
      .last()
      .hover({ position: { x: 150, y: 60 } });
    await says(/sent up to.*acknowledged.*window's edge/);
    const marks = loss();
    await scrub(inspected, marks.t);
    const { x, width, y, height } = (await inspected.moment.boundingBox())!;
    const now = (await page.locator('.scrubber .now').boundingBox())!;
    expect(now.x >= x && now.x <= x + width).toBe(true);
    await page.mouse.move(now.x + now.width / 2, y + height / 2 + 1);
    await says(/ lost: fault/);
  });

  it('goes by its address to a moment and a selected event', async ({ inspected }) => {
    const { file } = recording();
    const { n, t } = loss();
    await inspected.inspect(file, `&t=${t}us&event=${n}&view=ladder`);
    expect(await inspected.time()).toBe(t);
    await inspected.panel('Ladder').waitFor();
    await inspected.page.keyboard.press('End');
    const finish = recording().events.at(-1)!.t;
    await inspected.timeBecomes((now) => now === finish);
    await expect.poll(() => new URL(inspected.page.url()).searchParams.get('t')).toBe(String(finish));
    await inspected.page.reload();
    await inspected.moment.waitFor();
    expect(await inspected.time()).toBe(finish);
  });

  it('is gone through with the keyboard alone', async ({ inspected }) => {
    const { file, events } = recording();
    await inspected.inspect(file);
    const { keyboard } = inspected.page;
    await keyboard.press('End');
    await inspected.timeBecomes((t) => t === events.at(-1)!.t);
    await keyboard.press('Home');
    await inspected.timeBecomes((t) => t === 0);
    await keyboard.press('Shift+ArrowRight');
    await keyboard.press('Shift+ArrowRight');
    await keyboard.press('ArrowRight');
    await inspected.timeBecomes((t) => t > 0);
    await keyboard.press('ArrowLeft');
    await keyboard.press('/');
    await keyboard.type('lost');
    await keyboard.press('Enter');
    await inspected.timeBecomes((t) => t === loss().t);
    await keyboard.type(' nowhere');
    await keyboard.press('Enter');
    await inspected.page.getByText('Nothing in this run says so').waitFor();
    await keyboard.press('Escape');
    await keyboard.press('Home');
    await inspected.timeBecomes((t) => t === 0);
    await keyboard.press('Space');
    await inspected.page.getByRole('button', { name: 'Pause' }).waitFor();
    await inspected.timeBecomes((t) => t > 0);
    await keyboard.press('Space');
    await inspected.page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    // A state of a chart is a button like others
    const state = inspected.page.getByRole('button', { name: /^SYN_SENT.*show when/ });
    await state.focus();
    await keyboard.press('Enter');
    await inspected.page.getByRole('region', { name: 'When SYN_SENT was active' }).waitFor();
    const help = inspected.page.locator('.unfolded dl');
    await inspected.page.getByText('Keys', { exact: true }).click();
    await help.waitFor();
    await keyboard.press('Escape');
    await help.waitFor({ state: 'hidden' });
  });

  it('tells why: from recovery back to the packet that brought it', async ({ inspected }) => {
    const { n, t } = recovery();
    await inspected.inspect(recording().file, `&t=${t}us&event=${n}&view=why`);
    const why = inspected.panel('Why');
    await why.getByRole('heading', { name: /recovery: open → recovery/ }).waitFor();
    await why.getByText('RFC 6675 section 5').first().waitFor();
    const explained = why.locator('.explained');
    await why
      .getByRole('button', { name: /lossInferred/ })
      .first()
      .click();
    await expect.poll(() => explained.textContent()).toContain('lossInferred');
    await why
      .getByRole('button', { name: /receives/ })
      .last()
      .click();
    await expect.poll(() => explained.textContent()).toContain('receives');
    await why.getByText('sack').first().waitFor();
    const selected = (): string | null => new URL(inspected.page.url()).searchParams.get('event');
    await expect.poll(selected).not.toBe(String(n));
    const arrived = recording().events[Number(selected()) - 1]!;
    expect(arrived).toMatchObject({ kind: 'receive', end: 'client' });
  });

  it('is saved as pictures, each view of it', async ({ inspected }) => {
    await inspected.inspect(recording().file, `&t=${recovery().t}us&event=${recovery().n}`);
    const titles = await inspected.page.getByRole('tab').allTextContents();
    // There is nothing to compare yet
    for (const title of titles.filter((each) => each !== 'Compare')) {
      const svg = await inspected.isPictured(await inspected.view(title));
      // Notes are wrapped, not cut off
      if (title === 'Notes') expect(svg).not.toContain('…');
      // The lines of one plot end where it does, and are not drawn over the names of the next
      const uprights = title === 'Plots' ? svg.matchAll(/d="M([\d.]+) ([\d.]+)L\1 ([\d.]+)"/g) : [];
      const lengths = [...uprights].map(([, , from, to]) => Number(to) - Number(from));
      if (title === 'Plots') expect(lengths.length).toBeGreaterThan(6);
      for (const length of lengths)
        expect(length).toBeLessThan(Number(/ height="([\d.]+)"/.exec(svg)![1]) / 2);
    }
  });

  it('is saved as the file that it came from, and as a capture', async ({ inspected }) => {
    const { file } = recording();
    await inspected.inspect(file);
    const { page } = inspected;
    const saved = async (name: string): Promise<Buffer> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name, exact: true }).click(),
      ]);
      return readFile(await download.path());
    };
    await page.getByText('Save', { exact: true }).click();
    expect((await saved('JSON lines')).equals(readFileSync(file))).toBe(true);
    expect((await saved('pcapng')).equals(readFileSync(program().path('run.pcapng')))).toBe(true);
  });

  it('is accessible, in dark colours and in light ones', async ({ inspected }) => {
    const { page } = inspected;
    await page.emulateMedia({ colorScheme: 'dark' });
    await inspected.inspect(recording().file, `&t=${recovery().t}us&event=${recovery().n}`);
    const found = await inspected.barriers('body');
    // The other colours change nothing but contrast
    await page.emulateMedia({ colorScheme: 'light' });
    found.push(...(await inspected.barriers('body', 'color-contrast')));
    for (const title of await page.getByRole('tab').allTextContents()) {
      await inspected.view(title);
      await page.emulateMedia({ colorScheme: 'dark' });
      found.push(...(await inspected.barriers('.panel:not(.compact)')));
      await page.emulateMedia({ colorScheme: 'light' });
      found.push(...(await inspected.barriers('.panel:not(.compact)', 'color-contrast')));
    }
    expect(found).toEqual([]);
  });

  it('that takes long can be looked at while it is read, and then goes to where its address says', async ({
    inspected,
  }) => {
    const { page, moment } = inspected;
    const file = program().path('long.jsonl');
    const commands = [`PUT,key,${'x'.repeat(60_000)}`, 'GET,key'].flatMap((each) => ['--command', each]);
    program().run('demo', '--quiet', '--profile', 'lan', '--mss', '60', ...commands, '--trace', file);
    const last: TraceEvent = JSON.parse(readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)!);
    // On a page of which the time goes a hundred times as fast it takes long
    await page.addInitScript(`const now = performance.now.bind(performance);
    performance.now = () => 100 * now();
    new MutationObserver(() => {
      const slider = document.querySelector('[role=slider][aria-label=Moment]');
      if (slider !== null && document.querySelector('progress') !== null)
        globalThis.part ??= Number(slider.getAttribute('aria-valuemax'));
    }).observe(document, { childList: true, subtree: true });`);
    await inspected.inspect(file, `&t=${last.t}`);
    await inspected.timeBecomes((t) => t === last.t);
    expect(await moment.getAttribute('aria-valuemax')).toBe(String(last.t));
    expect(await page.evaluate<number>('part')).toBeLessThan(last.t);
    expect(await page.locator('progress').count()).toBe(0);
  });

  it('keeps its views when who served it has gone', async ({ inspected }) => {
    await inspected.inspect(recording().file);
    await inspected.page.waitForLoadState('networkidle');
    await program().stop();
    for (const title of await inspected.page.getByRole('tab').allTextContents()) {
      const panel = await inspected.view(title);
      await panel.getByText('Loading…').waitFor({ state: 'hidden' });
      expect(await panel.getByText('could not be loaded').count(), title).toBe(0);
    }
  });

  it('is one file that needs no server', async ({ inspected }) => {
    const { file } = recording();
    program().run('inspect', file, '--export', 'run.html');
    await inspected.open(`file://${program().path('run.html')}?t=${loss().t}`);
    expect(await inspected.time()).toBe(loss().t);
    await expect.poll(() => lit(inspected).count()).toBeGreaterThan(0);
  });

  it('is opened from the disk and dropped on the page, packed or not', async ({ inspected }) => {
    const { file } = recording();
    const { page } = inspected;
    await page.goto(await program().inspection());
    await page.locator('input[type=file]').first().setInputFiles(file);
    await inspected.moment.waitFor();
    await page.getByText('run.jsonl').waitFor();
    await drop(inspected, 'packed.jsonl.gz', gzipSync(readFileSync(file)));
    await page.getByText('packed.jsonl.gz').waitFor();
    await inspected.timeBecomes((t) => t === 0);
  });
});

describe('a file that is not as it should be', () => {
  it('is shown as far as it can be read, with the line and the reason', async ({ inspected }) => {
    const lines = readFileSync(recording().file, 'utf8').split('\n');
    lines[9] = '{"n":9,"t":0,"end":"client","cause":0,"kind":"sent"}';
    writeFileSync(program().path('cut.jsonl'), lines.slice(0, 800).join('\n').slice(0, -30));
    await inspected.inspect('cut.jsonl');
    const notice = inspected.page.getByText('2 lines could not be read');
    await notice.waitFor();
    const text = await notice.locator('..').textContent();
    expect(text).toMatch(/what could be is shown\. Line 10: .*sent/s);
    await notice.click();
    await expect.poll(() => inspected.page.locator('.notice li').last().getAttribute('value')).toBe('800');
    await inspected.page.keyboard.press('End');
    await inspected.timeBecomes((t) => t > 0);
  });

  it('of another kind is refused, saying why', async ({ inspected }) => {
    const { page } = inspected;
    await page.goto(await program().inspection());
    await drop(inspected, 'letter.txt', Buffer.from('Dear Sir or Madam,\n'));
    await expect
      .poll(() => page.getByRole('alert').textContent())
      .toMatch(/letter\.txt cannot be shown\. line 1: /);
    await drop(
      inspected,
      'empty.pcap',
      Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex'),
    );
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('it has no TCP segment');
    await drop(inspected, 'empty.jsonl', Buffer.alloc(0));
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('the trace is empty');
  });

  it('that was packed and cut off is shown up to there', async ({ inspected }) => {
    await inspected.page.goto(await program().inspection());
    const packed = gzipSync(readFileSync(recording().file));
    await drop(inspected, 'cut.jsonl.gz', packed.subarray(0, packed.length / 2));
    await inspected.moment.waitFor();
    await inspected.page
      .getByText(/what follows cannot be read/)
      .first()
      .waitFor();
  });
});

describe('a capture', () => {
  it('becomes a run that is labelled as inferred', async ({ inspected }) => {
    recording();
    await inspected.inspect('run.pcapng');
    const { page } = inspected;
    await page.getByText('Inferred from captured packets').click();
    await page.getByText('inferred from the packets').waitFor();
    await inspected.search('FIN_WAIT_1');
    await expect.poll(() => lit(inspected).first().getAttribute('aria-label')).toContain('FIN_WAIT');
    await inspected.panel('Charts').getByText('inferred', { exact: true }).waitFor();
    // One that was cut off says where
    const cut = readFileSync(program().path('run.pcapng')).subarray(0, 20_000);
    await drop(inspected, 'cut.pcapng', cut);
    await page.getByText(/Not all of the capture could be read.* Byte \d+: the file ends within/).waitFor();
  });
});
