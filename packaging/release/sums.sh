#!/bin/sh
# Writes SHA256SUMS for the files of a folder, by name alone, sorted: `sh packaging/release/sums.sh FOLDER`.
# A person checks with `sha256sum --check --ignore-missing SHA256SUMS`.
set -eu
cd "${1:?"usage: sh packaging/release/sums.sh FOLDER"}"
rm -f SHA256SUMS
sum=sha256sum
command -v sha256sum >/dev/null || sum="shasum -a 256"
# shellcheck disable=SC2086 # the command and its options
find . -maxdepth 1 -type f ! -name 'SHA256SUMS*' | LC_ALL=C sort | sed 's|^\./||' | while read -r file; do $sum "$file"; done >SHA256SUMS.new
mv SHA256SUMS.new SHA256SUMS
[ -s SHA256SUMS ] || {
    echo "sums: nothing to sum in $PWD" >&2
    exit 1
}
