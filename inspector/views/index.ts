/** All views, in the order in which panels take them. */
import { ChartsView } from './charts/chartsView.tsx';
import { CompareView } from './compare/compareView.tsx';
import { LadderView } from './ladder/ladderView.tsx';
import { NotesView } from './notes/notesView.tsx';
import { OutstandingView } from './outstanding/outstandingView.tsx';
import { PlotsView } from './plots/plotsView.tsx';
import { TimeSequenceView } from './timeSequence/timeSequenceView.tsx';
import type { View } from './view.ts';
import { WhyView } from './why/whyView.tsx';

export const VIEWS: readonly View[] = [
  {
    id: 'charts',
    title: 'Charts',
    hint: 'The statecharts of both ends, the active state lit',
    component: ChartsView,
  },
  {
    id: 'ladder',
    title: 'Ladder',
    hint: 'Every packet between the ends, in true time',
    component: LadderView,
  },
  {
    id: 'why',
    title: 'Why',
    hint: 'What led to the selected event, and what came of it',
    component: WhyView,
  },
  {
    id: 'sequence',
    title: 'Time-sequence',
    hint: 'Sequence numbers over time, as tcptrace draws them',
    component: TimeSequenceView,
  },
  {
    id: 'plots',
    title: 'Plots',
    hint: 'Windows, round-trip times and rates over time',
    component: PlotsView,
  },
  {
    id: 'outstanding',
    title: 'Outstanding',
    hint: 'Segments sent and not yet acknowledged',
    component: OutstandingView,
  },
  { id: 'notes', title: 'Notes', hint: 'What an expert would remark on', component: NotesView },
  {
    id: 'compare',
    title: 'Compare',
    hint: 'A run as it was, and as it would have been',
    component: CompareView,
  },
];
