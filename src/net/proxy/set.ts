/** The proxies of one program, by name: as a configuration file and toxiproxy's HTTP API make and change them. */
import type { LinkConfig } from '../../channel/config.ts';
import type { TcpConfig } from '../../tcp/config.ts';
import type { Random } from '../../time/random.ts';
import { type Impairments, parseLink } from '../linkOptions.ts';
import { flagOf, TcpProxy } from './proxy.ts';
import { objectOf, ProxyError } from './toxics.ts';

export interface ProxySetOptions {
  /** Of proxies that have none of their own. */
  readonly link: LinkConfig;
  readonly tcp?: Partial<TcpConfig>;
  readonly random: Random;
}

/** What an entry of a configuration may have. */
const FIELDS = ['name', 'listen', 'upstream', 'enabled', 'link', 'toxics'];

export class ProxySet {
  readonly #options: ProxySetOptions;
  readonly #proxies = new Map<string, TcpProxy>();

  constructor(options: ProxySetOptions) {
    this.#options = options;
  }

  get all(): readonly TcpProxy[] {
    return [...this.#proxies.values()];
  }

  /** @throws {ProxyError} 404 */
  get(name: string): TcpProxy {
    const proxy = this.#proxies.get(name);
    if (proxy === undefined) throw new ProxyError(404, 'proxy not found');
    return proxy;
  }

  /**
   * Makes one, and starts it unless `enabled` is false.
   * @throws {ProxyError} 400 for what is wrong or missing, 409 when there is one of that name, 500 when it cannot listen
   */
  async create(given: unknown): Promise<TcpProxy> {
    const [proxy, enabled] = this.#make(given);
    if (this.#proxies.has(proxy.name)) throw new ProxyError(409, 'proxy already exists');
    return this.#open(proxy, enabled);
  }

  async #open(proxy: TcpProxy, enabled: boolean): Promise<TcpProxy> {
    if (enabled) await proxy.start();
    this.#proxies.set(proxy.name, proxy);
    return proxy;
  }

  /** What is asked for, checked. */
  #make(given: unknown): readonly [proxy: TcpProxy, enabled: boolean] {
    const { name, listen, upstream, enabled = true, link, toxics = [] } = objectOf(given);
    for (const field of Object.keys(given as object)) {
      if (!FIELDS.includes(field))
        throw new ProxyError(400, `a proxy has no '${field}': ${FIELDS.join(', ')}`);
    }
    if (typeof name !== 'string' || name === '') throw new ProxyError(400, 'missing required field: name');
    if (upstream === undefined) throw new ProxyError(400, 'missing required field: upstream');
    const { random, tcp } = this.#options;
    const proxy = new TcpProxy({
      name,
      listen: (listen || '127.0.0.1:0') as string,
      upstream: upstream as string,
      link: link === undefined ? this.#options.link : checked(() => parseLink(objectOf(link) as Impairments)),
      ...(tcp && { tcp }),
      random: random.fork(`proxy ${name}`),
    });
    for (const toxic of listOf(toxics)) proxy.addToxic(toxic);
    return [proxy, flagOf(enabled, 'enabled')];
  }

  /** Makes all of a list; one that is there as it is stays, one that differs is made anew. */
  async populate(given: unknown): Promise<readonly TcpProxy[]> {
    const made: TcpProxy[] = [];
    for (const entry of listOf(given)) {
      const { name, listen, upstream } = objectOf(entry);
      const known = this.#proxies.get(String(name));
      const record = known?.record();
      if (known !== undefined && record?.listen === listen && record?.upstream === upstream) made.push(known);
      else {
        // What is wrong with it is found before the old one goes
        const [proxy, enabled] = this.#make(entry);
        if (known !== undefined) await this.remove(known.name);
        made.push(await this.#open(proxy, enabled));
      }
    }
    return made;
  }

  /** @throws {ProxyError} 404 */
  async remove(name: string): Promise<void> {
    const proxy = this.get(name);
    this.#proxies.delete(name);
    await proxy.stop();
  }

  /** All run, without toxics. */
  async reset(): Promise<void> {
    for (const proxy of this.all) await proxy.reset();
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map((proxy) => proxy.stop()));
  }
}

export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new ProxyError(400, 'bad request body: a JSON list is needed');
}

function checked<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new ProxyError(400, (error as Error).message);
  }
}
