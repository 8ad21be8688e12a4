/** A plot with its title and legend, and what the pointer does on it. */
import { useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { timeScale, zoomAndPan } from '../../draw/timeAxis.ts';
import { timeText } from '../../model/label.ts';
import { cursor, hoveredTime, moveToTime, select } from '../../state/cursor.ts';
import { dark } from '../../state/theme.ts';
import { Legend, type LegendItem } from '../../ui/legend.tsx';
import { hideTip, showTip } from '../../ui/tooltip.tsx';
import { type PanelAbout, type PanelData, type PanelQuestion, valuesAt } from './panels.ts';
import { Plot } from './plot.ts';
import { settleSpan } from './shownSpan.ts';

/** Height of title and legend, px. */
const HEAD = 22;
/** So near to a dot the pointer means it, px. */
const NEAR = 8;

interface PlotPanelProps {
  readonly about: PanelAbout;
  readonly data: PanelData;
  readonly question: PanelQuestion;
  readonly width: number;
  readonly height: number;
  /** It has the time axis. */
  readonly timed: boolean;
}

export function PlotPanel(props: PlotPanelProps): JSX.Element {
  const { about, data, question, width, height, timed } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const shown = { data, span: question.span, width, height: height - HEAD, unit: question.unit };
  useEffect(() => {
    const made = new Plot(about, shown, timed, place.current!);
    plot.current = made;
    const end = listen(made.over, latest);
    return () => {
      end();
      hideTip();
      made.destroy();
      plot.current = undefined;
    };
  }, []);
  useEffect(() => {
    plot.current?.show(shown);
    plot.current?.moveTo(cursor.peek().t, hoveredTime.peek());
  }, [data, width, height]);
  useSignalEffect(() => plot.current?.moveTo(cursor.value.t, hoveredTime.value));
  useSignalEffect(() => {
    if (dark.value !== undefined) plot.current?.redraw();
  });
  return (
    <section class="plot" aria-label={about.title}>
      <div class="plot-head">
        <h3>{about.title}</h3>
        <Values about={about} data={data} question={question} />
      </div>
      <div ref={place} role="img" aria-label={`${about.title} of ${question.ref.end} over time`} />
    </section>
  );
}

/** The legend with the values at the moment. */
function Values({ about, data, question }: Pick<PlotPanelProps, 'about' | 'data' | 'question'>): JSX.Element {
  const values = valuesAt(about, question, data, cursor.value.t);
  const items = about.lines.map(({ label, colour, shape }, i): LegendItem => {
    const value = values[i];
    return { label, colour, shape, ...(value === undefined ? {} : { value }) };
  });
  return <Legend items={items} />;
}

/** Listens to a plot's element. */
function listen(over: HTMLElement, latest: { readonly current: PlotPanelProps }): () => void {
  const scale = (): ReturnType<typeof timeScale> => {
    const [from, to] = latest.current.question.span;
    return timeScale(from, to, 0, over.clientWidth);
  };
  const onClick = (x: number, y: number): void => {
    const row = nearest(latest.current, x, y, over);
    if (row === undefined) moveToTime(Math.round(scale().t(x)));
    else select(row);
  };
  const settle = (): void => settleSpan(latest.current.question.model);
  over.addEventListener('wheel', settle);
  const end = zoomAndPan(over, { scale, onClick });
  const move = (event: PointerEvent): void => {
    const { about, question, data } = latest.current;
    const t = scale().t(event.clientX - over.getBoundingClientRect().left);
    const values = valuesAt(about, question, data, t);
    const lines = about.lines.map(({ label }, i) => [label, values[i]] as const);
    showTip(event.clientX, event.clientY, <Tip t={t} lines={lines} interval={data.interval} />);
  };
  over.addEventListener('pointermove', move);
  over.addEventListener('pointerleave', hideTip);
  return () => {
    end();
    over.removeEventListener('wheel', settle);
    over.removeEventListener('pointermove', move);
    over.removeEventListener('pointerleave', hideTip);
  };
}

interface TipProps {
  readonly t: number;
  readonly lines: readonly (readonly [string, string | undefined])[];
  readonly interval: number;
}

function Tip({ t, lines, interval }: TipProps): JSX.Element {
  return (
    <table class="plot-tip">
      <caption>
        {timeText(Math.round(t))}
        {interval > 0 && `, in ${timeText(interval)}`}
      </caption>
      <tbody>
        {lines.map(([label, value]) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td>{value ?? '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Row of the sample under the pointer; undefined when there is none near. */
function nearest(
  { data, question }: PlotPanelProps,
  x: number,
  y: number,
  over: HTMLElement,
): number | undefined {
  const [from, to] = question.span;
  const scale = timeScale(from, to, 0, over.clientWidth);
  const [least, most] = data.range;
  const place = (value: number): number => (data.log ? Math.log(value) : value);
  const height = (value: number): number =>
    over.clientHeight * (1 - (place(value) - place(least)) / (place(most) - place(least)));
  let found: number | undefined;
  let best = NEAR;
  for (const { t, rtt, row } of data.samples) {
    const distance = Math.hypot(scale.x(t) - x, height(rtt) - y);
    if (distance > best) continue;
    best = distance;
    found = row;
  }
  return found;
}
