#!/bin/sh
# Installs what is missing of the tools named as TOOL:PACKAGE, by apt-get. Says nothing when all of it is there.
#
#     sh tests/windows/setup.sh wixl:wixl msiinfo:msitools
#
# Exit 77: it cannot be installed here.
set -eu
packages=
for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null || packages="$packages ${pair#*:}"
done
[ -n "$packages" ] || exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "SKIPPED: this needs Debian's packages$packages. As root: apt-get install$packages" >&2
    exit 77
fi
apt-get -q update >&2 || echo "setup: apt-get update was not clean, going on" >&2
# shellcheck disable=SC2086 # a list of words
DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $packages >&2
