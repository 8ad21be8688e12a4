/** Properties run with a fixed seed, so that a test run is the same everywhere; `FC_SEED=N` or `FC_SEED=random` for others. */
import fc from 'fast-check';

const { FC_SEED = '20261122' } = process.env;
if (FC_SEED !== 'random') fc.configureGlobal({ seed: Number(FC_SEED) });
