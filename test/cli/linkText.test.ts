import { describe, expect, it } from 'vitest';
import { profiles } from '../../src/channel/profiles.ts';
import { textWidth } from '../../src/trace/text.ts';
import { statewire } from './run.ts';

/** Lines of the introduction, before that of the ends. */
async function heading(...argv: string[]): Promise<readonly string[]> {
  const { code, lines } = await statewire(['demo', ...argv], { columns: 120 });
  expect(code).toBe(0);
  return lines.slice(
    0,
    lines.findIndex((line) => /; seed \d+; /.test(line)),
  );
}

describe('the link a run has', () => {
  it.each([...profiles.values()])('$name is described as it is while no flag changes it', async (profile) => {
    const { name, description } = profile;
    const one = `Link ${name}: ${description}`;
    expect(await heading('--profile', name)).toEqual([one]);
    expect(await heading('--profile', name, '--seed', '2', '--arq', 'tcp')).toEqual([one]);
  });

  it('is said in words for each way where flags go over the profile', async () => {
    expect(await heading('--loss', '0.1,0', '--delay', '20', '--jitter', '5')).toEqual([
      'Link classroom, changed by --loss 0.1,0 --delay 20 --jitter 5',
      '  client to server: loss 10 %; corrupt 10 %; delay 20 ms; jitter 5 ms; 1 packet every 100 ms',
      '  server to client: loss 0 %; corrupt 10 %; delay 20 ms; jitter 5 ms; 1 packet every 100 ms',
    ]);
  });

  it('is said once where both ways are alike', async () => {
    const flags =
      '--profile perfect --corrupt 0.01 --duplicate 0.02 --delay 7.5 --reorder 0.03 --rate 64k --queue 9';
    expect((await heading(...flags.split(' '))).map((line) => line.trim()).join(' ')).toBe(
      'Link perfect, changed by --corrupt 0.01 --delay 7.5 --reorder 0.03 --duplicate 0.02 --rate 64k --queue 9 ' +
        'both ways: rate 64 kbit/s; queue 9 packets; duplicate 2 %; corrupt 1 %; delay 7.5 ms; ' +
        'reorder 3 % by 11.25 ms',
    );
  });

  it('tells the faults', async () => {
    const rules = ['drop client>server data 1', 'delay 5 server>client any all'];
    const flags = rules.flatMap((rule) => ['--fault', rule]);
    const lines = await heading('--profile', 'perfect', ...flags);
    expect(lines).toEqual([
      `Link perfect, changed by --fault '${rules[0]}' --fault '${rules[1]}'`,
      '  both ways: no delay, no loss, no limit',
      `  faults: ${rules.join('; ')}`,
    ]);
  });

  it('no longer promises a segment size that is another', async () => {
    expect((await heading('--mss', '7'))[0]).toBe('Link classroom, changed by --mss 7');
    expect(await heading('--profile', 'lan', '--mss', '7')).toEqual(['Link lan: 1 Gbit/s, 0.1 ms one way']);
  });

  it('is told by --compare too, above its table and within the columns there are', async () => {
    const argv = ['demo', '--compare', '--loss', '0.1,0', '--fault', 'drop client>server data 1'];
    const { lines } = await statewire(argv, { columns: 60 });
    expect(lines.join('\n')).toContain("changed by --loss 0.1,0\n  --fault 'drop client>server data 1'\n");
    const text = lines.slice(0, lines.indexOf(''));
    for (const line of text) expect(textWidth(line), line).toBeLessThanOrEqual(60);
  });
});
