#!/usr/bin/env python3
"""Was anything lost, and does the merged report say what is so? Knows nothing of Shardpress' code: pictures are opened with Pillow.

    check.py PRISTINE NOW REPORTS [--originals keep|delete] [--target 512]

PRISTINE   the library before any run
NOW        the library after all of them
REPORTS    folder with the reports of the runs, `merged.json` among them

Every image must be there untouched or as a JPEG of the right size that shows the same, as the rules of the program's manual want it; its
original kept byte for byte or gone, as asked; every other file as it was; nothing left over. Then the merged report is added up from the
files that lie there. Exit 0: all is well; 1: something is not, one line each; 2: cannot tell.
"""
import argparse
import collections
import hashlib
import io
import json
import os
import sys

try:
    from PIL import Image, ImageChops, ImageOps, ImageStat
except ImportError:
    sys.exit("check.py: Pillow is missing (apt-get install python3-pil)")

IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
OURS = ".shardpress"
MATTE = (114, 114, 114)
# Mean difference of two pictures of 16 by 16, of 255: the same picture shrunk twice stays below 3, another of the library does not.
LARGEST_DIFFERENCE = 6.0


def read(path):
    with open(path, "rb") as file:
        return file.read()


def is_image(name):
    return name.lower().endswith(IMAGES)


def is_ours(path):
    return any(part == OURS or part.startswith(OURS + "-") for part in path.split("/"))


def files_of(folder):
    """Path below the folder -> bytes."""
    found = {}
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            found[os.path.relpath(path, folder)] = read(path)
    return found


def upright(data):
    """The picture on the matte, turned as its EXIF says."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I"):
        # 16 bits of grey, which Pillow would cut off instead of scaling.
        picture = picture.convert("I").point(lambda value: value / 257).convert("L")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, MATTE + (255,))
        picture = Image.alpha_composite(ground, picture)
    return picture.convert("RGB")


def difference(left, right):
    small = [picture.resize((16, 16), Image.BOX) for picture in (left, right)]
    return max(ImageStat.Stat(ImageChops.difference(*small)).mean)


def wanted(data, target):
    """Whether an image is replaced, and the size of its replacement."""
    picture = Image.open(io.BytesIO(data))
    width, height = ImageOps.exif_transpose(picture).size
    longest = max(width, height)
    if longest <= target:
        return picture.format == "PNG", (width, height)
    return True, tuple(max(1, side * target / longest) for side in (width, height))


def faults_of(data, made, size):
    """What is wrong with a replacement of this size."""
    try:
        picture = Image.open(io.BytesIO(made))
        picture.load()
    except OSError as error:
        return [f"cannot be decoded: {error}"]
    found = []
    if picture.format != "JPEG":
        found.append(f"it is {picture.format}, no JPEG")
    if max(abs(is_side - side) for is_side, side in zip(picture.size, size)) >= 1:
        found.append(f"it is {picture.size}, and should be about {size}")
    off = difference(upright(data), picture.convert("RGB"))
    if off > LARGEST_DIFFERENCE:
        found.append(f"it does not show what its original showed ({off:.1f} of 255 off)")
    return found


class Check:
    def __init__(self, given):
        self.given = given
        self.wrong = []
        self.known = {}
        self.before, self.now = files_of(given.pristine), files_of(given.now)
        self.ours = collections.defaultdict(list)
        for path in filter(is_ours, self.now):
            self.ours[path.split("/")[0]].append(path)
        # What stays, by shard: bytes of images and of other files, as they lie there now.
        self.image_bytes = collections.Counter()
        self.other_bytes = collections.Counter()
        self.images = collections.Counter()
        # Replaced images: (shard, name before) -> (bytes before, bytes after).
        self.replaced = {}
        self.unfinished = collections.Counter()

    def once(self, function, *given):
        """Its result; the shards of this test are alike, and the same bytes are looked at but once."""
        key = (function, *(hashlib.sha256(it).digest() if isinstance(it, bytes) else it for it in given))
        if key not in self.known:
            self.known[key] = function(*given)
        return self.known[key]

    def says(self, what):
        self.wrong.append(what)

    def kept(self, path):
        """Whether the original lies among the kept ones of its shard, in whatever run's folder."""
        shard, name = os.path.split(path)
        ours = (place for place in self.ours[shard.split("/")[0]] if place.endswith(name + ".orig"))
        return any(self.now[place] == self.before[path] for place in ours)

    def image(self, path, data):
        shard, name = os.path.split(path)
        stem, ending = os.path.splitext(name)
        output = path if ending.lower() in (".jpg", ".jpeg") else os.path.join(shard, stem + ".jpg")
        replace, size = self.once(wanted, data, self.given.target)
        self.images[shard] += 1
        now = self.now.get(path)
        if now == data:
            both = output != path and output in self.now
            if both:
                # As a kill leaves it; the next run takes one of the two away.
                self.says(f"{path}: it is there, and a replacement too")
            if replace:
                self.unfinished[shard] += 1
            self.image_bytes[shard] += len(data)
            return {path, output} if both else {path}
        if not replace:
            self.says(f"{path}: it should be untouched and is {'gone' if now is None else 'changed'}")
            return {path}
        if output not in self.now:
            self.says(f"{path}: LOST, neither it nor {os.path.basename(output)} is there")
            return {path}
        made = self.now[output]
        self.image_bytes[shard] += len(made)
        self.replaced[shard, name] = (len(data), len(made))
        if now is not None and output != path:
            self.says(f"{path}: it was changed")
        for what in self.once(faults_of, data, made, size):
            self.says(f"{output}: {what}")
        if self.kept(path) != (self.given.originals == "keep"):
            self.says(f"{path}: its original is {'gone' if self.given.originals == 'keep' else 'kept'}, against what was asked for")
        return {path, output}

    def library(self):
        accounted = set()
        for path, data in sorted(self.before.items()):
            if is_image(path):
                accounted |= self.image(path, data)
                continue
            accounted.add(path)
            self.other_bytes[os.path.dirname(path)] += len(data)
            if self.now.get(path) != data:
                self.says(f"{path}: this file is {'LOST' if path not in self.now else 'changed'}")
        for path in sorted(set(self.now) - accounted):
            if not is_ours(path):
                self.says(f"{path}: nobody knows where it comes from")
            elif "/originals/" not in path and not path.endswith(".orig"):
                self.says(f"{path}: left over")
            elif self.given.originals == "delete":
                self.says(f"{path}: left over, although no originals are kept")
        for shard, count in sorted(self.unfinished.items()):
            self.says(f"{shard}: {count} of {self.images[shard]} images still wait for a replacement")

    def report(self):
        """The merged report against the files, and against the sum of its own parts."""
        merged = json.loads(read(os.path.join(self.given.reports, "merged.json")))
        totals, counts = merged["totals"], merged["totals"]["images"]
        names = [os.path.basename(shard["path"]["text"]) for shard in merged["shards"]]
        for name, times in collections.Counter(names).items():
            if times > 1:
                self.says(f"merged report: {name} is in it {times} times")
        for name in sorted(set(self.images) - set(names)):
            self.says(f"merged report: {name} is not in it")
        sums = collections.Counter()
        told = set()
        for name, shard in zip(names, merged["shards"]):
            images = shard["images"]
            for what, is_so, should in [
                ("images", len(images), self.images[name]),
                ("bytes of images after", sum(image["bytes_after"] for image in images), self.image_bytes[name]),
                ("bytes of other files", shard["other_bytes"], self.other_bytes[name]),
            ]:
                if is_so != should:
                    self.says(f"merged report, {name}: {is_so:,} {what}, but {should:,} lie there")
            for image in images:
                original = image["name"]["text"]
                sums["before"] += image["bytes_before"]
                sums["after"] += image["bytes_after"]
                sums[image["outcome"]] += 1
                if image["outcome"] == "shrunk":
                    told.add((name, original))
                    if self.replaced.get((name, original)) != (image["bytes_before"], image["bytes_after"]):
                        self.says(f"merged report, {name}/{original}: told as replaced, with other bytes than there were and are")
            sums["other"] += shard["other_bytes"]
            sums["kept"] += shard["kept_bytes"]
        for what, is_so, should in [
            ("shards", totals["shards"], len(self.images)),
            ("images", counts["total"], sum(self.images.values())),
            ("replaced images", counts["shrunk"], sums["shrunk"]),
            ("images left alone", counts["left_alone"], sums["left_alone"]),
            ("images not reached", counts["not_reached"], sums["not_reached"]),
            ("bytes before", totals["bytes_before"], sums["before"] + sums["other"]),
            ("bytes after", totals["bytes_after"], sums["after"] + sums["other"]),
            ("bytes after, as they lie there", totals["bytes_after"], sum(self.image_bytes.values()) + sum(self.other_bytes.values())),
            ("bytes saved", totals["bytes_saved"], sums["before"] - sums["after"]),
            ("bytes kept", totals["kept_bytes"], sums["kept"]),
        ]:
            if is_so != should:
                self.says(f"merged report: {is_so:,} {what}, but the sum is {should:,}")
        self.every_life(merged)
        untold = set(self.replaced) - told
        print(f"check: {len(self.images)} shards, {sum(self.images.values())} images, {len(self.replaced)} replaced; "
              f"{len(self.before) - sum(self.images.values())} other files")
        print(f"check: the merged report has {len(merged['parts'])} parts and {counts['shrunk']} replaced images; "
              f"{len(untold)} more in {len({shard for shard, _ in untold})} shards were replaced by tasks that were killed before they could report")

    def every_life(self, merged):
        """No image was replaced in two reports, and none of them is missing in the merged one."""
        by = collections.Counter()
        names = sorted(name for name in os.listdir(self.given.reports) if name.endswith(".json") and name != "merged.json")
        for name in names:
            for shard in json.loads(read(os.path.join(self.given.reports, name)))["shards"]:
                for image in shard["images"]:
                    by[shard["path"]["text"], image["name"]["text"]] += image["outcome"] == "shrunk"
        twice = [image for image, times in by.items() if times > 1]
        if twice:
            self.says(f"reports: {len(twice)} images were replaced twice, for example {twice[0]}")
        if sum(by.values()) != merged["totals"]["images"]["shrunk"]:
            self.says(f"merged report: {merged['totals']['images']['shrunk']} replaced images, but its parts have {sum(by.values())}")
        if len(merged["parts"]) != len(names):
            self.says(f"merged report: {len(merged['parts'])} parts, but there are {len(names)} reports")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("pristine", "now", "reports"):
        parser.add_argument(name)
    parser.add_argument("--originals", choices=("keep", "delete"), default="keep")
    parser.add_argument("--target", type=int, default=512)
    check = Check(parser.parse_args())
    if not check.before:
        print("check: the pristine library is empty", file=sys.stderr)
        return 2
    check.library()
    try:
        check.report()
    except (OSError, KeyError, ValueError) as error:
        check.says(f"merged report: cannot be read: {error!r}")
    for line in check.wrong[:200]:
        print(f"WRONG: {line}")
    print(f"check: {len(check.wrong) or 'nothing'} wrong")
    return 1 if check.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
