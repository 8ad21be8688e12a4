/** Plain data in which equal parts are one object: snapshots are alike for the most part, and there are many. */
export class Shared {
  readonly #parts = new Map<string, object>();
  readonly #numbers = new WeakMap<object, number>();

  /** The same data. */
  share<T>(data: T): T {
    return (typeof data === 'object' && data !== null ? this.#part(data) : data) as T;
  }

  #part(data: object): object {
    if (data instanceof Uint8Array) return this.#only(`bytes ${data.join()}`, data);
    let key = Array.isArray(data) ? '[' : '{';
    const copy: Record<string, unknown> | unknown[] = Array.isArray(data) ? [] : {};
    for (const [name, value] of Object.entries(data)) {
      const shared = this.share(value);
      (copy as Record<string, unknown>)[name] = shared;
      key += `${name}:${this.#textOf(shared)},`;
    }
    return this.#only(key, copy);
  }

  #textOf(value: unknown): string {
    if (typeof value === 'object' && value !== null) return `#${this.#numbers.get(value)}`;
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
  }

  #only(key: string, data: object): object {
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(data, this.#parts.size);
    this.#parts.set(key, data);
    return data instanceof Uint8Array ? data : Object.freeze(data);
  }
}
