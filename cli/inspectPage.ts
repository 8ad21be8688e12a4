/** The files of the inspector's page as they were built: where they are, what they are to a browser. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT, Failure } from './failure.ts';

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  readonly etag: string;
  /** Its name changes with its content. */
  readonly hashed: boolean;
}

/** By path in the URL: `/` and what begins with it. */
export type Page = ReadonlyMap<string, PageFile>;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
  '.jsonl': 'application/x-ndjson; charset=utf-8',
};

/** Beside the program in dist/; run from its sources it takes the one that was built last. */
function pageFolder(): string {
  const beside = import.meta.url.endsWith('.ts') ? '../dist/inspector/' : '../inspector/';
  return process.env.STATEWIRE_PAGE || fileURLToPath(new URL(beside, import.meta.url));
}

function notBuilt(folder: string): Failure {
  return new Failure(EXIT.application, `there is no page of the inspector in ${folder}: run npm run build`);
}

/**
 * Reads all of it: what is served are these files, whatever path is asked for.
 * @throws {Failure} when it was not built
 */
export function loadPage(): Page {
  const folder = pageFolder();
  const page = new Map<string, PageFile>();
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      page.set(`/${relative(folder, path).split(sep).join('/')}`, readPageFile(path));
    }
  } catch {
    throw notBuilt(folder);
  }
  const index = page.get('/index.html');
  if (index === undefined) throw notBuilt(folder);
  return page.set('/', index);
}

function readPageFile(path: string): PageFile {
  const body = readFileSync(path);
  const hash = createHash('sha256').update(body).digest('base64url');
  return {
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    body,
    etag: `"${hash}"`,
    hashed: path.includes(`${sep}assets${sep}`),
  };
}

/**
 * The page in one file, to put a trace into.
 * @throws {Failure} when it was not built
 */
export function loadTemplate(): string {
  const folder = pageFolder();
  try {
    return readFileSync(join(folder, 'single.html'), 'utf8');
  } catch {
    throw notBuilt(folder);
  }
}
