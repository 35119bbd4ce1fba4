#!/bin/sh
# Makes Shardpress.app of a program. Works on any system, so that its layout can be checked everywhere.
#
#     sh packaging/macos/bundle.sh PROGRAM [FOLDER]        target/packages
#
# On macOS PROGRAM is the universal one of packaging/macos/build.sh; sign.sh and dmg.sh come after it.
set -eu
program=${1:?"usage: sh packaging/macos/bundle.sh PROGRAM [FOLDER]"}
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
cd "$(dirname "$0")/../.."
into=${2:-target/packages}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
minimum=$(sed -n 's/^minimum=//p' packaging/macos/build.sh)
app=$into/Shardpress.app

rm -rf "$app"
mkdir -p "$app/Contents/MacOS" "$app/Contents/Resources"
cp "$program" "$app/Contents/MacOS/shardpress"
chmod 755 "$app/Contents/MacOS/shardpress"
sed -e "s/@VERSION@/$version/g" -e "s/@MINIMUM@/$minimum/g" -e '/<!-- .* are filled in by .* -->/d' packaging/macos/Info.plist >"$app/Contents/Info.plist"
printf 'APPL????' >"$app/Contents/PkgInfo"
cp assets/icons/shardpress.icns "$app/Contents/Resources/shardpress.icns"
for file in LICENSE-MIT LICENSE-APACHE assets/THIRD-PARTY.md; do cp "$file" "$app/Contents/Resources/"; done
# Manual pages and completions, which the Homebrew cask links to where shells look.
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
sh packaging/linux/assets.sh "$program" "$made"
cp -R "$made/man" "$made/completions" "$app/Contents/Resources/"
echo "bundle: $app, version $version, macOS $minimum or newer"
