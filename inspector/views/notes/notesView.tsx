/** What an expert would remark on: findings by kind with counts, each leading to its event. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { timeText } from '../../model/label.ts';
import { NONE } from '../../model/traceModel.ts';
import { NOTE_KINDS, type Note, type NoteKind, type Severity } from '../../notes/note.ts';
import { cursor, hovered, select, selection } from '../../state/cursor.ts';
import { conversation } from '../../state/focus.ts';
import type { ViewProps } from '../view.ts';
import { notesPicture } from './notesDrawing.ts';
import { useFindings } from './useFindings.ts';

/** Notes of a group that are listed before one asks for more. */
const SHOWN = 100;

const SIGNS: Readonly<Record<Severity, string>> = { error: '✕', warning: '▲', remark: '●' };

export function NotesView({ run, width, compact, onPicture }: ViewProps): JSX.Element {
  const { notes, counts } = useFindings(run);
  const kind = useSignal<NoteKind | undefined>(undefined);
  const shown = ownNotes(notes, run.model.conversations.all.size > 1);
  const wanted = kind.value === undefined ? shown : shown.filter((note) => note.kind === kind.value);
  useEffect(() => {
    onPicture(() => ({
      kind: 'drawing',
      ...notesPicture(run.model, wanted.slice(0, SHOWN), Math.max(width, 560)),
    }));
  });
  if (notes.length === 0) return <p class="quiet">Nothing to remark on in this run.</p>;
  return (
    <div class={compact ? 'notes compact' : 'notes'}>
      <Kinds notes={shown} counts={counts} chosen={kind.value} onChoose={(each) => (kind.value = each)} />
      <NoteList key={kind.value ?? ''} notes={wanted} model={run.model} />
    </div>
  );
}

/** Of several conversations those of the one that is looked at, and those of none. */
function ownNotes(notes: readonly Note[], several: boolean): readonly Note[] {
  const shown = conversation.value;
  if (!several || shown === undefined) return notes;
  const { a, b } = shown;
  return notes.filter(
    ({ end, connection }) =>
      connection === 0 ||
      (a.end === end && a.connection === connection) ||
      (b?.end === end && b.connection === connection),
  );
}

interface KindsProps {
  readonly notes: readonly Note[];
  readonly counts: ReadonlyMap<NoteKind, number>;
  readonly chosen: NoteKind | undefined;
  readonly onChoose: (kind: NoteKind | undefined) => void;
}

/** How many there are of each kind, the gravest first; a press shows only those. */
function Kinds({ notes, counts, chosen, onChoose }: KindsProps): JSX.Element {
  const own = new Map<NoteKind, number>();
  for (const { kind } of notes) own.set(kind, (own.get(kind) ?? 0) + 1);
  const all = (Object.keys(NOTE_KINDS) as NoteKind[]).filter((kind) => own.has(kind));
  return (
    <fieldset class="kinds">
      <legend class="hidden">Kinds of notes</legend>
      <button type="button" aria-pressed={chosen === undefined} onClick={() => onChoose(undefined)}>
        All <b>{notes.length}</b>
      </button>
      {all.map((kind) => {
        const { title, severity } = NOTE_KINDS[kind];
        const kept = own.get(kind)!;
        const more = (counts.get(kind) ?? 0) > kept && kept >= 5000 ? '+' : '';
        return (
          <button
            key={kind}
            type="button"
            aria-pressed={chosen === kind}
            onClick={() => onChoose(chosen === kind ? undefined : kind)}
          >
            <Sign severity={severity} /> {title}{' '}
            <b>
              {kept}
              {more}
            </b>
          </button>
        );
      })}
    </fieldset>
  );
}

function Sign({ severity }: { severity: Severity }): JSX.Element {
  return (
    <span class={`sign-${severity}`} role="img" aria-label={severity} title={severity}>
      {SIGNS[severity]}
    </span>
  );
}

interface NoteListProps {
  readonly notes: readonly Note[];
  readonly model: ViewProps['run']['model'];
}

function NoteList({ notes, model }: NoteListProps): JSX.Element {
  const from = useSignal(0);
  const list = useRef<HTMLOListElement>(null);
  const { row } = cursor.value;
  const current = lastBefore(notes, row);
  // Where the moment is among them, so that it can be kept in sight.
  const first =
    current >= from.value && current < from.value + SHOWN ? from.value : Math.max(0, current - 20);
  from.value = first;
  useEffect(() => {
    const entry = list.current?.querySelector<HTMLElement>('[aria-current]');
    const box = list.current;
    if (entry == null || box === null) return;
    const top = entry.offsetTop - box.offsetTop;
    if (top < box.scrollTop || top + entry.offsetHeight > box.scrollTop + box.clientHeight)
      box.scrollTop = Math.max(0, top - box.clientHeight / 3);
  }, [current]);
  const shown = notes.slice(first, first + SHOWN);
  return (
    <ol class="note-list" ref={list} start={first + 1}>
      {first > 0 && (
        <More text={`${first} before`} onClick={() => (from.value = Math.max(0, first - SHOWN))} />
      )}
      {shown.map((note, i) => (
        <Entry
          key={`${note.row} ${note.kind}`}
          note={note}
          model={model}
          current={first + i === current}
          past={note.row <= row}
        />
      ))}
      {notes.length > first + SHOWN && (
        <More
          text={`${notes.length - first - SHOWN} more`}
          onClick={() => select(notes[first + SHOWN]!.row)}
        />
      )}
    </ol>
  );
}

/** Place of the last note at or before a row; -1 for none. */
function lastBefore(notes: readonly Note[], row: number): number {
  let low = 0;
  let high = notes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (notes[middle]!.row <= row) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function More({ text, onClick }: { text: string; onClick: () => void }): JSX.Element {
  return (
    <li class="more">
      <button type="button" onClick={onClick}>
        {text}
      </button>
    </li>
  );
}

interface EntryProps {
  readonly note: Note;
  readonly model: ViewProps['run']['model'];
  readonly current: boolean;
  readonly past: boolean;
}

function Entry({ note, model, current, past }: EntryProps): JSX.Element {
  const { title, severity, rfc } = NOTE_KINDS[note.kind];
  const chosen = selection.value === note.row;
  return (
    <li
      class={`${past ? '' : 'future'}${chosen ? ' chosen' : ''}`}
      aria-current={current ? 'step' : undefined}
    >
      <button
        type="button"
        class="note"
        onClick={() => select(note.row)}
        onPointerEnter={() => (hovered.value = note.row)}
        onPointerLeave={() => (hovered.value = NONE)}
      >
        <span class="what">
          <Sign severity={severity} /> <b>{title}</b>
          <span class="when">{timeText(model.events.time[note.row]!)}</span>
          {note.end !== '' && <span class="where">{note.end}</span>}
        </span>
        <span class="text">{note.text}</span>
      </button>
      <span class="links">
        {note.links.map((link) => (
          <button key={link.text + link.row} type="button" onClick={() => select(link.row)}>
            {link.text} #{model.events.n[link.row]}
          </button>
        ))}
        <cite>{rfc}</cite>
      </span>
    </li>
  );
}
