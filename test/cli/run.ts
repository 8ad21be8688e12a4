/** Runs the program within the test: what it wrote, and what it told the shell. */
import { Readable } from 'node:stream';
import type { Io } from '../../cli/io.ts';
import { main } from '../../cli/program.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Lines of stdout. */
  readonly lines: readonly string[];
}

export type World = Partial<
  Pick<Io, 'columns' | 'color' | 'stop' | 'unread' | 'input' | 'liveErr' | 'onHalt'>
> & {
  /** Told of each text written to stdout, and to stderr. */
  onOut?(text: string): void;
  onErr?(text: string): void;
};

export async function statewire(argv: readonly string[], world: World = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const io: Io = {
    out(text) {
      out += text;
      world.onOut?.(text);
    },
    err(text) {
      err += text;
      world.onErr?.(text);
    },
    columns: world.columns,
    color: world.color ?? false,
    input: world.input ?? Readable.from([]),
    liveErr: world.liveErr ?? false,
    stop: world.stop ?? new AbortController().signal,
    onHalt: world.onHalt ?? (() => {}),
    get unread() {
      return world.unread ?? false;
    },
  };
  const code = await main(argv, io);
  return { code, out, err, lines: out.split('\n').slice(0, -1) };
}
