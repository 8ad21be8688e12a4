/** Values where the pointer is: any view says what, one layer shows it. */
import { signal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

interface Tip {
  /** px from the window's corner */
  readonly x: number;
  readonly y: number;
  readonly content: ComponentChildren;
}

const tip = signal<Tip | undefined>(undefined);

/** Shows `content` beside a place (px from the window's corner), until `hideTip`. */
export function showTip(x: number, y: number, content: ComponentChildren): void {
  tip.value = { x, y, content };
}

export function hideTip(): void {
  tip.value = undefined;
}

const GAP = 14;

export function TooltipLayer(): JSX.Element | null {
  const element = useRef<HTMLDivElement>(null);
  const shown = tip.value;
  useLayoutEffect(() => {
    const box = element.current?.getBoundingClientRect();
    if (shown === undefined || box === undefined) return;
    const [left, top] = [shown.x + GAP, shown.y + GAP];
    const x = left + box.width > innerWidth ? shown.x - GAP - box.width : left;
    const y = top + box.height > innerHeight ? shown.y - GAP - box.height : top;
    element.current!.style.transform = `translate(${Math.max(4, x)}px, ${Math.max(4, y)}px)`;
  });
  if (shown === undefined) return null;
  return (
    <div class="tip" role="tooltip" ref={element}>
      {shown.content}
    </div>
  );
}
