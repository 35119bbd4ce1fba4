#!/usr/bin/env python3
"""What lies in a folder, for wine.sh, seen from Linux.

    tree.py list FOLDER       path, size, time, mode and hash of every file that is not ours, sorted: equal means untouched
    tree.py contents FOLDER   the hash of every file, ours included, sorted: what is missing later is lost
    tree.py jpegs FOLDER      exits with 1 where a file named as a JPEG, kept originals left out, is not a whole one
"""
import hashlib
import os
import sys

what, folder = sys.argv[1], os.fsencode(sys.argv[2])
rows = []
for here, below, names in os.walk(folder):
    if what != "contents":
        below[:] = [name for name in below if name != b".shardpress"]
    for name in names:
        path = os.path.join(here, name)
        with open(path, "rb") as file:
            content = file.read()
        if what == "jpegs":
            if name.lower().endswith((b".jpg", b".jpeg")) and not (content[:2] == b"\xff\xd8" and content[-2:] == b"\xff\xd9"):
                print(ascii(path))
                sys.exit(1)
            continue
        digest = hashlib.sha256(content).hexdigest()
        found = os.lstat(path)
        if what == "list":
            rows.append(f"{ascii(os.path.relpath(path, folder))} {found.st_size} {found.st_mtime_ns} {found.st_mode:o} {digest}")
        else:
            rows.append(digest)
print("\n".join(sorted(set(rows))))
