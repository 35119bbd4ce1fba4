#!/bin/sh
# Builds the Debian package with cargo-deb.
#
#     sh packaging/linux/deb.sh [--no-build] [--fast] [FOLDER]
#
# FOLDER: target/packages. --no-build takes the release binary that is there, --fast compresses less, for tests. Installs what is missing,
# cargo-deb included.
# The files carry the time of the commit (or SOURCE_DATE_EPOCH), so that the same commit and binary make the same package.
set -eu
cd "$(dirname "$0")/../.."
PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
export PATH

build=yes
fast=
while [ $# -gt 0 ]; do
    case $1 in
    --no-build) build= ;;
    --fast) fast=--fast ;;
    *) break ;;
    esac
    shift
done
into=${1:-target/packages}
program=${CARGO_TARGET_DIR:-target}/release/shardpress

# dpkg-shlibdeps finds the packages of the libraries that the program is linked with.
command -v dpkg-shlibdeps >/dev/null || sh packaging/apt.sh dpkg-dev
if ! cargo deb --version >/dev/null 2>&1; then
    cargo install --debug --locked --version 3.8.0 cargo-deb
fi
if [ "$build" ]; then
    sh setup.sh
    sh packaging/release/build.sh
fi
[ -x "$program" ] || {
    echo "deb: $program is not there; leave out --no-build to have it built" >&2
    exit 1
}
sh packaging/linux/assets.sh "$program"
SOURCE_DATE_EPOCH=$(sh packaging/release/epoch.sh)
export SOURCE_DATE_EPOCH
mkdir -p "$into"
# The system's xz: the one inside a cargo-deb that was built in a minute takes that long for each package.
command -v xz >/dev/null || sh packaging/apt.sh xz-utils
# Debian wants programs without their symbols; those of the other packages keep them, for names in a report of a crash.
# shellcheck disable=SC2086 # nothing, where it is empty
cargo deb --locked --no-build --strip --compress-system $fast --output "$into"
