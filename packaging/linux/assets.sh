#!/bin/sh
# Makes what a package needs beside the program and files of this repository: manual pages and shell completions, from the program's
# own definition of its arguments, the licences of all that is in it, and Debian's changelog.
#
#     sh packaging/linux/assets.sh PROGRAM [FOLDER]
#
# FOLDER: target/linux, where Cargo.toml looks for them. It is made anew.
set -eu
program=$(realpath "${1:?"usage: sh packaging/linux/assets.sh PROGRAM [FOLDER]"}")
cd "$(dirname "$0")/../.."
into=${2:-target/linux}

rm -rf "$into/man" "$into/completions" "$into/changelog.Debian" "$into/licences.txt"
mkdir -p "$into/man" "$into/completions"
"$program" man "$into/man" >/dev/null
"$program" completions bash >"$into/completions/shardpress.bash"
"$program" completions zsh >"$into/completions/_shardpress"
"$program" completions fish >"$into/completions/shardpress.fish"
"$program" licences >"$into/licences.txt"

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
epoch=$(sh packaging/release/epoch.sh)
when=$(LC_ALL=C date -u -R -d "@$epoch" 2>/dev/null || LC_ALL=C date -u -r "$epoch" '+%a, %d %b %Y %H:%M:%S +0000')
cat >"$into/changelog.Debian" <<CHANGELOG
shardpress ($version-1) unstable; urgency=medium

  * Version $version; what changed is in changelog.gz beside this file.

 -- The Shardpress developers <shardpress@users.noreply.github.com>  $when
CHANGELOG
