/** Which packets are duplicate ACKs, as RFC 5681 section 2 has it, from the packets alone. */
import type { TraceModel } from '../../model/traceModel.ts';

/** What is known of a direction. */
interface Flow {
  ack: number;
  window: number;
  /** End of what it has sent, SYN and FIN counted. */
  next: number;
  begun: boolean;
}

/** More than there are words. */
const WORDS = 1 << 26;

/** 1 for each packet that is a duplicate ACK. */
export function duplicateAcks({ packets, words }: TraceModel): Uint8Array {
  const found = new Uint8Array(packets.length);
  const takers: boolean[] = [];
  const [none, pureAck] = [words.find(''), words.find('.')];
  const flows = new Map<number, Flow>();
  const flowOf = (from: number, to: number): Flow => {
    const known = flows.get(from * WORDS + to);
    if (known !== undefined) return known;
    const made = { ack: 0, window: 0, next: 0, begun: false };
    flows.set(from * WORDS + to, made);
    return made;
  };
  for (let packet = 0; packet < packets.length; packet++) {
    const flags = packets.flags.at(packet);
    if (flags === none) continue;
    const source = packets.source.at(packet);
    const destination = packets.destination.at(packet);
    const own = flowOf(source, destination);
    const peer = flowOf(destination, source);
    const seq = packets.seq.at(packet);
    const ack = packets.ack.at(packet);
    const window = packets.window.at(packet);
    const length = packets.dataLength.at(packet);
    const outstanding = peer.begun && ((peer.next - ack) | 0) > 0;
    const pure = length === 0 && flags === pureAck;
    if (pure && own.begun && own.ack === ack && own.window === window && outstanding) found[packet] = 1;
    takers[flags] ??= /[SF]/.test(words.text(flags));
    const phantom = takers[flags] ? 1 : 0;
    if (!own.begun || ((seq + length + phantom - own.next) | 0) > 0) own.next = seq + length + phantom;
    own.ack = ack;
    own.window = window;
    own.begun = true;
  }
  return found;
}
