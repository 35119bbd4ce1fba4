#!/bin/sh
# Looks into the built programs for what Windows reads there: icon, version, manifest, and whether they ask for a console.
#
#     sh tests/windows/resources.sh [FOLDER-OF-THE-PROGRAMS]
#
# Without a folder the programs are built first (tests/windows/build.sh). Exit 77: this machine cannot tell.
set -eu
cd "$(dirname "$0")/../.."
programs=${1:-$(sh tests/windows/build.sh)} || exit $?
sh tests/windows/setup.sh wrestool:icoutils icotool:icoutils x86_64-w64-mingw32-objdump:binutils-mingw-w64-x86-64 || exit $?
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "resources: FAILED: $*" >&2
    exit 1
}
for program in shardpress:3 shardpress-gui:2; do
    file=$programs/${program%:*}.exe
    # 3 is a console, 2 is none.
    subsystem=$(x86_64-w64-mingw32-objdump -p "$file" | sed -n 's/^Subsystem[[:space:]]*0*\([0-9]*\).*/\1/p')
    [ "$subsystem" = "${program#*:}" ] || fail "$file: subsystem $subsystem"
    wrestool --extract --raw --type=24 "$file" >"$work/manifest"
    cmp -s "$work/manifest" assets/windows/shardpress.manifest || fail "$file: not our manifest"
    for word in PerMonitorV2 longPathAware UTF-8 8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a asInvoker; do
        grep -q "$word" "$work/manifest" || fail "$file: the manifest lacks $word"
    done
    [ "$(wrestool --list --type=24 "$file" | wc -l)" -eq 1 ] || fail "$file: more than one manifest"
    wrestool --extract --type=14 "$file" >"$work/icon.ico"
    icotool --list "$work/icon.ico" | sed 's/--palette.*//; s/--index=[0-9]* //' | sort >"$work/icons"
    icotool --list assets/windows/shardpress.ico | sed 's/--palette.*//; s/--index=[0-9]* //' | sort | diff - "$work/icons" >/dev/null || fail "$file: other icons"
    wrestool --extract --raw --type=16 "$file" | iconv -f UTF-16LE -t UTF-8 -c 2>/dev/null | tr -c '[:print:]' '\n' >"$work/version"
    for word in Shardpress "$version" "${program%:*}.exe" FileDescription "The Shardpress developers"; do
        grep -qF "$word" "$work/version" || fail "$file: the version lacks $word"
    done
    echo "resources: ${program%:*}.exe: subsystem $subsystem, manifest, $(wc -l <"$work/icons") icons, version $version"
done
