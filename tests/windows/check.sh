#!/bin/sh
# Type-checks engine and command for Windows. Exit codes as in tests/typecheck.sh: 0 fine, 1 broken, 77 cannot be told here.
#
# The MSVC target, not the GNU one: both see the same cfg(windows) code, but the standard library of the GNU target asks
# for MinGW's dlltool even to be checked.
exec sh "$(dirname "$0")/../typecheck.sh" x86_64-pc-windows-msvc
