#!/usr/bin/env python3
"""The judge of every fault campaign: was anything lost? It looks at bytes only and knows nothing of how they came about.

    judge.py PRISTINE REFERENCE NOW [--keep] [--stage during|settled|complete]

PRISTINE   the folder before any run
REFERENCE  a copy after an undisturbed run; replacements are deterministic, so this says what each must be
NOW        the folder in question
--keep     runs keep originals: of every replaced image the original must be there, too
--stage    during    at any moment, a killed run included: every image is there byte for byte, or exactly its replacement is
           settled   after recovery or an orderly end: also no temporary names and no strays, and sidecars tell the truth
           complete  also: the folder is the reference

Exit 0: nothing is wrong; 1: something is, one line each; 2: cannot tell. Without REFERENCE and NOW (judge.py --self-test) it plants
faults of each kind in drawn-up folders and has to find every one. Standard library only; Pillow where the reference itself is decoded.
"""
import argparse
import collections
import hashlib
import json
import os
import stat
import sys

IMAGES = (b".png", b".jpg", b".jpeg", b".webp", b".bmp", b".tif", b".tiff", b".gif")
# Contents up to this size are remembered where they are no images: sidecars are compared line by line.
TEXT_BYTES = 1 << 20

Entry = collections.namedtuple("Entry", "kind digest size mode mtime_ns text")
Finding = collections.namedtuple("Finding", "kind path why")


def shown(path):
    return os.fsdecode(path).encode("utf8", "backslashreplace").decode()


def is_image(path):
    return os.path.splitext(path)[1].lower() in IMAGES


def is_ours(path):
    """`.shardpress` and what lies in it, and the hidden names beside the images."""
    return any(part == b".shardpress" or part.startswith(b".shardpress-") for part in path.split(b"/"))


def is_kept(path):
    """A place for kept originals: a folder of a run, or beside the images where moving is slow."""
    parts = path.split(b"/")
    if b".shardpress" in parts:
        return parts[parts.index(b".shardpress") + 1 : parts.index(b".shardpress") + 2] == [b"originals"]
    return parts[-1].startswith(b".shardpress-") and parts[-1].endswith(b".orig")


def is_set_aside(path):
    """Parts of replacements that recovery moved out of the way instead of deleting them."""
    return b".shardpress/set-aside" in path


def digest(data):
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def entry_of(path):
    """What lies under a path; None where nothing does. Links are not followed."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    mode, times = stat.S_IMODE(found.st_mode), found.st_mtime_ns
    if stat.S_ISDIR(found.st_mode):
        return Entry("folder", "", 0, mode, 0, None)
    if stat.S_ISLNK(found.st_mode):
        return Entry("link", os.fsdecode(os.readlink(path)), 0, 0, 0, None)
    if not stat.S_ISREG(found.st_mode):
        return Entry("special", str(stat.S_IFMT(found.st_mode)), 0, mode, times, None)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return None
    # Originals of images that stepped aside are mostly larger than sidecars that did.
    most = TEXT_BYTES >> 4 if os.fsencode(path).endswith(b".orig") else TEXT_BYTES
    keep = len(data) <= most and not is_image(os.fsencode(path))
    return Entry("file", digest(data), len(data), mode, times, data if keep else None)


def look(root):
    """Everything below a folder: path inside it (bytes, since names need not be text) -> Entry."""
    tree, pending, root = {}, [b""], os.fsencode(root).rstrip(b"/")
    while pending:
        folder = pending.pop()
        try:
            names = os.listdir(os.path.join(root, folder))
        except FileNotFoundError:
            continue
        for name in names:
            path = os.path.join(folder, name)
            entry = entry_of(os.path.join(root, path))
            if entry is None:
                continue  # It went while we looked; the caller stops the program first where that matters.
            tree[path] = entry
            if entry.kind == "folder":
                pending.append(path)
    return tree


class Judge:
    """Knows what may be in the folder, from how it was and what an undisturbed run makes of it."""

    def __init__(self, pristine, reference, keep=False, attributes=True):
        self.pristine, self.reference, self.keep, self.attributes = pristine, reference, keep, attributes
        self.outputs = {}  # image -> name of its replacement, where the undisturbed run replaced it
        foreign = [path for path in reference if not is_ours(path)]
        taken = {}
        for path, was in sorted(pristine.items()):
            if was.kind != "file" or not is_image(path) or is_ours(path):
                continue
            now = reference.get(path)
            if now is not None and same(now, was):
                continue
            stem = os.path.splitext(path)[0]
            fits = [path] if now is not None else [p for p in foreign if is_image(p) and os.path.splitext(p)[0] == stem and p not in pristine]
            if len(fits) != 1 or fits[0] in taken:
                raise ValueError(f"{shown(path)} has {len(fits)} replacements in the reference: a loss, or names this judge cannot tell apart")
            taken[fits[0]] = path
            self.outputs[path] = fits[0]
        self.known = set(pristine) | set(self.outputs.values())

    def during(self, now):
        """At any moment, recovered or not."""
        self.findings = []
        self.ours = collections.Counter((e.digest, e.size) for path, e in now.items() if is_ours(path) and e.kind == "file")
        self.texts = [e for path, e in now.items() if is_ours(path) and e.kind == "file" and e.text is not None]
        for path, was in self.pristine.items():
            if is_ours(path):
                continue
            if path in self.outputs:
                self._image(path, was, now)
            elif was.kind == "file":
                self._other(path, was, now)
            elif now.get(path) is None or now[path][:2] != was[:2]:
                self._find("LOST " + was.kind, path, "is gone, or something else")
        for path in now:
            if path not in self.known and not is_ours(path):
                self._find("stray", path, "nobody put it there")
        return self.findings

    def settled(self, now):
        """After recovery or an orderly end: each image is one or the other, and nothing is under way."""
        self.during(now)
        kept = self.kept_of(now)
        for path, output in self.outputs.items():
            was, replacement = self.pristine[path], self.reference[output]
            stays, replaced = same(now.get(path), was), same(now.get(output), replacement)
            if stays and output != path and output in now:
                self._find("both", output, "the replacement is there, and its original, too")
            if not stays and not replaced:
                self._find("not settled", path, "is only among the program's own files")
            if replaced and not stays and self.keep and (was.digest, was.size) not in kept:
                self._find("not kept", path, "its original is not where originals are kept")
            if stays and not replaced and (was.digest, was.size) in kept and not self.keep:
                self._find("temporary", path, "is there twice")
        for path, was in self.pristine.items():
            if path in self.outputs or was.kind != "file" or is_ours(path) or not self._is_edited(path):
                continue
            if path not in now:
                self._find("LOST file", path, "is only among the program's own files")
            elif self._lines(path, now[path]) is None:
                self._find("LOST file", path, "has another content")
            elif self.keep and not same(now[path], was) and (was.digest, was.size) not in kept:
                self._find("not kept", path, "it was edited, and how it was before is not where originals are kept")
        for path, entry in now.items():
            if not is_ours(path) or entry.kind == "folder" or is_set_aside(path) or (self.keep and is_kept(path)):
                continue
            self._find("temporary", path, "is left of a run that has ended")
        self._sidecars(now)
        return self.findings

    def complete(self, now):
        """The folder of the undisturbed run."""
        self.settled(now)
        for path, wanted in self.reference.items():
            found = now.get(path)
            if not is_ours(path) and (found is None or found[:3] != wanted[:3]):
                self._find("differs", path, "is not what the undisturbed run made")
        return self.findings

    def replaced(self, now):
        """How many images stand replaced."""
        return sum(same(now.get(output), self.reference[output]) and not same(now.get(path), self.pristine[path]) for path, output in self.outputs.items())

    @staticmethod
    def kept_of(now):
        return {(e.digest, e.size) for path, e in now.items() if is_kept(path) and e.kind == "file"}

    def _find(self, kind, path, why):
        self.findings.append(Finding(kind, shown(path), why))

    def _image(self, path, was, now):
        output, here = self.outputs[path], now.get(path)
        stays = same(here, was)
        replaced = same(now.get(output), self.reference[output])
        somewhere = stays or self.ours[(was.digest, was.size)] > 0
        if not somewhere and not replaced:
            self._find("LOST image", path, "neither it nor its whole replacement is there")
        if not somewhere and self.keep:
            self._find("not kept", path, "its original was to be kept and is nowhere")
        # Where nothing may be renamed over a file, the original steps aside and its replacement is written under its name.
        under_way = output == path and (replaced or somewhere)
        if here is not None and not stays and not under_way:
            self._find("LOST image", path, "another content has its name")
        if stays and self.attributes:
            self._attributes(path, was, here)

    def _other(self, path, was, now):
        here, kind = now.get(path), "image" if is_image(path) else "file"
        if here is None:
            # Where several batches edit it, what stepped aside is what earlier ones made of it.
            aside = self._is_edited(path) and (self.ours[(was.digest, was.size)] or any(self._lines(path, e) is not None for e in self.texts))
            if not aside:
                self._find("LOST " + kind, path, "is gone")
        elif same(here, was):
            if self.attributes:
                self._attributes(path, was, here)
        elif not self._is_edited(path) or (self._lines(path, here) is None and self.ours[(was.digest, was.size)] == 0):
            self._find("LOST " + kind, path, "has another content")

    def _attributes(self, path, was, here):
        if (was.mode, was.mtime_ns) != (here.mode, here.mtime_ns):
            self._find("attributes", path, "untouched, but its time or permissions are others")

    def _is_edited(self, path):
        wanted = self.reference.get(path)
        return wanted is not None and wanted.kind == "file" and not same(wanted, self.pristine[path])

    def _lines(self, path, here):
        """Which parts of an edited sidecar are new: a list of (old line, is new) of what the reference changed; None: it is neither.
        Only `.jsonl` is edited line by line; any other is one part."""
        was, wanted = self.pristine[path], self.reference[path]
        if not path.lower().endswith(b".jsonl") or None in (was.text, wanted.text, here.text):
            return [(None, not same(here, was))] if same(here, was) or same(here, wanted) else None
        old, new, found = (t.split(b"\n") for t in (was.text, wanted.text, here.text))
        if not len(old) == len(new) == len(found):
            return None
        parts = []
        for before, after, line in zip(old, new, found):
            if line not in (before, after):
                return None
            if before != after:
                parts.append((before, line == after))
        return parts

    def _sidecars(self, now):
        """An edited sidecar and its image change together."""
        for path in self.pristine:
            if path in self.outputs or is_image(path) or is_ours(path) or not self._is_edited(path) or path not in now:
                continue
            for line, is_new in self._lines(path, now[path]) or []:
                image = self._image_of(path, line)
                if image is None:
                    continue
                replaced = not same(now.get(image), self.pristine[image]) and same(now.get(self.outputs[image]), self.reference[self.outputs[image]])
                if is_new != replaced:
                    self._find("untrue sidecar", path, f"tells of {'the replacement' if is_new else 'the original'} of {shown(image)}, which is not there")

    def _image_of(self, path, line):
        folder, stem = os.path.dirname(path), os.path.splitext(path)[0]
        for image in self.outputs:
            if os.path.dirname(image) != folder:
                continue
            if (os.path.splitext(image)[0] == stem) if line is None else (json.dumps(os.fsdecode(os.path.basename(image))).encode() in line):
                return image
        return None


def same(here, wanted):
    return here is not None and wanted is not None and here.kind == wanted.kind == "file" and (here.digest, here.size) == (wanted.digest, wanted.size)


def control(judge, whole):
    """Plants faults of each kind in a settled folder (`whole`: the reference as it lies on disk) and returns what was not found. A judge
    that is not tried out proves nothing."""
    replaced = sorted(judge.outputs.items())
    renamed = [pair for pair in replaced if pair[0] != pair[1]]
    others = sorted(p for p, e in judge.pristine.items() if e.kind == "file" and p not in judge.outputs and not is_ours(p))
    alone = [p for p in others if not judge._is_edited(p)]
    edited = [p for p in others if judge._is_edited(p) and not p.endswith(b".jsonl")]
    kept = sorted(p for p, e in whole.items() if is_kept(p) and p.endswith(b".orig"))
    cut = lambda e: e._replace(size=e.size // 2, digest="cut")
    flipped = lambda e: e._replace(digest="flipped", text=e.text and b"\xff" + e.text)
    image, output = renamed[0]
    plants = [
        ("LOST image", "a replacement is gone", lambda t: t.pop(output)),
        ("LOST image", "a replacement is cut short", lambda t: t.update({output: cut(t[output])})),
        ("LOST image", "a replacement has one other byte", lambda t: t.update({output: flipped(t[output])})),
        ("LOST image", "a replacement is empty", lambda t: t.update({output: t[output]._replace(size=0, digest="empty")})),
        ("stray", "a file that nobody put there", lambda t: t.update({b"stranger.jpg": t[output]})),
        ("temporary", "a temporary file is left", lambda t: t.update({b".shardpress-run-x.jpg.tmp": t[output]})),
        ("temporary", "a journal is left", lambda t: t.update({b".shardpress/journal": t[output]})),
        ("both", "an original comes back beside its replacement", lambda t: t.update({image: judge.pristine[image]})),
        ("differs", "an image was not worked on", lambda t: (t.pop(output), t.update({image: judge.pristine[image]}))),
    ]
    if len(renamed) > 1:
        other = renamed[1][1]
        plants.append(("LOST image", "two replacements are swapped", lambda t: t.update({output: t[other], other: t[output]})))
    if kept:
        # Without the original in hand a replacement must be the reference's, and with `keep` that alone is not enough.
        plants.append(("not kept", "a kept original is gone", lambda t: t.pop(kept[0])))
        plants.append(("not kept", "a kept original has one other byte", lambda t: t.update({kept[0]: flipped(t[kept[0]])})))
    for left in alone[:1]:
        plants += [
            (("LOST image" if is_image(left) else "LOST file"), "a file that is left alone is gone", lambda t: t.pop(left)),
            (("LOST image" if is_image(left) else "LOST file"), "a file that is left alone has one other byte", lambda t: t.update({left: flipped(t[left])})),
            ("attributes", "a file that is left alone has another time", lambda t: t.update({left: t[left]._replace(mtime_ns=1)})),
        ]
    for sidecar in edited[:1]:
        plants += [
            ("LOST file", "an edited sidecar is gone", lambda t: t.pop(sidecar)),
            ("LOST file", "an edited sidecar is cut short", lambda t: t.update({sidecar: cut(t[sidecar])})),
            ("untrue sidecar", "a sidecar was not edited with its image", lambda t: t.update({sidecar: judge.pristine[sidecar]})),
        ]
    missed = []
    if judge.complete(dict(whole)):
        missed.append("the reference itself: " + "; ".join(map(str, judge.findings[:3])))
    for kind, what, plant in plants:
        if kind == "attributes" and not judge.attributes:
            continue
        tree = dict(whole)
        if judge.keep is False or kind != "LOST image":
            plant(tree)
        else:  # With `keep` the original would stand in for it, rightly: take that away, too.
            plant(tree)
            for path in kept:
                tree.pop(path)
        if not any(found.kind == kind for found in judge.complete(tree)):
            missed.append(f"{what} ({kind})")
    return len(plants), missed


def decoded(pristine_root, reference_root, judge, side=512):
    """Judges the reference itself by decoding: every replacement is a whole JPEG of its original. Returns what is wrong."""
    from PIL import Image, ImageChops, ImageOps, ImageStat

    def small(path):
        with Image.open(path) as image:
            image.load()
            image = ImageOps.exif_transpose(image)
            if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
                image = image.convert("RGBA")
                image = Image.alpha_composite(Image.new("RGBA", image.size, (114, 114, 114, 255)), image)
            image = image.convert("RGB")
            return image.size, image.resize((16, 16), Image.BOX)

    wrong = []
    for image, output in judge.outputs.items():
        try:
            (width, height), before = small(os.path.join(os.fsencode(pristine_root), image))
            size, after = small(os.path.join(os.fsencode(reference_root), output))
        except Exception as error:  # Whatever Pillow raises: it cannot be decoded.
            wrong.append(f"{shown(output)}: {error}")
            continue
        scale = min(1.0, side / max(width, height))
        if abs(size[0] - width * scale) > 1 or abs(size[1] - height * scale) > 1:
            wrong.append(f"{shown(output)} is {size[0]}x{size[1]}")
        difference = max(ImageStat.Stat(ImageChops.difference(before, after)).mean)
        if difference > 6:
            wrong.append(f"{shown(output)} shows something else (mean difference {difference:.1f})")
    return wrong


def self_test():
    """Drawn-up folders, with and without kept originals, and faults planted in them."""
    file = lambda text: Entry("file", digest(text), len(text), 0o644, 7, text)
    was = {b"a.png": file(b"original a"), b"b.png": file(b"original b"), b"c.jpg": file(b"left alone"), b"n.md": file(b"notes"), b"a.json": file(b'{"f":"a.png"}')}
    made = {b"a.jpg": file(b"new a"), b"b.jpg": file(b"new b"), b"c.jpg": was[b"c.jpg"], b"n.md": was[b"n.md"], b"a.json": file(b'{"f":"a.jpg"}')}
    for keep in (False, True):
        whole = dict(made)
        if keep:
            whole |= {b".shardpress/originals/r/%s.orig" % name: was[name] for name in (b"a.png", b"b.png", b"a.json")}
        count, missed = control(Judge(was, whole, keep), whole)
        print(f"{'keep' if keep else 'delete'}: {count} planted faults, {count - len(missed)} found")
        if missed:
            print("not found: " + "; ".join(missed))
            return 1
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", metavar="PRISTINE REFERENCE NOW")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--stage", choices=("during", "settled", "complete"), default="complete")
    parser.add_argument("--no-attributes", action="store_true", help="times and permissions are not looked at")
    parser.add_argument("--decode", action="store_true", help="judge the reference itself by decoding, too (needs Pillow)")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    if len(options.folders) != 3 or not all(map(os.path.isdir, options.folders)):
        parser.print_usage(sys.stderr)
        return 2
    pristine, reference, now = options.folders
    try:
        judge = Judge(look(pristine), look(reference), options.keep, not options.no_attributes)
    except ValueError as error:
        print(error)
        return 2
    wrong = decoded(pristine, reference, judge) if options.decode else []
    findings = getattr(judge, options.stage)(look(now))
    for line in wrong + [f"{f.kind}: {f.path} {f.why}" for f in findings[:20]]:
        print(line)
    print(f"{len(judge.outputs)} images replaced by the reference, {judge.replaced(look(now))} here, {len(findings) + len(wrong)} wrong")
    return 1 if findings or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
