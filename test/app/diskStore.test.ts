/** The dictionary on disk: as the one in memory, whenever it is closed and opened again, and whatever is in the folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { open } from 'lmdb';
import { afterAll, describe, expect, it } from 'vitest';
import { DiskStore } from '../../src/app/diskStore.ts';
import { execute, MemoryStore, StoreError } from '../../src/app/keyValue.ts';

const root = mkdtempSync(join(tmpdir(), 'statewire-store-'));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;
const newFolder = (): string => join(root, String(++folders));
const contents = (folder: string): Buffer => readFileSync(join(folder, 'data.mdb'));
const lmdbUrl = pathToFileURL(createRequire(import.meta.url).resolve('lmdb')).href;

/** A folder with a closed dictionary of so many entries. */
async function filled(count: number): Promise<string> {
  const folder = newFolder();
  const store = await DiskStore.open(folder);
  for (let i = 0; i < count; i++) store.put(`key ${i}`, `value ${i} ${'x'.repeat(i * 10)}`);
  await store.close();
  return folder;
}

async function objection(folder: string): Promise<string> {
  const error = await DiskStore.open(folder).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(StoreError);
  return (error as StoreError).message;
}

describe('a dictionary on disk', () => {
  it('is the one in memory, reopened at any point', async () => {
    // Few keys, so that they meet again
    const key = fc.constantFrom('', 'a', 'b', '울"\n\0', '\ud800');
    const text = fc.string({ unit: 'binary', maxLength: 8 });
    const step = fc.oneof(
      { weight: 19, arbitrary: fc.tuple(fc.constantFrom('put', 'put', 'get', 'delete'), key, text) },
      { weight: 1, arbitrary: fc.constant(['reopen', '', ''] as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 60 }), async (steps) => {
        const folder = newFolder();
        const memory = new MemoryStore(300);
        let disk = await DiskStore.open(folder, 300);
        for (const [what, key, value] of [...steps, ['reopen', '', ''] as const]) {
          if (what === 'put') expect(disk.put(key, value)).toBe(memory.put(key, value));
          else if (what === 'get') expect(disk.get(key)).toBe(memory.get(key));
          else if (what === 'delete') expect(disk.delete(key)).toBe(memory.delete(key));
          else {
            await disk.close();
            disk = await DiskStore.open(folder, 300);
          }
          expect(Array.from(disk.entries())).toEqual(Array.from(memory.entries()));
          expect(disk.size).toBe(memory.size);
        }
        await disk.close();
        rmSync(folder, { recursive: true });
      }),
      { numRuns: 8 },
    );
  });

  it('takes keys longer than LMDB does, and values of megabytes', async () => {
    const folder = newFolder();
    const [key, value] = ['k'.repeat(100_000), 'v'.repeat(3_000_000)];
    let store = await DiskStore.open(folder);
    store.put(key, value);
    await store.close();
    store = await DiskStore.open(folder);
    expect(store.get(key)).toBe(value);
    await store.close();
  });

  it('has all entries that are there, also beyond its limit', async () => {
    const folder = await filled(20);
    const store = await DiskStore.open(folder, 100);
    expect(store.size).toBe(20);
    expect(store.put('one more', '')).toBe(false);
    expect(store.put('key 19', '')).toBe(true);
    await store.close();
  });
});

describe('the folder of a dictionary', () => {
  it('is made, with its parents', async () => {
    const store = await DiskStore.open(join(newFolder(), 'a', 'b'));
    expect(store.size).toBe(0);
    await store.close();
  });

  it('may hold an empty file, left by a program that died at once', async () => {
    const folder = newFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, 'data.mdb'), '');
    const store = await DiskStore.open(folder);
    await store.close();
  });

  it('is no file', async () => {
    const path = newFolder();
    writeFileSync(path, 'precious');
    expect(await objection(path)).toBe(`${path} is not a folder`);
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  it('is no folder of other things', async () => {
    const folder = newFolder();
    mkdirSync(folder);
    writeFileSync(join(folder, 'thesis.tex'), '');
    expect(await objection(folder)).toBe(`${folder} holds other things (thesis.tex) and no dictionary`);
  });

  it("is not another program's LMDB", async () => {
    for (const [key, value] of [
      ['name', 'sung'],
      [0, '{"format":"something"}'],
      [0, 'null'],
      [0, ''],
    ] as const) {
      const folder = newFolder();
      const other = open({ path: folder, encoding: 'string', noSubdir: false });
      other.putSync(key, value);
      await other.close();
      const before = contents(folder);
      expect(await objection(folder)).toBe(`${folder} holds something else than a dictionary`);
      expect(contents(folder).equals(before)).toBe(true);
    }
  });

  it('is not of a later version', async () => {
    const folder = newFolder();
    const other = open({ path: folder, encoding: 'string', noSubdir: false });
    other.putSync(0, '{"format":"statewire dictionary","version":2,"count":0}');
    await other.close();
    expect(await objection(folder)).toBe(`${folder} is a dictionary of version 2, not 1`);
  });

  it.each([
    ['text', () => Buffer.from('hello world\n')],
    ['a file cut short', (good: Buffer) => good.subarray(0, good.length / 2)],
    ['only its first page', (good: Buffer) => good.subarray(0, 4096)],
    ['random bytes', (good: Buffer) => good.map((_, i) => (i * 167 + (i >> 3)) & 255)],
    ['zeros behind its head', (good: Buffer) => Buffer.from(good).fill(0, 8192)],
  ])('is not damaged: %s', async (_, damage) => {
    const folder = await filled(100);
    const bytes = damage(contents(folder));
    writeFileSync(join(folder, 'data.mdb'), bytes);
    expect(await objection(folder)).toMatch(/^(cannot open )?.*; it was left as it is$/);
    expect(contents(folder).equals(bytes)).toBe(true);
  });

  it('has every entry as it was written, and all of them', async () => {
    for (const change of [
      (other: ReturnType<typeof open<Buffer, number>>) => other.removeSync(7),
      (other: ReturnType<typeof open<Buffer, number>>) => {
        const record = Buffer.from(other.get(7)!);
        record[record.length - 3]! ^= 1;
        other.putSync(7, record);
      },
      (other: ReturnType<typeof open<Buffer, number>>) => other.putSync(7, other.get(8)!),
      (other: ReturnType<typeof open<Buffer, number>>) => other.putSync(7.5, other.get(8)!),
      (other: ReturnType<typeof open<Buffer, number>>) => other.putSync(7, Buffer.from('')),
    ]) {
      const folder = await filled(10);
      const other = open<Buffer, number>({ path: folder, encoding: 'binary', noSubdir: false });
      change(other);
      await other.close();
      expect(await objection(folder)).toMatch(
        / is damaged \((entry \d(\.5)?|9 entries of 10)\); it was left as it is$/,
      );
    }
  });
});

/** Another program, which has the folder open until it is killed. */
async function holder(folder: string, statements: string): Promise<ChildProcess> {
  const script = `
    import { open } from ${JSON.stringify(lmdbUrl)};
    const records = open({ path: ${JSON.stringify(folder)}, encoding: 'binary', noSubdir: false });
    ${statements}
    console.log('open');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout!)) if (line === 'open') break;
  return child;
}

const ended = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve) => child.once('exit', resolve));

describe('one program at a time', () => {
  it('has a dictionary open twice', async () => {
    const folder = newFolder();
    const store = await DiskStore.open(folder);
    expect(await objection(join(folder, '..', String(folders)))).toBe(`${folder} is in use by this program`);
    await store.close();
    const again = await DiskStore.open(folder);
    await again.close();
  });

  it("is told another's number, and let in when that was killed", async () => {
    const folder = await filled(3);
    const child = await holder(folder, 'records.useReadTransaction().done();');
    expect(await objection(folder)).toBe(`${folder} is in use by process ${child.pid}`);
    const over = ended(child);
    child.kill('SIGKILL');
    await over;
    const store = await DiskStore.open(folder);
    expect(store.size).toBe(3);
    await store.close();
  });

  it('keeps its place while it works, and leaves it when it closes', async () => {
    const folder = newFolder();
    const store = await DiskStore.open(folder);
    for (let i = 0; i < 5; i++) {
      store.put(String(i), '');
      await new Promise(setImmediate);
    }
    const other = open({ path: folder, encoding: 'binary', noSubdir: false });
    expect(other.readerList()).toContain(` ${process.pid} `);
    await store.close();
    const child = await holder(
      folder,
      'if (/\\d/.test(records.readerList())) throw new Error(records.readerList());',
    );
    const over = ended(child);
    child.kill('SIGKILL');
    await over;
  });
});

describe('a write that fails', () => {
  it('is answered as an error, changes nothing, and the next may succeed', async () => {
    // The folder is closed below the store's feet: as a disk that has gone
    const folder = await filled(2);
    const store = await DiskStore.open(folder);
    const errors: string[] = [];
    const answer = (line: string): string => execute(store, line, ({ message }) => errors.push(message));
    await store.close();
    expect([answer('PUT,a,1'), answer('DELETE,key 0'), answer('GET,a'), answer('GET,key 1')]).toEqual([
      'store error.',
      'store error.',
      'Not exist!',
      `value 1 ${'x'.repeat(10)}`,
    ]);
    expect(errors).toHaveLength(2);
    for (const error of errors) expect(error).toMatch(/^the dictionary cannot be written: ./);
    expect(statSync(folder).isDirectory()).toBe(true);
  });
});
