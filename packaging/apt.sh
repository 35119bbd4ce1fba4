#!/bin/sh
# Installs Debian packages for the scripts beside it: `sh packaging/apt.sh PACKAGE…`. Says what it does; waits for another apt.
set -eu
as_root() {
    echo "setup: $*" >&2
    if [ "$(id -u)" -eq 0 ]; then
        "$@" >&2
    elif command -v sudo >/dev/null; then
        sudo "$@" >&2
    else
        echo "setup: this needs root and there is no sudo. As root, run: $*" >&2
        exit 1
    fi
}
# Lists are often empty or stale on a fresh machine. One source out of order must not end it: the install decides.
as_root apt-get -q update || echo "setup: apt-get update was not clean, going on" >&2
as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
