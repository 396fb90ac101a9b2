#!/bin/sh
# letter.sh: what the tests hold the rendered letter against, exactly as tests/tools/package-lock.json has it. Does
# nothing when that is there already. Publisher itself needs none of it. No script of a package is run.
set -eu

cd "$(dirname "$0")/../tests/tools"
locked=$(cksum <package-lock.json)
if [ "$locked" != "$(cat node_modules/.locked 2>/dev/null)" ]; then
    echo "installing what reads the letter's HTML into tests/tools/node_modules"
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >/dev/null
    printf '%s' "$locked" >node_modules/.locked
fi
