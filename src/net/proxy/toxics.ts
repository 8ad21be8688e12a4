/**
 * Toxics, under toxiproxy's names and attributes, and what each is here: a fault of the packets where there is one, so
 * that TCP answers it as on a real network; for what is about a connection and no packet, done to its stream.
 *
 * | toxic | here |
 * |---|---|
 * | latency, bandwidth, timeout, loss, corrupt, duplicate, reorder | the link |
 * | slow_close, reset_peer, slicer, limit_data | the stream |
 */
import type { DirectionConfig, LinkConfig } from '../../channel/config.ts';

export type ToxicStream = 'upstream' | 'downstream';

export interface Toxic {
  readonly name: string;
  readonly type: string;
  /** `upstream`: from the client to the server. */
  readonly stream: ToxicStream;
  /** Share of the connections that it hits. */
  readonly toxicity: number;
  readonly attributes: Readonly<Record<string, number>>;
}

/** Attributes of each type, with their defaults (toxiproxy's). */
const TYPES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  /** ms */
  latency: { latency: 0, jitter: 0 },
  /** KB/s */
  bandwidth: { rate: 0 },
  /** ms */
  slow_close: { delay: 0 },
  /** ms; 0: nothing passes, and the connection stays */
  timeout: { timeout: 0 },
  /** ms */
  reset_peer: { timeout: 0 },
  /** bytes, bytes, us */
  slicer: { average_size: 0, size_variation: 0, delay: 0 },
  /** bytes */
  limit_data: { bytes: 0 },
  loss: { probability: 0 },
  corrupt: { probability: 0 },
  duplicate: { probability: 0 },
  /** `by` in ms */
  reorder: { probability: 0, by: 10 },
};

/** Something is wrong with what was asked for; the status is HTTP's. */
export class ProxyError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * A toxic of what a client sent, over the one it changes.
 * @throws {ProxyError} 400 saying what is wrong
 */
export function parseToxic(given: unknown, before?: Toxic): Toxic {
  const { type = before?.type, stream = before?.stream ?? 'downstream', ...rest } = objectOf(given);
  const defaults = typeof type === 'string' && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (defaults === undefined)
    throw new ProxyError(400, `invalid toxic type '${type}'; ${Object.keys(TYPES).join(', ')}`);
  if (stream !== 'upstream' && stream !== 'downstream')
    throw new ProxyError(400, 'stream was invalid, can be either upstream or downstream');
  const { name = before?.name ?? `${type}_${stream}`, toxicity = before?.toxicity ?? 1 } = rest;
  if (typeof name !== 'string' || name === '') throw new ProxyError(400, 'missing required field: name');
  const attributes: Record<string, number> = { ...defaults, ...before?.attributes };
  for (const [attribute, value] of Object.entries(objectOf(rest.attributes ?? {}))) {
    if (!Object.hasOwn(defaults, attribute))
      throw new ProxyError(400, `${type} has no attribute '${attribute}'`);
    attributes[attribute] = numberOf(attribute, value, attribute === 'probability' ? 1 : 1e12);
  }
  return { name, type: type as string, stream, toxicity: numberOf('toxicity', toxicity, 1), attributes };
}

export function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new ProxyError(400, 'bad request body: a JSON object is needed');
}

function numberOf(name: string, value: unknown, most: number): number {
  if (typeof value === 'number' && value >= 0 && value <= most) return value;
  throw new ProxyError(400, `${name} is a number from 0 to ${most}, not ${JSON.stringify(value)}`);
}

/** us */
const DAY = 86_400_000_000;

/** The link with these toxics on it; forward is upstream. */
export function poisoned(link: LinkConfig, toxics: readonly Toxic[]): LinkConfig {
  let [forward, backward] = [link.forward, link.backward];
  for (const toxic of toxics) {
    if (toxic.stream === 'upstream') forward = withToxic(forward, toxic);
    else backward = withToxic(backward, toxic);
  }
  return { ...link, forward, backward };
}

function withToxic(direction: DirectionConfig, { type, attributes }: Toxic): DirectionConfig {
  const { latency = 0, jitter = 0, rate = 0, probability = 0, by = 0 } = attributes;
  switch (type) {
    case 'latency':
      return {
        ...direction,
        delay: Math.min((direction.delay ?? 0) + Math.round(latency * 1000), DAY),
        jitter: Math.min((direction.jitter ?? 0) + Math.round(jitter * 1000), DAY / 48),
      };
    case 'bandwidth':
      return {
        ...direction,
        rate: Math.min(direction.rate ?? Number.POSITIVE_INFINITY, Math.max(1, Math.round(rate * 8000))),
      };
    case 'timeout':
      return { ...direction, loss: 1 };
    case 'loss':
      return { ...direction, loss: both(direction.loss ?? 0, probability) };
    case 'corrupt':
    case 'duplicate':
      return { ...direction, [type]: both(direction[type] ?? 0, probability) };
    case 'reorder':
      return { ...direction, reorder: { probability, by: Math.max(1, Math.round(by * 1000)) } };
    default:
      return direction;
  }
}

/** One or the other happens. */
function both(a: number, b: number): number {
  return 1 - (1 - a) * (1 - b);
}
