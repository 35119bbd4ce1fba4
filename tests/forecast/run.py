#!/usr/bin/env python3
"""Forecast against truth: random sub-shards of real shards, each forecast and then run, as a Markdown table.

    tests/forecast/run.py SHARD... [--program FILE] [--local 40] [--nas 5 --slowfs FILE] [--work DIR] [--minutes 14] [--seed 1]

SHARD is a folder of images; it is only read. Each sub-shard is a random choice of its images with their sidecars, copied to
--work, shrunk there by `run --yes --report`, and removed. What the report says of forecast and outcome is appended to
WORK/results.jsonl: started again with the same --work and --seed it goes on where it ended, and prints the table of all.

--slowfs names a program that mounts a folder as a slow network drive (`slowfs.py --preset nas REAL MOUNT`); --nas sub-shards
are run through it. The first run on a drive of a kind knows nothing of its writing: the column `basis` tells (kind or runs).

Timings are those of this machine as it is: on a busy one they show that."""
import argparse, json, os, pathlib, random, shutil, subprocess, sys, time

ENDINGS = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shards", nargs="+", type=pathlib.Path, metavar="SHARD")
    here = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--program", type=pathlib.Path, default=here / "target/release/shardpress")
    parser.add_argument("--local", type=int, default=40)
    parser.add_argument("--nas", type=int, default=0)
    parser.add_argument("--slowfs", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("/tmp/shardpress-forecast"))
    parser.add_argument("--minutes", type=float, default=14)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.nas and not options.slowfs:
        parser.error("--nas needs --slowfs")
    options.work.mkdir(parents=True, exist_ok=True)
    results = options.work / "results.jsonl"
    done = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    keys = {(row["drive"], row["number"]) for row in done}
    deadline = time.monotonic() + 60 * options.minutes
    wanted = [("local", n) for n in range(options.local)] + [("nas", n) for n in range(options.nas)]
    for drive, number in wanted:
        if (drive, number) in keys:
            continue
        if time.monotonic() > deadline:
            print("Out of time: start again to go on.", file=sys.stderr)
            break
        row = one(options, drive, number)
        with results.open("a") as file:
            file.write(json.dumps(row) + "\n")
        done.append(row)
        print(line(row), file=sys.stderr)
    print(table(done))


def one(options, drive, number):
    """Forecasts and runs one sub-shard; the same for the same seed, drive and number."""
    rng = random.Random(f"{options.seed} {drive} {number}")
    source = options.shards[number % len(options.shards)]
    images = sorted(p for p in source.iterdir() if p.suffix.lower() in ENDINGS)
    chosen = rng.sample(images, min(len(images), rng.randint(60, 300) if drive == "local" else rng.randint(60, 120)))
    real, mount = options.work / "real", options.work / "mount"
    remove(options, real, mount)
    shard = real / "shard"
    shard.mkdir(parents=True)
    for image in chosen:
        for file in {image, image.with_suffix(".json")}:
            if file.exists():
                shutil.copy2(file, shard)
    # What was copied is not to be written out while the run is timed.
    os.sync()
    server = None
    try:
        if drive == "nas":
            mount.mkdir(exist_ok=True)
            server = subprocess.Popen([sys.executable, options.slowfs, "--preset", "nas", real, mount])
            wait_for(mount / "shard")
            shard = mount / "shard"
        report = options.work / "report.json"
        report.unlink(missing_ok=True)
        environment = {**os.environ, "XDG_DATA_HOME": str(options.work / "data")}
        command = [options.program, "run", "--yes", "--quiet", "--report", report, shard]
        begun = time.monotonic()
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        took = time.monotonic() - begun
        value = json.loads(report.read_text())
    finally:
        if server:
            unmount(mount)
            server.wait(timeout=20)
        remove(options, real, mount)
    forecast, estimate = value["forecast"], value["estimate"]
    return {
        "drive": drive,
        "number": number,
        "shard": source.parent.name,
        "files": len(chosen),
        "work": estimate["images"],
        "sampled": estimate["sampled_images"],
        "basis": estimate["write_basis"],
        "complete": forecast["complete"],
        "bytes": [forecast["bytes_saved_expected"], forecast["bytes_saved"], forecast["within_range"], forecast["deviation"]],
        "disk": forecast["on_disk"],
        "times": forecast["times"],
        "sampling": forecast["sampling_seconds"],
        "lost": forecast["sampling_share"],
        "run": value["wall_seconds"],
        "whole": took,
        "workers": value["machine"]["workers"],
        "load": os.getloadavg()[0],
    }


def wait_for(path):
    for _ in range(200):
        if path.is_dir():
            return
        time.sleep(0.05)
    raise SystemExit(f"{path}: the slow drive did not appear.")


def unmount(mount):
    subprocess.run(["fusermount3", "-u", mount], check=False)


def remove(options, real, mount):
    if mount.is_mount():
        unmount(mount)
    assert options.work in real.parents
    shutil.rmtree(real, ignore_errors=True)
    if mount.is_dir():
        mount.rmdir()


def megabytes(value):
    return f"{value / 1e6:.1f}"


def line(row):
    expected, saved, within, deviation = row["bytes"]
    wall, yes = row["times"]["wall"], {True: "yes", False: "**no**"}
    time_range = wall["expected"]
    cells = [
        f"{row['drive']} {row['number'] + 1}",
        f"{row['shard']}, {row['files']} files",
        f"{row['sampled']} of {row['work']}",
        f"{megabytes(expected['expected'])} ({megabytes(expected['low'])}-{megabytes(expected['high'])})",
        megabytes(saved),
        f"{100 * deviation:+.2f} %",
        yes[within],
        f"{time_range['expected']:.1f} ({time_range['low']:.1f}-{time_range['high']:.1f})",
        f"{wall['seconds']:.1f}",
        f"{100 * wall['deviation']:+.0f} %",
        yes[wall["within_range"]],
        {"earlier_runs": "runs", "drive_kind": "kind"}[row["basis"]],
        f"{row['load']:.1f}",
    ]
    return "| " + " | ".join(cells) + " |"


def table(rows):
    head = [
        "drive", "shard", "sampled", "saved MB: forecast", "truth", "off", "in range",
        "time s: forecast", "truth", "off", "in range", "basis", "load",
    ]
    text = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    rows = sorted(rows, key=lambda row: (row["drive"], row["number"]))
    text += [line(row) for row in rows]
    for drive in ("local", "nas"):
        of = [row for row in rows if row["drive"] == drive]
        if not of:
            continue
        walls = [row["times"]["wall"] for row in of]
        phases = {name: [row["times"][name] for row in of] for name in ("load", "process", "write")}
        disks = [row["disk"] for row in of if row["disk"]]
        bound = 0.15 if drive == "local" else 0.25
        text += [
            "",
            f"{drive}, {len(of)} sub-shards: bytes saved off by {100 * mean(abs(row['bytes'][3]) for row in of):.2f} % on average, "
            f"{100 * max(abs(row['bytes'][3]) for row in of):.2f} % at most, within 2 % in {sum(abs(row['bytes'][3]) <= 0.02 for row in of)}, "
            f"range held in {sum(row['bytes'][2] for row in of)}; on disk range held in {sum(d['within_range'] for d in disks)} of {len(disks)}. "
            f"Time off by {100 * mean(abs(w['deviation']) for w in walls):.0f} % on average, within {100 * bound:.0f} % in "
            f"{sum(abs(w['deviation']) <= bound for w in walls)}, range held in {sum(w['within_range'] for w in walls)} "
            f"(load {held(phases['load'])}, process {held(phases['process'])}, write {held(phases['write'])}). "
            f"Sampling {100 * mean(row['sampling'] / (row['sampling'] + row['run']) for row in of):.0f} % of sampling and run together, "
            f"taken over by the run but for {100 * mean(row['lost'] for row in of):.1f} % (judging).",
        ]
        missing = sum(not row["complete"] for row in of)
        if missing:
            text.append(f"{missing} runs did not change every predicted image.")
    return "\n".join(text)


def held(times):
    return sum(time["within_range"] for time in times)


def mean(values):
    values = list(values)
    return sum(values) / max(1, len(values))


main()
