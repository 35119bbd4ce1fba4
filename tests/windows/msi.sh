#!/bin/sh
# Builds both Windows installers with wixl from the programs that build.sh made, lists their tables, and installs and uninstalls them under
# wine: files, registry, Start menu, folder menu, settings that stay and settings that go, an upgrade.
#
#     sh tests/windows/msi.sh [FOLDER-OF-THE-PROGRAMS [FOLDER-FOR-THE-PACKAGES]]
#
# Without a folder the programs are built first (tests/windows/build.sh); packages and tables.txt go to target/windows/msi. Exit 77: this machine cannot tell.
#
# For tests only: releases are built by WiX on Windows from the same wix/main.wxs. wixl leaves the search path out, which it cannot write, so that
# is not tried here; neither is Windows' own installer.
set -eu
cd "$(dirname "$0")/../.."
programs=${1:-$(sh tests/windows/build.sh)} || exit $?
programs=$(realpath "$programs")
out=${2:-target/windows/msi}
mkdir -p "$out"
out=$(realpath "$out")
sh tests/windows/setup.sh wixl:wixl msiinfo:msitools || exit $?
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
# A wine of its own: what an interrupted installation left registered would be counted as in use, and stay.
SHARDPRESS_WINEPREFIX=$work/prefix
# shellcheck source=tests/windows/wine_env.sh
. tests/windows/wine_env.sh
fail() {
    echo "msi: FAILED: $*" >&2
    [ ! -s "$work/log" ] || tail -n 30 "$work/log" >&2
    exit 1
}

# --- build -----------------------------------------------------------------------------------------------------------------------------------
# wixl finds files below the folder that it is called in alone.
for name in assets wix LICENSE-MIT LICENSE-APACHE; do ln -s "$PWD/$name" "$work/$name"; done
ln -s "$programs" "$work/programs"
package() { # SCOPE VERSION FILE
    (cd "$work" && wixl -a x64 -D Wixl=1 -D "Scope=$1" -D "Version=$2" -D CargoTargetBinDir=programs -o "$3" wix/main.wxs) >"$work/log" 2>&1 ||
        fail "wixl: $1"
    # It warns of what it does not know and goes on.
    if grep -i 'warning\|critical' "$work/log"; then fail "wixl does not take all of main.wxs"; fi
}
user=$out/shardpress-$version-x86_64-user.msi
machine=$out/shardpress-$version-x86_64-machine.msi
package perUser "$version" "$user"
package perMachine "$version" "$machine"
package perUser 99.0.0 "$work/newer.msi"
: >"$out/tables.txt"
for file in "$user" "$machine"; do
    echo "# $(basename "$file")" >>"$out/tables.txt"
    msiinfo suminfo "$file" >>"$out/tables.txt"
    for table in Property Directory Component File Shortcut Registry RemoveFile Feature FeatureComponents Upgrade LaunchCondition CustomAction InstallExecuteSequence; do
        echo "## $table" >>"$out/tables.txt"
        msiinfo export "$file" "$table" 2>/dev/null | tr -d '\r' | cut -c 1-200 >>"$out/tables.txt"
    done
done
echo "msi: built; tables in $out/tables.txt"

# --- install and uninstall -------------------------------------------------------------------------------------------------------------------
c=$WINEPREFIX/drive_c
profile=$(find "$c/users" -mindepth 1 -maxdepth 1 -type d ! -name Public | head -n 1)
menu="Start Menu/Programs/Shardpress.lnk"
settings="$profile/AppData/Roaming/shardpress"
installer() { win msiexec "$@" /qn >"$work/log" 2>&1 || fail "msiexec $*: exit code $?"; }
key() { win reg query "$1" >"$work/log" 2>&1; }
value() { # KEY NAME (- the default one); what it says
    if [ "$2" = - ]; then win reg query "$1" /ve 2>"$work/log"; else win reg query "$1" /v "$2" 2>"$work/log"; fi | tr -d '\r' | sed -n 's/.*REG_[A-Z_]*[[:space:]]*//p'
}
uninstall_entries() { win reg query "$1\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall" /s 2>/dev/null | tr -d '\r' | grep -c 'DisplayName.*Shardpress' || true; }

there() { # ROOT FOLDER MENU-FILE: everything is installed
    for name in shardpress.exe shardpress-gui.exe LICENSE-MIT.txt LICENSE-APACHE.txt THIRD-PARTY.txt; do
        [ -s "$2/$name" ] || fail "$2/$name is not there"
    done
    cmp -s "$programs/shardpress-gui.exe" "$2/shardpress-gui.exe" || fail "the window is another file"
    [ -s "$3" ] || fail "no entry in the Start menu: $3"
    said=$(value "$1\\Software\\Classes\\Directory\\shell\\Shardpress\\command" -)
    # shellcheck disable=SC1003 # backslashes of Windows
    case $said in
    '"C:\'*'\shardpress-gui.exe" "%1"') ;;
    *) fail "the folder menu says: $said" ;;
    esac
    [ "$(value "$1\\Software\\Classes\\Directory\\shell\\Shardpress" -)" = "Shrink with Shardpress" ] || fail "no words in the folder menu"
    [ -n "$(value "$1\\Software\\Classes\\Directory\\Background\\shell\\Shardpress\\command" -)" ] || fail "no menu on the background of a folder"
    [ -n "$(value "$1\\Software\\Microsoft\\Windows\\CurrentVersion\\App Paths\\shardpress.exe" -)" ] || fail "no App Paths"
    win "$2/shardpress.exe" --version >"$work/log" 2>&1 || fail "the installed command does not start"
}
gone() { # ROOT FOLDER MENU-FILE: nothing is left
    [ ! -e "$2" ] || fail "$2 is still there: $(ls "$2")"
    [ ! -e "$3" ] || fail "the entry in the Start menu is still there"
    for path in 'Classes\Directory\shell\Shardpress' 'Classes\Directory\Background\shell\Shardpress' Shardpress \
        'Microsoft\Windows\CurrentVersion\App Paths\shardpress.exe' 'Microsoft\Windows\CurrentVersion\App Paths\shardpress-gui.exe'; do
        if key "$1\\Software\\$path"; then fail "the key $path is still there"; fi
    done
    if key 'HKCU\Software\Shardpress'; then fail "a key of ours is still there"; fi
}

folder="$profile/AppData/Local/Programs/Shardpress"
link="$profile/AppData/Roaming/Microsoft/Windows/$menu"
mkdir -p "$settings/config"
echo mine >"$settings/config/kept.txt"
installer /i "$(winpath "$user")"
there HKCU "$folder" "$link"
echo "msi: for one user: files, Start menu, folder menu, App Paths; the installed command starts"
installer /x "$(winpath "$user")"
gone HKCU "$folder" "$link"
[ -s "$settings/config/kept.txt" ] || fail "settings went without being asked for"
echo "msi: uninstalled: nothing left, settings stay"

installer /i "$(winpath "$user")" FOLDERMENU=0
[ -s "$folder/shardpress-gui.exe" ] || fail "not installed"
if key 'HKCU\Software\Classes\Directory\shell\Shardpress'; then fail "a folder menu in spite of FOLDERMENU=0"; fi
echo "msi: without the folder menu where FOLDERMENU=0 says so"

installer /i "$(winpath "$work/newer.msi")"
there HKCU "$folder" "$link"
[ -s "$settings/config/kept.txt" ] || fail "an upgrade took the settings"
entries=$(uninstall_entries HKCU)
[ "$entries" -le 1 ] || fail "after an upgrade there are $entries entries"
if win msiexec /i "$(winpath "$user")" /qn >"$work/log" 2>&1; then fail "an older version was installed over a newer one"; fi
there HKCU "$folder" "$link"
echo "msi: a newer version replaces the older one; an older one is refused"
installer /x "$(winpath "$work/newer.msi")" REMOVESETTINGS=1
gone HKCU "$folder" "$link"
[ ! -e "$settings" ] || fail "settings are still there, in spite of REMOVESETTINGS=1"
echo "msi: uninstalled with settings, when asked"

folder="$c/Program Files/Shardpress"
installer /i "$(winpath "$machine")"
# Windows takes the menu of all users; wine 8 takes that of the one who installs, whatever the package says.
link="$c/ProgramData/Microsoft/Windows/$menu"
[ -e "$link" ] || link="$profile/AppData/Roaming/Microsoft/Windows/$menu"
there HKLM "$folder" "$link"
installer /x "$(winpath "$machine")"
gone HKLM "$folder" "$link"
echo "msi: for the machine: the same, and nothing left"
echo "msi: all fine"
