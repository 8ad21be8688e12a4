#!/usr/bin/env bash
# The same seed gives the same trace, byte for byte after the header, in both engines and on every Node we support.
# BUILT=1: the programs are built already.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "${BUILT:-}" = 1 ] || npm run --silent build
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

declare -A node
for version in 20 22 24; do
  node[$version]=$(npx --yes -p "node@$version" node -p process.execPath)
done

# trace VERSION NAME ARGUMENTS...: runs the demo on that Node
trace() {
  local version=$1 name=$2
  shift 2
  "${node[$version]}" dist/cli/main.js demo --quiet --trace "$folder/$name" "$@" >/dev/null
  tail -n +2 "$folder/$name" >"$folder/$name.events"
}

for profile in classroom lossy wifi; do
  for seed in 1 7; do
    first=""
    for version in 20 22 24; do
      for engine in compiled xstate; do
        name="$profile-$seed-$version-$engine"
        trace "$version" "$name" --profile "$profile" --seed "$seed" --engine "$engine"
        if [ -z "$first" ]; then first=$name; fi
        cmp "$folder/$first.events" "$folder/$name.events" || { echo "$name differs from $first"; exit 1; }
      done
    done
    echo "$profile seed $seed: $(wc -l <"$folder/$first.events") events, the same 6 times"
  done
done
