/**
 * An opener of a file channel in a process of its own, for fileProcesses.test.ts: tells what it got from whom, and sends
 * numbered packets. Plain JavaScript, as Node 20 runs it; the channel comes from a build.
 */
const { dist, directory, options, sender, count, read } = JSON.parse(process.argv[2]);
const { openFileChannel } = await import(`${dist}/src/channel/file.js`);
const { buildTcpPacket, parseTcpPacket } = await import(`${dist}/src/wire/index.js`);

/** A packet that says who sent it and which it is; what it holds besides differs from one to the next. */
function packetOf(number) {
  const payload = new Uint8Array((number * 31 + sender * 7) % 90);
  for (let i = 0; i < payload.length; i += 1) payload[i] = (number + i * 13) & 255;
  return buildTcpPacket({
    source: Uint8Array.of(10, 0, 0, sender),
    destination: Uint8Array.of(10, 0, 0, 9),
    seq: number,
    payload,
  });
}

/** By sender: how many came, and the number of the last; what came that should not have. */
const got = {};
const wrong = [];

function take(packet) {
  const parsed = parseTcpPacket(packet);
  if (typeof parsed === 'string') {
    wrong.push(parsed);
    return;
  }
  const from = parsed.ip.source()[3];
  const { seq } = parsed.segment;
  got[from] ??= { packets: 0, last: -1 };
  if (seq !== got[from].last + 1) wrong.push(`from ${from}: ${seq} after ${got[from].last}`);
  got[from].packets += 1;
  got[from].last = seq;
}

const end = await openFileChannel(directory, options);
end.onError((error) => wrong.push(error.message));
if (read) end.onPacket(take);

let number = 0;
let missing = 0;
let stopped = false;

/** Without losing any: what was refused is sent again when there is room. */
function sendSome() {
  for (let i = 0; i < 40 && number < count && !stopped; i += 1) {
    end.send(packetOf(number), 0);
    const { full = 0 } = end.counters.dropped;
    if (full > missing) {
      missing = full;
      setTimeout(sendSome, 5);
      return;
    }
    number += 1;
  }
  if (number < count && !stopped) setImmediate(sendSome);
}

process.on('message', async (order) => {
  if (order === 'send') sendSome();
  else if (order === 'report') process.send({ got, wrong, counters: end.counters });
  else {
    stopped = true;
    await end.close();
    process.disconnect();
  }
});
process.send('open');
