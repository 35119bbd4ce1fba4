#!/usr/bin/env python3
"""Packs the list of licences: what cargo-about found in the crates, the C libraries of assets/THIRD-PARTY.md, the fonts, and the
standard library of Rust. Every text stands in it once. Called by make.sh.

    pack.py ABOUT.json METADATA.json OUT.json.gz
"""

import gzip
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Fonts, their licence and its file: below the crate of that name, or below the project.
FONTS = [
    ("Inter", "4.1", "OFL-1.1", "https://rsms.me/inter/", None, "assets/fonts/Inter-OFL.txt"),
    ("Ubuntu Light", "", "Ubuntu-font-1.0", "https://design.ubuntu.com/font", "epaint_default_fonts", "fonts/UFL.txt"),
    ("Hack", "", "MIT AND Bitstream-Vera", "https://github.com/source-foundry/Hack", "epaint_default_fonts", "fonts/Hack-Regular.txt"),
    ("Noto Emoji", "", "OFL-1.1", "https://github.com/googlefonts/noto-emoji", "epaint_default_fonts", "fonts/OFL.txt"),
    ("emoji-icon-font", "", "MIT", "https://github.com/jslegers/emoji-icon-font", "epaint_default_fonts", "fonts/emoji-icon-font-mit-license.txt"),
    ("Lucide", "1.66", "ISC AND MIT", "https://lucide.dev", None, "assets/licences/Lucide.txt"),
]

# What SPDX calls a heading of THIRD-PARTY.md, and where the library comes from.
LIBRARIES = {
    "libjpeg-turbo": ("IJG AND BSD-3-Clause AND Zlib", "https://libjpeg-turbo.org"),
    "libwebp": ("BSD-3-Clause", "https://developers.google.com/speed/webp"),
    "libdeflate": ("MIT", "https://github.com/ebiggers/libdeflate"),
}


def plain(text):
    """The same words in lines without tabs, form feeds and what ends in spaces; two that differ in nothing else are one text."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "").replace("\ufeff", "").expandtabs(8)
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    # Indented as a whole, as some put the Apache licence, is the same text.
    indent = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line[indent:] for line in lines))


class Texts:
    def __init__(self):
        self.texts, self.places = [], {}

    def place(self, licence, text):
        text = plain(text)
        # Broken into other lines it is still the same text.
        key = re.sub(r"\s+", " ", text)
        if key not in self.places:
            self.places[key] = len(self.texts)
            self.texts.append({"licence": licence, "text": text})
        return self.places[key]


def crates(about, packages, texts):
    parts = {}
    for licence in about["licenses"]:
        for user in licence["used_by"]:
            crate = user["crate"]
            name = f"{crate['name']} {crate['version']}"
            if crate["name"] == "shardpress":
                continue
            package = packages[name]
            part = parts.setdefault(
                name,
                {
                    "name": crate["name"],
                    "version": crate["version"],
                    "kind": "crate",
                    "licence": (package["license"] or licence["id"]).replace("/", " OR "),
                    "link": package["repository"] or package["homepage"] or "",
                    "texts": [],
                },
            )
            text = licence["text"]
            # Without a text of its own in the crate the tool takes the licence's form, in which the holder is left blank.
            if re.search(r"<copyright holders?>|<owner>|\[fullname\]|<author", text):
                authors = [re.sub(r"\s*<[^>]*>", "", author) for author in package["authors"]]
                holder = "Copyright (c) " + (", ".join(authors) or f"the authors of {crate['name']}")
                text = re.sub(r"(?im)^.*copyright.*<(year|copyright holders?|owner)>.*$", holder, text, count=1)
            place = texts.place(licence["id"], text)
            if place not in part["texts"]:
                part["texts"].append(place)
    # What somebody put beside an Apache licence to be passed on.
    for name, part in parts.items():
        for notice in sorted(pathlib.Path(packages[name]["manifest_path"]).parent.glob("NOTICE*")):
            if notice.is_file():
                part["texts"].append(texts.place("Notice", notice.read_text(errors="replace")))
    return parts


def libraries(texts):
    parts = []
    whole = (ROOT / "assets/THIRD-PARTY.md").read_text()
    for section in re.split(r"(?m)^## ", whole)[1:]:
        heading, body = section.split("\n", 1)
        name, _, version = heading.strip().partition(" ")
        licence, link = LIBRARIES[name]
        blocks = re.findall(r"```text\n(.*?)\n```", body, re.S)
        ids = licence.split(" AND ")
        places = [texts.place(ids[min(at, len(ids) - 1)], block) for at, block in enumerate(blocks)]
        parts.append({"name": name, "version": version, "kind": "library", "licence": licence, "link": link, "texts": places})
    assert {part["name"] for part in parts} == set(LIBRARIES), "assets/THIRD-PARTY.md and LIBRARIES differ"
    return parts


def rust(texts):
    """The standard library is a part of every program in Rust."""
    folder = pathlib.Path(subprocess.check_output(["rustc", "--print", "sysroot"], text=True).strip()) / "share/doc/cargo"
    version = subprocess.check_output(["rustc", "--version"], text=True).split()[1].rsplit(".", 1)[0]
    holders = "Copyright (c) The Rust Project Developers (see https://thanks.rust-lang.org)\n\n"
    mit = (folder / "LICENSE-MIT").read_text()
    place = texts.place("MIT", mit if "opyright" in mit.split("\n\n")[0] else holders + mit)
    return {
        "name": "Rust standard library",
        "version": version,
        "kind": "library",
        "licence": "MIT OR Apache-2.0",
        "link": "https://www.rust-lang.org",
        "texts": [place],
    }


def fonts(packages, texts):
    parts = []
    for name, version, licence, link, crate, file in FONTS:
        folder = ROOT
        if crate:
            package = next(package for key, package in packages.items() if key.startswith(f"{crate} "))
            folder = pathlib.Path(package["manifest_path"]).parent
        place = texts.place(licence, (folder / file).read_text(errors="replace"))
        parts.append({"name": name, "version": version, "kind": "font", "licence": licence, "link": link, "texts": [place]})
    return parts


def left_out(metadata, listed):
    """Every other package of the lock file, and what it is there for."""
    names = {package["id"]: f"{package['name']} {package['version']}" for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}

    def reached(kinds):
        seen, due = set(), [metadata["resolve"]["root"]]
        while due:
            at = due.pop()
            if at in seen:
                continue
            seen.add(at)
            for needed in nodes[at]["deps"]:
                if any(kind["kind"] in kinds for kind in needed["dep_kinds"]):
                    due.append(needed["pkg"])
        return {names[at] for at in seen}

    program, building = reached([None]), reached([None, "build"])
    out = {}
    lock = (ROOT / "Cargo.lock").read_text()
    for name, version in re.findall(r'\[\[package\]\]\nname = "([^"]+)"\nversion = "([^"]+)"', lock):
        package = f"{name} {version}"
        if name == "shardpress" or package in listed:
            continue
        out[package] = "other systems" if package in program else "building" if package in building else "tests"
    return out


def main():
    about, metadata, out = sys.argv[1:]
    about, metadata = (json.loads(pathlib.Path(path).read_text()) for path in (about, metadata))
    packages = {f"{package['name']} {package['version']}": package for package in metadata["packages"]}
    texts = Texts()
    found = crates(about, packages, texts)
    order = {"library": 0, "font": 1, "crate": 2}
    parts = list(found.values()) + libraries(texts) + [rust(texts)] + fonts(packages, texts)
    parts.sort(key=lambda part: (order[part["kind"]], part["name"].lower(), part["version"]))
    listing = {"parts": parts, "texts": texts.texts, "left_out": left_out(metadata, set(found))}
    text = json.dumps(listing, ensure_ascii=False, sort_keys=True, indent=0)
    packed = gzip.compress(text.encode(), 9, mtime=0)
    pathlib.Path(out).write_bytes(packed)
    count = lambda kind: sum(part["kind"] == kind for part in parts)
    print(
        f"licences: {count('crate')} crates, {count('library')} libraries, {count('font')} fonts; "
        f"{len(texts.texts)} texts; {len(text.encode()):,} bytes, packed {len(packed):,}"
    )


if __name__ == "__main__":
    main()
