#!/usr/bin/env bash
# Runs the first example as it stands.
set -euo pipefail
cd "$(dirname "$0")/.."
npx --no-install jiti examples/01-evaluate.ts
