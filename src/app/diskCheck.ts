/**
 * Is an LMDB environment sound? LMDB maps its file into memory and trusts it: a file cut short or damaged ends the
 * program that reads it, without an exception that could be caught. So another program reads it first, all of it, and
 * tries a write that it takes back; what becomes of that program is the answer. Nothing in the file is changed.
 *
 * What the entries mean, and whether they are all there, is `diskStore.ts`.
 */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { StoreError } from './keyValue.ts';

/** Given LMDB's module and the folder. */
const PROGRAM = `
  const [module, path] = process.argv.slice(1);
  const { open, ABORT } = await import(module);
  const records = open({ path, encoding: 'binary', noSubdir: false, overlappingSync: false });
  for (const { value } of records.getRange()) value.at(-1);
  records.transactionSync(() => {
    records.putSync(Number.MAX_SAFE_INTEGER, new Uint8Array(20_000));
    return ABORT;
  });
  await records.close();
`;

/** A file so damaged that reading never ends is given up, ms. */
const PATIENCE = 60_000;

/**
 * Resolves when the folder can be read and written; `name` is what the user calls it.
 * @throws {StoreError} when it cannot
 */
export function checkLmdb(folder: string, name: string): Promise<void> {
  const module = pathToFileURL(createRequire(import.meta.url).resolve('lmdb')).href;
  const argv = ['--input-type=module', '--eval', PROGRAM, module, folder];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, argv, { timeout: PATIENCE }, (error, _, complaint) => {
      if (error === null) resolve();
      else reject(new StoreError(`${objection(name, error.signal, complaint)}; it was left as it is`));
    });
  });
}

function objection(name: string, signal: NodeJS.Signals | null | undefined, complaint: string): string {
  if (signal) return `${name} is no dictionary, or is damaged (LMDB was ended by ${signal})`;
  const why = /^\w*Error: (.*)$/m.exec(complaint)?.[1] ?? 'LMDB cannot read it';
  return `cannot open ${name}: ${why}`;
}
