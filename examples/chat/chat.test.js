// The chat server under test: a server and two members, each on a host of its own, in virtual time. Written for
// node:test (`node --test examples/chat`); with vitest only the imports are others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNetwork } from 'statewire/testing';
import { createChatServer, join } from './chatServer.js';

const LINES = Array.from({ length: 10 }, (_, i) => `${i + 1} from Ann`);

/** Ann says ten things, 100 ms apart; what Bob hears. */
async function conversation(link, seed, options) {
  const network = createNetwork({ seed, link: { delay: '10ms', ...link } });
  const [server, ann, bob] = ['server', 'ann', 'bob'].map((name) => network.host(name));
  createChatServer(server.net, options).listen(6667);
  return network.run(async () => {
    const [her, him] = [join(ann.net, 'server'), join(bob.net, 'server')];
    while (her.heard.length === 0 || him.heard.length === 0) await network.sleep('100ms');
    for (const line of LINES) {
      her.say(line);
      await network.sleep('100ms');
    }
    await network.sleep('10m');
    assert.deepEqual(him.heard, ['welcome', ...LINES]);
  });
}

/** Seeds 1 to 10; those at which the conversation fails. */
async function failures(link, options) {
  const failed = [];
  for (let seed = 1; seed <= 10; seed += 1) {
    await conversation(link, seed, options).catch((error) => failed.push({ seed, error }));
  }
  return failed;
}

test('nothing is wrong on a clean network', async () => {
  assert.deepEqual(await failures({}), []);
});

test('loss brings the mistake to light: two lines come in one piece', async () => {
  const failed = await failures({ loss: 0.1 });
  assert.ok(failed.length > 0);
  const [{ seed, error }] = failed;
  // The error tells how to see it again, and what passed
  assert.equal(error.seed, seed);
  assert.match(error.message, /seed \d+/);
  assert.match(error.ladder, /lost \(loss\)/);
});

test('a server that waits for the end of the line is right at every loss', async () => {
  assert.deepEqual(await failures({ loss: 0.1 }, { fixed: true }), []);
  assert.deepEqual(await failures({ loss: 0.3, delay: '50ms', jitter: '20ms' }, { fixed: true }), []);
});
