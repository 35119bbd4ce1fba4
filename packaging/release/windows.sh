#!/bin/sh
# Makes everything that a release has for Windows, on Windows with WiX 3 (Git's sh): both installers by cargo-wix, the portable zip, the
# manifests of winget and scoop. Signs programs and installers where a certificate is there.
#
#     sh packaging/release/windows.sh [FOLDER]        target/packages
#
# WINDOWS_CERTIFICATE: a code signing certificate with its key, .pfx in base64; WINDOWS_CERTIFICATE_PASSWORD. Without them it says that
# nothing is signed. Needs what packaging/release/build.sh built. Exit 77: this is not Windows.
set -eu
cd "$(dirname "$0")/../.."
case $(uname -s) in
MINGW* | MSYS* | CYGWIN*) ;;
*)
    echo "windows: SKIPPED, WiX runs on Windows; sh tests/windows/msi.sh builds an installer for tests elsewhere" >&2
    exit 77
    ;;
esac
into=${1:-target/packages}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
built=${CARGO_TARGET_DIR:-target}/release
mkdir -p "$into"

cargo wix --version >/dev/null 2>&1 || cargo install --debug --locked --version 0.3.9 cargo-wix

keys=
trap '[ -z "$keys" ] || rm -rf "$keys"' EXIT
if [ -n "${WINDOWS_CERTIFICATE:-}" ]; then
    keys=$(mktemp -d)
    printf '%s' "$WINDOWS_CERTIFICATE" | base64 --decode >"$keys/certificate.pfx"
    signtool=$(find "/c/Program Files (x86)/Windows Kits/10/bin" -path '*/x64/signtool.exe' | sort | tail -n 1)
    [ -n "$signtool" ] || {
        echo "windows: there is a certificate, but no signtool.exe of the Windows SDK" >&2
        exit 1
    }
fi
sign() {
    if [ -z "$keys" ]; then
        echo "windows: UNSIGNED (no WINDOWS_CERTIFICATE): $*"
        return
    fi
    # Options that begin with a slash are no paths, whatever Git's sh thinks.
    MSYS_NO_PATHCONV=1 "$signtool" sign /fd SHA256 /td SHA256 /tr http://timestamp.digicert.com \
        /f "$(cygpath -w "$keys/certificate.pfx")" /p "${WINDOWS_CERTIFICATE_PASSWORD:-}" "$@"
}

# The programs first: they go into everything else as they are then.
sign "$built/shardpress.exe" "$built/shardpress-gui.exe"
for scope in user machine; do
    installer=$into/shardpress-$version-x86_64-$scope.msi
    case $scope in
    user) cargo wix --no-build --nocapture --output "$installer" ;;
    machine) cargo wix --no-build --nocapture -C -dScope=perMachine --output "$installer" ;;
    esac
    sign "$installer"
done
sh packaging/windows/zip.sh "$built" "$into"
python packaging/windows/manifests.py "$into" "$into/manifests"
(cd "$into" && tar -czf "shardpress-$version-manifests.tar.gz" manifests)
