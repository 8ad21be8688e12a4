/** Runs the program within the test: what it wrote, and what it told the shell. */
import type { Io } from '../../cli/io.ts';
import { main } from '../../cli/program.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Lines of stdout. */
  readonly lines: readonly string[];
}

export type World = Partial<Pick<Io, 'columns' | 'color' | 'stop' | 'unread'>> & {
  /** Told of each text written to stdout. */
  onOut?(text: string): void;
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
    },
    columns: world.columns,
    color: world.color ?? false,
    stop: world.stop ?? new AbortController().signal,
    get unread() {
      return world.unread ?? false;
    },
  };
  const code = await main(argv, io);
  return { code, out, err, lines: out.split('\n').slice(0, -1) };
}
