/** What is loaded, whose values they are and what they are at the moment, the search, and the page's own buttons. */
import type { JSX } from 'preact';
import { timeText } from '../model/label.ts';
import { NONE, type TraceModel } from '../model/traceModel.ts';
import { cursor } from '../state/cursor.ts';
import { chosenConversation, chosenEnd, conversation, end, ends } from '../state/focus.ts';
import { KEYS } from '../state/keyboard.ts';
import { run } from '../state/run.ts';
import { nextTheme, themeChoice } from '../state/theme.ts';
import { OpenButton } from './openButton.tsx';
import { Popover } from './popover.tsx';
import { SaveButton } from './saveButton.tsx';
import { Search } from './search.tsx';

export function Header(): JSX.Element {
  const shown = run.value;
  return (
    <header class="top">
      <h1>
        <svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true">
          <rect x="1" y="2" width="6" height="5" rx="1.5" class="one" />
          <rect x="9" y="9" width="6" height="5" rx="1.5" class="two" />
          <path d="M7 4.5h5V9" />
        </svg>
        Statewire
      </h1>
      {shown !== undefined && (
        <>
          <span class="name" title={aboutRun(shown.model)}>
            <span>{shown.name}</span>
            {shown.live && <em class="live">live</em>}
          </span>
          <Focus />
          <Values model={shown.model} />
          <Search />
        </>
      )}
      <span class="spring" />
      <OpenButton />
      {shown !== undefined && <SaveButton run={shown} />}
      <button type="button" onClick={nextTheme} title="Colours: as the system has them, dark, light">
        <span class="hidden">Theme: </span>
        {themeChoice.value === 'auto' ? '◐' : themeChoice.value === 'dark' ? '●' : '○'} {themeChoice.value}
      </button>
      <Help />
    </header>
  );
}

/** What the trace's header says. */
function aboutRun({ header }: TraceModel): string {
  if (header === undefined) return '';
  const { profile, arq, stack } = header.configuration;
  const words = [profile, arq, stack].filter((word) => typeof word === 'string');
  return [`seed ${header.seed}`, ...words, `engine ${header.engine}`, `version ${header.version}`].join(
    ' · ',
  );
}

/** Which conversation, and which of its ends. */
function Focus(): JSX.Element | null {
  const all = [...(run.value?.model.conversations.all ?? [])].slice(0, 500);
  const shown = conversation.value;
  if (shown === undefined) return null;
  return (
    <>
      {all.length > 1 && (
        <label class="pick">
          <span class="hidden">Conversation</span>
          <select
            value={String(shown.id)}
            onChange={({ currentTarget }) => (chosenConversation.value = Number(currentTarget.value))}
          >
            {all.map(({ id, a, b }) => (
              <option key={id} value={String(id)}>
                {a.end} {a.connection} ↔ {b === undefined ? a.remote || '?' : `${b.end} ${b.connection}`}
              </option>
            ))}
          </select>
        </label>
      )}
      <fieldset class="segmented">
        <legend class="hidden">End</legend>
        {ends.value.map((ref) => (
          <label key={ref.end} title={ref.local}>
            <input
              type="radio"
              name="end"
              checked={end.value === ref}
              onChange={() => (chosenEnd.value = ref.end)}
            />
            <span>{ref.end}</span>
          </label>
        ))}
      </fieldset>
    </>
  );
}

/** No slow start threshold yet. */
const UNLIMITED = 2 ** 31 - 1;

const SHOWN: readonly (readonly [name: string, title: string, text: (value: number) => string])[] = [
  ['cwnd', 'Congestion window, bytes', String],
  ['ssthresh', 'Slow start threshold, bytes', (value) => (value >= UNLIMITED ? '∞' : String(value))],
  ['flight', 'Sent and not acknowledged, bytes', String],
  ['snd.wnd', "The peer's window, bytes", String],
  ['srtt', 'Smoothed round-trip time', shortTime],
  ['rto', 'Retransmission timeout, backed off', shortTime],
];

/** A time to a tenth of a ms, us. */
function shortTime(us: number): string {
  return timeText(us < 1000 ? us : Math.round(us / 100) * 100);
}

/** The values of the end that is looked at. */
function Values({ model }: { model: TraceModel }): JSX.Element | null {
  const ref = end.value;
  const { row } = cursor.value;
  if (ref === undefined) return null;
  const group = model.tracks.group(ref.endId, ref.connection, model.words.find('connection') ?? NONE);
  const track = group?.tracks.at(0) ?? NONE;
  const state = track === NONE ? '' : model.words.text(model.tracks.stateAt(track, row));
  return (
    <dl class="values" aria-label={`Values of ${ref.end}`}>
      {state !== '' && (
        <div class="state-value">
          <dt class="hidden">state</dt>
          <dd>{state}</dd>
        </div>
      )}
      {SHOWN.map(([name, title, text]) => {
        const value = model.variable(ref.end, ref.connection, name, row);
        return (
          <div key={name} title={title}>
            <dt>{name}</dt>
            <dd>{value === undefined ? '–' : text(value)}</dd>
          </div>
        );
      })}
    </dl>
  );
}

function Help(): JSX.Element {
  return (
    <Popover label="Keys">
      <dl>
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Popover>
  );
}
