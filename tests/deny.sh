#!/bin/sh
# Licences, banned crates and the origin of everything that is built in: cargo-deny over deny.toml.
#
#     sh tests/deny.sh                licences, bans, sources: needs nothing but the crates themselves
#     sh tests/deny.sh advisories     known vulnerabilities: fetches the database of rustsec.org, so it is for releases
#
# Installs cargo-deny where it is missing, without optimisation: building it so takes a minute, and running it a second.
set -eu
cd "$(dirname "$0")/.."
PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
export PATH

[ $# -gt 0 ] || set -- licenses bans sources
if ! cargo deny --version >/dev/null 2>&1; then
    cargo install --debug --locked --version 0.20.2 cargo-deny
fi
cargo deny --locked --all-features check --hide-inclusion-graph "$@"
