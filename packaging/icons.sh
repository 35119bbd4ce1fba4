#!/bin/sh
# Draws the icons of all packages from assets/icon.svg: PNGs for Linux's icon theme, and the .icns of macOS.
#
#     sh packaging/icons.sh           writes assets/icons/
#     sh packaging/icons.sh --check   draws them aside and fails where a kept one is missing, of another size, or looks different
#
# They are kept in the repository so that building a package needs no drawing tools. Exit 77: those tools cannot be had here.
set -eu
cd "$(dirname "$0")/.."

if ! command -v rsvg-convert >/dev/null || ! command -v compare >/dev/null || ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
    if ! command -v apt-get >/dev/null; then
        echo "icons: SKIPPED, this needs rsvg-convert, ImageMagick and Python with venv" >&2
        exit 77
    fi
    sh packaging/apt.sh librsvg2-bin imagemagick python3-venv
fi
# Debian's png2icns writes the large sizes as JPEG 2000; this one writes what macOS' own iconutil does.
tools=target/icons-tools
if ! "$tools/bin/icnsutil" --version >/dev/null 2>&1; then
    python3 -m venv "$tools"
    "$tools/bin/pip" -q --disable-pip-version-check install icnsutil==1.1.0
fi

check=
case ${1:-} in
--check) check=yes ;;
"") ;;
*)
    echo "usage: sh packaging/icons.sh [--check]" >&2
    exit 2
    ;;
esac

into=assets/icons
if [ "$check" ]; then
    into=$(mktemp -d)
    trap 'rm -rf "$into"' EXIT
fi
mkdir -p "$into"

draw() { rsvg-convert --width "$1" --height "$1" assets/icon.svg --output "$2"; }
# The sizes of Linux's icon theme.
for size in 16 22 24 32 48 64 128 256 512; do
    draw "$size" "$into/$size.png"
done
# Those of macOS: points, and each once more with twice the pixels.
points=$(mktemp -d)
for size in 16 32 128 256 512; do
    draw "$size" "$points/$size.png"
    draw $((2 * size)) "$points/$size@2x.png"
done
"$tools/bin/icnsutil" compose --force "$into/shardpress.icns" "$points"/*.png
"$tools/bin/icnsutil" test "$into/shardpress.icns"
rm -rf "$points"

if [ -z "$check" ]; then
    echo "icons: drawn into $into"
    exit 0
fi
for new in "$into"/*; do
    name=${new##*/}
    kept=assets/icons/$name
    if [ ! -f "$kept" ]; then
        echo "icons: $kept is missing; sh packaging/icons.sh draws it" >&2
        exit 1
    fi
    case $name in
    *.png)
        size=$(identify -format %wx%h "$kept")
        [ "$size" = "${name%.png}x${name%.png}" ] || {
            echo "icons: $kept measures $size" >&2
            exit 1
        }
        # Another version of the drawing library may round an edge differently; a different icon is another matter.
        error=$(compare -metric RMSE "$new" "$kept" null: 2>&1 | sed 's/.*(\(.*\)).*/\1/') || true
        awk -v error="$error" 'BEGIN { exit !(error < 0.02) }' || {
            echo "icons: $kept does not look like assets/icon.svg (distance $error); sh packaging/icons.sh draws it" >&2
            exit 1
        }
        ;;
    *.icns)
        # What each entry is and how large; not its bytes, for the reason above.
        entries() { "$tools/bin/icnsutil" info "$1" | sed -n 's/: [0-9]* bytes,//p' | sort; }
        "$tools/bin/icnsutil" test "$kept" >/dev/null && [ "$(entries "$new")" = "$(entries "$kept")" ] || {
            echo "icons: $kept does not hold the sizes it should; sh packaging/icons.sh makes it" >&2
            exit 1
        }
        ;;
    esac
done
echo "icons: as assets/icon.svg draws them"
