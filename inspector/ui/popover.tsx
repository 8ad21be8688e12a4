/** A button that unfolds something over the page. A press elsewhere, or Esc, folds it again. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export function Popover({ label, children }: { label: string; children: ComponentChildren }): JSX.Element {
  const open = useSignal(false);
  const own = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event): void => {
      const outside = event.type === 'pointerdown' && !own.current!.contains(event.target as Node);
      if (outside || (event as KeyboardEvent).key === 'Escape') open.value = false;
    };
    addEventListener('pointerdown', close);
    addEventListener('keydown', close);
    return () => {
      removeEventListener('pointerdown', close);
      removeEventListener('keydown', close);
    };
  }, []);
  return (
    <details
      ref={own}
      class="popover"
      open={open.value}
      onToggle={({ currentTarget }) => (open.value = currentTarget.open)}
    >
      <summary>{label}</summary>
      <div class="unfolded">{children}</div>
    </details>
  );
}
