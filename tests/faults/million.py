#!/usr/bin/env python3
"""A folder with very many files: `plan` and `run` on one where few are pictures with work, and on one where all are pictures that are left
alone. Nothing but the pictures with work may change; memory stays within a bound for each file, and twice the files take about twice
the time, since whatever is quadratic shows only here.

    million.py [--files 1000000] [--work 20]

Files are made on a tmpfs of its own where root may mount one (about 4 kB each: of memory), else in TMPDIR.
"""
import argparse
import atexit
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib

# Bytes of memory for each file of the folder, beyond what the program takes on an empty one.
MOST_BYTES_A_FILE = 3000
# A run on twice the files may take so much longer, times: 2 is linear, 4 quadratic; between them is room for a busy machine.
MOST_GROWTH = 3.2
# Below this, seconds, time says nothing about growth.
LEAST_S = 2.0


def picture(width, height, seed):
    noise = random.Random(seed)
    rows = b"".join(b"\0" + noise.randbytes(3 * width) for _ in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


# The smallest that is left alone: a BMP of one pixel.
TINY = struct.pack("<2sIHHI", b"BM", 58, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0) + b"\1\2\3\0"


class Place:
    """A folder that is gone afterwards, on a tmpfs where possible."""

    def __init__(self, files):
        self.path = tempfile.mkdtemp(prefix="shardpress-million-")
        atexit.register(self.remove)
        self.mounted = False
        if os.geteuid() == 0:
            size = f"size={files * 5000 + (256 << 20)},nr_inodes={files * 2 + 10000}"
            done = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", self.path], capture_output=True)
            self.mounted = done.returncode == 0

    def remove(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.path], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.path, ignore_errors=True)


def fill(folder, files, work, kind):
    os.mkdir(folder)
    here = os.open(folder, os.O_RDONLY)
    for number in range(files):
        name = f"{number:07}.bmp" if kind == "pictures" else f"{number:07}.txt"
        file = os.open(name, os.O_CREAT | os.O_WRONLY, dir_fd=here)
        os.write(file, TINY if kind == "pictures" else b"a caption\n")
        os.close(file)
    os.close(here)
    for number in range(work):
        with open(os.path.join(folder, f"work{number:03}.png"), "wb") as file:
            file.write(picture(600, 400, number))


def measured(program, place, *arguments):
    """Seconds and peak bytes of memory of one run of the program, and its exit code."""
    environment = dict(os.environ, XDG_DATA_HOME=place + "/data", XDG_CONFIG_HOME=place + "/config", HOME=place)
    begun = time.monotonic()
    child = subprocess.Popen([program, *arguments], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - begun, used.ru_maxrss * 1024, child.returncode, said.decode(errors="replace")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--work", type=int, default=20)
    chosen = parser.parse_args()
    for ended in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ended, lambda number, _: sys.exit(128 + number))
    program = os.environ.get("SHARDPRESS") or os.path.join(os.path.dirname(__file__), "../../target/release/shardpress")
    if not os.access(program, os.X_OK):
        sys.exit(f"There is no program at {program}: set SHARDPRESS.")
    lost, counts = [], []
    for kind in ("strangers", "pictures"):
        times, empty = {}, 0
        for files in (0, chosen.files // 2, chosen.files):
            place = Place(files)
            folder = os.path.join(place.path, "shard")
            fill(folder, files, chosen.work, kind)
            before = {entry.name for entry in os.scandir(folder)}
            for command in (["plan", folder], ["run", folder, "--yes", "--no-forecast", "--backend", "cpu"]):
                seconds, peak, code, said = measured(program, place.path, *command)
                if files == 0:
                    empty = max(empty, peak)
                each = max(0, peak - empty) / max(1, files)
                print(f"{kind}, {files} files, {command[0]}: {seconds:.1f} s, {peak / 1e6:.0f} MB at most, exit {code}", flush=True)
                if code:
                    lost.append(f"{command[0]} on {files} {kind} ended with {code}: {said[-300:]}")
                if files and each > MOST_BYTES_A_FILE:
                    lost.append(f"{command[0]} on {files} {kind} took {each:.0f} bytes of memory a file")
                earlier = times.get(command[0])
                if earlier and seconds > LEAST_S and seconds > earlier * MOST_GROWTH:
                    lost.append(f"{command[0]} on twice the {kind} took {seconds / earlier:.1f} times as long")
                if files:
                    times[command[0]] = seconds
                    if files == chosen.files:
                        counts.append(f"{command[0]} {kind} {seconds:.1f} s {peak / 1e6:.0f} MB")
            after = {entry.name for entry in os.scandir(folder)} - {".shardpress"}
            wanted = {name[:-4] + ".jpg" if name.endswith(".png") else name for name in before}
            if after != wanted:
                lost.append(f"{kind}: {len(wanted - after)} names are missing, {len(after - wanted)} are new")
            content = TINY if kind == "pictures" else b"a caption\n"
            for number in range(files):
                name = f"{number:07}.bmp" if kind == "pictures" else f"{number:07}.txt"
                with open(os.path.join(folder, name), "rb") as file:
                    if file.read() != content:
                        lost.append(f"{name} changed")
                        break
            place.remove()
    for line in lost:
        print("WRONG", line)
    print(f"million.py: {chosen.files} files in a folder: {', '.join(counts)}; {len(lost)} wrong")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
