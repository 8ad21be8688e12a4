/** `statewire inspect`: traces that are whole, broken, several, or captures; served, and written as one page. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseTrace } from '../../src/trace/jsonParse.ts';
import { ask, providePage, shownBy, temporaryFolder } from './inspectTools.ts';
import { until } from './programs.ts';
import { type Ran, statewire } from './run.ts';

const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);
let page = '';
let whole = '';

/** Writes a file and says where it is. */
function put(name: string, content: string | Uint8Array): string {
  writeFileSync(file(name), content);
  return file(name);
}

beforeAll(async () => {
  page = providePage();
  await statewire(['demo', '--quiet', '--profile', 'perfect', '--trace', file('run.jsonl')]);
  whole = readFileSync(file('run.jsonl'), 'utf8');
});

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A program that serves, until it is stopped. */
async function inspect(...argv: readonly string[]) {
  const stopping = new AbortController();
  const said = { out: '', err: '' };
  const over: Promise<Ran> = statewire(['inspect', ...argv], {
    stop: stopping.signal,
    onOut: (text) => {
      said.out += text;
    },
    onErr: (text) => {
      said.err += text;
    },
  });
  const stop = (): Promise<Ran> => {
    stopping.abort(130);
    return over;
  };
  stops.push(stop);
  await until('the URL', () => said.out.endsWith('\n'));
  return { url: said.out.trim(), said, stop };
}

/** The trace that the page would be given. */
const served = async (url: string): Promise<string> => (await ask(shownBy(url))).body.toString();

describe('statewire inspect', () => {
  it('serves the page with a trace, until Ctrl-C', async () => {
    const { url, stop } = await inspect(file('run.jsonl'));
    expect((await ask(new URL('/', url).href)).body.toString()).toContain('<title>page</title>');
    expect(await served(url)).toBe(whole);
    expect(await served(url)).toBe(whole);
    expect(shownBy(url)).toMatch(/\/run\.jsonl$/);
    expect(await stop()).toMatchObject({ code: 130, err: '' });
    await expect(ask(url)).rejects.toThrow('ECONNREFUSED');
  });

  it('serves a trace as far as it has grown', async () => {
    const path = put('growing.jsonl', whole);
    const { url } = await inspect(path);
    expect((await ask(shownBy(url))).headers['content-length']).toBe(`${Buffer.byteLength(whole)}`);
    appendFileSync(path, '\n');
    const { headers, body } = await ask(shownBy(url));
    expect(headers['content-length']).toBe(`${Buffer.byteLength(whole) + 1}`);
    expect(body.toString()).toBe(`${whole}\n`);
    rmSync(path);
    await expect(ask(shownBy(url))).rejects.toThrow();
    expect((await ask(new URL('/', url).href)).status).toBe(200);
  });

  it('serves the page alone', async () => {
    const { url } = await inspect();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect((await ask(url)).status).toBe(200);
  });

  it('serves where it is told to', async () => {
    const first = await inspect();
    const { port } = new URL(first.url);
    await first.stop();
    const { url } = await inspect('--port', port);
    expect(new URL(url).port).toBe(port);
    const { code, err } = await statewire(['inspect', '--port', port]);
    expect([code, err]).toEqual([6, expect.stringContaining(`cannot listen on port ${port}`)]);
  });

  it('lays the traces of several programs together', async () => {
    const split = (end: string): string => {
      const lines = whole.split('\n').filter((line, i) => i === 0 || line.includes(`"end":"${end}"`));
      return put(`${end}.jsonl`, `${lines.join('\n')}\n`);
    };
    const { url } = await inspect(split('client'), split('server'));
    const { events, header } = parseTrace((await served(url)).trimEnd().split('\n'));
    const lines = whole.split('\n').filter((line) => /"end":"(client|server)"/.test(line));
    expect(events.length).toBe(lines.length);
    expect(events.map(({ n }) => n)).toEqual(events.map((_, i) => i + 1));
    expect(header.configuration.parts).toHaveLength(2);
    // Without the network's trace, what is received is still the packet that was sent
    const sent = new Set(events.filter(({ kind }) => kind === 'send').map(({ n }) => n));
    const received = events.flatMap((event) => (event.kind === 'receive' ? [event.packet] : []));
    expect(received.length).toBeGreaterThan(10);
    for (const packet of received) expect(sent).toContain(packet);
    expect(shownBy(url)).toMatch(/\/client\.jsonl%20%2B%20server\.jsonl$/);
  });

  it('passes a capture on as it is', async () => {
    await statewire(['demo', '--quiet', '--pcap', file('run.pcapng')]);
    const bytes = readFileSync(file('run.pcapng'));
    const { url } = await inspect(file('run.pcapng'));
    const { body, headers } = await ask(shownBy(url));
    expect(body.equals(bytes)).toBe(true);
    expect(headers['content-type']).toBe('application/octet-stream');
    const old = put('old.pcap', Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex'));
    expect((await ask(shownBy((await inspect(old)).url))).body.length).toBe(24);
    const { code, err } = await statewire(['inspect', file('run.jsonl'), old]);
    expect([code, err]).toEqual([2, `statewire: '${old}' is a capture: it is shown alone\n`]);
  });

  it.runIf(process.platform === 'linux')('reads a pipe once, and serves it more often', async () => {
    const pipe = file('pipe');
    execFileSync('mkfifo', [pipe]);
    const [{ url }] = await Promise.all([
      inspect(pipe),
      import('node:fs/promises').then(({ writeFile }) => writeFile(pipe, whole)),
    ]);
    expect(await served(url)).toBe(whole);
    expect(await served(url)).toBe(whole);
  });
});

describe('a trace that is broken', () => {
  it.each([
    ['nothing', '', 'trace line 1: no header: the trace is empty'],
    ['empty lines', '\n\n', 'trace line 1: no header: the trace is empty'],
    ['no JSON', 'hello\n', 'trace line 1: not JSON'],
    ['no trace', '{"a":1}\n', 'trace line 1: not a trace: the first line has no "statewire"'],
    [
      'of another version',
      '{"statewire":2}\n',
      'trace line 1: version 2 of the format; this reads version 1',
    ],
    ['a header that is cut off', '{"statewire":1,"ver', 'trace line 1: not JSON'],
    ['binary', Buffer.from([0xff, 0xfe, 0, 0, 10]), 'trace line 1: not JSON'],
  ])('beyond reading (%s) is an error that names file and line', async (name, content, reason) => {
    const path = put('bad.jsonl', content);
    const { code, out, err } = await statewire(['inspect', path]);
    expect([name, code, out]).toEqual([name, 2, '']);
    expect(err).toContain(`statewire: ${path}: ${reason}`);
    expect(err.trimEnd()).not.toContain('\n');
  });

  it('behind something else is none', async () => {
    const { code, err } = await statewire(['inspect', put('bad.jsonl', `hello\n${whole}`)]);
    expect([code, err]).toEqual([2, expect.stringContaining('bad.jsonl: trace line 1: not JSON')]);
  });

  it('with a header and nothing that can be read is an error too', async () => {
    const [header] = whole.split('\n');
    const path = put('bad.jsonl', `${header}\n{"n":1\nnonsense\n`);
    const { code, err } = await statewire(['inspect', path]);
    expect([code, err]).toEqual([2, expect.stringContaining('trace line 2: not JSON')]);
  });

  it('without events is none', async () => {
    const [header] = whole.split('\n');
    expect(await served((await inspect(put('short.jsonl', `${header}\n`))).url)).toBe(`${header}\n`);
  });

  it('cut off in an event is shown, with a warning that names the line', async () => {
    const cut = whole.slice(0, whole.indexOf('\n', 5000) + 20);
    const path = put('cut.jsonl', cut);
    const { url, said, stop } = await inspect(path);
    expect(await served(url)).toBe(cut);
    const line = cut.split('\n').length;
    await until('a warning', () => said.err.split('\n').length > 2);
    expect(said.err).toMatch(new RegExp(`: trace line ${line}: not JSON .*\\(the file ends there\\)\n`));
    expect(said.err).toContain(`${path}: 1 line could not be read; the rest is shown\n`);
    await stop();
  });

  it('in many places is told by the first few, and counted', async () => {
    const lines = whole.trimEnd().split('\n');
    const broken = lines.map((line, i) => (i > 10 && i % 2 === 0 ? `${line}!` : line));
    lines[5] = '{"n":5,"t":0,"end":"client","cause":0,"kind":"guess"}';
    const count = broken.filter((line) => line.endsWith('!')).length;
    const path = put('many.jsonl', broken.join('\n'));
    const { said, stop } = await inspect(path);
    await until('a warning', () => said.err.includes('the rest is shown'));
    expect(said.err.match(/trace line \d+/g)).toEqual([13, 15, 17].map((line) => `trace line ${line}`));
    expect(said.err).toContain(`${count} lines could not be read`);
    await stop();
  });

  it('by one endless line is read up to there', async () => {
    const [header, first] = whole.split('\n');
    const path = put('long.jsonl', `${header}\n${first}\n${whole.split('\n')[1]}\n${'x'.repeat(5_000_000)}`);
    const { said, stop } = await inspect(path);
    await until('a warning', () => said.err.includes('the rest is shown'));
    expect(said.err).toContain('trace line 4: longer than any line can be');
    await stop();
  });

  it('is told of when it is merged', async () => {
    const path = put('half.jsonl', `${whole.slice(0, whole.indexOf('\n', 5000))}\nnonsense\n`);
    const { said } = await inspect(path, file('run.jsonl'));
    expect(said.err).toContain(`${path}: trace line`);
    const { code, err } = await statewire(['inspect', file('run.jsonl'), put('bad.jsonl', 'x')]);
    expect([code, err]).toEqual([2, expect.stringContaining('bad.jsonl: trace line 1: not JSON')]);
  });

  it.each(['missing.jsonl', '.'])('or no file (%s) is an error', async (name) => {
    const { code, err } = await statewire(['inspect', file(name)]);
    expect(code).toBe(2);
    expect(err).toContain(`cannot read '${file(name)}': `);
  });
});

/** The trace in an exported page, as the page itself looks for it. */
function traceIn(html: string): { readonly name: string; readonly text: string } {
  const [, name, packed] =
    /<script type="text\/plain" id="statewire-trace" data-name="([^"]*)">([A-Za-z0-9+/=]*)<\/script>/.exec(
      html,
    )!;
  return { name: name!, text: gunzipSync(Buffer.from(packed!, 'base64')).toString() };
}

describe('statewire inspect --export', () => {
  it('writes a page with the trace in it', async () => {
    const path = file('run.html');
    const { code, out, err } = await statewire(['inspect', file('run.jsonl'), '--export', path]);
    expect({ code, out, err }).toEqual({ code: 0, out: '', err: `statewire: wrote ${path}\n` });
    const html = readFileSync(path, 'utf8');
    expect(traceIn(html)).toEqual({ name: 'run.jsonl', text: whole });
    expect(html).toContain('\n<script>$& code</script></body>');
    expect(html).not.toContain('<!--statewire-trace-->');
  });

  it.each([0, 1, 2, 3, 4, 5])('keeps every byte (%i more)', async (more) => {
    const path = put('more.jsonl', `${whole}${' '.repeat(more)}`);
    await statewire(['inspect', path, '--export', file('more.html')]);
    expect(traceIn(readFileSync(file('more.html'), 'utf8')).text).toBe(readFileSync(path, 'utf8'));
  });

  it('takes a large trace, and one whose words are those of a page', async () => {
    const [header] = whole.split('\n');
    const hostile = '</script><script>alert(1)</script><!--"&';
    const events = Array.from({ length: 20_000 }, (_, i) =>
      JSON.stringify({ n: i + 1, t: i, end: 'client', cause: 0, kind: 'app', what: hostile, text: `${i}` }),
    );
    const text = `${header}\n${events.join('\n')}\n`;
    const path = put(`a"&<b>.jsonl`, text);
    const { code } = await statewire(['inspect', path, '--export', file('large.html')]);
    expect(code).toBe(0);
    const html = readFileSync(file('large.html'), 'utf8');
    expect(html).not.toContain('alert(1)');
    expect(traceIn(html)).toEqual({ name: 'a&#34;&#38;&#60;b&#62;.jsonl', text });
  });

  it('writes what could be read, and warns', async () => {
    // In the midst of a line
    const cut = whole.slice(0, whole.indexOf('\n', 5000) - 10);
    const path = put('cut.jsonl', cut);
    const { code, err } = await statewire(['inspect', path, '--export', file('cut.html')]);
    expect(code).toBe(0);
    expect(err).toMatch(/trace line \d+: not JSON[^\n]*\n.*the rest is shown\nstatewire: wrote/);
    expect(traceIn(readFileSync(file('cut.html'), 'utf8')).text).toBe(cut);
  });

  it('leaves what was there when it cannot write, and nothing half done', async () => {
    const target = file('kept');
    mkdirSync(join(target, 'inside'), { recursive: true });
    const { code, err } = await statewire(['inspect', file('run.jsonl'), '--export', target]);
    expect([code, err]).toEqual([6, expect.stringContaining(`--export: cannot write '${target}': `)]);
    const path = join(folder, 'nowhere/x.html');
    expect((await statewire(['inspect', file('run.jsonl'), '--export', path])).code).toBe(6);
    const old = put('old.html', 'old');
    expect((await statewire(['inspect', put('bad.jsonl', 'x'), '--export', old])).code).toBe(2);
    const stopped = await statewire(['inspect', file('run.jsonl'), '--export', old], {
      stop: AbortSignal.abort(130),
    });
    expect(stopped.code).toBe(130);
    expect(readFileSync(old, 'utf8')).toBe('old');
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('needs a trace, and no port', async () => {
    const { code, err } = await statewire(['inspect', '--export', file('x.html')]);
    expect([code, err]).toEqual([2, 'statewire: --export: which trace?\n']);
    const both = await statewire(['inspect', file('run.jsonl'), '--export', file('x.html'), '--port', '1']);
    expect([both.code, both.err]).toEqual([2, expect.stringContaining('--port')]);
  });

  it('says when the page was not built, or has no place for it', async () => {
    writeFileSync(join(page, 'single.html'), '<html></html>');
    const argv = ['inspect', file('run.jsonl'), '--export', file('x.html')];
    expect((await statewire(argv)).err).toContain('no place for a trace');
    vi.stubEnv('STATEWIRE_PAGE', folder);
    const { code, err } = await statewire(argv);
    expect([code, err]).toEqual([6, expect.stringContaining('run npm run build')]);
    expect((await statewire(['inspect'])).err).toContain('run npm run build');
    page = providePage();
  });
});

describe.runIf(process.platform === 'linux')('--open', () => {
  it('opens the browser with the URL', async () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\nprintf %s "$1" >'${file('opened')}'\n`);
    chmodSync(join(bin, 'xdg-open'), 0o755);
    vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
    const { url } = await inspect(file('run.jsonl'), '--open');
    const opened = (): string => {
      try {
        return readFileSync(file('opened'), 'utf8');
      } catch {
        return '';
      }
    };
    await until('a browser', () => opened() !== '');
    expect(opened()).toBe(url);
    await statewire(['inspect', file('run.jsonl'), '--export', file('a b.html'), '--open']);
    await until('a browser', () => opened().startsWith('file:'));
    expect(opened()).toBe(`file://${folder}/a%20b.html`);
  });

  it('says so when there is none', async () => {
    vi.stubEnv('PATH', folder);
    const { url, said } = await inspect('--open');
    await until('what to do', () => said.err !== '');
    expect(said.err).toBe(`statewire: --open: there is no xdg-open here; open ${url}\n`);
    expect((await ask(url)).status).toBe(200);
  });
});
