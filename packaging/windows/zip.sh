#!/bin/sh
# Packs the portable zip: both programs, licences and a note, in one folder. Needs no installation, writes nothing to the registry.
#
#     sh packaging/windows/zip.sh FOLDER-OF-THE-PROGRAMS [FOLDER-FOR-THE-ZIP]
#
# The folder for the zip is target/packages where none is named. Runs in Git's bash on a Windows runner and on Linux; needs Python 3 alone,
# since neither system brings a zip command that the other has. Two runs over the same files make the same bytes. SOURCE_DATE_EPOCH dates them.
# The last line printed is the zip's path.
set -eu
programs=$(cd "${1:?"usage: sh packaging/windows/zip.sh FOLDER-OF-THE-PROGRAMS [FOLDER-FOR-THE-ZIP]"}" && pwd)
mkdir -p "${2:-"$(dirname "$0")/../../target/packages"}"
out=$(cd "${2:-"$(dirname "$0")/../../target/packages"}" && pwd)
cd "$(dirname "$0")/../.."
python=$(command -v python3 || command -v python) || {
    echo "zip: Python 3 is missing" >&2
    exit 77
}
exec "$python" packaging/windows/zip.py "$programs" "$out"
