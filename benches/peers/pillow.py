#!/usr/bin/env python3
"""The job by Pillow, as the first users' script did it: the whole folder is loaded, then worked on by as many processes as
there are cores, then written one file at a time. Of a library one shard after the other.

    pillow.py FOLDER TARGET"""
import concurrent.futures, io, os, pathlib, sys

from PIL import Image

Image.MAX_IMAGE_PIXELS = None
TARGET = int(sys.argv[2])


def work(item):
    path, data = item
    image = Image.open(io.BytesIO(data))
    longest = max(image.size)
    if longest <= TARGET and path.suffix.lower() != ".png":
        return None
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (114, 114, 114, 255))
        image = Image.alpha_composite(ground, image)
    image = image.convert("RGB")
    if longest > TARGET:
        scale = TARGET / longest
        image = image.resize(tuple(max(1, round(side * scale)) for side in image.size), Image.Resampling.LANCZOS)
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=95, subsampling=0, optimize=True)
    return path, encoded.getvalue()


def shrink(folder):
    endings = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}
    loaded = [(path, path.read_bytes()) for path in sorted(folder.iterdir()) if path.suffix.lower() in endings]
    with concurrent.futures.ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        made = [result for result in pool.map(work, loaded) if result]
    for path, data in made:
        final = path.with_suffix(".jpg")
        temporary = final.with_suffix(".jpg.tmp")
        temporary.write_bytes(data)
        temporary.replace(final)
        if final != path:
            path.unlink()


def main():
    folder = pathlib.Path(sys.argv[1])
    for shard in sorted(path for path in folder.iterdir() if path.is_dir()) or [folder]:
        shrink(shard)


if __name__ == "__main__":
    main()
