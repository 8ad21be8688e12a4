/** Processes that are killed: nothing is lost but what the network loses, and those who live on are told why. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../src/time/random.ts';
import { Build, type Program, wirings } from './programs.ts';

let build: Build;
let payload: Uint8Array;
let file: string;
const running: Program[] = [];

beforeAll(() => {
  build = new Build();
  payload = new Random(9).bytes(2_000_000);
  file = join(build.folder, 'payload.bin');
  writeFileSync(file, payload);
});
afterAll(async () => {
  for (const program of running) program.signal('SIGKILL');
  await Promise.all(running.map(({ ended }) => ended));
  build.remove();
});

function start(...argv: string[]): Program {
  const program = build.start(...argv);
  running.push(program);
  return program;
}

async function kill(program: Program): Promise<void> {
  program.signal('SIGKILL');
  await program.ended;
}

// They mostly wait for timers
describe.concurrent.each(Object.keys(wirings))('over %s', (channel) => {
  test('the network is killed and started again in the middle of a transfer, which completes', async () => {
    const { client, a, b, server } = await wirings[channel]!(build);
    // A rate that a transfer takes some seconds of
    const words = ['network', '--a', a, '--b', b, '--rate', '8M', '--loss', '0.01'];
    let network = start(...words);
    const out = join(build.scratch(), 'out.bin');
    const receiver = start('receive', '--channel', server, '--out', out);
    await receiver.until(({ err }) => err.includes('listens'));
    const sender = start('send', file, '--channel', client, '--json');
    await receiver.until(({ err }) => err.includes('receives'));
    await kill(network);
    expect(sender.child.exitCode, sender.text()).toBe(null);
    network = start(...words);
    expect(await sender.code(), sender.text() + receiver.text()).toBe(0);
    expect(await receiver.code(), receiver.text()).toBe(0);
    expect(Buffer.compare(readFileSync(out), payload)).toBe(0);
    await kill(network);
  }, 300_000);

  test('a client is killed: the server says why it is gone, and serves others meanwhile', async () => {
    const { client, a, b, server } = await wirings[channel]!(build);
    const speed = ['--speed', '10x'];
    const network = start('network', '--a', a, '--b', b, ...speed);
    const served = start('server', '--channel', server, '--keepalive', '30', ...speed);
    await served.until(({ err }) => err.includes('listens'));
    const victim = start('client', '--channel', client, '--address', '10.0.0.3', ...speed);
    victim.child.stdin!.write('PUT,a,1\n');
    await victim.until(({ out }) => out.includes('Success!'));
    await kill(victim);
    const other = start('client', '--channel', client, '--exec', 'GET,a', ...speed);
    expect(await other.code(), other.text()).toBe(0);
    expect(other.out).toBe('1\n');
    // By keep-alive, or, when it was killed before it had acknowledged the answer, by that
    await served.until(({ err }) => /10\.0\.0\.3:\d+ timed out: no answer to (keep-alive|what)/.test(err));
    for (const program of [served, network]) await kill(program);
  }, 300_000);

  test('a server with --db is killed: what it answered Success! to is there', async () => {
    const { client, a, b, server } = await wirings[channel]!(build);
    const db = join(build.scratch(), 'words');
    const network = start('network', '--a', a, '--b', b);
    let served = start('server', '--channel', server, '--db', db);
    await served.until(({ err }) => err.includes('listens'));
    const asking = start('client', '--channel', client);
    for (let i = 0; i < 2000; i += 1) asking.child.stdin!.write(`PUT,key${i},value${i}\n`);
    await asking.until(({ out }) => out.split('\n').length > 50);
    await kill(served);
    const answered = asking.out.split('\n').filter((line) => line === 'Success!').length;
    await kill(asking);
    expect(answered).toBeLessThan(2000);
    served = start('server', '--channel', server, '--db', db);
    await served.until(({ err }) => err.includes('listens'));
    const list = start('client', '--channel', client, '--address', '10.0.0.4', '--exec', 'LIST');
    expect(await list.code(), list.text()).toBe(0);
    for (let i = 0; i < answered; i += 1) expect(list.out).toContain(`[key${i},value${i}]`);
    for (const program of [served, network]) await kill(program);
  }, 300_000);
});
