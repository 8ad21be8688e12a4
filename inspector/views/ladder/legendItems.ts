/** What the signs of a ladder mean. */
import type { LegendItem } from '../../ui/legend.tsx';

export const LADDER_LEGEND: readonly LegendItem[] = [
  { label: 'to the right', colour: 'data', shape: 'line' },
  { label: 'to the left', colour: 'ack', shape: 'line' },
  { label: 'sent again (R timer, F fast)', colour: 'resent', shape: 'dashes' },
  { label: 'duplicate ACK', colour: 'ack', shape: 'dashes' },
  { label: 'copy, or not told', colour: 'data', shape: 'dots' },
  { label: 'lost', colour: 'lost', shape: 'cross' },
  { label: 'corrupted', colour: 'corrupted', shape: 'flash' },
  { label: 'dropped by receiver', colour: 'corrupted', shape: 'cross' },
  { label: 'overtaken', colour: 'data', shape: 'hollow' },
  { label: 'change of state', colour: 'accent', shape: 'diamond' },
  { label: 'application', colour: 'dim', shape: 'disc' },
];
