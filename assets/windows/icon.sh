#!/bin/sh
# Draws assets/windows/shardpress.ico from assets/icon.svg, in the sizes that Windows shows. The result is kept in the repository, so
# that building needs no drawing tools.
#
#     sh assets/windows/icon.sh
#
# Needs rsvg-convert and icotool (Debian: apt-get install librsvg2-bin icoutils).
set -eu
cd "$(dirname "$0")"
for tool in rsvg-convert icotool; do
    command -v "$tool" >/dev/null || {
        echo "icon: $tool is missing. Debian: apt-get install librsvg2-bin icoutils" >&2
        exit 77
    }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
small=
for side in 16 20 24 32 40 48 64; do
    rsvg-convert -w "$side" -h "$side" ../icon.svg -o "$work/$side.png"
    small="$small $work/$side.png"
done
rsvg-convert -w 256 -h 256 ../icon.svg -o "$work/256.png"
# The largest one stays a PNG inside, as Windows has taken it since Vista: as a bitmap it alone would have 256 KiB.
# shellcheck disable=SC2086 # a list of words
icotool --create --output shardpress.ico $small --raw="$work/256.png"
icotool --list shardpress.ico
