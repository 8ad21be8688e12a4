/** A figure of a benchmark: what was measured, and in the same run beside what. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** To what is named beside it. */
  readonly ratio?: number;
  readonly beside?: string;
}

/** Runs `work` and returns how long it took, s. */
export function seconds(work: () => void): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

/** The middle one of several runs. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] as number;
}

/** Bytes of heap in use after a collection; needs `--expose-gc`. */
export function heapUsed(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('run with node --expose-gc');
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}
