#!/bin/sh
# Makes the list of licences anew: assets/licences/licences.json.gz, which the program shows in its about box and prints with
# `shardpress licences`. To be run, and its result committed, when Cargo.lock changed; a test (src/about/lock.rs) says so.
#
#     sh assets/licences/make.sh
#
# Installs cargo-about into target/tools where it is missing (a few minutes); needs Python 3.11 or newer. The same lock file makes the
# same list.
set -eu
cd "$(dirname "$0")/../.."

version=0.9.3
tools=${SHARDPRESS_TOOLS:-target/tools}
about=$tools/bin/cargo-about
if [ "$("$about" --version 2>/dev/null || true)" != "cargo-about $version" ]; then
    cargo install cargo-about --version "$version" --locked --features cli --root "$tools"
fi
command -v python3 >/dev/null || {
    echo "licences: python3 is missing. Install it, then run this again." >&2
    exit 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
"$about" generate --config assets/licences/about.toml --format json --fail --locked --output-file "$work/about.json"
cargo metadata --format-version 1 --locked >"$work/metadata.json"
python3 assets/licences/pack.py "$work/about.json" "$work/metadata.json" assets/licences/licences.json.gz
