#!/bin/sh
# Builds the unit tests of engine, command and report for Windows and runs them under wine.
#
#     sh tests/windows/unit.sh [FILTER…]        for example: sh tests/windows/unit.sh engine::disk engine::commit
#
# Without the window, whose tests want an adapter, and with the pure Rust codecs. Exit 77: this machine cannot tell.
set -eu
cd "$(dirname "$0")/../.."
programs=$(sh tests/windows/build.sh test --lib --no-run --no-default-features) || exit $?
# shellcheck source=tests/windows/wine_env.sh
. tests/windows/wine_env.sh
# The newest is the one that was just built, or would have been.
# shellcheck disable=SC2012 # cargo's own names
tests=$(ls -t "$programs"/deps/shardpress-*.exe | head -n 1)
# Wine takes a name in other letters for the same name, and leaves it.
[ $# -gt 0 ] || set -- engine:: config:: cli:: report:: --skip presets::tests::saved_found_renamed_deleted_and_brought_back
win "$tests" "$@"
