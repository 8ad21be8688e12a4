/** The page's parts: the header, the views in panels, the timeline; or how to open a trace while there is none. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { loadFile } from '../load/load.ts';
import { PlaygroundPanel } from '../playground/panel.tsx';
import { run } from '../state/run.ts';
import { Header } from './header.tsx';
import { Notices } from './notices.tsx';
import { Panels } from './panels.tsx';
import { Start } from './start.tsx';
import { Timeline } from './timeline.tsx';
import { TooltipLayer } from './tooltip.tsx';

export function App(): JSX.Element {
  const dragged = useSignal(false);
  useEffect(() => listenForFiles((over) => (dragged.value = over)), []);
  const shown = run.value;
  return (
    <div class={dragged.value ? 'app dragged' : 'app'}>
      <Header />
      <main>
        <Notices />
        <div class="stage">
          {shown !== undefined && <PlaygroundPanel />}
          {shown === undefined ? <Start /> : <Panels run={shown} />}
        </div>
      </main>
      {shown !== undefined && <Timeline run={shown} />}
      <TooltipLayer />
      {dragged.value && <div class="drop">Drop the trace to open it</div>}
    </div>
  );
}

/** Opens files that are dropped anywhere on the page. */
function listenForFiles(show: (over: boolean) => void): () => void {
  const over = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes('Files') !== true) return;
    event.preventDefault();
    show(true);
  };
  const leave = (event: DragEvent): void => {
    if (event.relatedTarget === null) show(false);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    show(false);
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) void loadFile(file);
  };
  addEventListener('dragover', over);
  addEventListener('dragleave', leave);
  addEventListener('drop', drop);
  return () => {
    removeEventListener('dragover', over);
    removeEventListener('dragleave', leave);
    removeEventListener('drop', drop);
  };
}
