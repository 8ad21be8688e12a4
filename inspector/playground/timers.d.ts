/** Node's, which the real clock names (`src/time/clock.ts`). The page runs in virtual time: nothing here calls them. */
declare function setImmediate(work: () => void): unknown;
declare function clearImmediate(immediate: unknown): void;
