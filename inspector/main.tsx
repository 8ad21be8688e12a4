/** The page: starts what lives as long as it, and shows what its address names or what is in it. */
import { render } from 'preact';
import { loadEmbedded } from './load/embedded.ts';
import { watch } from './load/live.ts';
import { captures, loadAddress } from './load/load.ts';
import { followRuns, open, startPlayground } from './playground/state.ts';
import { startKeyboard } from './state/keyboard.ts';
import { order, startWithLadder } from './state/panels.ts';
import { startPlaying } from './state/play.ts';
import { startTheme } from './state/theme.ts';
import { startAddress } from './state/url.ts';
import { App } from './ui/app.tsx';
import { pictures } from './ui/panel.tsx';
import { writer } from './ui/saveButton.tsx';
import { focusSearch } from './ui/search.tsx';
import './ui/style.css';
import './ui/charts.css';
import './ui/ladder.css';
import 'uplot/dist/uPlot.min.css';
import './ui/plots.css';
import './ui/outstanding.css';
import './ui/why.css';
import './ui/notes.css';
import './ui/playground.css';
import { VIEWS } from './views/index.ts';
import { loadAll } from './views/lazy.tsx';

order.value = VIEWS.map(({ id }) => id);
startTheme();
startPlaying();
startKeyboard(focusSearch);
startAddress();
followRuns();
render(<App />, document.getElementById('app')!);

const search = new URLSearchParams(location.search);
const trace = search.get('trace');
const live = search.get('live');
if (!search.has('view')) startWithLadder();
// Who comes for a run wants to see it; without one there is the playground
open.value = false;
if (!loadEmbedded()) {
  if (live !== null) watch(live);
  else if (trace !== null) void loadAddress(trace);
  else startPlayground();
}
// Soon, not when it is wanted: who served the page may be gone by then
requestAnimationFrame(() =>
  setTimeout(() => {
    loadAll();
    for (const piece of [captures, writer, pictures]) piece().catch(() => {});
  }),
);
