#!/bin/sh
# Builds the commit that is checked out twice, from nothing, in clones in folders of different names, and compares the programs byte for byte.
#
#     sh packaging/release/twice.sh [ARGUMENT…]        more arguments go to both builds
#
# It takes as long as two releases. Where the programs differ, both stay, and their folder is named.
set -eu
cd "$(dirname "$0")/../.."
commit=$(git rev-parse HEAD)
work=$(mktemp -d)
keep=
trap '[ -n "$keep" ] || rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
unset CARGO_TARGET_DIR

for place in first the/second/of/both; do
    git clone -q . "$work/$place/shardpress"
    git -C "$work/$place/shardpress" checkout -q "$commit"
    echo "twice: building $commit in $work/$place/shardpress"
    (cd "$work/$place/shardpress" && sh packaging/release/build.sh "$@")
    mkdir "$work/$place/programs"
    find "$work/$place/shardpress/target/release" -maxdepth 1 -type f -perm -u+x -exec cp {} "$work/$place/programs/" ';'
    rm -rf "$work/$place/shardpress"
done
(cd "$work/first/programs" && sha256sum -- *)
if ! diff -r "$work/first/programs" "$work/the/second/of/both/programs"; then
    keep=yes
    echo "twice: the builds differ: $work" >&2
    exit 1
fi
echo "twice: both builds are the same, byte for byte"
