/** toxiproxy's HTTP API, its commonest calls: so that its clients can drive our proxies. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ProxySet } from './set.ts';
import { objectOf, ProxyError } from './toxics.ts';

/** The version of toxiproxy whose API this is. */
const COMPATIBLE = '2.9.0';
/** Bytes of a request. */
const LARGEST_BODY = 1_000_000;

/** What is answered: a status, and what is sent as JSON. */
type Answer = readonly [status: number, body?: unknown];

type Handler = (body: unknown, ...names: string[]) => Promise<Answer> | Answer;

/** Method and path, whose parts in capitals are names. */
function routes(proxies: ProxySet): Readonly<Record<string, Handler>> {
  const changeProxy: Handler = async (body, name) => {
    const proxy = proxies.get(name!);
    await proxy.update(objectOf(body));
    return [200, proxy.record()];
  };
  const changeToxic: Handler = (body, name, toxic) => [
    200,
    proxies.get(name!).changeToxic(toxic!, objectOf(body)),
  ];
  return {
    'GET /version': () => [200, { version: COMPATIBLE }],
    'GET /proxies': () => [200, Object.fromEntries(proxies.all.map((proxy) => [proxy.name, proxy.record()]))],
    'POST /proxies': async (body) => [201, (await proxies.create(body)).record()],
    'GET /proxies/NAME': (_, name) => [200, proxies.get(name!).record()],
    'POST /proxies/NAME': changeProxy,
    'PATCH /proxies/NAME': changeProxy,
    'DELETE /proxies/NAME': async (_, name) => {
      await proxies.remove(name!);
      return [204];
    },
    'GET /proxies/NAME/toxics': (_, name) => [200, proxies.get(name!).toxics],
    'POST /proxies/NAME/toxics': (body, name) => [200, proxies.get(name!).addToxic(body)],
    'GET /proxies/NAME/toxics/TOXIC': (_, name, toxic) => [200, proxies.get(name!).toxic(toxic!)],
    'POST /proxies/NAME/toxics/TOXIC': changeToxic,
    'PATCH /proxies/NAME/toxics/TOXIC': changeToxic,
    'DELETE /proxies/NAME/toxics/TOXIC': (_, name, toxic) => {
      proxies.get(name!).removeToxic(toxic!);
      return [204];
    },
    'POST /populate': async (body) => [
      201,
      { proxies: (await proxies.populate(body)).map((proxy) => proxy.record()) },
    ],
    'POST /reset': async () => {
      await proxies.reset();
      return [204];
    },
  };
}

/** A server of the API, which is to be told where to listen. */
export function createProxyApi(proxies: ProxySet): Server {
  const table = Object.entries(routes(proxies)).map(([route, handler]) => {
    const [method, path] = route.split(' ') as [string, string];
    return { method, pattern: new RegExp(`^${path.replace(/[A-Z]+/g, '([^/]+)')}/?$`), handler };
  });
  const find = (method: string, path: string): readonly [Handler, readonly string[]] | number => {
    const here = table.filter(({ pattern }) => pattern.test(path));
    const route = here.find((one) => one.method === method);
    if (route === undefined) return here.length === 0 ? 404 : 405;
    return [route.handler, pathNames(route.pattern.exec(path)!)];
  };
  return createServer(async (request, response) => {
    try {
      const body = await bodyOf(request);
      // A page in a browser must not be able to do this
      if (request.headers['user-agent']?.startsWith('Mozilla/'))
        throw new ProxyError(403, 'User agent not allowed');
      const found = find(request.method ?? '', (request.url ?? '').replace(/\?.*/, ''));
      if (typeof found === 'number')
        throw new ProxyError(found, found === 404 ? 'no such path' : 'not allowed here');
      answer(response, await found[0](body, ...found[1]));
    } catch (error) {
      const status = error instanceof ProxyError ? error.status : 500;
      answer(response, [status, { error: (error as Error).message, status }]);
    }
  });
}

function pathNames([, ...names]: RegExpExecArray): string[] {
  try {
    return names.map((name) => decodeURIComponent(name!));
  } catch {
    throw new ProxyError(400, 'bad path');
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > LARGEST_BODY) throw new ProxyError(413, `a request has up to ${LARGEST_BODY} bytes`);
    pieces.push(piece);
  }
  if (length === 0) return {};
  try {
    return JSON.parse(Buffer.concat(pieces).toString());
  } catch (error) {
    throw new ProxyError(400, `bad request body: ${(error as Error).message}`);
  }
}

function answer(response: ServerResponse, [status, body]: Answer): void {
  response.statusCode = status;
  if (body === undefined) {
    response.end();
    return;
  }
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(body));
}
