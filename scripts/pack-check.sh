#!/usr/bin/env bash
# pack-check.sh [TARBALL]: installs it (npm pack makes one, when none is given) in an empty folder, and runs what it has from there.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ $# -gt 0 ]; then cp "$1" "$folder"; else npm pack --silent --pack-destination "$folder" >/dev/null; fi
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent ./statewire-*.tgz
npx statewire demo --quiet
cat >use.mjs <<'JS'
import { createHost } from 'statewire';
import { charts } from 'statewire/machines';
import { openNet } from 'statewire/net';
import { createNetwork } from 'statewire/testing';
import { parseTcpPacket } from 'statewire/wire';
for (const thing of [createHost, parseTcpPacket, openNet, createNetwork]) if (typeof thing !== 'function') throw new Error('an export is missing');
if (Object.keys(charts).length === 0) throw new Error('no charts');
JS
node use.mjs
cat >app.mjs <<'JS'
import net from 'node:net';
const server = net.createServer((socket) => socket.end(socket.constructor.name)).listen(0, () => {
  net.connect(server.address().port).on('data', (data) => console.log(`registered: ${data}`)).on('end', () => server.close());
});
JS
STATEWIRE_LOSS=0.05 node --import statewire/register app.mjs | grep -q 'registered: Socket'
# Without the optional package the rest works, and TUN says what is missing
if [ "$(uname)" = Linux ]; then
  rm -rf node_modules/koffi
  status=0
  npx statewire tun --create 2>said || status=$?
  grep -q 'TUN needs the package koffi, which is not installed (npm install koffi)' said && [ "$status" = 6 ]
fi
