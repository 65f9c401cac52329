#!/usr/bin/env bash
# Packs a finished night for this folder: bash pack.sh REPOSITORY RUN. Commits and recorded replies are all that a replay needs.
set -euo pipefail
repository=$1 run=$2
here=$(cd "$(dirname "$0")" && pwd)
git -C "$repository" bundle create -q "$here/repository.bundle" --branches --tags
mkdir -p "$here/$run"
for file in config.json summary.json report.md replies.jsonl; do cp "$repository/runs/$run/$file" "$here/$run/$file"; done
