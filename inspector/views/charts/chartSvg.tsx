/** A chart as it is at a moment: states in their boxes, the active one lit, the arrow that was taken last lit too. */
import type { JSX } from 'preact';
import type { ChartDrawing, DrawnEdge, DrawnState, Lines } from '../../geometry/drawing.ts';
import { edgeOf, headOf, isWithin, pathOf, type Taken } from './edges.ts';

/** Room under the lowest state for what was taken there, px. */
export const FLAG = 22;

export interface ChartSvgProps {
  readonly name: string;
  readonly chart: ChartDrawing;
  /** Path of the active leaf; empty before the chart began. */
  readonly active: string;
  /** What was taken last; undefined when nothing was. */
  readonly taken: Taken | undefined;
  /** It was taken at this very moment. */
  readonly now: boolean;
  /** Names and arrows only. */
  readonly mini: boolean;
  /** State whose times are shown. */
  readonly chosen?: string;
  readonly onState?: (path: string) => void;
  /** Part of the drawing that is seen; all of it when missing. */
  readonly viewBox?: string;
}

export function ChartSvg(props: ChartSvgProps): JSX.Element {
  const { name, chart, active, taken, now, mini, viewBox } = props;
  const edge = taken === undefined ? undefined : edgeOf(chart, taken);
  const compound = chart.states.filter((state) => state.compound);
  const simple = chart.states.filter((state) => !state.compound);
  const says = active === '' ? 'not begun' : `in ${active}`;
  return (
    <svg
      class={`chart${mini ? ' mini' : ''}${now ? ' now' : ''}`}
      viewBox={viewBox ?? `0 0 ${chart.size.join(' ')}`}
      data-whole={`0 0 ${chart.size[0]} ${chart.size[1] + FLAG}`}
      role={mini ? 'presentation' : 'group'}
      aria-label={mini ? undefined : `Statechart ${name}, ${says}`}
    >
      {compound.map((state) => (
        <State key={state.path} {...props} state={state} />
      ))}
      {chart.dots.map(({ box, line }) => (
        <g key={box.join()} class="initial">
          <circle cx={box[0] + 6} cy={box[1] + 6} r={4.5} />
          <path class="arrow" d={pathOf(line)} />
          <path class="head" d={headOf(line)} />
        </g>
      ))}
      {chart.edges.map((each) => each !== edge && <Edge key={each.line.join()} edge={each} mini={mini} />)}
      {edge !== undefined && <Edge edge={edge} mini={mini} taken />}
      {edge === undefined && taken !== undefined && taken.from !== taken.to && (
        <Undrawn chart={chart} taken={taken} />
      )}
      {simple.map((state) => (
        <State key={state.path} {...props} state={state} />
      ))}
      {!mini && chart.edges.map((each) => each !== edge && <Label key={each.line.join()} edge={each} />)}
      {!mini && edge !== undefined && <Label edge={edge} taken={taken} />}
      {!mini && edge === undefined && taken !== undefined && <Flag chart={chart} taken={taken} />}
    </svg>
  );
}

function State({
  state,
  active,
  mini,
  chosen,
  onState,
  taken,
}: ChartSvgProps & { state: DrawnState }): JSX.Element {
  const { path, box, final, compound, lines } = state;
  const [x, y, width, height] = box;
  const isActive = active !== '' && isWithin(active, path);
  const left = !isActive && taken !== undefined && taken.from === path;
  const name = path.slice(path.lastIndexOf('.') + 1);
  const classes = [
    'state',
    compound && 'compound',
    isActive && 'active',
    left && 'left',
    chosen === path && 'chosen',
  ];
  const press = onState && {
    role: 'button' as const,
    tabIndex: 0,
    'aria-pressed': chosen === path,
    'aria-label': `${path}${isActive ? ', active' : ''}: show when it was active`,
    onClick: () => onState(path),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      event.stopPropagation();
      onState(path);
    },
  };
  const says = classes.filter(Boolean).join(' ');
  // What it does on entry and exit stands beside the button, which is named as the state is
  return (
    <>
      <g class={says} {...press}>
        <rect class="box" x={x} y={y} width={width} height={height} rx={compound ? 10 : 7} />
        {final && <rect class="inner" x={x + 3} y={y + 3} width={width - 6} height={height - 6} rx={5} />}
        {isActive && !compound && <circle class="lamp" cx={x + 4} cy={y + 4} r={4.5} />}
        {!mini && (
          <text
            class="name"
            x={compound ? x + 10 : x + width / 2}
            y={y + 17}
            text-anchor={compound ? 'start' : 'middle'}
          >
            {name}
          </text>
        )}
      </g>
      {!mini && lines !== undefined && (
        <g class={`${says} does`}>
          <Text lines={lines} x={x + 8} y={y + 35} />
        </g>
      )}
    </>
  );
}

function Edge({ edge, mini, taken }: { edge: DrawnEdge; mini: boolean; taken?: boolean }): JSX.Element {
  return (
    <g class={taken ? 'edge taken' : 'edge'}>
      <path class="arrow" d={pathOf(edge.line, mini ? 10 : 6)} />
      <path class="head" d={headOf(edge.line, taken ? 5.5 : 4)} />
    </g>
  );
}

function Label({ edge, taken }: { edge: DrawnEdge; taken?: Taken | undefined }): JSX.Element {
  const [x, y, width, height] = edge.label;
  return (
    <g class={taken ? 'label taken' : 'label'}>
      <rect x={x} y={y} width={width} height={height} rx={4} />
      <Text lines={edge.lines} x={x + 3} y={y + 12} />
    </g>
  );
}

function Text({ lines, x, y }: { lines: Lines; x: number; y: number }): JSX.Element {
  return (
    <>
      {lines.map((pieces, i) => (
        <text key={y + i * 15} class="line" x={x} y={y + i * 15} xml:space="preserve">
          {pieces.map(([kind, piece]) => (
            <tspan key={piece} class={kind}>
              {piece}
            </tspan>
          ))}
        </text>
      ))}
    </>
  );
}

/** What was taken without an arrow of its own: a dashed line between the boxes. */
function Undrawn({ chart, taken }: { chart: ChartDrawing; taken: Taken }): JSX.Element | null {
  const from = chart.states.find(({ path }) => path === taken.from)?.box;
  const to = chart.states.find(({ path }) => path === taken.to)?.box;
  if (from === undefined || to === undefined) return null;
  const line = [from[0] + from[2] / 2, from[1] + from[3] / 2, to[0] + to[2] / 2, to[1] + to[3] / 2];
  return (
    <g class="edge taken undrawn">
      <path class="arrow" d={pathOf(line)} />
    </g>
  );
}

/** What was taken without a label of its own, beside the state that it led to. */
function Flag({ chart, taken }: { chart: ChartDrawing; taken: Taken }): JSX.Element | null {
  const box = chart.states.find(({ path }) => path === taken.to)?.box;
  if (box === undefined) return null;
  const guard = taken.guard === '' ? '' : ` [${taken.guard}]`;
  const words = `${taken.from === taken.to ? '↻ ' : '→ '}${taken.event.replace(/^after\./, 'after ')}${guard}`;
  const width = words.length * 6.7 + 8;
  const x = Math.max(2, Math.min(box[0] + box[2] / 2 - width / 2, chart.size[0] - width - 2));
  const y = box[1] + box[3] + 3;
  return (
    <g class="label taken">
      <rect x={x} y={y} width={width} height={17} rx={4} />
      <text class="line event" x={x + 4} y={y + 12}>
        {words}
      </text>
    </g>
  );
}
