/**
 * npm run bench [-- --json] [NAME...]: every figure that the README quotes. Machines differ and are noisy: what counts
 * are the ratios, taken in one run.
 */
import { spawnSync } from 'node:child_process';
import { benchBulk, benchTrips } from './bulk.ts';
import { benchChannels } from './channels.ts';
import { benchCharts } from './chart.ts';
import type { Figure } from './figure.ts';
import { benchKernel } from './kernel.ts';
import { benchRecovery } from './recovery.ts';
import { benchConnections, benchIdle, benchOpenClose, benchWindow } from './scale.ts';
import { benchVirtual } from './virtual.ts';

const benches: Readonly<Record<string, () => Figure[] | Promise<Figure[]>>> = {
  charts: benchCharts,
  bulk: benchBulk,
  trips: benchTrips,
  idle: benchIdle,
  open: benchOpenClose,
  window: benchWindow,
  connections: benchConnections,
  virtual: benchVirtual,
  recovery: benchRecovery,
  channels: benchChannels,
  kernel: benchKernel,
};

const given = process.argv.slice(2);
const json = given.includes('--json');
const names = given.filter((word) => word !== '--json');
const unknown = names.find((name) => !(name in benches));
if (unknown !== undefined) {
  console.error(`bench: no benchmark '${unknown}': one of ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}

function show({ name, value, unit, ratio, beside }: Figure): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const number = value.toLocaleString('en', { maximumFractionDigits: digits });
  const ratioText =
    ratio === undefined ? '' : `  x ${ratio.toFixed(2)}${beside === undefined ? '' : ` (${beside})`}`;
  return `  ${name.padEnd(64)} ${number.padStart(12)} ${unit}${ratioText}`;
}

async function run(name: string): Promise<void> {
  if (!json) console.log(name);
  for (const figure of await (benches[name] as () => Figure[] | Promise<Figure[]>)()) {
    console.log(json ? JSON.stringify({ version: 1, bench: name, ...figure }) : show(figure));
  }
}

/** Each in a process of its own: what one leaves in the optimizer and the heap is not the next one's business. */
function runApart(name: string): void {
  const words = [...process.execArgv, process.argv[1] as string, name, ...(json ? ['--json'] : [])];
  const { status } = spawnSync(process.execPath, words, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

if (names.length === 1) await run(names[0] as string);
else for (const name of names.length > 0 ? names : Object.keys(benches)) runApart(name);
