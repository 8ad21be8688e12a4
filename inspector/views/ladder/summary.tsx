/** A ladder at the moment in words, for who cannot see it. */
import type { JSX } from 'preact';
import { packetText } from '../../model/flags.ts';
import { timeText } from '../../model/label.ts';
import { cursor } from '../../state/cursor.ts';
import { type Scene, underWayAt } from './scene.ts';

/** So many are told one by one. */
const TOLD = 5;

export function Summary({ scene }: { readonly scene: Scene }): JSX.Element {
  return <p class="hidden">{summaryOf(scene, cursor.value.t)}</p>;
}

/** What is under way at a time, us. */
export function summaryOf(scene: Scene, t: number): string {
  const { model, arrows, posts } = scene;
  const under = underWayAt(scene, t);
  if (under.length === 0) return `At ${timeText(t)} no packet is under way.`;
  const told = under.slice(0, TOLD).map((at) => {
    const to = posts.all[arrows.to.at(at)]!.name;
    return `${packetText(model, arrows.packet.at(at))} to ${to}`;
  });
  const more = under.length > TOLD ? ` and ${under.length - TOLD} more` : '';
  return `At ${timeText(t)} under way: ${told.join('; ')}${more}.`;
}
