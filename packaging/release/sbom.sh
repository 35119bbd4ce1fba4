#!/bin/sh
# Writes the bill of materials of the program: every crate that can be in it on any of its systems, with version, licence and checksum,
# as CycloneDX 1.5 (JSON), by cargo-cyclonedx. The C libraries are those that the crates ending in -sys hold.
#
#     sh packaging/release/sbom.sh [FOLDER]        target/packages
#
# Installs cargo-cyclonedx where it is missing. Needs no network besides: it reads Cargo.lock and the crates that are there.
set -eu
cd "$(dirname "$0")/../.."
PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
export PATH
into=${1:-target/packages}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

if ! cargo cyclonedx --version >/dev/null 2>&1; then
    cargo install --debug --locked --version 0.5.9 cargo-cyclonedx
fi
cargo fetch --locked
SOURCE_DATE_EPOCH=$(sh packaging/release/epoch.sh)
export SOURCE_DATE_EPOCH
# It writes beside Cargo.toml, whatever it is told.
trap 'rm -f shardpress-sbom.json' EXIT
cargo cyclonedx --quiet --format json --spec-version 1.5 --target all --no-build-deps --override-filename shardpress-sbom
mkdir -p "$into"
# Where the project lies on this machine is nobody's business, and would make two builds differ.
sed "s|path+file://$PWD|path+file:///shardpress|g" shardpress-sbom.json >"$into/shardpress-$version.cdx.json"
echo "sbom: $into/shardpress-$version.cdx.json"
