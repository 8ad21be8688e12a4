/**
 * The trace that is in the page itself. `single.html` holds `<!--statewire-trace-->`; who exports a run puts in its
 * place an element with the trace (JSON lines), gzipped, in base64:
 *
 *     <script type="text/plain" id="statewire-trace" data-name="run.jsonl">H4sI...</script>
 */
import { loadStream } from './load.ts';

/** Shows the trace in the page; false when there is none. */
export function loadEmbedded(): boolean {
  const element = document.getElementById('statewire-trace');
  if (element === null) return false;
  const text = atob(element.textContent?.trim() ?? '');
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  void loadStream(element.dataset.name ?? 'trace', new Blob([bytes]).stream() as never, bytes.length);
  return true;
}
