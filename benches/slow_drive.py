#!/usr/bin/env python3
"""Shardpress beside the first users' method on a slow network drive, imitated by a program that mounts a folder slowly.

    benches/slow_drive.py --slowfs PROGRAM --binary BINARY [--rounds 5] [--work DIR] LIBRARY [-- OPTIONS OF THE PROGRAM]

PROGRAM is called as `PROGRAM OPTIONS FOLDER MOUNT`, stays in the foreground and ends when the mount does; the options default to
`--preset nas`. LIBRARY is a folder of shards, or one shard; it is only read. In every round each way gets a fresh copy behind a
fresh mount, odd rounds in the opposite order. Prints a Markdown table: seconds on the clock, the ratio to the Pillow method in
the same round, and the seconds of processor that PROGRAM itself took, which no client can go below.

Needs Linux, FUSE, and for the Pillow method Pillow."""
import argparse, os, pathlib, shutil, statistics, subprocess, sys, time

HERE = pathlib.Path(__file__).resolve().parent


class Mount:
    """A folder behind a slow mount."""

    def __init__(self, program, options, folder, point):
        self.command = [sys.executable, program] if program.suffix == ".py" else [str(program)]
        self.command += [*options, str(folder), str(point)]
        self.point = point
        self.cpu = 0.0

    def __enter__(self):
        self.point.mkdir(exist_ok=True)
        self.process = subprocess.Popen(self.command)
        for _ in range(200):
            if os.path.ismount(self.point):
                return self
            time.sleep(0.05)
        self.process.kill()
        sys.exit(f"{' '.join(map(str, self.command))} does not mount")

    def __exit__(self, *_):
        for _ in range(50):
            if subprocess.run(["fusermount3", "-u", self.point], stderr=subprocess.DEVNULL).returncode == 0:
                break
            time.sleep(0.2)
        _, _, used = os.wait4(self.process.pid, 0)
        self.cpu = used.ru_utime + used.ru_stime


def main():
    arguments = sys.argv[1:]
    behind = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, behind = arguments[:at], arguments[at + 1 :]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=pathlib.Path)
    parser.add_argument("--slowfs", type=pathlib.Path, required=True)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("/tmp/shardpress-slow-drive"))
    options = parser.parse_args(arguments)
    ours = [str(options.binary.resolve()), "run", "--yes", "--quiet", "--originals"]
    ways = {
        "Pillow, as the first users": [sys.executable, str(HERE / "peers" / "pillow.py")],
        "Shardpress, originals deleted": ours + ["delete"],
        "Shardpress, originals kept": ours + ["keep"],
    }
    rows = {name: [] for name in ways}
    for round_ in range(options.rounds):
        for name in ways if round_ % 2 == 0 else reversed(list(ways)):
            shutil.rmtree(options.work, ignore_errors=True)
            folder, point = options.work / "real" / "library", options.work / "mount"
            shutil.copytree(options.library, folder)
            # Each round knows nothing of earlier ones.
            environment = dict(os.environ)
            for kind in ("DATA", "CONFIG", "STATE", "CACHE"):
                environment[f"XDG_{kind}_HOME"] = str(options.work / kind.lower())
            with Mount(options.slowfs, behind or ["--preset", "nas"], folder.parent, point) as mount:
                target = ["512"] if "Pillow" in name else []
                begun = time.perf_counter()
                done = subprocess.run(ways[name] + [str(point / "library")] + target, env=environment, stdout=subprocess.DEVNULL)
                wall = time.perf_counter() - begun
            if done.returncode:
                sys.exit(f"{name} ended with {done.returncode}")
            print(f"round {round_ + 1}: {name}: {wall:.1f} s, the drive's own processor time {mount.cpu:.1f} s", file=sys.stderr)
            rows[name].append((wall, mount.cpu))
    shutil.rmtree(options.work, ignore_errors=True)
    base = rows["Pillow, as the first users"]
    print("| way | wall, s | × faster | the drive's own CPU, s |")
    print("|---|--:|--:|--:|")
    for name, runs in rows.items():
        told = lambda values, digits: f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"
        ratios = [slow[0] / fast[0] for slow, fast in zip(base, runs)]
        print(f"| {name} | {told([r[0] for r in runs], 1)} | {told(ratios, 1)} | {told([r[1] for r in runs], 1)} |")


if __name__ == "__main__":
    main()
