/** The search box: Enter goes to the next event that says it, Shift and Enter to the one before. */
import type { JSX } from 'preact';
import { notFound, query, searchOn } from '../state/search.ts';

const ID = 'search';

/** Puts the focus there. */
export function focusSearch(): void {
  const input = document.getElementById(ID) as HTMLInputElement | null;
  input?.focus();
  input?.select();
}

export function Search(): JSX.Element {
  const press = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    searchOn(event.shiftKey ? -1 : 1);
  };
  return (
    <search class={notFound.value ? 'search missing' : 'search'}>
      <input
        id={ID}
        type="search"
        placeholder="Search events  /"
        aria-label="Search events: a word, or # and a number"
        aria-invalid={notFound.value}
        value={query.value}
        onInput={({ currentTarget }) => {
          query.value = currentTarget.value;
          notFound.value = false;
        }}
        onKeyDown={press}
      />
      <output>{notFound.value ? 'Nothing in this run says so' : ''}</output>
    </search>
  );
}
