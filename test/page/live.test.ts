import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { seven } from '../../src/app/seven.ts';
import { type Inspected, it, program } from './browser.ts';

/** Says whether the page takes the run for one that goes on. */
function isLive({ page }: Inspected): Promise<boolean> {
  return page.locator('header .live').isVisible();
}

/** A program that says what the test wants it to. */
async function liveProgram(
  welcome: (socket: WebSocket, visit: number) => void,
): Promise<{ address: string; visits: () => number }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  await once(server, 'listening');
  let visits = 0;
  server.on('connection', (socket) => {
    visits += 1;
    welcome(socket, visits);
  });
  return { address: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, visits: () => visits };
}

const HEADER = '{"statewire":1,"version":"0","engine":"compiled","seed":1,"configuration":{},"inputs":[]}';
const event = (n: number): string =>
  `{"n":${n},"t":${n * 1000},"end":"client","cause":0,"kind":"app","what":"says","text":"word ${n}"}`;

/** The page, without a server, watching an address. */
async function watch(inspected: Inspected, address: string): Promise<void> {
  const page = `file://${program().path('dist/inspector/single.html')}`;
  await inspected.page.goto(`${page}?live=${encodeURIComponent(address)}`);
}

describe('a live run', () => {
  it('is seen to its end, all seven inputs, and by who comes late', async ({ inspected }) => {
    const url = await program().serve('demo', '--inspect', '--speed', '20x', '--quiet');
    await inspected.open(url);
    const finish = async (): Promise<number> => Number(await inspected.moment.getAttribute('aria-valuemax'));
    await expect.poll(() => isLive(inspected), { timeout: 30_000 }).toBe(false);
    // The moment was at the newest event all the time
    expect(await inspected.time()).toBe(await finish());
    await inspected.page.keyboard.press('Home');
    await inspected.timeBecomes((t) => t === 0);
    for (const { command } of seven) await inspected.search(command);

    const late = await inspected.another();
    await late.open(url);
    await expect.poll(() => isLive(late)).toBe(false);
    await expect.poll(() => late.moment.getAttribute('aria-valuemax')).toBe(String(await finish()));
  });

  it('is followed, until an earlier moment is looked at: then it goes on behind', async ({ inspected }) => {
    let more = (): void => {};
    const { address } = await liveProgram((socket) => {
      let sent = 0;
      more = () => {
        sent += 1;
        socket.send(event(sent));
      };
      socket.send(HEADER);
      more();
      more();
    });
    await watch(inspected, address);
    await inspected.timeBecomes((t) => t === 2000);
    expect(await isLive(inspected)).toBe(true);
    more();
    await inspected.timeBecomes((t) => t === 3000);
    await inspected.page.keyboard.press('Home');
    await inspected.timeBecomes((t) => t === 1000);
    more();
    await expect.poll(() => inspected.moment.getAttribute('aria-valuemax')).toBe('4000');
    expect(await inspected.time()).toBe(1000);
    await inspected.page.getByRole('button', { name: 'Follow' }).click();
    more();
    await inspected.timeBecomes((t) => t === 5000);
  });

  it('of a network, which has packets only, is seen in the ladder', async ({ inspected }) => {
    const { address } = await liveProgram((socket) => {
      socket.send(HEADER.replace('"configuration":{}', '"configuration":{"program":"network"}'));
      socket.send(event(1));
    });
    await watch(inspected, address);
    await inspected.moment.waitFor();
    await expect.poll(() => inspected.page.getByRole('tab', { selected: true }).textContent()).toBe('Ladder');
    expect(await inspected.page.locator('header .name').textContent()).toContain('network');
  });

  it('says how many events were gone before the page came', async ({ inspected }) => {
    const { address } = await liveProgram((socket) => {
      socket.send(`${HEADER}\n{"dropped":1200}`);
      socket.send([1201, 1202].map(event).join('\n'));
    });
    await watch(inspected, address);
    await inspected.moment.waitFor();
    await inspected.page.getByText('The oldest 1,200 events were dropped').waitFor();
    expect(await isLive(inspected)).toBe(true);
    expect(await inspected.page.getByText('could not be read').count()).toBe(0);
  });

  it('is joined again when the connection breaks, and is over when the program says so', async ({
    inspected,
  }) => {
    const { address, visits } = await liveProgram((socket, visit) => {
      socket.send(HEADER);
      socket.send(
        [1, 2, 3, 4]
          .slice(0, 2 * visit)
          .map(event)
          .join('\n'),
      );
      if (visit === 1) socket.close(1013);
      else socket.send('{"end":true}', () => socket.terminate());
    });
    await watch(inspected, address);
    await inspected.timeBecomes((t) => t === 4000);
    await expect.poll(() => isLive(inspected)).toBe(false);
    expect(visits()).toBe(2);
  });

  it('that is none is said so', async ({ inspected }) => {
    const { address } = await liveProgram((socket) => {
      socket.send('Welcome!');
      socket.close(1000);
    });
    await watch(inspected, address);
    await expect.poll(() => inspected.page.getByRole('alert').textContent()).toContain('line 1: ');
  });
});
