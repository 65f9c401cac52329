#!/usr/bin/env bash
# One night on an environment of your own, in a repository of its own: init, check, plan, night, apply, verify.
set -euo pipefail
cli="node $(cd "$(dirname "$0")/.." && pwd)/dist/cli.js"
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
git init -q -b main
git -c user.name=example -c user.email=example@localhost commit -q --allow-empty -m start
$cli init my-shop
git add . && git -c user.name=example -c user.email=example@localhost commit -q -m "add my-shop"
$cli env check my-shop
$cli plan --env my-shop --budget 5
$cli --env my-shop --budget 5
$cli apply --env my-shop
$cli log --env my-shop
$cli verify
