/** Saves the run that is looked at as a file. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { saveBlob } from '../draw/saveBlob.ts';
import type { RunFormat } from '../save/run.ts';
import type { Run } from '../state/run.ts';
import { Popover } from './popover.tsx';

const FORMATS: readonly (readonly [format: RunFormat, label: string, what: string])[] = [
  ['jsonl', 'JSON lines', 'The whole trace: this page shows it again, with its causes.'],
  ['pcapng', 'pcapng', 'The packets, with what the link did to them, for Wireshark.'],
];

/** The code that writes files: fetched behind the page. */
export function writer(): Promise<typeof import('../save/run.ts')> {
  return import('../save/run.ts');
}

export function SaveButton({ run }: { run: Run }): JSX.Element {
  const said = useSignal('');
  const save = async (format: RunFormat): Promise<void> => {
    said.value = 'Writing…';
    try {
      const { fileOfRun } = await writer();
      const file = await fileOfRun(run.model, format, () => new Promise((resolve) => setTimeout(resolve)));
      saveBlob(file, `${stem(run.name)}.${format}`);
      said.value = '';
    } catch (error) {
      said.value = (error as Error).message;
    }
  };
  return (
    <Popover label="Save">
      <ul class="saves">
        {FORMATS.map(([format, label, what]) => (
          <li key={format}>
            <button type="button" onClick={() => void save(format)}>
              {label}
            </button>
            <span>{what}</span>
          </li>
        ))}
      </ul>
      <p class="quiet" aria-live="polite">
        {said.value}
      </p>
    </Popover>
  );
}

/** A run's name as that of a file. */
function stem(name: string): string {
  return (
    name
      .replace(/(\.(gz|jsonl?|pcapng|pcap))+$/, '')
      .replace(/[^\p{L}\p{N}._-]+/gu, '-')
      .toLowerCase() || 'run'
  );
}
