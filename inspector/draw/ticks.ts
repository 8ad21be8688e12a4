/** Round values for axes, and their names. */

/** About `count` round values between `from` and `to`. */
export function ticks(from: number, to: number, count: number): number[] {
  const step = tickStep(to - from, count);
  const values: number[] = [];
  for (let i = Math.ceil(from / step); i * step <= to; i++) values.push(i * step);
  return values;
}

/** Powers of ten between `from` and `to`; where they are few, twice and five times them as well. */
export function logTicks(from: number, to: number): number[] {
  const powers: number[] = [];
  for (let power = 1; power <= to; power *= 10) if (power * 10 > from) powers.push(power);
  const values = powers.length <= 3 ? powers.flatMap((power) => [power, 2 * power, 5 * power]) : powers;
  return values.filter((value) => value >= from && value <= to);
}

/** 1, 2 or 5 times a power of ten. */
export function tickStep(length: number, count: number): number {
  const raw = Math.max(length, Number.MIN_VALUE) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const share = raw / power;
  return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}

/** A time (us) on an axis whose ticks are so far apart (us): in one unit, with the digits that tell ticks apart. */
export function tickTime(t: number, step: number): string {
  if (step >= 100_000) return `${(t / 1e6).toFixed(step >= 1e6 ? 0 : 1)} s`;
  if (step >= 1000) return `${(t / 1000).toFixed(0)} ms`;
  if (step >= 100) return `${(t / 1000).toFixed(1)} ms`;
  if (t >= 10_000) return `${(t / 1000).toFixed(step >= 10 ? 2 : 3)} ms`;
  return `${t.toFixed(0)} µs`;
}

/** A time with the digits that tell it from the next, in seconds from one second on. */
export function clockText(t: number, step: number): string {
  if (t < 1e6) return tickTime(t, step);
  const digits = Math.max(0, 6 - Math.floor(Math.log10(step) + 1e-9));
  return `${(t / 1e6).toFixed(digits)} s`;
}

/** A number of bytes on an axis: `1.5 k`, `20 M`. */
export function tickBytes(bytes: number): string {
  if (bytes >= 1e6) return `${+(bytes / 1e6).toFixed(2)} M`;
  if (bytes >= 1e3) return `${+(bytes / 1e3).toFixed(2)} k`;
  return String(bytes);
}
