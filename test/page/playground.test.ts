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
    await inspected.open(await program().serve('inspect'));
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
    expect(await inspected.barriers('aside.playground')).toEqual([]);
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
});
