/** Chooses a trace from the disk. */
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { loadFile } from '../load/load.ts';

export function OpenButton({ main = false }: { main?: boolean }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class={main ? 'primary' : ''} onClick={() => input.current?.click()}>
        Open{main ? ' a trace' : ''}…
      </button>
      <input
        ref={input}
        type="file"
        class="hidden"
        tabIndex={-1}
        aria-label="Trace file"
        accept=".jsonl,.json,.gz,.pcap,.pcapng"
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          if (file !== undefined) void loadFile(file);
          currentTarget.value = '';
        }}
      />
    </>
  );
}
