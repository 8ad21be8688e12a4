/** All views, in the order in which panels take them. */
import { lazy } from './lazy.tsx';
import type { View } from './view.ts';

export const VIEWS: readonly View[] = [
  {
    id: 'charts',
    title: 'Charts',
    hint: 'The statecharts of both ends, the active state lit',
    component: lazy(async () => (await import('./charts/chartsView.tsx')).ChartsView),
  },
  {
    id: 'ladder',
    title: 'Ladder',
    hint: 'Every packet between the ends, in true time',
    component: lazy(async () => (await import('./ladder/ladderView.tsx')).LadderView),
  },
  {
    id: 'why',
    title: 'Why',
    hint: 'What led to the selected event, and what came of it',
    component: lazy(async () => (await import('./why/whyView.tsx')).WhyView),
  },
  {
    id: 'sequence',
    title: 'Time-sequence',
    hint: 'Sequence numbers over time, as tcptrace draws them',
    component: lazy(async () => (await import('./timeSequence/timeSequenceView.tsx')).TimeSequenceView),
  },
  {
    id: 'plots',
    title: 'Plots',
    hint: 'Windows, round-trip times and rates over time',
    component: lazy(async () => (await import('./plots/plotsView.tsx')).PlotsView),
  },
  {
    id: 'outstanding',
    title: 'Outstanding',
    hint: 'Segments sent and not yet acknowledged',
    component: lazy(async () => (await import('./outstanding/outstandingView.tsx')).OutstandingView),
  },
  {
    id: 'notes',
    title: 'Notes',
    hint: 'What an expert would remark on',
    component: lazy(async () => (await import('./notes/notesView.tsx')).NotesView),
  },
  {
    id: 'compare',
    title: 'Compare',
    hint: 'A run as it was, and as it would have been',
    component: lazy(async () => (await import('./compare/compareView.tsx')).CompareView),
  },
];
