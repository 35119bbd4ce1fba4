#!/bin/sh
# Prints the time that everything in a package carries, in seconds since 1970: SOURCE_DATE_EPOCH where it is set, else the time of the
# commit, so that two builds of one commit make the same files. Outside a repository: now.
if [ -n "${SOURCE_DATE_EPOCH:-}" ]; then
    echo "$SOURCE_DATE_EPOCH"
else
    git -C "$(dirname "$0")" log -1 --format=%ct 2>/dev/null || date +%s
fi
