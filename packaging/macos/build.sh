#!/bin/sh
# Builds the universal program on macOS: for Apple's and for Intel's processors, joined by lipo.
#
#     sh packaging/macos/build.sh [FOLDER]        target/packages; writes shardpress-universal
#
# Exit 77: this is no Mac.
set -eu
# Big Sur: the oldest for which Rust builds programs for Apple's processors, for both parts alike.
minimum=11.0
cd "$(dirname "$0")/../.."
into=${1:-target/packages}
[ "$(uname -s)" = Darwin ] || {
    echo "build: SKIPPED, only a Mac can link programs for macOS" >&2
    exit 77
}
sh setup.sh
# libjpeg-turbo's fast paths for Intel are written for nasm, which setup.sh leaves out on Apple's processors.
command -v nasm >/dev/null || brew install nasm
MACOSX_DEPLOYMENT_TARGET=$minimum
export MACOSX_DEPLOYMENT_TARGET
for target in aarch64-apple-darwin x86_64-apple-darwin; do
    rustup target add "$target"
    sh packaging/release/build.sh --bin shardpress --target "$target"
done
mkdir -p "$into"
built=${CARGO_TARGET_DIR:-target}
lipo -create -output "$into/shardpress-universal" "$built/aarch64-apple-darwin/release/shardpress" "$built/x86_64-apple-darwin/release/shardpress"
lipo -info "$into/shardpress-universal"
