"""Packs the portable zip; zip.sh calls it and says what it is."""
import os
import re
import sys
import time
import zipfile

programs, out = sys.argv[1:]
with open("Cargo.toml", encoding="utf-8") as manifest:
    version = re.search(r'^version = "([^"]+)"', manifest.read(), re.M).group(1)
folder = f"shardpress-{version}-x86_64-windows"
when = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", "315532800")))[:6]
# Archives know no time before 1980.
when = max(when, (1980, 1, 1, 0, 0, 0))
note = f"""Shardpress {version}

shardpress-gui.exe   the window
shardpress.exe       the command line: open a terminal in this folder and type .\\shardpress --help

Nothing has to be installed, and nothing is written to the registry. Settings and the history of runs are kept
in %APPDATA%\\shardpress, whichever copy of the programs is used; to forget them, remove that folder.
"""
files = [
    ("shardpress.exe", os.path.join(programs, "shardpress.exe")),
    ("shardpress-gui.exe", os.path.join(programs, "shardpress-gui.exe")),
    ("LICENSE-MIT.txt", "LICENSE-MIT"),
    ("LICENSE-APACHE.txt", "LICENSE-APACHE"),
    ("THIRD-PARTY.txt", os.path.join("assets", "THIRD-PARTY.md")),
]
path = os.path.join(out, folder + ".zip")
with zipfile.ZipFile(path + ".new", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    def put(name, content):
        info = zipfile.ZipInfo(f"{folder}/{name}", when)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        info.create_system = 0
        archive.writestr(info, content)

    put("README.txt", note.replace("\n", "\r\n"))
    for name, source in files:
        with open(source, "rb") as file:
            put(name, file.read())
os.replace(path + ".new", path)
print(path)
