#!/usr/bin/env bash
# A night of a real 1.5B model, recorded: its decisions are verified, and the whole night is played again with no model.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cli="node $here/../dist/cli.js"
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
git init -q -b main
git fetch -q "$here/03-real-night/repository.bundle" '+refs/*:refs/*' --update-head-ok
git checkout -q -f main
mkdir runs && cp -r "$here/03-real-night/retail-0001" runs/
$cli log --env retail
$cli verify
$cli replay retail-0001
