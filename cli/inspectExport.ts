/**
 * A trace in one page that needs nothing else: the page's single file with the trace's bytes in it, gzipped, in base64,
 * where the page looks for them (inspector/load/embedded.ts). The file is there whole or not at all.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { getSystemErrorMap } from 'node:util';
import { createGzip } from 'node:zlib';
import { EXIT, Failure } from './failure.ts';
import { loadTemplate } from './inspectPage.ts';
import type { Source } from './inspectTrace.ts';

/** Where the page's single file takes a trace. */
const PLACE = '<!--statewire-trace-->';

/**
 * Writes it beside the place where it belongs, and then moves it there. False when `stop` is aborted before.
 * @throws {Failure} when the page was not built, or the file cannot be written
 */
export async function exportPage(source: Source, path: string, stop: AbortSignal): Promise<boolean> {
  const [head, tail] = loadTemplate().split(PLACE, 2);
  if (tail === undefined)
    throw new Failure(EXIT.application, `the inspector's page has no place for a trace`);
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(unfinished, 'wx');
    try {
      await file.write(
        `${head}<script type="text/plain" id="statewire-trace" data-name="${attribute(source.title)}">`,
      );
      await writeBase64(file, source.open(), stop);
      await file.write(`</script>${tail}`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    if (stop.aborted) return false;
    throw failed(path, error);
  }
  return true;
}

/** Three bytes are four characters: what does not come out even waits for the next piece. */
async function writeBase64(file: FileHandle, stream: Readable, stop: AbortSignal): Promise<void> {
  let rest = Buffer.alloc(0);
  const packed = stream.pipe(createGzip({ level: 9 }));
  stream.on('error', (error) => packed.destroy(error));
  for await (const chunk of packed) {
    stop.throwIfAborted();
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    const even = bytes.length - (bytes.length % 3);
    await file.write(bytes.toString('base64', 0, even));
    rest = bytes.subarray(even);
  }
  await file.write(rest.toString('base64'));
}

function attribute(text: string): string {
  return text.replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function failed(path: string, error: unknown): unknown {
  const { errno, code } = error as NodeJS.ErrnoException;
  if (errno === undefined || code === undefined) return error;
  return new Failure(
    EXIT.application,
    `--export: cannot write '${path}': ${getSystemErrorMap().get(errno)?.[1] ?? code}`,
  );
}
