#!/bin/sh
# Prints one version's section of CHANGELOG.md, or its date: the notes of a release are what the changelog says of it.
#
#     sh packaging/release/section.sh notes 0.1.0 [CHANGELOG]     its section, without its heading and the blank lines around it
#     sh packaging/release/section.sh date 0.1.0 [CHANGELOG]      2026-12-01, or "unreleased"
#
# Exit 1: there is no such section, or nothing is in it.
set -eu

what=${1:?"usage: sh packaging/release/section.sh notes|date VERSION [CHANGELOG]"}
version=${2:?"which version?"}
changelog=${3:-$(dirname "$0")/../../CHANGELOG.md}

# A heading is `## [0.1.0] - 2026-12-01`. Compared as text, or the dots of a version would match anything.
heading=$(awk -v head="## [$version]" 'index($0, head) == 1 { print; exit }' "$changelog")
[ -n "$heading" ] || {
    echo "release: $changelog has no section '## [$version] - DATE'; write what changed, then tag" >&2
    exit 1
}
case $what in
date) printf '%s\n' "${heading##*\] - }" ;;
notes)
    awk -v head="## [$version]" '
        index($0, head) == 1 { inside = 1; next }
        # The next version, or the links that Keep a Changelog puts at the end.
        inside && (/^## \[/ || /^\[[^]]*\]: /) { exit }
        inside && !/^[[:space:]]*$/ { for (; blank > 0 && any; blank--) print ""; blank = 0; any = 1; print; next }
        inside { blank++ }
        END { exit !any }
    ' "$changelog" || {
        echo "release: the section of $version in $changelog is empty" >&2
        exit 1
    }
    ;;
*)
    echo "release: '$what' is neither notes nor date" >&2
    exit 2
    ;;
esac
