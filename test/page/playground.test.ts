import { describe, expect } from 'vitest';
import { EXAMPLE } from '../../scripts/exampleRun.ts';
import { seven } from '../../src/app/seven.ts';
import { parseTrace } from '../../src/trace/jsonParse.ts';
import { type Inspected, it, program } from './browser.ts';

/** What the table of the comparison says of a figure: as it was, and what if. */
async function figures({ page }: Inspected, name: string): Promise<string[]> {
  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) });
  return (await row.getByRole('cell').allTextContents()).slice(0, 2);
}

describe('the playground', () => {
  it('runs the stack in the page: the seven inputs, and what is typed', async ({ inspected }) => {
    await inspected.open(await program().inspection());
    const { page } = inspected;
    const said = page.getByRole('list', { name: 'Commands and answers' });
    const answered = (text: string): Promise<void> =>
      expect.poll(() => said.textContent(), { timeout: 20_000 }).toContain(`answer: ${text}`);
    await page.getByRole('combobox', { name: 'Speed' }).selectOption('100');
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await answered(seven.at(-1)!.answer);
    const command = page.getByRole('textbox', { name: 'Command' });
    await command.fill('PUT,tea,green');
    await command.press('Enter');
    await command.fill('GET,tea');
    await command.press('Enter');
    await answered('green');
    // A file has a connection of its own, which is then looked at
    await page.getByRole('button', { name: 'Send a file' }).click();
    const shown = page.getByRole('combobox', { name: 'Conversation' });
    await expect.poll(() => shown.locator('option:checked').textContent()).toMatch(/^client 2 /);
    await expect.poll(() => said.textContent(), { timeout: 20_000 }).toContain('file received: 1kB.bin');
    expect(await inspected.barriers('aside.playground')).toEqual([]);
    // What is asked for in a run that was halted waits, and the page says so
    await page.getByRole('combobox', { name: 'Speed' }).selectOption('0.001');
    await command.fill('LIST');
    await command.press('Enter');
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('The run is halted').waitFor();
  });

  it('compares a run with what it had been if a segment had been dropped', async ({ inspected }) => {
    const file = program().path('run.jsonl');
    program().run('demo', ...EXAMPLE, '--trace', file);
    const trace = parseTrace(program().read('run.jsonl').trimEnd().split('\n'));
    const sends = trace.events.filter(
      (event) => event.kind === 'send' && event.end === 'client' && event.segment.length > 0,
    );
    const { n, t } = sends[3]!;
    await inspected.inspect(file, `&t=${t}us&event=${n}`);
    const { page } = inspected;
    await page.getByRole('button', { name: /^Playground/ }).click();
    const whatIf = page.getByRole('region', { name: 'What if' });
    await whatIf.getByRole('button', { name: 'dropped' }).click();
    const compare = inspected.panel('Compare');
    await compare.getByText(/They part after/).waitFor();
    const [before, after] = await figures(inspected, 'lost');
    expect(Number(after)).toBe(Number(before) + 1);
    expect(await inspected.barriers('.panel:not(.compact)')).toEqual([]);
    await inspected.isPictured(compare);
    await compare.getByRole('button', { name: 'Look at “what if”' }).click();
    await inspected.search('lost');
  });

  it('compares a stored run with what other settings would have made of it', async ({ inspected }) => {
    const file = program().path('own.jsonl');
    program().run('demo', ...EXAMPLE, '--trace', file);
    await inspected.inspect(file);
    const { page } = inspected;
    await page.getByRole('button', { name: /^Playground/ }).click();
    // The panel shows what the run had
    await expect.poll(() => page.getByRole('combobox', { name: 'Profile' }).inputValue()).toBe('lan');
    const delay = page.getByRole('region', { name: 'Link' }).getByRole('textbox', { name: 'Delay, ms' });
    expect(await delay.inputValue()).toBe('20');
    const compare = page.getByRole('button', { name: 'Compare with the settings below' });
    expect(await compare.isDisabled()).toBe(true);
    await delay.fill('40');
    await delay.press('Enter');
    await compare.click();
    await inspected
      .panel('Compare')
      .getByText(/other settings from the start/)
      .waitFor();
    const [before, after] = await figures(inspected, 'Last answer');
    // Six round trips and more, each 40 ms longer
    expect(Number.parseFloat(after!) - Number.parseFloat(before!)).toBeGreaterThan(200);
    expect(await figures(inspected, 'Answers and files')).toEqual(['2', '2']);
  });
});
