#!/bin/sh
# Makes the pictures of docs/guide/window.md anew: those that tests/window/run.sh leaves, with fewer colours, so that they stay small.
#
#     sh tests/window/pictures.sh [PROGRAM]
#
# PROGRAM: target/release/shardpress. Exit 77: this system has no virtual screen.
set -eu
cd "$(dirname "$0")/../.."
program=${1:-target/release/shardpress}
command -v pngquant >/dev/null || {
    echo "pictures: pngquant is missing; install it (Debian: apt-get install pngquant) and run this again." >&2
    exit 77
}
shots=$(mktemp -d)
trap 'rm -rf "$shots"' EXIT
trap 'exit 130' INT TERM
SHARDPRESS_SHOT_PAUSE=${SHARDPRESS_SHOT_PAUSE:-3} SHARDPRESS_SHOTS=$shots sh tests/window/run.sh "$program"
for picture in 0-welcome:../window-welcome 1-empty:start 2-plan:plan 3-preview:preview 4-question:question 5-run:run 6-report:report; do
    pngquant --force --strip --speed 1 --output "docs/guide/${picture#*:}.png" 256 "$shots/${picture%:*}.png"
done
ls -l docs/guide/*.png docs/window-welcome.png
