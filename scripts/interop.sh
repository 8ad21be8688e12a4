#!/usr/bin/env bash
# The interop suite, in network namespaces of its own: with root's rights where there are any, and a part of it (or all,
# without root) with none but those of a user namespace (and setfcap, which mapping root to root takes).
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ]; then
  exec unshare -Ur npx vitest run --maxWorkers=1 --retry=1 test/interop
fi
npx vitest run --maxWorkers=1 --retry=1 test/interop
setpriv --bounding-set=-all,+setfcap --inh-caps=-all unshare -Ur npx vitest run --maxWorkers=1 --retry=1 test/interop/settings.test.ts test/interop/command.test.ts
