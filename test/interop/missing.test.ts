/** What a TUN channel needs and is not there, or not for this user: each is said, and what to do about it. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import koffi from 'koffi';
import { describe, expect, test } from 'vitest';
import { statewire } from '../cli/run.ts';
import { enterNamespace, ip } from './namespace.ts';

const problem = enterNamespace();
const CLONE_NEWNS = 0x2_0000;
const NOBODY = 65_534;
/** A user namespace has no devices of its own, and no second user. */
const root =
  process.getuid?.() === 0 && /^\s*0\s+0\s+4294967295$/m.test(readFileSync('/proc/self/uid_map', 'utf8'));

function run(command: string): void {
  const [program, ...given] = command.split(' ');
  execFileSync(program!, given);
}

/** A /dev/net of this thread's (and of what it starts) that nobody else sees, and that is empty. */
function emptyDevNet(): void {
  if (koffi.load(null).func('int unshare(int)')(CLONE_NEWNS) !== 0) throw new Error('no mount namespace');
  run('mount --make-rprivate /');
  run('mount -t tmpfs none /dev/net');
}

async function said(...argv: string[]): Promise<readonly [code: number, err: string]> {
  const { code, err } = await statewire(['tun', '--device', 'swmiss', ...argv]);
  return [code, err];
}

/** As a user without rights. */
async function saidToNobody(...argv: string[]): Promise<readonly [code: number, err: string]> {
  process.seteuid!(NOBODY);
  try {
    return await said(...argv);
  } finally {
    process.seteuid!(0);
  }
}

describe.skipIf(problem !== undefined)('a TUN channel', () => {
  test('without /dev/net/tun', async () => {
    emptyDevNet();
    const [code, err] = await said('--create');
    expect([code, err]).toEqual([6, expect.stringContaining('/dev/net/tun is missing (sudo modprobe tun; ')]);
  });

  test.skipIf(!root)('that this user may not open, and an interface that is not this user’s', async () => {
    run('mknod -m 600 /dev/net/tun c 10 200');
    ip('tuntap add dev swmiss mode tun user 1');
    const closed = await saidToNobody();
    expect(closed).toEqual([
      6,
      expect.stringContaining('/dev/net/tun may not be opened by this user (sudo chmod'),
    ]);
    run('chmod 666 /dev/net/tun');
    const notTheirs = await saidToNobody();
    expect(notTheirs).toEqual([
      6,
      expect.stringContaining(
        'interface swmiss may not be used by this user: run as root, make it for the user',
      ),
    ]);
    ip('tuntap del dev swmiss mode tun');
    const create = await saidToNobody('--create');
    expect(create).toEqual([6, expect.stringContaining('interface swmiss may not be used by this user')]);
  });
});
