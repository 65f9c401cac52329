#!/usr/bin/env bash
# Real tools: SQLite, HTTP on loopback and an asynchronous scorer. A night is interrupted, goes on, and leaves nothing running.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); cli="$here/../dist/cli.js"
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
git init -q -b main
ln -s "$here/../node_modules" node_modules
mkdir -p evals/parcels harness/parcels
cp "$here/04-real-tools/environment.js" evals/parcels/
echo 'You serve a parcel desk. Do exactly what the request asks with the tools, then call done.' > harness/parcels/policy.md
echo 'version: 1' > harness/parcels/harness.yaml
printf 'node_modules\nruns\n' > .gitignore
git add . && git -c user.name=example -c user.email=example@localhost commit -q -m "add parcels"

node "$cli" env check parcels

# Ctrl-C as soon as rollouts are on disk.
node "$cli" --env parcels --budget 5 --model sim:weak & night=$!
until [ -s runs/parcels-0001/rollouts.jsonl ]; do kill -0 $night; sleep 0.1; done
kill -INT $night
code=0; wait $night || code=$?
[ "$code" = 130 ] || { echo "expected exit 130 after Ctrl-C, got $code"; exit 1; }

node "$cli" --env parcels --budget 5 --model sim:weak | tee night.txt
grep -q 'night 1: released v1' night.txt
if kill -0 $night 2>/dev/null; then echo 'the night still runs'; exit 1; fi
