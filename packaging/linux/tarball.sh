#!/bin/sh
# Packs program, manual, completions, icons and desktop entry as a tarball, for systems without a package of their own.
#
#     sh packaging/linux/tarball.sh [PROGRAM] [FOLDER]     target/release/shardpress, target/packages
#
# Unpacked it is used where it lies (bin/shardpress), or copied: `cp -r bin share ~/.local/`. Owners, times and order are fixed, so the same
# commit and program make the same file.
set -eu
program=$(realpath "${1:-${CARGO_TARGET_DIR:-$(dirname "$0")/../../target}/release/shardpress}")
cd "$(dirname "$0")/../.."
into=${2:-target/packages}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
name=shardpress-$version-linux-$(uname -m)
epoch=$(sh packaging/release/epoch.sh)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sh packaging/linux/stage.sh "$program" "$work/$name" ""
for file in README.md LICENSE-MIT LICENSE-APACHE; do install -m 644 "$file" "$work/$name/$file"; done
install -m 644 assets/THIRD-PARTY.md "$work/$name/THIRD-PARTY.md"
mkdir -p "$into"
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" --mode=u+rw,go+r,go-w --format=gnu -cf - "$name" | gzip -9 -n >"$into/$name.tar.gz"
echo "tarball: $into/$name.tar.gz"
