/** What a view is. Adding one: a file beside this one, and a line in `index.ts`. */
import type { ComponentType } from 'preact';
import type { Picture, Size } from '../draw/pen.ts';
import type { Run } from '../state/run.ts';

/** What a view is given; the moment, the selection and so on are signals of `../state`. */
export interface ViewProps extends Size {
  readonly run: Run;
  /** It is a tile: what matters most, without lists beside it. */
  readonly compact: boolean;
  /** Says what the panel's "save as" buttons save; call it in an effect, with a function that is asked when needed. */
  readonly onPicture: (picture: () => Picture | undefined) => void;
}

export interface View {
  /** In the address. */
  readonly id: string;
  readonly title: string;
  /** What it shows, in a sentence. */
  readonly hint: string;
  readonly component: ComponentType<ViewProps>;
}
