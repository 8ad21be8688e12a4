/** A chart as it is at a moment: states in their boxes, the active one lit, the arrow that was taken last lit too. */
import type { JSX } from 'preact';
import type { ChartDrawing, DrawnEdge, DrawnState, Lines } from '../../geometry/drawing.ts';
import type { Part } from './chartTip.tsx';
import { edgeOf, headOf, isWithin, pathOf, piecesTaken, type Taken } from './edges.ts';

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
  /** Told of the pointer's moves over a part, and that it leaves. */
  readonly onPart?: (event: PointerEvent, part: Part) => void;
  /** Part of the drawing that is seen; all of it when missing. */
  readonly viewBox?: string;
}

export function ChartSvg(props: ChartSvgProps): JSX.Element {
  const { name, chart, active, taken, now, mini, viewBox, onPart } = props;
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
      {chart.edges.map(
        (each) => each !== edge && <Edge key={each.line.join()} edge={each} mini={mini} onPart={onPart} />,
      )}
      {edge !== undefined && <Edge edge={edge} mini={mini} onPart={onPart} taken />}
      {edge === undefined && taken !== undefined && taken.from !== taken.to && (
        <Undrawn chart={chart} taken={taken} />
      )}
      {simple.map((state) => (
        <State key={state.path} {...props} state={state} />
      ))}
      {!mini &&
        chart.edges.map(
          (each) => each !== edge && <Label key={each.line.join()} edge={each} onPart={onPart} />,
        )}
      {!mini && edge !== undefined && <Label edge={edge} taken={taken} onPart={onPart} />}
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
  onPart,
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
    // In SVG an attribute's name is as it is written
    tabindex: 0,
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
      <g class={says} {...press} {...pointed(path, onPart)}>
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

type OnPart = ChartSvgProps['onPart'];

interface Listeners {
  readonly onPointerMove?: (event: PointerEvent) => void;
  readonly onPointerLeave?: (event: PointerEvent) => void;
}

/** Listeners of a part. */
function pointed(part: Part, onPart: OnPart): Listeners {
  if (onPart === undefined) return {};
  const tell = (event: PointerEvent): void => onPart(event, part);
  return { onPointerMove: tell, onPointerLeave: tell };
}

interface EdgeProps {
  readonly edge: DrawnEdge;
  readonly mini: boolean;
  readonly taken?: boolean;
  readonly onPart: OnPart;
}

function Edge({ edge, mini, taken, onPart }: EdgeProps): JSX.Element {
  return (
    <g class={taken ? 'edge taken' : 'edge'} {...pointed(edge, onPart)}>
      <path class="arrow" d={pathOf(edge.line, mini ? 10 : 6)} />
      <path class="head" d={headOf(edge.line, taken ? 5.5 : 4)} />
      {onPart !== undefined && <path class="reach" d={pathOf(edge.line)} />}
    </g>
  );
}

interface LabelProps {
  readonly edge: DrawnEdge;
  readonly taken?: Taken | undefined;
  readonly onPart: OnPart;
}

function Label({ edge, taken, onPart }: LabelProps): JSX.Element {
  const [x, y, width, height] = edge.label;
  const lit = taken === undefined ? undefined : piecesTaken(edge.lines, taken);
  return (
    <g class={taken ? 'label taken' : 'label'} {...pointed(edge, onPart)}>
      <rect x={x} y={y} width={width} height={height} rx={4} />
      <Text lines={edge.lines} x={x + 3} y={y + 12} lit={lit} />
    </g>
  );
}

interface TextProps {
  readonly lines: Lines;
  readonly x: number;
  readonly y: number;
  /** Pieces that stand out, as `line.piece`. */
  readonly lit?: ReadonlySet<string> | undefined;
}

function Text({ lines, x, y, lit }: TextProps): JSX.Element {
  return (
    <>
      {lines.map((pieces, i) => (
        <text key={y + i * 15} class="line" x={x} y={y + i * 15} xml:space="preserve">
          {pieces.map(([kind, piece], j) => (
            <tspan key={piece} class={lit?.has(`${i}.${j}`) ? `${kind} lit` : kind}>
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
