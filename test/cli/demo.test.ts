import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { seven } from '../../src/app/seven.ts';
import { parseTrace } from '../../src/trace/jsonParse.ts';
import { textWidth } from '../../src/trace/text.ts';
import { requireTool } from '../tools.ts';
import { statewire } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'statewire-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);

/** A table's numbers in the row that begins with `label`. */
function row(lines: readonly string[], label: string): number[] {
  const line = lines.find((text) => text.trimStart().startsWith(label));
  return (
    line
      ?.trimStart()
      .slice(label.length)
      .match(/[\d.]+/g) ?? []
  ).map(Number);
}

const withoutRealTime = (text: string): string => text.replace(/real time.*/, '');

describe('the demo for people', () => {
  it('shows the ladder and ends in a summary with the seven right answers', async () => {
    const { code, out, err, lines } = await statewire(['demo']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const state of ['SYN_SENT', 'ESTABLISHED', 'FIN_WAIT_1', 'TIME_WAIT', 'LAST_ACK'])
      expect(out).toContain(state);
    for (const { command, answer } of seven) {
      expect(
        lines.some((line) => line.startsWith(command) && line.includes(answer) && line.endsWith('right')),
      ).toBe(true);
    }
    expect(out).toContain('7 of 7 answers right; client CLOSED, server CLOSED');
    expect(out).toContain('seed 1, the default');
  });

  it('says that the number of an arrow is that of its event', async () => {
    const [shown, json] = [await statewire(['demo']), await statewire(['demo', '--json'])];
    expect(shown.out.replaceAll('\n', ' ')).toContain('#11: the number of its event in the trace');
    const { events } = parseTrace(json.lines.slice(0, -1));
    const sent = new Set(events.filter(({ kind }) => kind === 'send').map(({ n }) => n));
    const ladder = shown.lines.filter((line) => line.includes('│')).join('\n');
    const numbers = new Set([...ladder.matchAll(/#(\d+) /g)].map(([, n]) => Number(n)));
    expect([...numbers].filter((n) => !sent.has(n))).toEqual([]);
    expect(numbers.size).toBe(sent.size);
  });

  it.each([
    ['on', true],
    ['accept', false],
    ['off', false],
  ] as const)('with --ecn %s marks packets of a long queue: %s', async (ecn, marks) => {
    const line = `PUT,a,${'x'.repeat(60_000)}`;
    const queue = ['--rate', '1M', '--delay', '20', '--ecn-threshold', '2'];
    const run = ['demo', '--profile', 'lan', ...queue, '--ecn', ecn, '--command', line, '--json'];
    const { code, lines } = await statewire(run);
    expect(code).toBe(0);
    // RFC 3168 section 5: only packets of a connection that asked for it may be marked
    expect(lines.some((text) => text.includes('"what":"marked"'))).toBe(marks);
    expect(JSON.parse(lines.at(-1)!)['client>server'].marked > 0).toBe(marks);
  });

  it('keeps the ladder to 60 columns, and the text above it', async () => {
    const { lines } = await statewire(['demo'], { columns: 60 });
    const ladder = lines.slice(
      0,
      lines.findIndex((line) => /^command +answer$/.test(line)),
    );
    expect(Math.max(...ladder.map(textWidth))).toBe(60);
  });

  it.each([80, 100])('keeps to %i columns', async (columns) => {
    const { lines } = await statewire(['demo'], { columns });
    for (const line of lines) expect(textWidth(line), line).toBeLessThanOrEqual(columns);
  });

  it('says with colour nothing that it does not say without', async () => {
    const plain = await statewire(['demo']);
    const colored = await statewire(['demo'], { color: true });
    expect(colored.out).toContain('\u001b[');
    expect(plain.out).not.toContain('\u001b');
    expect(withoutRealTime(stripVTControlCharacters(colored.out))).toBe(withoutRealTime(plain.out));
  });

  it('leaves out the ladder with --quiet', async () => {
    const { out, lines } = await statewire(['demo', '--quiet']);
    expect(lines[0]).toMatch(/^command +answer$/);
    expect(out).not.toContain('SYN_SENT');
  });

  it('gives the same output for the same seed, another for another', async () => {
    const [one, again, two] = await Promise.all(
      ['5', '5', '6'].map(async (seed) => withoutRealTime((await statewire(['demo', '--seed', seed])).out)),
    );
    expect(again).toBe(one);
    expect(two).not.toBe(one);
  });

  it('takes commands, and judges the answers by the dictionary alone', async () => {
    const commands = ['PUT,a,"x,y"', 'GET,a', 'GET,b'].flatMap((command) => ['--command', command]);
    const { code, lines } = await statewire(['demo', '--quiet', '--profile', 'lan', ...commands]);
    expect(code).toBe(0);
    expect(lines[2]).toMatch(/^GET,a +"x,y" +right$/);
    expect(lines[3]).toMatch(/^GET,b +Not exist! +right$/);
  });

  it('gives up on a link that carries nothing: exit 4', async () => {
    const { code, out, lines } = await statewire(['demo', '--quiet', '--loss', '1']);
    expect(code).toBe(4);
    expect(out).toContain('0 of 7 answers right; the client gave up');
    expect(row(lines, 'delivered')).toEqual([0, 0]);
  });
});

describe('flags over profile over default', () => {
  const settings = async (...argv: string[]) => {
    const { lines } = await statewire(['demo', '--json', '--quiet', ...argv]);
    return JSON.parse(lines[0]!).configuration;
  };

  it('takes a value for both ways, or one for each', async () => {
    const { link } = await settings(
      '--profile',
      'perfect',
      '--loss',
      '0.1',
      '--delay',
      '5,7.5',
      '--rate',
      '1M,2k',
    );
    expect(link).toEqual({
      forward: { loss: 0.1, delay: 5000, rate: 1_000_000 },
      backward: { loss: 0.1, delay: 7500, rate: 2000 },
    });
  });

  it('a delay replaces a table of delays, a loss replaces good and bad times, the rest stays', async () => {
    const classroom = (await settings('--delay', '20')).link.forward;
    expect(classroom).toMatchObject({ delay: 20_000, corrupt: 0.1, slot: { interval: 100_000, packets: 1 } });
    expect(classroom.distribution).toBeUndefined();
    const wifi = (await settings('--profile', 'wifi', '--loss', '0')).link.forward;
    expect(wifi.gilbertElliott).toBeUndefined();
    expect(wifi).toMatchObject({ loss: 0, delay: 1000 });
  });

  it('holds a packet back for longer than the delay, or as the profile says', async () => {
    expect(
      (await settings('--profile', 'lan', '--delay', '40', '--reorder', '0.1')).link.forward.reorder,
    ).toEqual({
      probability: 0.1,
      by: 60_000,
    });
    expect((await settings('--profile', 'lossy', '--reorder', '0.5')).link.forward.reorder.by).toBe(15_000);
  });

  it('keeps the number of segments that a buffer of a profile holds', async () => {
    expect((await settings()).tcp).toMatchObject({
      mss: 5,
      receiveBuffer: 15,
      window: 2,
      arq: 'selective-repeat',
    });
    expect((await settings('--mss', '7')).tcp).toMatchObject({ mss: 7, receiveBuffer: 21 });
    expect((await settings('--mss', '9000')).tcp).toMatchObject({ mss: 9000, mtu: 9040 });
  });

  it('takes an arq and a stack', async () => {
    const { arq, stack, tcp } = await settings('--arq', 'go-back-n', '--stack', 'rfc');
    expect({ arq, stack }).toEqual({ arq: 'go-back-n', stack: 'rfc' });
    expect(tcp).toMatchObject({ arq: 'go-back-n', minimumRto: 1000, msl: 120_000 });
  });

  it('does what faults say, in the order given', async () => {
    const rules = ['drop client>server syn 1', 'duplicate server>client synack 1'];
    const { lines } = await statewire([
      'demo',
      '--json',
      '--profile',
      'lan',
      ...rules.flatMap((rule) => ['--fault', rule]),
    ]);
    const { header, events } = parseTrace(lines.slice(0, -1));
    expect(header.configuration.faults).toEqual(rules);
    const first = events.find(({ kind }) => kind === 'send');
    expect(
      events.find((event) => event.kind === 'link' && event.packet === first?.n && event.what === 'lost'),
    ).toBeDefined();
    const { 'client>server': there, 'server>client': back } = JSON.parse(lines.at(-1)!);
    expect(there).toMatchObject({ lost: 1, resentByTimer: 1 });
    expect(back).toMatchObject({ lost: 0, duplicated: 1 });
  });
});

describe('--json', () => {
  it('is NDJSON with a version first and a summary last, and nothing else', async () => {
    const { code, err, out, lines } = await statewire(['demo', '--json', '--seed', '9']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.endsWith('\n')).toBe(true);
    const records = lines.map((line) => JSON.parse(line));
    expect(records[0]).toMatchObject({
      statewire: 1,
      seed: 9,
      engine: 'compiled',
      inputs: seven.map((s) => s.command),
    });
    expect(records.at(-1)).toMatchObject({ kind: 'summary', end: 'finished', right: 7 });
    expect(records.at(-1).answers.map((a: { answer: string }) => a.answer)).toEqual(
      seven.map((s) => s.answer),
    );
  });

  it.each(['4', '7', '8'])('counts in the summary what the events show, seed %s', async (seed) => {
    const { lines } = await statewire(['demo', '--json', '--profile', 'lossy', '--mss', '5', '--seed', seed]);
    const { events } = parseTrace(lines.slice(0, -1));
    const summary = JSON.parse(lines.at(-1)!);
    const sent = (end: string, why?: string) =>
      events.filter((e) => e.kind === 'send' && e.end === end && (why === undefined || e.why === why)).length;
    // A loss probe may be new data: then nothing is sent again
    const probesAgain = (end: string) => {
      const data = events.filter(
        (e) => e.kind === 'send' && e.end === end && (e.segment.length > 0 || e.segment.flags.includes('F')),
      );
      return data.filter(
        (e, i) =>
          e.kind === 'send' &&
          e.why === 'lossProbe' &&
          data.slice(0, i).some((b) => b.kind === 'send' && b.segment.seq === e.segment.seq),
      ).length;
    };
    const link = (direction: string, what: string) =>
      events.filter((e) => e.kind === 'link' && e.direction === direction && e.what === what).length;
    const late = (direction: string) =>
      events.filter((e) => e.kind === 'link' && e.direction === direction && e.what === 'delivered' && e.late)
        .length;
    const dropped = (end: string) =>
      events.filter((e) => e.kind === 'discard' && e.end === end && e.reason.endsWith('hecksum')).length;
    for (const [direction, from, to] of [
      ['client>server', 'client', 'server'],
      ['server>client', 'server', 'client'],
    ] as const) {
      expect(summary[direction]).toMatchObject({
        segments: sent(from),
        resentByTimer: sent(from, 'timer'),
        resentFast: sent(from, 'fast') + probesAgain(from),
        lost: link(direction, 'lost'),
        corrupted: link(direction, 'corrupted'),
        marked: link(direction, 'marked'),
        duplicated: link(direction, 'duplicated'),
        delivered: link(direction, 'delivered'),
        reordered: late(direction),
        checksumDrops: dropped(to),
      });
      expect(summary[direction].lost).toBeGreaterThan(0);
      expect(summary[direction].checksumDrops).toBeGreaterThan(0);
    }
  });

  it('with --quiet keeps the header and the summary', async () => {
    const { lines } = await statewire(['demo', '--json', '--quiet']);
    expect(lines.map((line) => Object.keys(JSON.parse(line))[0])).toEqual(['statewire', 'kind']);
  });

  it('is the same text in both engines after the header', async () => {
    const argv = ['demo', '--json', '--profile', 'lossy', '--mss', '5', '--engine'];
    const [compiled, xstate] = [await statewire([...argv, 'compiled']), await statewire([...argv, 'xstate'])];
    expect(JSON.parse(xstate.lines[0]!).engine).toBe('xstate');
    expect(xstate.lines.slice(1)).toEqual(compiled.lines.slice(1));
  });
});

describe('files', () => {
  it('--trace writes what --json shows, and it reads back', async () => {
    const { code } = await statewire(['demo', '--quiet', '--trace', file('t.jsonl')]);
    expect(code).toBe(0);
    const lines = readFileSync(file('t.jsonl'), 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    const { header, events } = parseTrace(lines);
    expect(header.inputs).toEqual(seven.map((s) => s.command));
    expect(events.map(({ n }) => n)).toEqual(events.map((_, i) => i + 1));
    expect((await statewire(['demo', '--json'])).lines.slice(0, -1)).toEqual(lines);
  });

  it('--pcap has each segment at both ends, and docs/cli.md says how to see one end and the damage', async (context) => {
    const tshark = requireTool('tshark', context);
    const path = file('w.pcapng');
    await statewire(['demo', '--quiet', '--pcap', path, '--trace', file('w.jsonl')]);
    const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
    const [oneEnd] = /^frame\.interface_name.*$/m.exec(page)!;
    const [, damaged] = /^tshark .* -Y '([^']+)'$/m.exec(page)!;
    const checks = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
    expect(page).toContain(checks.join(' '));
    const count = (...argv: string[]): number =>
      execFileSync(tshark, ['-r', path, ...argv], { stdio: 'pipe' })
        .toString()
        .split('\n').length - 1;
    const { events } = parseTrace(readFileSync(file('w.jsonl'), 'utf8').split('\n'));
    const atClient = events.filter(
      ({ kind, end }) => (kind === 'send' || kind === 'receive') && end === 'client',
    );
    expect(count('-Y', oneEnd!)).toBe(atClient.length);
    const dropped = events.filter((e) => e.kind === 'discard' && e.reason.startsWith('bad')).length;
    expect(dropped).toBeGreaterThan(0);
    expect(count(...checks, '-Y', damaged!)).toBe(dropped);
  });

  it('--pcap writes what tshark reads, with a comment on what the link did', async (context) => {
    const tshark = requireTool('tshark', context);
    await statewire(['demo', '--quiet', '--pcap', file('p.pcapng'), '--trace', file('p.jsonl')]);
    const fields = ['-e', 'frame.interface_name', '-e', 'frame.comment', '-e', '_ws.malformed'];
    const text = execFileSync(tshark, ['-r', file('p.pcapng'), '-T', 'fields', ...fields], { stdio: 'pipe' });
    const packets = text
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    const { events } = parseTrace(readFileSync(file('p.jsonl'), 'utf8').split('\n'));
    expect(packets).toHaveLength(events.filter(({ kind }) => kind === 'send' || kind === 'receive').length);
    expect(new Set(packets.map(([name]) => name))).toEqual(new Set(['client', 'server']));
    const corrupted = events.filter((e) => e.kind === 'link' && e.what === 'corrupted').length;
    expect(packets.filter(([, comment]) => comment?.includes('corrupted'))).toHaveLength(corrupted);
    expect(corrupted).toBeGreaterThan(0);
  });
});

describe('--compare', () => {
  it('shows the three ways side by side', async () => {
    const { code, out, lines } = await statewire(['demo', '--compare', '--profile', 'lossy', '--mss', '5']);
    expect(code).toBe(0);
    expect(lines.some((line) => /^ +tcp +selective-repeat +go-back-n$/.test(line))).toBe(true);
    expect(row(lines, 'right answers')).toEqual([7, 7, 7, 7, 7, 7]);
    for (const label of ['segments sent', 'sent again: timer', 'bytes on the wire', 'session, s']) {
      expect(row(lines, label), label).toHaveLength(3);
    }
    expect(out).not.toContain('│');
  });

  it('has a line of JSON for each, with the figures of a run of its own', async () => {
    const { lines } = await statewire(['demo', '--compare', '--json']);
    const [header, ...records] = lines.map((line) => JSON.parse(line));
    expect(header.statewire).toBe(1);
    expect(records.map(({ arq }) => arq)).toEqual(['tcp', 'selective-repeat', 'go-back-n']);
    for (const record of records) {
      const alone = await statewire(['demo', '--json', '--arq', record.arq]);
      const { events } = parseTrace(alone.lines.slice(0, -1));
      const sizes = events.map((event) => (event.kind === 'send' ? event.bytes.length : 0));
      expect(record.bytes).toBe(sizes.reduce((a, b) => a + b));
      const summary = JSON.parse(alone.lines.at(-1)!);
      expect(record['client>server']).toEqual(summary['client>server']);
      expect(record.sessionTime).toBe(summary.sessionTime);
    }
  });
});

/** How many Enhanced Packet Blocks a little-endian pcapng file has. */
function packetBlocks(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    if (bytes.readUInt32LE(at) === 6) count += 1;
  }
  return count;
}

describe('pace', () => {
  it('keeps to the clock, and writes as it goes', async () => {
    const times: number[] = [];
    const start = performance.now();
    // A session of 12.6 s, at a fiftieth of that
    const { code } = await statewire(['demo', '--speed', '50x'], {
      onOut: () => times.push(performance.now() - start),
    });
    expect(code).toBe(0);
    expect(times.at(-1)).toBeGreaterThan(252);
    expect(times.filter((t) => t > 20 && t < 232).length).toBeGreaterThan(10);
  });

  it('stops when told: exit 130, and the files are complete up to there', async () => {
    const stopping = new AbortController();
    const argv = ['demo', '--speed', '1x', '--trace', file('s.jsonl'), '--pcap', file('s.pcapng')];
    const { code, out, err } = await statewire(argv, {
      stop: stopping.signal,
      onOut: (text) => text.includes('SYN_SENT') && stopping.abort(130),
    });
    expect(code).toBe(130);
    expect(err).toMatch(/^statewire: stopped after 0\.\d{3} s of virtual time\n$/);
    expect(out).not.toContain('answers right');
    const { events } = parseTrace(readFileSync(file('s.jsonl'), 'utf8').trimEnd().split('\n'));
    expect(events.filter(({ kind }) => kind === 'send')).toHaveLength(1);
    // The SYN, which is still on its way
    expect(packetBlocks(readFileSync(file('s.pcapng')))).toBe(1);
  });

  it('ends quietly when nobody reads any more, but completes files first', async () => {
    const { code, err } = await statewire(['demo', '--speed', '1x'], { unread: true });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const kept = await statewire(['demo', '--trace', file('u.jsonl')], { unread: true });
    expect(kept.code).toBe(0);
    expect(readFileSync(file('u.jsonl'), 'utf8')).toContain('command error.');
  });
});
