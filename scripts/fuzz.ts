/**
 * Fuzzing: `npm run fuzz -- --minutes 10 [--seed 7]`. Random programs of calls, segments, time and faults, on one and on
 * two ends; what is found is printed with its seed, the smallest program, a ladder and packetdrill scripts.
 */
import { parseArgs } from 'node:util';
import { campaign, findingText } from '../test/fuzz/campaign.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' } },
});
const minutes = Number(values.minutes);
const seed = values.seed === undefined ? Math.floor(Math.random() * 0x7fff_ffff) : Number(values.seed);
if (!(minutes > 0) || !Number.isSafeInteger(seed) || seed < 0) {
  console.error('fuzz: --minutes takes a number above 0, --seed a whole number of at least 0');
  process.exit(2);
}

console.log(`seed ${seed}`);
const end = performance.now() + minutes * 60_000;
const run = campaign(seed);
let played = 0;
while (performance.now() < end) {
  const step = run.next();
  if (step.done) {
    console.log(findingText(step.value));
    process.exit(1);
  }
  played = step.value;
}
console.log(`${played.toLocaleString('en')} programs, nothing found`);
