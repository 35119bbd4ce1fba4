#!/bin/sh
# Installs, through rustup, the oldest Rust that Cargo.toml promises to build with, and makes it the default: releases are built with
# it, so that everybody can build what was released. Where it is there already, nothing happens.
set -eu
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
case $(rustc --version 2>/dev/null) in
"rustc $version."*) exit 0 ;;
esac
rustup toolchain install "$version" --profile minimal
rustup default "$version"
