#!/usr/bin/env python3
"""The same job by several programs, in turn, over copies of the same folders, as a Markdown document.

    measure.py --programs NAMES --rounds N --work DIR --out FILE --plots DIR SHARDS

SHARDS holds the folders mixed, png and jpeg, each with a shard of images; they are only read. A program gets a fresh copy in
DIR (best on a memory disk: what is measured is the job and not the drive) and shrinks it in place: every PNG becomes a JPEG,
everything above 512 pixels is shrunk to that, quality 95, 4:4:4, optimised Huffman tables, transparency over grey. Every round
runs all programs, odd rounds in the opposite order; figures compared are of the same round.

What the first round leaves is judged: the number of JPEGs, their sizes, and how far the samples are from a Lanczos resize in
floating point (PSNR)."""
import argparse, concurrent.futures, json, math, multiprocessing, os, pathlib, platform, shutil, statistics, subprocess, sys, time

from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
TARGET = 512
ENDINGS = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}
MATTE = (114, 114, 114)
JUDGED = 48
# What takes minutes a round takes part in the first only.
SLOW = {"magick": 1, "caesium": 1}
Image.MAX_IMAGE_PIXELS = None


def programs(binary):
    """name -> (words, command before the folder, options of the command behind it, shards it is run on)"""
    python = [sys.executable]
    target = [str(TARGET)]
    ours = [str(binary), "run", "--yes", "--quiet", "--originals", "delete"]
    return {
        "shardpress": ("Shardpress", ours + ["--no-forecast"], [], None),
        "forecast": ("Shardpress, with its forecast", ours, [], None),
        "scaled": ("Shardpress, scaled decode", ours + ["--no-forecast", "--scaled-decode"], [], {"jpeg", "mixed"}),
        "pillow": ("Pillow, as the first users", python + [str(HERE / "pillow.py")], target, None),
        "vips": ("pyvips", python + [str(HERE / "vips.py")], target, None),
        "sharp": ("sharp", ["node", "sharp.mjs"], target, None),
        "opencv": ("OpenCV", python + [str(HERE / "opencv.py")], target, None),
        "magick": ("ImageMagick", ["sh", str(HERE / "magick.sh")], target, None),
        "caesium": ("caesiumclt", ["sh", str(HERE / "caesium.sh")], target, None),
    }


def copy(shard, into):
    if into.parent.exists():
        shutil.rmtree(into.parent)
    into.parent.mkdir(parents=True)
    shutil.copytree(shard, into)
    # Both sides begin with nothing left to be written.
    os.sync()


def run(command, environment):
    """Seconds on the clock, seconds of processors, and the largest process, bytes."""
    begun = time.perf_counter()
    with open(environment["BENCH_LOG"], "ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=environment["BENCH_PEERS"])
        _, status, used = os.wait4(process.pid, 0)
    return dict(
        wall=time.perf_counter() - begun,
        cpu=used.ru_utime + used.ru_stime,
        system=used.ru_stime,
        memory=used.ru_maxrss * 1024,
        code=os.waitstatus_to_exitcode(status),
    )


def wanted(shard):
    """Those files that have to change, with the size they should have."""
    found = {}
    for path in sorted(shard.iterdir()):
        if path.suffix.lower() not in ENDINGS:
            continue
        with Image.open(path) as image:
            longest = max(image.size)
            if longest > TARGET or path.suffix.lower() == ".png":
                scale = min(1.0, TARGET / longest)
                found[path] = tuple(max(1, round(side * scale)) for side in image.size)
    return found


def reference(path, size):
    """The picture in floating point: flattened, Lanczos with three lobes."""
    import numpy

    with Image.open(path) as image:
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            image = Image.alpha_composite(Image.new("RGBA", image.size, MATTE + (255,)), image.convert("RGBA"))
        if image.mode.startswith("I"):
            image = Image.fromarray((numpy.asarray(image) / 257).round().astype(numpy.uint8))
        image = image.convert("RGB")
    planes = [plane.convert("F").resize(size, Image.Resampling.LANCZOS) for plane in image.split()]
    return numpy.clip(numpy.stack([numpy.asarray(plane) for plane in planes], axis=-1), 0, 255)


def judge(shard, after):
    """JPEGs that are missing, sizes that are off, mean PSNR of some, bytes of all."""
    import numpy

    needed = wanted(shard)
    references = list(needed)[:: max(1, len(needed) // JUDGED)][:JUDGED]
    missing = off = 0
    psnr = []
    for path, size in needed.items():
        made = after / (path.stem + ".jpg")
        try:
            with Image.open(made) as image:
                form, found, samples = image.format, image.size, None
                if path in references:
                    samples = numpy.asarray(image.convert("RGB"), dtype=numpy.float64)
        except OSError:
            missing += 1
            continue
        if form != "JPEG" or any(abs(a - b) > 1 for a, b in zip(found, size)):
            missing += 1
            continue
        off += found != size
        if samples is not None and found == size:
            error = float(((samples - reference(path, size)) ** 2).mean())
            psnr.append(10 * math.log10(255**2 / max(error, 1e-9)))
    size = sum(path.stat().st_size for path in after.iterdir() if path.suffix.lower() in ENDINGS)
    return dict(needed=len(needed), missing=missing, off=off, psnr=statistics.mean(psnr) if psnr else math.nan, bytes=size)


def versions(binary, names):
    """What ran, as one line each."""
    said = lambda *command: subprocess.run(command, capture_output=True, text=True, cwd=os.environ.get("BENCH_PEERS")).stdout.strip()
    first = lambda text: text.splitlines()[0] if text else "?"
    lines = [first(said(str(binary), "--version"))]
    python = "import importlib.metadata as m; print(', '.join(f'{n} {m.version(n)}' for n in %r))"
    packages = [n for n, key in (("Pillow", "pillow"), ("pyvips", "vips"), ("pyvips-binary", "vips"), ("opencv-python-headless", "opencv")) if key in names]
    if packages:
        lines.append(f"Python {platform.python_version()}: " + said(sys.executable, "-c", python % packages))
    if "sharp" in names:
        lines.append("Node.js " + said("node", "--version") + ", sharp " + said("node", "-p", "JSON.parse(fs.readFileSync('node_modules/sharp/package.json')).version"))
    if "magick" in names:
        lines.append(first(said("convert", "--version")).removeprefix("Version: ").split(" http")[0])
    if "caesium" in names:
        lines.append(first(said("caesiumclt", "--version")))
    return lines


def machine():
    model = "?"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{platform.system()} {platform.release().split('-')[0]}, {len(os.sched_getaffinity(0))} cores ({model})"


def spread(values, form="{:.2f}"):
    """Median, lowest and highest."""
    return f"{form.format(statistics.median(values))} ({form.format(min(values))}–{form.format(max(values))})"


def table(rows, judged, named):
    """One shard's figures."""
    lines = [
        "| program | wall, s | CPU, s | × CPU of Shardpress | × wall of Shardpress | largest process, MiB | sizes off by one | PSNR, dB | bytes after, MB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    base = rows["shardpress"]
    for name, runs in rows.items():
        ratio = lambda key: spread([run[key] / ours[key] for run, ours in zip(runs, base)]) if name != "shardpress" else "1"
        found = judged[name]
        left = f", **{found['missing']} of {found['needed']} not made**" if found["missing"] else ""
        lines.append(
            f"| {named[name]}{left} | {spread([r['wall'] for r in runs])} | {spread([r['cpu'] for r in runs])} | {ratio('cpu')} | {ratio('wall')} "
            f"| {max(r['memory'] for r in runs) / 2**20:.0f} | {found['off']} | {found['psnr']:.2f} | {found['bytes'] / 1e6:.1f} |"
        )
    return lines


def plot(results, named, folder):
    """CPU time of the peers over ours, one picture of all shards."""
    import matplotlib
    import numpy

    matplotlib.use("svg")
    import matplotlib.pyplot as pyplot

    matplotlib.rcParams["svg.hashsalt"] = "shardpress"
    figure, axes = pyplot.subplots(1, len(results), figsize=(11, 3.4), sharey=False, constrained_layout=True)
    for axis, (shard, rows) in zip(numpy.atleast_1d(axes), results.items()):
        # The slowest would leave the others no room.
        names = [name for name in rows if name != "forecast" and name not in SLOW]
        ratios = [statistics.median([r["cpu"] / o["cpu"] for r, o in zip(rows[name], rows["shardpress"])]) for name in names]
        colours = ["#2f7d6b" if name in ("shardpress", "scaled") else "#8b98a5" for name in names]
        bars = axis.barh([named[name] for name in names][::-1], ratios[::-1], color=colours[::-1])
        axis.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
        axis.set_title(f"{shard} shard", fontsize=10)
        axis.set_xlabel("processor time, Shardpress = 1", fontsize=8)
        axis.tick_params(labelsize=8)
        axis.set_xlim(0, max(ratios) * 1.15)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(folder / "benchmarks.svg", metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--programs", default="shardpress,forecast,scaled,pillow,vips,sharp,opencv,magick,caesium")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--plots", type=pathlib.Path)
    parser.add_argument("shards", type=pathlib.Path)
    options = parser.parse_args()
    names = options.programs.split(",")
    if "shardpress" not in names:
        parser.error("everything is compared with shardpress")
    options.work.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ, BENCH_PYTHON=sys.executable, BENCH_LOG=str(options.work / "log"), BENCH_PEERS=os.environ.get("BENCH_PEERS", str(HERE)))
    for kind in ("DATA", "CONFIG", "STATE", "CACHE"):
        environment[f"XDG_{kind}_HOME"] = str(options.work / kind.lower())
    known = programs(options.binary.resolve())
    named = {name: known[name][0] for name in names}
    results, verdicts, failed = {}, {}, False
    judges = concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    shards = [shard for shard in ("mixed", "png", "jpeg") if (options.shards / shard).is_dir()]
    for shard in shards:
        source = next(path for path in sorted((options.shards / shard).iterdir()) if path.is_dir())
        mine = [name for name in names if known[name][3] is None or shard in known[name][3]]
        rows = {name: [] for name in mine}
        verdicts[shard] = {}
        for round_ in range(options.rounds):
            turn = [name for name in mine if round_ < SLOW.get(name, options.rounds)]
            for name in turn if round_ % 2 == 0 else reversed(turn):
                folder = options.work / "library" / source.name
                copy(source, folder)
                _, command, behind, _ = known[name]
                measured = run(command + [str(folder)] + behind, environment)
                print(f"{shard} {round_ + 1} {name}: {measured['wall']:.2f} s, CPU {measured['cpu']:.2f} s, exit {measured['code']}", file=sys.stderr)
                rows[name].append(measured)
                if name not in verdicts[shard]:
                    # In a process of its own: a child's peak memory begins with that of its parent.
                    verdicts[shard][name] = judges.submit(judge, source, folder).result()
        results[shard] = rows
    shutil.rmtree(options.work / "library", ignore_errors=True)
    lines = [
        f"Measured on {time.strftime('%Y-%m-%d')}: {machine()}; {options.rounds} rounds, every program once a round, odd rounds backwards" + (", the slowest ones once" if set(names) & set(SLOW) and options.rounds > 1 else "") + ";",
        "copies on a memory disk. Medians with the lowest and the highest; ratios are of the same round. " + "; ".join(versions(options.binary.resolve(), names)) + ".",
        "",
    ]
    for shard, rows in results.items():
        source = next(path for path in sorted((options.shards / shard).iterdir()) if path.is_dir())
        files = [path for path in source.iterdir() if path.suffix.lower() in ENDINGS]
        size = sum(path.stat().st_size for path in files) / 1e6
        lines += [f"### {shard} shard: {len(files)} images, {size:.0f} MB, {verdicts[shard]['shardpress']['needed']} to change", ""]
        lines += table(rows, verdicts[shard], named) + [""]
        failed |= bool(verdicts[shard]["shardpress"]["missing"] or verdicts[shard]["shardpress"]["off"])
    options.out.write_text("\n".join(lines))
    options.out.with_suffix(".json").write_text(json.dumps(dict(results=results, verdicts=verdicts), indent=1))
    if options.plots:
        plot(results, named, options.plots)
    if failed:
        sys.exit("Shardpress left images out, or made them of another size: the figures mean nothing.")


if __name__ == "__main__":
    main()
