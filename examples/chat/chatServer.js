// A small chat server: a line that one says is told to all others. It knows nothing of Statewire: it is given `net`.
//
// There is a mistake in it. On a clean network every line comes in a piece of its own, so nobody notices; `fixed` is
// how it should be.

/**
 * @param {typeof import('node:net')} net
 * @param {{ fixed?: boolean }} [options]
 */
export function createChatServer(net, { fixed = false } = {}) {
  const members = new Set();
  return net.createServer((socket) => {
    members.add(socket);
    socket.setEncoding('utf8');
    socket.on('error', () => {});
    socket.on('close', () => members.delete(socket));
    const say = (line) => {
      for (const member of members) if (member !== socket) member.write(`${line}\n`);
    };
    socket.write('welcome\n');
    let rest = '';
    socket.on('data', (text) => {
      if (fixed) {
        const lines = (rest + text).split('\n');
        rest = lines.pop();
        for (const line of lines) say(line);
      } else say(text.split('\n')[0]); // takes what came for one line
    });
  });
}

/** Connects, and gives the lines that are heard. */
export function join(net, host, port = 6667) {
  const socket = net.connect({ host, port, noDelay: true });
  const heard = [];
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('error', () => {});
  socket.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    heard.push(...lines);
  });
  return { socket, heard, say: (line) => socket.write(`${line}\n`) };
}
