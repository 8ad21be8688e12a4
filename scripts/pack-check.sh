#!/usr/bin/env bash
# npm pack, install the tarball in an empty folder, run the demo from there.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm pack --silent --pack-destination "$folder" >/dev/null
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent ./statewire-*.tgz
npx statewire demo --quiet
cat >use.mjs <<'JS'
import { createHost } from 'statewire';
import { charts } from 'statewire/machines';
import { parseTcpPacket } from 'statewire/wire';
for (const thing of [createHost, parseTcpPacket]) if (typeof thing !== 'function') throw new Error('an export is missing');
if (Object.keys(charts).length === 0) throw new Error('no charts');
JS
node use.mjs
