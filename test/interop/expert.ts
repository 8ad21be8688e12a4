/** What tshark finds wrong with our packets in a capture. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Site } from './site.ts';

/** Malformed, a wrong checksum, an ACK of what was never seen. */
const WRONG = [
  '_ws.malformed',
  'ip.checksum.status == 0',
  'tcp.checksum.status == 0',
  'icmp.checksum.status == 0',
  'icmpv6.checksum.status == 0',
  'tcp.analysis.ack_lost_segment',
];
const CHECKS = ['ip.check_checksum', 'tcp.check_checksum'];

/** A line for each packet of ours that something is wrong with. `INTEROP_KEEP=DIR` keeps the capture. */
export function expertNotes(site: Site): string {
  const folder = process.env.INTEROP_KEEP ?? mkdtempSync(join(tmpdir(), 'statewire-interop-'));
  try {
    const file = join(folder, `${site.device}.pcapng`);
    writeFileSync(file, site.pcapng);
    const ours = [`ip.src == ${site.ours}`, `ip.src == ${site.oursToo}`, `ipv6.src == ${site.ours6}`];
    const filter = `(${ours.join(' || ')}) && (${WRONG.join(' || ')})`;
    const options = CHECKS.flatMap((check) => ['-o', `${check}:TRUE`]);
    return execFileSync('tshark', ['-n', '-r', file, '-Y', filter, ...options], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } finally {
    if (process.env.INTEROP_KEEP === undefined) rmSync(folder, { recursive: true });
  }
}
