#!/usr/bin/env bash
# The shipped night with another proposer: bash with-proposer.sh reflect|both BUDGET BASE_URL FOLDER. The model answers what the night asks
# beyond the shipped replies. The address is part of what a reply is kept by, so only http://127.0.0.1:8082/v1 meets the shipped ones.
set -euo pipefail
proposer=$1 budget=$2 url=$3 folder=$4
here=$(cd "$(dirname "$0")" && pwd)
cli=$here/../../dist/cli.js
args=(--budget "$budget" --env retail --tags T1 --tasks 120 --max-tokens 256 --concurrency 1 --proposer "$proposer" --model openai:qwen-coder-1.5b --base-url "$url")
if [ ! -d "$folder" ]; then
  git init -q -b main "$folder"
  git -C "$folder" fetch -q --no-tags "$here/repository.bundle" '+refs/heads/main:refs/heads/main' --update-head-ok
  git -C "$folder" checkout -q -f main
  # A night is begun, ended at once and given the shipped replies: what both nights ask alike is answered from them.
  (cd "$folder" && exec node "$cli" "${args[@]}" >/dev/null 2>&1) &
  until [ -f "$folder/runs/retail-0001/config.json" ]; do sleep 0.1; kill -0 $! || { echo "the night did not begin; run it by hand in $folder" >&2; exit 1; }; done
  kill -9 $! && wait $! 2>/dev/null || true
  rm -f "$folder/runs/retail-0001/rollouts.jsonl" "$folder/runs/retail-0001/spending.txt"
  cp "$here/retail-0001/replies.jsonl" "$folder/runs/retail-0001/"
fi
cd "$folder" && exec node "$cli" "${args[@]}"
