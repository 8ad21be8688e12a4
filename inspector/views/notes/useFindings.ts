/** The findings of a run, made anew when it has grown, but not so often that it takes the page's time. */
import { useEffect, useState } from 'preact/hooks';
import type { TraceModel } from '../../model/traceModel.ts';
import { type Findings, findNotes } from '../../notes/find.ts';
import type { Run } from '../../state/run.ts';

/** Of a run that grows: pause between two walks, in walks' lengths and ms at the least. */
const PAUSE = { walks: 20, ms: 500 };

interface Made {
  readonly length: number;
  readonly findings: Findings;
  /** When the next may be made, ms. */
  readonly next: number;
}

/** All views that ask share one walk. */
const made = new WeakMap<TraceModel, Made>();

export function useFindings({ model }: Run): Findings {
  const [, again] = useState(0);
  const known = made.get(model);
  const wait = known === undefined || known.length === model.length ? 0 : known.next - performance.now();
  useEffect(() => {
    if (wait <= 0) return;
    const timer = setTimeout(() => again((count) => count + 1), wait);
    return () => clearTimeout(timer);
  });
  if (known !== undefined && (known.length === model.length || wait > 0)) return known.findings;
  return make(model);
}

function make(model: TraceModel): Findings {
  const start = performance.now();
  const findings = findNotes(model);
  const end = performance.now();
  const next = end + Math.max(PAUSE.ms, PAUSE.walks * (end - start));
  made.set(model, { length: model.length, findings, next });
  return findings;
}
