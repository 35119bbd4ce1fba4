#!/bin/sh
# Installs what building Shardpress needs beside Rust: a C compiler, make, cmake and nasm, for libjpeg-turbo, libwebp
# and libdeflate, which are compiled from the sources in their crates. Says nothing when all of it is there.
#
#     sh setup.sh
#
# Debian, Ubuntu and their kin (apt-get), Fedora and its kin (dnf), macOS (Homebrew). Elsewhere it says what to install.
set -eu

fallback="Or build with pure Rust codecs, slower but with a C compiler alone: cargo build --release --no-default-features"

if ! command -v cargo >/dev/null; then
    echo "setup: Rust is missing. Install it from https://rustup.rs (version 1.95 or newer), open a new shell and run this again." >&2
    exit 1
fi

missing=
system=$(uname -s)
for tool in cc make cmake nasm; do
    # On ARM libjpeg-turbo's fast paths are C, no assembler is needed.
    case "$tool:$(uname -m)" in nasm:arm64 | nasm:aarch64) continue ;; esac
    command -v "$tool" >/dev/null || missing="$missing $tool"
done
[ -n "$missing" ] || exit 0
echo "setup: to build Shardpress this is missing:$missing"

# Runs a command as root: directly when we are, through sudo when it is there.
as_root() {
    echo "setup: $*"
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "setup: this needs root and there is no sudo. As root, run:" >&2
        echo "    $*" >&2
        echo "$fallback" >&2
        exit 1
    fi
}

# The names of the packages that hold the missing tools: $1 is what provides cc.
packages() {
    for tool in $missing; do
        case $tool in
        cc) printf '%s ' "$1" ;;
        *) printf '%s ' "$tool" ;;
        esac
    done
}

if command -v apt-get >/dev/null; then
    # Lists are often empty or stale on a fresh machine. One source out of order must not end it: the install decides.
    as_root apt-get -q update || echo "setup: apt-get update was not clean, going on" >&2
    # shellcheck disable=SC2046 # a list of words
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $(packages "gcc libc6-dev")
elif command -v dnf >/dev/null; then
    # shellcheck disable=SC2046
    as_root dnf install -y $(packages gcc)
elif [ "$system" = Darwin ]; then
    case " $missing " in
    *" cc "* | *" make "*)
        echo "setup: the compiler comes with Apple's command line tools: run 'xcode-select --install', then this again." >&2
        exit 1
        ;;
    esac
    if ! command -v brew >/dev/null; then
        echo "setup: Homebrew (https://brew.sh) is missing; install it and run this again, or install$missing yourself." >&2
        echo "$fallback" >&2
        exit 1
    fi
    # shellcheck disable=SC2086
    brew install $missing
else
    echo "setup: install$missing with your system's package manager, then run this again." >&2
    echo "$fallback" >&2
    exit 1
fi

for tool in $missing; do
    if ! command -v "$tool" >/dev/null; then
        echo "setup: $tool is still missing. $fallback" >&2
        exit 1
    fi
done
