/** What a person says to the server, and what came back: the command line, quick buttons, files. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { FILE_LIMIT } from '../../src/app/playgroundInput.ts';
import { seven } from '../../src/app/seven.ts';
import { safeName } from '../../src/app/transfer.ts';
import { kindId } from '../model/draft.ts';
import type { TraceModel } from '../model/traceModel.ts';
import { select } from '../state/cursor.ts';
import { playing } from '../state/play.ts';
import { run } from '../state/run.ts';
import { act, actAll, atPlayground, problem, restart, session } from './state.ts';

export function Say(): JSX.Element {
  return (
    <section aria-label="Commands">
      <h3>Say something to the server</h3>
      <CommandLine />
      <div class="quick">
        {seven.map(({ command }) => (
          <button key={command} type="button" onClick={() => act({ kind: 'command', text: command })}>
            {command}
          </button>
        ))}
        <button type="button" onClick={actAll} title="The seven inputs, one after the other">
          all seven
        </button>
      </div>
      <Files />
      <div class="row">
        <button type="button" onClick={() => act({ kind: 'close' })} title="FIN, when all has its answer">
          Close connection
        </button>
        <button type="button" onClick={() => restart(false)} title="An empty run with these settings">
          Start afresh
        </button>
      </div>
      <Halted />
      {atPlayground.value && run.value !== undefined && <Said model={run.value.model} />}
    </section>
  );
}

/** That nothing happens is no fault: a person has halted the run, and there is something to be done in it. */
function Halted(): JSX.Element | null {
  const due = run.value !== undefined && session.value?.idle === false;
  if (!atPlayground.value || playing.value || !due) return null;
  return <p class="quiet">The run is halted: play it, or step, and it goes on.</p>;
}

/** Commands that are kept. */
const KEPT = 100;

function CommandLine(): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const said = useRef<string[]>([]);
  const at = useRef(0);
  const submit = (event: Event): void => {
    event.preventDefault();
    const text = input.current!.value;
    if (text.trim() === '' || !act({ kind: 'command', text })) return;
    said.current = [...said.current.filter((each) => each !== text), text].slice(-KEPT);
    at.current = said.current.length;
    input.current!.value = '';
  };
  const recall = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
    if (by === 0) return;
    event.preventDefault();
    at.current = Math.min(said.current.length, Math.max(0, at.current + by));
    input.current!.value = said.current[at.current] ?? '';
  };
  return (
    <form class="row command" onSubmit={submit}>
      <input
        ref={input}
        type="text"
        aria-label="Command"
        placeholder="PUT,key,value"
        autocomplete="off"
        spellcheck={false}
        onKeyDown={recall}
      />
      <button type="submit" class="go">
        Send
      </button>
    </form>
  );
}

const SIZES = [100, 1000, 10_000, 100_000, 1_000_000];

function sizeText(size: number): string {
  return size >= 1_000_000 ? `${size / 1_000_000} MB` : size >= 1000 ? `${size / 1000} kB` : `${size} B`;
}

function Files(): JSX.Element {
  const size = useSignal(1000);
  const input = useRef<HTMLInputElement>(null);
  const drop = (event: DragEvent): void => {
    const file = event.dataTransfer?.files[0];
    if (file === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    void sendOwn(file);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button beside it does the same
    <div class="row files" onDrop={drop} title="A file may be dropped here">
      <select
        aria-label="Size of the file"
        value={String(size.value)}
        onChange={({ currentTarget }) => (size.value = Number(currentTarget.value))}
      >
        {SIZES.map((each) => (
          <option key={each} value={String(each)}>
            {sizeText(each)}
          </option>
        ))}
      </select>
      <button
        type="button"
        onClick={() =>
          act({ kind: 'file', name: `${sizeText(size.value).replace(' ', '')}.bin`, size: size.value })
        }
      >
        Send a file
      </button>
      <button type="button" onClick={() => input.current?.click()}>
        Your own…
      </button>
      <input
        ref={input}
        type="file"
        class="hidden"
        tabIndex={-1}
        aria-label="File to send"
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          if (file !== undefined) void sendOwn(file);
          currentTarget.value = '';
        }}
      />
    </div>
  );
}

async function sendOwn(file: File): Promise<void> {
  if (file.size > FILE_LIMIT) {
    problem.value = `a file has at most ${FILE_LIMIT} bytes here, not ${file.size}`;
    return;
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  act({ kind: 'file', name: safeName(file.name), size: bytes.length, bytes });
}

/** Lines of what was said that are shown. */
const SHOWN = 8;

/** What the application said last; a press goes there. */
function Said({ model }: { model: TraceModel }): JSX.Element | null {
  const rows = lastWords(model);
  if (rows.length === 0) return null;
  return (
    <ol class="said" aria-label="Commands and answers">
      {rows.map((row) => {
        const what = model.words.text(model.events.b[row]!);
        const asked = what === 'command' || what === 'file';
        // That it is a command or its answer is seen; of a file it is said what became of it
        const word = what === 'command' || what === 'answer' ? 'hidden' : 'word';
        return (
          <li key={model.events.n[row]} class={asked ? 'asked' : 'told'}>
            <button type="button" title={model.textAt(row)} onClick={() => select(row)}>
              <span aria-hidden="true">{asked ? '›' : '‹'}</span>
              <span class={word}>{what}: </span>
              <span class="text">{model.textAt(row)}</span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

function lastWords(model: TraceModel): number[] {
  const rows: number[] = [];
  const { marks, events } = model;
  for (let i = marks.rows.length - 1; i >= 0 && rows.length < SHOWN; i--) {
    const row = marks.rows.at(i);
    if (events.kind[row] === kindId.app) rows.push(row);
  }
  return rows.reverse();
}
