#!/bin/sh
# Signs Shardpress.app for people who download it, with the hardened runtime that notarisation asks for.
#
#     sh packaging/macos/sign.sh target/packages/Shardpress.app
#
# MACOS_IDENTITY names a "Developer ID Application" certificate in the keychain. With MACOS_CERTIFICATE (a .p12 in base64) and
# MACOS_CERTIFICATE_PASSWORD it is first put into a keychain of its own, as the release workflow does. Without an identity the app gets an
# ad-hoc signature, without which nothing starts on Apple's processors, and it is said that it is unsigned.
set -eu
app=${1:?"usage: sh packaging/macos/sign.sh APP"}
here=$(cd "$(dirname "$0")" && pwd)

if [ -z "${MACOS_IDENTITY:-}" ]; then
    codesign --force --sign - "$app"
    codesign --verify --strict "$app"
    echo "sign: UNSIGNED (no MACOS_IDENTITY): people have to allow it in System Settings, Privacy & Security"
    exit 0
fi
if [ -n "${MACOS_CERTIFICATE:-}" ]; then
    keys=$(mktemp -d)
    trap 'security delete-keychain "$keys/signing.keychain" 2>/dev/null || true; rm -rf "$keys"' EXIT
    password=$(uuidgen)
    printf '%s' "$MACOS_CERTIFICATE" | base64 --decode >"$keys/certificate.p12"
    security create-keychain -p "$password" "$keys/signing.keychain"
    security set-keychain-settings -lut 3600 "$keys/signing.keychain"
    security unlock-keychain -p "$password" "$keys/signing.keychain"
    security import "$keys/certificate.p12" -k "$keys/signing.keychain" -P "${MACOS_CERTIFICATE_PASSWORD:-}" -T /usr/bin/codesign
    security set-key-partition-list -S apple-tool:,apple: -s -k "$password" "$keys/signing.keychain" >/dev/null
    set -- --keychain "$keys/signing.keychain"
else
    set --
fi
codesign --force --options runtime --timestamp --entitlements "$here/entitlements.plist" --sign "$MACOS_IDENTITY" "$@" "$app"
codesign --verify --strict --verbose=2 "$app"
echo "sign: signed by $MACOS_IDENTITY"
