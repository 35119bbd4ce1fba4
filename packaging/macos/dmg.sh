#!/bin/sh
# Packs Shardpress.app as a disk image with a link to Applications beside it, and has Apple notarise it where keys are there.
#
#     sh packaging/macos/dmg.sh [FOLDER]        target/packages, where Shardpress.app lies
#
# Notarised with NOTARY_KEY (the text of an App Store Connect API key, .p8), NOTARY_KEY_ID and NOTARY_ISSUER, when the app is signed.
set -eu
cd "$(dirname "$0")/../.."
into=${1:-target/packages}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
image=$into/Shardpress-$version-macos-universal.dmg

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/Shardpress"
# ditto keeps what a signature covers.
ditto "$into/Shardpress.app" "$work/Shardpress/Shardpress.app"
ln -s /Applications "$work/Shardpress/Applications"
rm -f "$image"
hdiutil create -quiet -volname "Shardpress $version" -srcfolder "$work/Shardpress" -fs HFS+ -format UDZO -ov "$image"
hdiutil verify -quiet "$image"

if [ -z "${NOTARY_KEY:-}" ]; then
    echo "dmg: $image, NOT NOTARISED (no NOTARY_KEY)"
    exit 0
fi
printf '%s' "$NOTARY_KEY" >"$work/key.p8"
xcrun notarytool submit "$image" --key "$work/key.p8" --key-id "$NOTARY_KEY_ID" --issuer "$NOTARY_ISSUER" --wait --timeout 30m
# The ticket travels with the image, so that a Mac without a network believes it, too.
xcrun stapler staple "$image"
spctl --assess --type open --context context:primary-signature --verbose "$image"
echo "dmg: $image, notarised"
