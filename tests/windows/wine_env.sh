# Sourced by the scripts beside it: a wine of our own, in which Rust programs start, and the paths of Linux as Windows has them.
# shellcheck shell=sh
#
#     . tests/windows/wine_env.sh        from the project's root
#
# Afterwards `win PROGRAM ARGUMENT…` runs a Windows program, `winpath PATH` prints Z:\…, and $WINEPREFIX is its registry and drive C.
# Wine is installed by apt-get as root, where it is missing. Exits with 77 where it is not to be had.

sh tests/windows/setup.sh /usr/lib/wine/wine64:wine64 x86_64-w64-mingw32-gcc:gcc-mingw-w64-x86-64 || exit $?
wine=/usr/lib/wine/wine64

WINEPREFIX=${SHARDPRESS_WINEPREFIX:-$PWD/target/windows/prefix}
WINEARCH=win64
# Neither its own remarks nor questions about Mono and Gecko; no entries in the menu of the desktop that it runs on.
WINEDEBUG=${WINEDEBUG:--all}
WINEDLLOVERRIDES="mscoree=;mshtml=;winemenubuilder.exe="
export WINEPREFIX WINEARCH WINEDEBUG WINEDLLOVERRIDES
# A session's services are not to be waited for.
unset DBUS_SESSION_BUS_ADDRESS WAYLAND_DISPLAY WAYLAND_SOCKET

win() { "$wine" "$@"; }

winpath() { printf 'Z:%s' "$(realpath -m "$1" | tr / '\\')"; }

if [ ! -e "$WINEPREFIX/ready" ]; then
    echo "wine: making a prefix" >&2
    mkdir -p "$WINEPREFIX"
    "$wine" wineboot --init >"$WINEPREFIX/wineboot.log" 2>&1 || {
        cat "$WINEPREFIX/wineboot.log" >&2
        echo "SKIPPED: wine does not start here." >&2
        exit 77
    }
    # Rust's random numbers come from a library that wine got with version 9; this one hands them on to what it has.
    if [ ! -e "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" ]; then
        printf 'LIBRARY bcryptprimitives\nEXPORTS\n  ProcessPrng = advapi32.SystemFunction036\n' >"$WINEPREFIX/prng.def"
        printf 'int nothing;\n' >"$WINEPREFIX/prng.c"
        x86_64-w64-mingw32-gcc -shared -nostdlib -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" \
            "$WINEPREFIX/prng.c" "$WINEPREFIX/prng.def" -Wl,--entry=0 2>"$WINEPREFIX/prng.log" || {
            cat "$WINEPREFIX/prng.log" >&2
            exit 1
        }
    fi
    # Wine 8 says that it is Windows 7 when nobody asks for another.
    "$wine" reg add 'HKCU\Software\Wine' /v Version /d win10 /f >>"$WINEPREFIX/wineboot.log" 2>&1
    : >"$WINEPREFIX/ready"
fi
