/**
 * How fast bytes are sent, and how fast they are acknowledged, in intervals of equal length; at which rate they may be
 * sent, and at which they were delivered, where the trace tells that (BBR, or paced).
 */
import { countUpTo } from '../../model/column.ts';
import type { ConnectionRef } from '../../model/conversations.ts';
import type { Series } from '../../model/series.ts';
import { NONE, type TraceModel } from '../../model/traceModel.ts';
import { changesUpTo, type Lines } from './lines.ts';

/**
 * Bits per second in each interval: payload sent (again and again counted), and newly acknowledged; then the pacing rate
 * and the delivery rate, if told.
 */
export function rateLines(
  model: TraceModel,
  ref: ConnectionRef,
  [from, to]: readonly [number, number],
  interval: number,
): Lines {
  const first = Math.floor(from / interval);
  const count = Math.max(1, Math.ceil(to / interval) - first);
  const sent = sentBytes(model, ref, first, count, interval);
  const acked = ackedBytes(model, ref, first, count, interval);
  const times = Array.from({ length: count + 1 }, (_, i) => (first + i) * interval);
  const perSecond = 8e6 / interval;
  // The last interval's value is repeated so that its step is drawn to its end.
  const rates = (bytes: Float64Array): number[] =>
    [...bytes, bytes[count - 1]!].map((each) => each * perSecond);
  const told = ['pacingRate', 'deliveryRate'].map((name) =>
    model.series.find(ref.endId, ref.connection, model.words.find(name) ?? NONE),
  );
  const variables = told.filter((series) => series !== undefined);
  return {
    times,
    values: [rates(sent), rates(acked), ...variables.map((series) => rateAt(model, series, times))],
  };
}

/** A variable of bytes a second, in bits, as it is when each interval ends. */
function rateAt({ events }: TraceModel, series: Series, times: readonly number[]): (number | null)[] {
  const ends = times.map((_, i) => times[Math.min(i + 1, times.length - 1)]!);
  return ends.map((end) => {
    const count = changesUpTo(events, series, end - 1);
    return count === 0 ? null : 8 * series.values.at(count - 1);
  });
}

function sentBytes(
  { packets, events, words }: TraceModel,
  ref: ConnectionRef,
  first: number,
  count: number,
  interval: number,
): Float64Array {
  const bytes = new Float64Array(count);
  const [source, destination] = [words.find(ref.local) ?? NONE, words.find(ref.remote) ?? NONE];
  const { row, dataLength } = packets;
  const before = countUpTo(events.time, events.length, first * interval - 1) - 1;
  const end = (first + count) * interval;
  for (let packet = row.countUpTo(before); packet < packets.length; packet++) {
    const t = events.time[row.at(packet)]!;
    if (t >= end) break;
    if (packets.source.at(packet) !== source || packets.destination.at(packet) !== destination) continue;
    bytes[Math.floor(t / interval) - first]! += dataLength.at(packet);
  }
  return bytes;
}

function ackedBytes(
  { series, words, events }: TraceModel,
  ref: ConnectionRef,
  first: number,
  count: number,
  interval: number,
): Float64Array {
  const bytes = new Float64Array(count);
  const una = series.find(ref.endId, ref.connection, words.find('snd.una') ?? NONE);
  if (una === undefined) return bytes;
  const end = changesUpTo(events, una, (first + count) * interval - 1);
  for (let i = Math.max(1, changesUpTo(events, una, first * interval - 1)); i < end; i++) {
    const place = Math.floor(events.time[una.rows.at(i)]! / interval) - first;
    bytes[place]! += (una.values.at(i) - una.values.at(i - 1)) >>> 0;
  }
  return bytes;
}
