/**
 * The ladder: time runs down, each packet is an arrow from its sender's post when it left to its receiver's when it
 * came. It scrolls and zooms by itself and goes where the moment goes.
 */
import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX, RefObject } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { Canvas } from '../../draw/canvas.tsx';
import type { Draw } from '../../draw/pen.ts';
import { cursor, hovered, hoveredTime, selection } from '../../state/cursor.ts';
import { playing } from '../../state/play.ts';
import { chosenSpan } from '../../state/span.ts';
import { Legend } from '../../ui/legend.tsx';
import { useSize } from '../../ui/useSize.ts';
import type { ViewProps } from '../view.ts';
import { type Drawn, drawLadder } from './drawLadder.ts';
import { drawMoment } from './drawMoment.ts';
import { LADDER_LEGEND } from './legendItems.ts';
import { Pointing } from './pointing.tsx';
import { arrowOfRow, columnsOf, HEAD, type Scene } from './scene.ts';
import { Summary } from './summary.tsx';
import { Toolbar } from './toolbar.tsx';
import { boundedScale, type LadderChoices, useChoices, useScene } from './useLadder.ts';

/** Room under the last event. */
const FOOT = 30;
/** Browsers draw no taller elements than some millions of px: a longer ladder scrolls faster. */
const TALLEST = 8_000_000;

export function LadderView({ run, width, height, compact, onPicture }: ViewProps): JSX.Element {
  const choices = useChoices();
  // What tools and legend leave
  const [middle, room] = useSize<HTMLDivElement>();
  const scene = useScene(run, choices, room.height);
  return (
    <div class="ladder" style={{ height: `${height}px` }}>
      {!compact && <Toolbar run={run} scene={scene} choices={choices} />}
      <div class="middle" ref={middle}>
        {scene === undefined ? (
          <p class="quiet">No packets between ends in this run.</p>
        ) : (
          room.height > 0 && <Rungs {...{ scene, choices, width, compact, onPicture }} height={room.height} />
        )}
      </div>
      {!compact && <Legend items={LADDER_LEGEND} />}
    </div>
  );
}

interface RungsProps {
  readonly scene: Scene;
  readonly choices: LadderChoices;
  readonly width: number;
  readonly height: number;
  readonly compact: boolean;
  readonly onPicture: ViewProps['onPicture'];
}

/** The scrolling part. */
function Rungs({ scene, choices, width, height, compact, onPicture }: RungsProps): JSX.Element {
  const scroller = useRef<HTMLElement>(null);
  const top = useSignal(0);
  const drawn = useRef<Drawn>({ chips: [], notes: [] });
  // The bar that scrolls takes some of the width
  const inner = width - 12;
  const columns = useMemo(
    () => columnsOf(inner, scene.posts.all.length, compact),
    [inner, scene.posts, compact],
  );
  const whole = scene.time.height + HEAD + FOOT;
  const scrolled = useScrolling(scroller, scene, top, whole, height);
  useZoomKeys(scroller, scene, choices, scrolled, height);
  const draw: Draw = useMemo(
    () => (pen, size, colours) => {
      drawn.current = drawLadder(pen, size, colours, scene, columns, top.value);
    },
    [scene, columns],
  );
  const drawNow: Draw = useMemo(
    () => (pen, size, colours) => {
      const pointed = {
        hovered: arrowOfRow(scene, hovered.value),
        selected: arrowOfRow(scene, selection.value),
        time: hoveredTime.value,
      };
      drawMoment(pen, size, colours, scene, columns, top.value, cursor.value, pointed);
    },
    [scene, columns],
  );
  useEffect(() => {
    const both: Draw = (pen, size, colours) => {
      draw(pen, size, colours);
      drawNow(pen, size, colours);
    };
    onPicture(() => ({ kind: 'drawing', draw: both, size: { width: inner, height } }));
  }, [draw, drawNow, onPicture, inner, height]);
  const pointing = useMemo(
    () => new Pointing({ scene, columns, choices, top, drawn, scrollTo: scrolled.to }),
    [scene, columns],
  );
  return (
    <section
      class="rungs"
      ref={scroller}
      style={{ height: `${height}px` }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll it
      tabIndex={0}
      aria-label="Packets, in the order of time; plus and minus zoom"
    >
      <div style={{ height: `${Math.min(TALLEST, whole)}px` }}>
        <div class="sheet" style={{ height: `${height}px`, width: `${inner}px` }}>
          <Canvas width={inner} height={height} draw={draw} label={labelOf(scene)} />
          <Canvas
            width={inner}
            height={height}
            draw={drawNow}
            label="The moment"
            onPointer={pointing.listen}
          />
        </div>
      </div>
      <Summary scene={scene} />
    </section>
  );
}

function labelOf({ posts, shown }: Scene): string {
  return `Ladder of ${posts.all.map(({ name }) => name).join(' and ')}: ${shown.length} packets`;
}

interface Scrolling {
  /** Makes a place (px) of time the uppermost. */
  readonly to: (place: number) => void;
  /** What stays where it is when the scale changes: a time (us), and how far down it is seen, px. */
  readonly keep: (t: number, y: number) => void;
  readonly top: Signal<number>;
}

/** Keeps `top` (px of time) and the element's own scrolling together, and the moment in sight. */
function useScrolling(
  scroller: RefObject<HTMLElement | null>,
  scene: Scene,
  top: Signal<number>,
  whole: number,
  height: number,
): Scrolling {
  const kept = useRef<{ readonly t: number; readonly y: number } | undefined>(undefined);
  const latest = useRef({ time: scene.time, ratio: 1, height });
  const spacer = Math.min(TALLEST, whole);
  const ratio = spacer > height ? Math.max(1, (whole - height) / (spacer - height)) : 1;
  const before = latest.current.time;
  latest.current = { time: scene.time, ratio, height };
  const to = (place: number): void => {
    const most = latest.current.time.height + HEAD + FOOT - latest.current.height;
    top.value = Math.max(0, Math.min(place, most));
    scroller.current!.scrollTop = top.value / latest.current.ratio;
  };
  useLayoutEffect(() => {
    const { t, y } = kept.current ?? { t: before.t(top.peek()), y: HEAD };
    kept.current = undefined;
    if (before !== scene.time || top.peek() > 0) to(scene.time.y(t) - (y - HEAD));
  }, [scene.time, height]);
  useEffect(() => {
    const element = scroller.current!;
    const listen = (): void => {
      const place = element.scrollTop * latest.current.ratio;
      // What was set is not rounded to what the element can have
      if (Math.abs(place - top.peek()) > latest.current.ratio + 1) top.value = place;
    };
    element.addEventListener('scroll', listen);
    return () => element.removeEventListener('scroll', listen);
  }, []);
  useSignalEffect(() => {
    const { t } = cursor.value;
    reveal(latest.current.time.y(t), playing.peek() ? 0.6 : 0.4);
  });
  useSignalEffect(() => {
    const [from, to] = chosenSpan.value ?? [];
    const { t } = cursor.peek();
    if (from === undefined || to === undefined) return;
    if (t >= from && t <= to) reveal(latest.current.time.y(t), 0.4);
    else reveal(latest.current.time.y(from), 0.1);
  });
  const reveal = (place: number, share: number): void => {
    const seen = latest.current.height - HEAD;
    const margin = Math.min(40, seen / 8);
    const above = place < top.peek() + (top.peek() > 0 ? margin / 4 : 0);
    if (above || place > top.peek() + seen - margin) to(place - seen * share);
  };
  return { to, top, keep: (t, y) => (kept.current = { t, y }) };
}

/** px of a wheel that double the scale. */
const DOUBLING = 300;

/** The wheel with Ctrl zooms where the pointer is, plus and minus around the moment. */
function useZoomKeys(
  scroller: RefObject<HTMLElement | null>,
  scene: Scene,
  choices: LadderChoices,
  { keep, top }: Scrolling,
  height: number,
): void {
  useEffect(() => {
    const element = scroller.current!;
    const zoom = (factor: number, y: number): void => {
      if (factor < 1 && scene.time.height <= height - HEAD) return;
      keep(scene.time.t(top.peek() + y - HEAD), y);
      choices.scale.value = boundedScale(scene.time.scale * factor);
    };
    const wheel = (event: WheelEvent): void => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoom(2 ** (-event.deltaY / DOUBLING), event.clientY - element.getBoundingClientRect().top);
    };
    const press = (event: KeyboardEvent): void => {
      const factor = event.key === '+' || event.key === '=' ? 1.5 : event.key === '-' ? 1 / 1.5 : 0;
      if (factor === 0 || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const now = HEAD + scene.time.y(cursor.peek().t) - top.peek();
      zoom(factor, now > HEAD && now < height ? now : height / 2);
    };
    element.addEventListener('wheel', wheel, { passive: false });
    element.addEventListener('keydown', press);
    return () => {
      element.removeEventListener('wheel', wheel);
      element.removeEventListener('keydown', press);
    };
  }, [scene, height]);
}
