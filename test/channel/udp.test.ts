/** What only UDP has: addresses, strangers, a kernel that refuses. */
import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { LiveEnd } from '../../src/channel/channel.ts';
import { openUdpChannel, parseUdpSpec, type UdpSpec } from '../../src/channel/udp.ts';
import { Build } from './build.ts';
import { numberOf, packetOf, pause, until } from './conformance.ts';
import { freePorts } from './ports.ts';

describe('parseUdpSpec', () => {
  test.each([
    ['127.0.0.1:9000,127.0.0.1:9001', '127.0.0.1', 9000, '127.0.0.1', 9001],
    ['9000,9001', '127.0.0.1', 9000, '127.0.0.1', 9001],
    [':9000,:9001', '127.0.0.1', 9000, '127.0.0.1', 9001],
    [' localhost:1 , localhost:65535 ', '127.0.0.1', 1, '127.0.0.1', 65535],
    ['0.0.0.0:9000,192.0.2.7:9000', '0.0.0.0', 9000, '192.0.2.7', 9000],
    ['[::1]:9000,[0:0:0:0:0:0:0:1]:9001', '::1', 9000, '::1', 9001],
    ['9000,[::1]:9001', '::1', 9000, '::1', 9001],
    ['[::]:9000,localhost:9001', '::', 9000, '::1', 9001],
  ])('reads %s', (text, address, port, peerAddress, peerPort) => {
    expect(parseUdpSpec(text)).toEqual({
      local: { address, port },
      peer: { address: peerAddress, port: peerPort },
    });
  });

  test.each([
    ['', '"" is not LOCAL,PEER'],
    ['9000', '"9000" is not LOCAL,PEER'],
    ['1,2,3', '"1,2,3" is not LOCAL,PEER'],
    ['127.0.0.1,9001', '"127.0.0.1" needs a port from 1 to 65535'],
    ['0,9001', '"0" needs a port from 1 to 65535'],
    ['9000,65536', '"65536" needs a port from 1 to 65535'],
    ['9000,', '"" needs a port from 1 to 65535'],
    ['example.org:1,2', 'names are not looked up'],
    ['1.2.3:1,2', 'IPv4 has four numbers'],
    ['1.2.3.256:1,2', '"256" is not a number from 0 to 255'],
    ['::1:9000,9001', 'IPv6 is written [::1]:9000'],
    ['[::1],9001', '"[::1]" is not HOST:PORT'],
    ['[1.2.3.4]:9000,9001', 'only IPv6 addresses stand in brackets'],
    ['[::1:9000,9001', 'is not HOST:PORT'],
    ['127.0.0.1:9000,[::1]:9001', 'both must be IPv4, or both IPv6'],
    ['9000,0.0.0.0:9001', 'no address to send to'],
    ['9000,localhost:9000', '127.0.0.1:9000 cannot be its own peer'],
  ])('refuses %j: %s', (text, problem) => {
    expect(() => parseUdpSpec(text)).toThrow(RangeError);
    expect(() => parseUdpSpec(text)).toThrow(problem);
  });
});

describe('a udp channel', () => {
  const ends: LiveEnd[] = [];
  const sockets: Socket[] = [];

  afterEach(async () => {
    await Promise.all(ends.splice(0).map((end) => end.close()));
    for (const socket of sockets.splice(0)) await new Promise<void>((done) => socket.close(done));
  });

  async function open(spec: UdpSpec): Promise<LiveEnd> {
    const end = await openUdpChannel(spec);
    ends.push(end);
    return end;
  }

  async function bound(port: number, address = '127.0.0.1'): Promise<Socket> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    sockets.push(socket);
    await new Promise<void>((done) => socket.bind(port, address, done));
    return socket;
  }

  /** An end, and the addresses of both. */
  async function one() {
    const [port, peerPort] = (await freePorts('127.0.0.1', 2)) as [number, number];
    const spec = parseUdpSpec(`${port},${peerPort}`);
    return { end: await open(spec), spec, port, peerPort };
  }

  test('is named as the user names it', async () => {
    const { end, port, peerPort } = await one();
    expect(end.name).toBe(`udp:127.0.0.1:${port},127.0.0.1:${peerPort}`);
  });

  test('sends one packet a datagram, to its peer, from its address', async () => {
    const { end, port, peerPort } = await one();
    const peer = await bound(peerPort);
    const got: [number, Buffer][] = [];
    peer.on('message', (bytes, from) => got.push([from.port, bytes]));
    end.send(new Uint8Array(0), 0);
    expect(end.counters.dropped).toEqual({ badPacket: 1 });
    for (const size of [1, 20, 1500]) end.send(packetOf(size, size), 0);
    await until(() => got.length === 3, 'three datagrams');
    expect(got.map(([from, bytes]) => [from, bytes.length])).toEqual([1, 20, 1500].map((n) => [port, n]));
    expect(Buffer.compare(got[2]![1], packetOf(1500, 1500))).toBe(0);
  });

  test('takes datagrams from its peer only, and of those what can be an IP packet', async () => {
    const { end, port, peerPort } = await one();
    const got: number[] = [];
    end.onPacket((packet) => got.push(packet[0]!));
    const peer = await bound(peerPort);
    const stranger = await bound(0);
    const send = (from: Socket, ...bytes: number[]) => from.send(Uint8Array.from(bytes), port, '127.0.0.1');
    send(stranger, 0x45, 1);
    send(peer);
    for (const first of [0x00, 0x3f, 0x45, 0x50, 0x60, 0x70, 0xff]) send(peer, first, 1);
    await until(() => end.counters.dropped.badPacket === 6 && got.length === 2, 'all of them');
    await until(() => end.counters.dropped.stranger === 1, 'the stranger');
    expect(got).toEqual([0x45, 0x60]);
    expect(end.counters).toMatchObject({ packetsIn: 2, bytesIn: 4 });
  });

  test.runIf(process.platform === 'linux')('the same port at another address is a stranger', async () => {
    const { end, port, peerPort } = await one();
    const other = await bound(peerPort, '127.0.0.2');
    other.send(packetOf(1, 20), port, '127.0.0.1');
    await until(() => end.counters.dropped.stranger === 1, 'the stranger');
    expect(end.counters.packetsIn).toBe(0);
  });

  test('a peer that was not there costs nothing that is sent once it is', async () => {
    const { end, peerPort } = await one();
    for (let round = 0; round < 5; round += 1) {
      for (let i = 0; i < 10; i += 1) end.send(packetOf(i, 100), 0);
      // Time for ICMP to say that the port is unreachable
      await pause(10);
      const got: number[] = [];
      const peer = await bound(peerPort);
      peer.on('message', (bytes) => got.push(numberOf(bytes)));
      for (let i = 100; i < 110; i += 1) end.send(packetOf(i, 100), 0);
      await until(() => got.length === 10, `packet ${got.length} of 10`);
      expect(got[0]).toBe(100);
      await new Promise<void>((done) => sockets.pop()!.close(done));
    }
    await until(() => end.counters.packetsOut === 100, 'all counted');
    expect(end.counters.dropped).toEqual({});
  });

  test('cannot have an address that is taken, or is not of this machine', async () => {
    const { spec, port } = await one();
    await expect(openUdpChannel(spec)).rejects.toThrow(`127.0.0.1:${port}: the port is in use`);
    const elsewhere = parseUdpSpec(`192.0.2.1:${port},192.0.2.2:1`);
    await expect(openUdpChannel(elsewhere)).rejects.toThrow(
      `192.0.2.1:${port}: this machine has no such address`,
    );
    await expect(openUdpChannel({ ...spec, peer: { address: 'x', port: 1 } })).rejects.toThrow(RangeError);
    await expect(openUdpChannel({ ...spec, peer: { ...spec.peer, port: 0 } })).rejects.toThrow(RangeError);
  });

  test('keeps what nobody takes up to a limit, in order', async () => {
    const { end, port, peerPort } = await one();
    const peer = await bound(peerPort);
    const dropped = () => end.counters.dropped.full ?? 0;
    let sent = 0;
    for (; dropped() < 5 && sent < 2000; sent += 1) {
      const packet = packetOf(sent, 60_000);
      await new Promise((done) => peer.send(packet, port, '127.0.0.1', done));
      await new Promise((done) => setImmediate(done));
    }
    const got: number[] = [];
    end.onPacket((packet) => got.push(numberOf(packet)));
    expect(got).toEqual([]);
    // It comes while what was kept is handed over
    peer.send(packetOf(9999, 100), port, '127.0.0.1');
    const kept = Math.floor(16_777_216 / 60_000);
    await until(() => got.length === kept + 1, `packet ${got.length} of ${kept + 1}`);
    expect(got).toEqual([...Array.from({ length: kept }, (_, i) => i), 9999]);
  });

  test('goes on when a datagram cannot be sent', async () => {
    // The kernel refuses to send to a broadcast address unless asked
    const [port, own] = (await freePorts('127.0.0.1', 2)) as [number, number];
    const end = await open(parseUdpSpec(`0.0.0.0:${own},255.255.255.255:${port}`));
    for (let i = 0; i < 3; i += 1) end.send(packetOf(i, 100), 0);
    await until(() => Object.values(end.counters.dropped).some((count) => count === 3), 'three errors');
    expect(end.counters).toMatchObject({ packetsOut: 0, bytesOut: 0 });
    await end.close();
  });
});

describe('a socket that falls behind', () => {
  const build = new Build();
  beforeAll(() => build.make());
  afterAll(() => build.remove());

  test.each([
    ['bytes', 10_000, 1000, 419],
    ['packets', 1, 20_000, 16_384],
  ])('gets no more %s than the limit, sends them whole, and is waited for by close', async (...row) => {
    const [, size, count, most] = row;
    const ports = await freePorts('127.0.0.1', 2);
    // Node's own switch for tests: each datagram waits for the event loop
    const script = build.script(
      'behind.js',
      `import { openUdpChannel, parseUdpSpec } from './dist/src/channel/udp.js';
       const [size, count] = process.argv.slice(2).map(Number);
       const [a, b] = [await openUdpChannel(parseUdpSpec('${ports}')),
                       await openUdpChannel(parseUdpSpec('${[...ports].reverse()}'))];
       let [whole, torn] = [0, 0];
       b.onPacket((packet) => { if (packet.every((byte) => byte === packet[0])) whole += 1; else torn += 1; });
       const packet = new Uint8Array(size);
       for (let i = 0; i < count; i += 1) a.send(packet.fill(0x40 + (i & 15)), 0);
       const waiting = a.counters.packetsOut;
       await a.close();
       setTimeout(async () => {
         await b.close();
         console.log(JSON.stringify({ waiting, ...a.counters, some: whole > 10, torn }));
       }, 50);`,
    );
    const child = spawn(process.execPath, ['--test-udp-no-try-send', script, `${size}`, `${count}`], {
      timeout: 20_000,
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    const [status] = await once(child, 'close');
    expect(status).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      waiting: 0,
      packetsOut: most,
      bytesOut: most * size,
      dropped: { full: count - most },
      some: true,
      torn: 0,
    });
  });
});
