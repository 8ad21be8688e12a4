#!/usr/bin/env node
/**
 * Plays a trace, saved or coming in, to the viewers of @xstate/inspect 0.8.
 *
 *     node xstate-inspect/main.js run.jsonl
 *     node dist/cli/main.js demo --json --speed 1x | node xstate-inspect/main.js -
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { WebSocketServer } from 'ws';
import { openBridge, USUAL } from './bridge.js';

const HELP = `usage: node xstate-inspect/main.js [options] TRACE|-

Opens a server for the viewers of @xstate/inspect 0.8, waits for one, and plays the trace to it (- is stdin).

  --port N       where viewers connect on loopback (default 8888)
  --charts LIST  charts to show, by name (default ${USUAL.join(',')})
  --pace MS      wait so long after each transition (default 300; 0 for stdin)
  --help         this text
`;

/** Charts as data, from the build. */
async function chartTables() {
  try {
    const [{ charts }, { chartTable }] = await Promise.all([
      import('../dist/machines/index.js'),
      import('../dist/src/chart/index.js'),
    ]);
    return Object.fromEntries(Object.entries(charts).map(([name, chart]) => [name, chartTable(chart)]));
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') fail(`not built yet: run npm run build first`);
    throw error;
  }
}

function fail(message) {
  process.stderr.write(`xstate-inspect: ${message}\n`);
  process.exit(2);
}

function options() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        port: { type: 'string', default: '8888' },
        charts: { type: 'string', default: USUAL.join(',') },
        pace: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    return { ...values, trace: positionals[0], many: positionals.length > 1 };
  } catch (error) {
    return fail(error.message);
  }
}

function number(option, text, most) {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  return value <= most ? value : fail(`${option} is a whole number from 0 to ${most}, not '${text}'`);
}

/** The next event, or why the line is none. */
function eventOf(line, number) {
  try {
    return JSON.parse(line);
  } catch (error) {
    return fail(`line ${number} of the trace: ${error.message}`);
  }
}

async function listen(port) {
  const server = new WebSocketServer({ port, host: '127.0.0.1' });
  await new Promise((resolve) => {
    server.once('listening', resolve);
    server.once('error', (error) => fail(`cannot listen on port ${port}: ${error.message}`));
  });
  return server;
}

async function main() {
  const { help, trace, many, port, charts, pace } = options();
  if (help) return process.stdout.write(HELP);
  if (trace === undefined || many) fail('give one trace, or - for stdin; see --help');
  const tables = await chartTables();
  const names = charts.split(',');
  const strange = names.find((name) => !Object.hasOwn(tables, name));
  if (strange !== undefined)
    fail(`there is no chart '${strange}': there are ${Object.keys(tables).join(', ')}`);
  const wait = number('--pace', pace ?? (trace === '-' ? '0' : '300'), 60_000);
  const server = await listen(number('--port', port, 65_535));
  const bridge = openBridge(server, tables, names);
  process.stderr.write(`waiting for a viewer at ws://localhost:${server.address().port}, such as\n`);
  process.stderr.write(`https://statecharts.io/inspect?server=localhost:${server.address().port}\n`);
  await new Promise((resolve) => server.once('connection', (client) => client.once('message', resolve)));
  await play(trace === '-' ? process.stdin : createReadStream(trace), bridge, wait);
  process.stderr.write('that was all; Ctrl-C ends\n');
}

async function play(input, bridge, wait) {
  input.on('error', (error) => fail(error.message));
  let n = 0;
  for await (const line of createInterface({ input })) {
    n += 1;
    if (line === '') continue;
    const event = eventOf(line, n);
    if (bridge.take(event) && wait > 0) await pause(wait);
  }
}

await main();
