/** Of all that a run holds, what the views show: one conversation, and one of its two ends. */
import { computed, signal } from '@preact/signals';
import type { ConnectionRef, Conversation } from '../model/conversations.ts';
import { run } from './run.ts';

/** Id of the conversation that was chosen; 0 for the first. */
export const chosenConversation = signal(0);
/** Name of the end that was chosen; empty for the one that called first. */
export const chosenEnd = signal('');

/** The conversation that is looked at; undefined when there is none. */
export const conversation = computed<Conversation | undefined>(() => {
  const all = run.value?.model.conversations.all ?? new Set<Conversation>();
  let first: Conversation | undefined;
  for (const each of all) {
    first ??= each;
    if (each.id === chosenConversation.value) return each;
  }
  return first;
});

/** Looks at a conversation, if there is one to be looked at. */
export function lookAt(wanted: Conversation | undefined): void {
  if (wanted !== undefined && wanted !== conversation.peek()) chosenConversation.value = wanted.id;
}

/** Both ends of the conversation, who called first before the other. */
export const ends = computed<readonly ConnectionRef[]>(() => {
  // The second end of a conversation may turn up while a run goes on
  const { a, b } = (run.value && conversation.value) ?? {};
  return [a, b].filter((ref) => ref !== undefined);
});

/** The end that is looked at where only one can be. */
export const end = computed<ConnectionRef | undefined>(
  () => ends.value.find((ref) => ref.end === chosenEnd.value) ?? ends.value[0],
);
