#!/bin/sh
# Whether a tag may become a release: version, changelog and store entry say the same.
#
#     sh packaging/release/check.sh v0.1.0
#
# Prints the version. Exit 1: something disagrees, named with what to do.
set -eu
tag=${1:?"usage: sh packaging/release/check.sh TAG"}
cd "$(dirname "$0")/../.."
version=${tag#v}
metainfo=packaging/linux/io.github.shardpress.Shardpress.metainfo.xml
wrong=
say() {
    echo "release: $1" >&2
    wrong=yes
}

[ "$tag" = "v$version" ] || say "the tag $tag does not begin with v"
in_cargo=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
[ "$in_cargo" = "$version" ] || say "Cargo.toml has version $in_cargo, the tag says $version; change one of them"
grep -A 1 '^name = "shardpress"$' Cargo.lock | grep -qx "version = \"$version\"" || say "Cargo.lock has another version of shardpress; run cargo check and commit it"

if date=$(sh packaging/release/section.sh date "$version"); then
    case $date in
    [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]) ;;
    *) say "CHANGELOG.md gives $version the date '$date'; write the day of the release" ;;
    esac
    sh packaging/release/section.sh notes "$version" >/dev/null || wrong=yes
    # The newest release stands first.
    newest=$(sed -n 's/.*<release version="\([^"]*\)" date="\([^"]*\)".*/\1 \2/p' "$metainfo" | head -n 1)
    [ "$newest" = "$version $date" ] || say "$metainfo begins its releases with '$newest', not '$version $date'; add this one"
else
    wrong=yes
fi
# Pictures in a store must not change under a version that shows something else.
if grep -o 'githubusercontent.com/shardpress/shardpress/[^/]*/' "$metainfo" | grep -qv "/$tag/$"; then
    say "$metainfo shows pictures of another version; put $tag into their addresses"
fi
[ -z "$wrong" ] || exit 1
echo "$version"
