/** What tshark finds wrong with our packets in a capture. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Site } from './site.ts';

/** Malformed, or a wrong checksum. (What it says of ACKs is a guess where packets were lost: see seen.ts.) */
const WRONG = [
  '_ws.malformed',
  'ip.checksum.status == 0',
  'tcp.checksum.status == 0',
  'icmp.checksum.status == 0',
  'icmpv6.checksum.status == 0',
];
const CHECKS = ['ip.check_checksum', 'tcp.check_checksum'];
/** Nothing above TCP: noise on a known port would be malformed. */
const DATA = ['-d', 'tcp.port==1-65535,data'];

/**
 * A line for each packet of ours that something is wrong with, and for each ACK of what had not come. `INTEROP_KEEP=DIR`
 * keeps the capture.
 */
export function expertNotes(site: Site): string {
  const folder = process.env.INTEROP_KEEP ?? mkdtempSync(join(tmpdir(), 'statewire-interop-'));
  try {
    const file = join(folder, `${site.device}.pcapng`);
    writeFileSync(file, site.pcapng);
    const filter = `frame.packet_flags_direction == 2 && (${WRONG.join(' || ')})`;
    const options = [...CHECKS.flatMap((check) => ['-o', `${check}:TRUE`]), ...DATA];
    const notes = execFileSync('tshark', ['-n', '-r', file, '-Y', filter, ...options], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return notes + site.seen.unseen.join('\n');
  } finally {
    if (process.env.INTEROP_KEEP === undefined) rmSync(folder, { recursive: true });
  }
}
