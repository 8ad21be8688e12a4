/** From the run and what was chosen to what a ladder shows, each step made anew only when what it comes from changes. */
import { type Signal, useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { conversation } from '../../state/focus.ts';
import type { Run } from '../../state/run.ts';
import { query } from '../../state/search.ts';
import { arrowsOf } from './arrows.ts';
import { type Filter, NO_FILTER, passing } from './filter.ts';
import { FoldedTime, gapsOf, readableScale } from './foldedTime.ts';
import { notesOf } from './notes.ts';
import { allPosts, postsOf } from './posts.ts';
import type { Scene } from './scene.ts';

/** What a person has chosen. */
export interface LadderChoices {
  /** All conversations, not the one that is looked at. */
  readonly all: Signal<boolean>;
  readonly filter: Signal<Filter>;
  /** Only what says the search's text. */
  readonly searched: Signal<boolean>;
  readonly fold: Signal<boolean>;
  /** Starts (us) of gaps that were unfolded one by one. */
  readonly unfolded: Signal<ReadonlySet<number>>;
  /** px in a us; undefined for what can be read. */
  readonly scale: Signal<number | undefined>;
}

export function useChoices(): LadderChoices {
  return {
    all: useSignal(false),
    filter: useSignal(NO_FILTER),
    searched: useSignal(false),
    fold: useSignal(true),
    unfolded: useSignal<ReadonlySet<number>>(new Set()),
    scale: useSignal<number | undefined>(undefined),
  };
}

/** px in a us: so few that a run has a height, so many that a microsecond can be seen. */
const LEAST = 1e-7;
const MOST = 40;

/** A scale (px in a us) within what can be drawn. */
export function boundedScale(scale: number): number {
  return Math.min(MOST, Math.max(LEAST, scale));
}

/** The scene for a view of a height (px); undefined when there is nothing to draw. */
export function useScene(run: Run, choices: LadderChoices, height: number): Scene | undefined {
  const { model } = run;
  const all = choices.all.value || conversation.value === undefined;
  const shown = all ? undefined : conversation.value;
  const { length } = model;
  // An end that was not known before changes the posts
  const base = useMemo(() => {
    const posts = shown === undefined ? allPosts(model) : postsOf(model, shown);
    const refs = shown === undefined ? [] : [shown.a, shown.b];
    const isOwn = (end: number, connection: number): boolean =>
      all || refs.some((ref) => ref?.endId === end && ref.connection === connection);
    const wanted = (packet: number): boolean => {
      const row = model.packets.row.at(packet);
      const connection = model.events.connection[row]!;
      return connection === 0 || isOwn(model.events.end[row]!, connection);
    };
    const connections = posts.all.map(({ end }) => refs.find((ref) => ref?.endId === end)?.connection);
    return {
      posts,
      connections,
      arrows: arrowsOf(model, posts, wanted),
      notes: notesOf(model, posts, isOwn),
    };
  }, [model, length, shown, shown?.b, all]);
  const filter = choices.filter.value;
  const text = choices.searched.value ? query.value : '';
  const passed = useMemo(() => passing(model, base.arrows, { ...filter, text }), [base, filter, text]);
  const gaps = useMemo(
    () =>
      gapsOf(
        base.arrows,
        passed,
        base.notes.times.data.subarray(0, base.notes.times.length),
        model.start,
        model.finish,
      ),
    [base, passed],
  );
  const unfolded = choices.fold.value ? choices.unfolded.value : 'all';
  const { scale: chosen } = choices;
  const scale = boundedScale(
    chosen.value ??
      readableScale(
        model.start,
        model.finish,
        gaps,
        base.arrows.transit,
        passed.length + base.notes.times.length / 3,
        height,
      ),
  );
  const time = useMemo(
    () => new FoldedTime(model.start, model.finish, gaps, scale, unfolded),
    [gaps, scale, unfolded],
  );
  return useMemo(
    () => (base.arrows.length === 0 ? undefined : { model, ...base, shown: passed, time }),
    [base, passed, time],
  );
}
