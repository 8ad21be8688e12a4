import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { statewire } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'statewire-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What is wrong, the words that name it, and what is allowed. */
const wrong: [argv: string[], ...said: string[]][] = [
  [[], 'there are demo, server, client,', 'charts and profiles (statewire --help)'],
  [['dem'], "unknown command 'dem'", 'there are demo, server, client,'],
  [['help', 'dem'], 'no such command', 'there are demo, server, client,'],
  [['--wat'], "unknown option '--wat'", '; see statewire --help'],
  [['demo', 'now'], 'too many arguments', '; see statewire demo --help'],
  [['demo', '--wat'], "unknown option '--wat'", '; see statewire demo --help'],
  [['charts', '--wat'], "unknown option '--wat'", '; see statewire charts --help'],
  [['demo', '--loss'], '--loss', 'argument missing', '; see statewire demo --help'],
  [['demo', '--profile', 'moon'], '--profile', "'moon'", 'classroom', 'lossy'],
  [['demo', '--engine', 'steam'], '--engine', "'steam'", 'compiled, xstate'],
  [['demo', '--arq', 'hope'], '--arq', "'hope'", 'selective-repeat'],
  [['demo', '--stack', 'os/2'], '--stack', "'os/2'", 'linux, freebsd, rfc'],
  [['demo', '--seed', '1.5'], '--seed', "'1.5'", 'whole number'],
  [['demo', '--seed', '-1'], '--seed', "'-1'", 'from 0'],
  [['demo', '--seed', '0x10'], '--seed', "'0x10'"],
  [['demo', '--loss', '1.1'], '--loss', "'1.1'", 'from 0 to 1'],
  [['demo', '--corrupt', '-0.1'], '--corrupt', "'-0.1'", 'from 0 to 1'],
  [['demo', '--reorder', 'NaN'], '--reorder', "'NaN'", 'from 0 to 1'],
  [['demo', '--duplicate', '0.1,2'], '--duplicate', "'2'", 'from 0 to 1'],
  [['demo', '--loss', '0,0,0'], '--loss', 'two values', "'0,0,0'"],
  [['demo', '--delay', '-5'], '--delay', "'-5'", 'milliseconds'],
  [['demo', '--jitter', '-1'], '--jitter', "'-1'", 'milliseconds'],
  [['demo', '--jitter', '1800001'], '--jitter', "'1800001'", 'half an hour'],
  [['demo', '--rate', '0'], '--rate', "'0'", 'bits per second'],
  [['demo', '--rate', 'fast'], '--rate', "'fast'", '1.5M'],
  [['demo', '--queue', '0'], '--queue', "'0'", 'from 1'],
  [['demo', '--mss', '0'], '--mss', "'0'", 'from 1 to 65495'],
  [['demo', '--mss', '65496'], '--mss', "'65496'", 'from 1 to 65495'],
  [['demo', '--speed', 'fast'], '--speed', "'fast'", 'max', '10x'],
  [['demo', '--speed', '0x'], '--speed', "'0x'"],
  [['demo', '--fault', 'drop'], '--fault', "'drop'", 'direction is missing'],
  [
    ['demo', '--fault', 'drop x'],
    "'x'",
    'ACTION DIRECTION KIND WHICH',
    'delay MS',
    'synack',
    'every 4 or all',
  ],
  [['demo', '--fault', 'lose client>server data 1'], '--fault', "'lose'", 'drop, corrupt'],
  [['demo', '--command', 'PUT,"a'], '--command', 'a quote is opened'],
  [['demo', '--command', 'LIST\nLIST'], '--command', 'a line end'],
  [['demo', '--compare', '--arq', 'tcp'], '--compare', '--arq'],
  [['demo', '--compare', '--speed', '1x'], '--compare', '--speed'],
  [['demo', '--compare', '--trace', join(folder, 'no')], '--compare', '--trace'],
  [['demo', '--trace', join(folder, 'x'), '--pcap', `${folder}/./x`], '--trace', '--pcap', 'the same file'],
  [['charts', 'tcp'], "'tcp'", 'connection, segment'],
  [['charts', '--format', 'png'], '--format', "'png'", 'mermaid'],
  [['charts', '--format', 'svg'], '--format svg', 'connection'],
  [['profiles', 'lan'], 'too many arguments', '; see statewire profiles --help'],
];

describe('bad input', () => {
  it.each(wrong)('%j is a usage error', async (argv, ...said) => {
    const { code, out, err } = await statewire(argv);
    expect(err).toMatch(/^statewire: (?!error)[^\n]+\n$/);
    for (const words of said) expect(err).toContain(words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it('does not let what was typed reach the terminal as an instruction', async () => {
    const { code, err } = await statewire(['demo', '--profile', '\u001b[2J\u202ex\ny']);
    expect(code).toBe(2);
    expect(err).toMatch(/^statewire: [^\p{Cc}\p{Cf}]+\n$/u);
  });

  it.each(['--trace', '--pcap'])(
    '%s with a file that cannot be written ends before anything runs',
    async (option) => {
      const path = join(folder, 'no', 'such', 'folder');
      const { code, out, err } = await statewire(['demo', option, path]);
      expect(err).toBe(`statewire: ${option}: cannot write '${path}': no such file or directory\n`);
      expect({ code, out }).toEqual({ code: 6, out: '' });
    },
  );

  it('makes no file when another cannot be made, and leaves alone one that was there', async () => {
    const argv = (trace: string) => ['demo', '--trace', trace, '--pcap', join(folder, 'no', 'folder')];
    const [fresh, old] = [join(folder, 'fresh.jsonl'), join(folder, 'old.jsonl')];
    writeFileSync(old, 'kept');
    expect(await statewire(argv(fresh))).toMatchObject({ code: 6, out: '' });
    expect(existsSync(fresh)).toBe(false);
    expect((await statewire(argv(old))).code).toBe(6);
    expect(readFileSync(old, 'utf8')).toBe('kept');
  });

  it('writes over a longer file that was there', async () => {
    const path = join(folder, 'long.jsonl');
    writeFileSync(path, 'x'.repeat(1_000_000));
    expect((await statewire(['demo', '--quiet', '--trace', path])).code).toBe(0);
    expect(readFileSync(path, 'utf8')).not.toContain('xxx');
  });

  it.runIf(existsSync('/dev/full'))('a disk that fills up is said so', async () => {
    const { code, err } = await statewire(['demo', '--quiet', '--trace', '/dev/full']);
    expect(err).toBe("statewire: --trace: cannot write '/dev/full': no space left on device\n");
    expect(code).toBe(6);
  });
});
