/**
 * Windows, round-trip times and rates of one end over time, one above the other, with the moment across all. Values at the
 * moment stand in the legends; pointing shows those at the pointer; a press on a plot goes there, on a dot selects it.
 */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { cursor } from '../../state/cursor.ts';
import { chosenEnd, end, ends } from '../../state/focus.ts';
import type { ViewProps } from '../view.ts';
import { PANELS, type PanelId, type PanelQuestion, panelData, panelsOf } from './panels.ts';
import { AXIS, isDense } from './plot.ts';
import { PlotPanel } from './plotPanel.tsx';
import { type Drawn, plotsDrawing } from './plotsDrawing.ts';
import { shownSpan } from './shownSpan.ts';

const BAR = 32;

export function PlotsView({ run, width, height, compact, onPicture }: ViewProps): JSX.Element {
  const inSegments = useSignal(false);
  const only = useSignal<PanelId>('windows');
  const { model } = run;
  const ref = end.value;
  const shown = shownSpan(model);
  const small = compact || height < 330;
  const mss = segmentSize(model.header?.configuration.tcp);
  const unit = inSegments.value && mss > 0 ? mss : 1;
  const columns = Math.max(50, Math.round(width - AXIS));
  const question: PanelQuestion | undefined = useMemo(
    () => (ref === undefined ? undefined : { model, ref, span: shown, columns, unit }),
    [model, ref, shown[0], shown[1], columns, unit],
  );
  const drawn = useMemo(
    () => (question === undefined ? [] : drawnOf(question, small ? only.value : undefined)),
    [question, model.length, small, only.value],
  );
  useEffect(() => {
    const size = { width, height: height - BAR };
    onPicture(() => ({ kind: 'drawing', size, draw: plotsDrawing(drawn, shown, unit, cursor.peek().t) }));
  });
  if (question === undefined) return <p class="quiet">No connection in this run.</p>;
  const each = Math.floor((height - BAR) / drawn.length);
  return (
    <div class="plots">
      <div class="plots-bar" style={{ height: `${BAR}px` }}>
        <Choice
          label="End"
          value={question.ref.end}
          options={ends.value.map((one) => [one.end, one.end])}
          onChange={(name) => (chosenEnd.value = name)}
        />
        {small && (
          <Choice
            label="Plot"
            value={only.value}
            options={PANELS.map(({ id, title }) => [id, title])}
            onChange={(id) => (only.value = id as PanelId)}
          />
        )}
        {mss > 0 && (!small || only.value === 'windows') && (
          <Choice
            label="Unit of windows"
            value={inSegments.value ? 'segments' : 'bytes'}
            options={[
              ['bytes', 'bytes'],
              ['segments', `segments of ${mss}`],
            ]}
            onChange={(chosen) => (inSegments.value = chosen === 'segments')}
          />
        )}
      </div>
      {drawn.map(({ about, data }, i) => (
        <PlotPanel
          key={`${about.id} ${data.log} ${isDense(data, width)} ${question.ref.end} ${about.lines.length} ${i === drawn.length - 1}`}
          about={about}
          data={data}
          question={question}
          width={width}
          height={each}
          timed={i === drawn.length - 1}
        />
      ))}
    </div>
  );
}

/** All panels or one, with what is drawn in them. */
function drawnOf(question: PanelQuestion, only: PanelId | undefined): Drawn[] {
  const panels = panelsOf(question.model, question.ref);
  return panels
    .filter(({ id }) => only === undefined || id === only)
    .map((about) => ({ about, data: panelData(about.id, question) }));
}

/** The configured segment size, bytes; 0 when the trace does not say. */
function segmentSize(tcp: unknown): number {
  const { mss } = (tcp ?? {}) as Readonly<Record<string, unknown>>;
  return typeof mss === 'number' ? mss : 0;
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps): JSX.Element {
  return (
    <label>
      <span class="hidden">{label}</span>
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
