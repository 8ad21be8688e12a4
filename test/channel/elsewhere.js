/**
 * The other end of a channel in a thread or process of its own, for conformance.ts: sends numbered packets without end
 * until it is killed. Plain JavaScript, as Node 20 runs it; the adapters come from a build.
 */
import { parentPort, workerData } from 'node:worker_threads';

const { dist, kind, arguments: given, from } = workerData ?? JSON.parse(process.argv[2]);

const openers = {
  sharedMemory: async () => (await import(`${dist}/src/channel/sharedMemory.js`)).openSharedMemory,
  udp: async () => (await import(`${dist}/src/channel/udp.js`)).openUdpChannel,
  file: async () => (await import(`${dist}/src/channel/file.js`)).openFileChannel,
};

/** The same as in conformance.ts. */
function packetOf(number, size) {
  const packet = new Uint8Array(size);
  for (let i = 1; i < size; i += 1) packet[i] = (number * 7 + i * 13 + (i >> 8)) & 255;
  packet[0] = 0x45;
  new DataView(packet.buffer).setUint32(1, number);
  return packet;
}

const end = await (await openers[kind]())(...given);
end.onPacket(() => {});
let number = from;

function sendSome() {
  for (let i = 0; i < 30; i += 1, number += 1) end.send(packetOf(number, 5 + ((number * 31) % 1400)), 0);
  setImmediate(sendSome);
}

sendSome();
if (parentPort) parentPort.postMessage('open');
else process.send('open');
