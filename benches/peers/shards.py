#!/usr/bin/env python3
"""Three folders of real pictures to measure on, made from Debian packages of wallpapers and game art.

    shards.py OUT        OUT/{mixed,png,jpeg}/shard_00000; a few hundred megabytes, the same on every machine

png    PNGs of 1 to 9 megapixels: the packages' own, and parts of photographs with and without transparency
jpeg   JPEGs of 2 to 12 megapixels at the qualities and samplings that cameras and programs use, some progressive
mixed  1,200 images of which two thirds are small JPEGs that need nothing; every second one has a sidecar

`apt-get download` fetches the packages; nothing is installed. Needs Pillow."""
import concurrent.futures, hashlib, json, pathlib, random, shutil, subprocess, sys

from PIL import Image

PACKAGES = ["desktop-base", "lomiri-wallpapers-16.04", "mate-backgrounds", "ukui-wallpapers", "wesnoth-1.16-data", "wesnoth-1.16-httt"]
FORMATS = {"PNG", "JPEG", "WEBP"}
Image.MAX_IMAGE_PIXELS = None


def fetch(into):
    """Unpacks the packages below `into`, each once."""
    into.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        if (into / package).exists():
            continue
        subprocess.run(["apt-get", "download", "-qq", package], cwd=into, check=True)
        archive = next(into.glob(f"{package}_*.deb"))
        subprocess.run(["dpkg-deb", "-x", archive, into / (package + ".part")], check=True)
        (into / (package + ".part")).rename(into / package)
        archive.unlink()


def pictures(folder):
    """(path, format, megapixels, longest side) of every still picture, sorted by path; each content once."""
    found, seen = [], set()
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink() or path.suffix.lower() not in {".png", ".jpg", ".jpeg", ".webp"}:
            continue
        digest = hashlib.sha256(path.read_bytes()).digest()
        if digest in seen:
            continue
        seen.add(digest)
        try:
            with Image.open(path) as image:
                if image.format in FORMATS and not getattr(image, "is_animated", False):
                    found.append((path, image.format, image.width * image.height / 1e6, max(image.size)))
        except OSError:
            continue
    return found


def part(path, dice, megapixels):
    """A random part of a picture, at most so large."""
    with Image.open(path) as image:
        image = image.convert("RGB")
    share = dice.uniform(0.6, 1.0)
    width, height = round(image.width * share), round(image.height * share)
    left, top = dice.randint(0, image.width - width), dice.randint(0, image.height - height)
    image = image.crop((left, top, left + width, top + height))
    shrink = (megapixels * 1e6 / (width * height)) ** 0.5
    if shrink < 1:
        image = image.resize((round(width * shrink), round(height * shrink)), Image.Resampling.LANCZOS)
    return image


def draw(job):
    """One file: the copy of a picture, or a part of one in another form."""
    source, target, form, megapixels, seed = job
    dice = random.Random(seed)
    if form == "copy":
        shutil.copyfile(source, target)
        return
    image = part(source, dice, megapixels)
    if form == "png":
        image.save(target, compress_level=dice.choice([4, 6, 6, 9]))
    elif form == "rgba":
        mask = Image.linear_gradient("L").resize(image.size).point(lambda v: min(255, 3 * v))
        image.putalpha(mask if dice.random() < 0.6 else 255)
        image.save(target, compress_level=6)
    elif form == "jpeg":
        image.save(target, quality=dice.choice([80, 85, 90, 92, 95]), subsampling=dice.choice([0, 1, 2, 2, 2]), progressive=dice.random() < 0.15)
    elif form == "small":
        image.thumbnail((512, 512), Image.Resampling.LANCZOS)
        image.save(target, quality=90)
    elif form == "webp":
        image.save(target, quality=85, method=4, lossless=dice.random() < 0.2)
    elif form == "bmp":
        image.save(target)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[1])
    fetch(out / "packages")
    have = pictures(out / "packages")
    dice = random.Random(512)
    photos = [p for p in have if p[1] == "JPEG" and p[2] >= 3]
    art = [p for p in have if p[1] == "PNG" and p[3] > 512 and 0.35 <= p[2] <= 9]
    dice.shuffle(photos)
    dice.shuffle(art)
    jobs = []

    def shard(name):
        folder = out / name / "shard_00000"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def add(folder, form, source, ending, megapixels=0.0):
        number = sum(job[1].parent == folder for job in jobs)
        jobs.append((source, folder / f"{number:06}{ending}", form, megapixels, dice.random()))

    folder = shard("png")
    for picture in [p for p in art if p[2] >= 1][:120]:
        add(folder, "copy", picture[0], ".png")
    for n in range(160):
        add(folder, "rgba" if n % 5 == 0 else "png", dice.choice(photos)[0], ".png", dice.choice([1, 1.5, 2, 2, 3, 4, 6]))
    folder = shard("jpeg")
    for picture in [p for p in photos if p[2] <= 14][:60]:
        add(folder, "copy", picture[0], ".jpg")
    for _ in range(300):
        add(folder, "jpeg", dice.choice(photos)[0], ".jpg", dice.choice([2, 2, 3, 3, 4, 5, 6, 8, 12]))
    folder = shard("mixed")
    for picture in art[:190]:
        add(folder, "copy", picture[0], ".png")
    for n in range(110):
        add(folder, "rgba" if n % 5 == 0 else "png", dice.choice(photos)[0], ".png", dice.choice([0.7, 1, 1, 1.5, 2, 2, 3, 4]))
    for _ in range(65):
        add(folder, "jpeg", dice.choice(photos)[0], ".jpg", dice.choice([0.6, 1, 1, 2, 3, 4]))
    for _ in range(12):
        add(folder, "webp", dice.choice(photos)[0], ".webp", dice.choice([1, 2, 3]))
    for _ in range(3):
        add(folder, "bmp", dice.choice(photos)[0], ".bmp", 1)
    while sum(job[1].parent == folder for job in jobs) < 1200:
        add(folder, "small", dice.choice(photos)[0], ".jpg", 99)
    with concurrent.futures.ProcessPoolExecutor() as pool:
        list(pool.map(draw, sorted((job for job in jobs if not job[1].exists()), key=lambda job: job[0]), chunksize=8))
    for image in sorted(folder.iterdir())[::2]:
        if image.suffix != ".json":
            image.with_suffix(".json").write_text(json.dumps({"filename": image.name, "caption": "a picture"}) + "\n")


if __name__ == "__main__":
    main()
