/** What is in the playground's panel: what is said, what could happen to what is on the wire, the link, the ends. */
import type { JSX } from 'preact';
import { Ends } from './ends.tsx';
import { LinkKnobs } from './linkKnobs.tsx';
import { Say } from './say.tsx';
import { session } from './state.ts';
import { WhatIfPanel } from './whatIfPanel.tsx';

export function Parts(): JSX.Element {
  return (
    <>
      {session.value !== undefined && <Say />}
      <WhatIfPanel />
      <LinkKnobs />
      <Ends />
    </>
  );
}
