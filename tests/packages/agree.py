#!/usr/bin/env python3
"""What the packaging files say of each other, for tests/packages/validate.sh: one name of the program everywhere, one list of files,
pictures that exist, property lists and manifests that can be read.

    python3 tests/packages/agree.py [STAGED]      STAGED: a folder that packaging/linux/stage.sh filled, with prefix /usr
"""

import configparser
import glob
import os
import plistlib
import re
import shlex
import struct
import sys
import tomllib
import xml.etree.ElementTree as xml

ID = "io.github.shardpress.Shardpress"
REPOSITORY = "https://github.com/shardpress/shardpress"
wrong = []


def check(holds, what):
    if not holds:
        wrong.append(what)


def text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def png_size(path):
    with open(path, "rb") as file:
        head = file.read(24)
    assert head.startswith(b"\x89PNG"), path
    return struct.unpack(">II", head[16:24])


def keys(path, group):
    parsed = configparser.ConfigParser(interpolation=None, strict=False)
    parsed.optionxform = str
    parsed.read(path, encoding="utf-8")
    return dict(parsed[group])


cargo = tomllib.loads(text("Cargo.toml"))
package, deb = cargo["package"], cargo["package"]["metadata"]["deb"]
check(package.get("repository") == REPOSITORY, f"Cargo.toml: repository is not {REPOSITORY}")

# One name: docks find the icon of a window by it.
check(f'.with_app_id("{ID}")' in text("src/gui/open.rs"), f"src/gui/open.rs opens a window that is not called {ID}")
notify = text("src/gui/run/notify.rs")
check(notify.count(f'"{ID}"') == 2, f"src/gui/run/notify.rs: desktop entry and icon of a notification are not {ID}")
entry = keys(f"packaging/linux/{ID}.desktop", "Desktop Entry")
for key in ("Icon", "StartupWMClass"):
    check(entry[key] == ID, f"{ID}.desktop: {key} is {entry[key]}")

# What menus start is a command that exists.
commands = re.search(r"enum Command \{(.*?)\n\}", text("src/cli/args.rs"), re.S).group(1)
menu = keys("packaging/linux/servicemenu.desktop", "Desktop Entry")
actions = [action for action in menu["Actions"].split(";") if action]
started = {
    f"{ID}.desktop": entry["Exec"],
    "shardpress.nemo_action": keys("packaging/linux/shardpress.nemo_action", "Nemo Action")["Exec"],
}
for action in actions:
    shown = keys("packaging/linux/servicemenu.desktop", f"Desktop Action {action}")
    check(shown["Name"] == "Shrink with Shardpress" and shown["Icon"] == ID, f"servicemenu.desktop: {shown}")
    started[f"servicemenu.desktop, {action}"] = shown["Exec"]
check(menu["MimeType"] == "inode/directory;" and menu["Type"] == "Service", "servicemenu.desktop is not for folders")
for name, line in started.items():
    words = shlex.split(line)
    check(words[0] == "shardpress" and words[-1] == "%F", f"{name}: {line}")
    check(re.search(rf"\b{words[1].capitalize()}\b", commands) is not None, f"{name}: there is no command {words[1]}")

# The store's pictures are files of the tag, of the size that is said.
metainfo = xml.parse(f"packaging/linux/{ID}.metainfo.xml").getroot()
check(metainfo.findtext("id") == ID, "metainfo: another id")
check(metainfo.findtext("launchable") == f"{ID}.desktop", "metainfo: another launchable")
check(metainfo.findtext("project_license") == package["license"], "metainfo: another licence")
images = metainfo.findall("screenshots/screenshot/image")
check(len(images) >= 3, "metainfo: fewer than three pictures")
for image in images:
    base = f"https://raw.githubusercontent.com/shardpress/shardpress/v{package['version']}/"
    path = image.text.removeprefix(base)
    check(image.text.startswith(base), f"metainfo: {image.text} is not of version {package['version']}")
    if not os.path.isfile(path):
        wrong.append(f"metainfo: {path} does not exist")
    else:
        said = (int(image.get("width")), int(image.get("height")))
        check(png_size(path) == said, f"metainfo: {path} measures {png_size(path)}, not {said}")
check(metainfo.find("releases/release").get("version") == package["version"], "metainfo: its newest release is another version")

# Debian's package and what a tarball, an AppImage, a Flatpak hold are the same files.
if len(sys.argv) > 1:
    staged = sys.argv[1]
    laid = {os.path.relpath(os.path.join(folder, file), staged) for folder, _, files in os.walk(staged) for file in files}
    packed = set()
    for source, place, _ in deb["assets"]:
        found = [source] if source.startswith("target/release/") else glob.glob(source)
        check(found, f"Cargo.toml: the asset {source} matches nothing")
        for file in found:
            if place.startswith("usr/share/lintian/"):
                continue  # for Debian's eyes alone
            packed.add(place + os.path.basename(file) if place.endswith("/") else place)
    check(packed == laid, f"only in the .deb: {sorted(packed - laid)}; only staged: {sorted(laid - packed)}")

# Property lists of macOS.
info = plistlib.loads(text("packaging/macos/Info.plist").replace("@VERSION@", "1.2.3").replace("@MINIMUM@", "11.0").encode())
check(info["CFBundleIdentifier"] == ID and info["CFBundleExecutable"] == "shardpress", "Info.plist: another program")
for key in ("Desktop", "Documents", "Downloads"):
    check(info.get(f"NS{key}FolderUsageDescription"), f"Info.plist does not say why it wants the folder {key}")
for key in ("Removable", "Network"):
    check(info.get(f"NS{key}VolumesUsageDescription"), f"Info.plist does not say why it wants {key.lower()} volumes")
check(info["NSHighResolutionCapable"] is True, "Info.plist: not for high resolutions")
check(plistlib.loads(text("packaging/macos/entitlements.plist").encode()) == {}, "entitlements.plist asks for something")
bundle = "target/packages/validate/Shardpress.app/Contents"
if os.path.isdir(bundle):
    with open(f"{bundle}/Info.plist", "rb") as file:
        made = plistlib.load(file)
    check(made["CFBundleShortVersionString"] == package["version"] and "@" not in str(made), f"the bundle's Info.plist: {made}")
    for needed in (f"MacOS/{made['CFBundleExecutable']}", f"Resources/{made['CFBundleIconFile']}.icns", "PkgInfo", "Resources/man/shardpress.1"):
        check(os.path.isfile(f"{bundle}/{needed}"), f"the bundle has no {needed}")
    check(os.access(f"{bundle}/MacOS/{made['CFBundleExecutable']}", os.X_OK), "the bundle's program cannot be started")

# The Flatpak's manifest and the workflows.
try:
    import yaml
except ImportError:
    print("agree: NOTE: no python3-yaml, manifest and workflows were not read")
else:
    manifest = yaml.safe_load(text(f"packaging/flatpak/{ID}.yml"))
    check(manifest["id"] == ID and manifest["command"] == "shardpress", "the Flatpak is another program")
    check(not any("network" in argument for argument in manifest["finish-args"]), "the Flatpak asks for the network")
    sources = manifest["modules"][-1]["sources"]
    check(any(isinstance(source, dict) and source.get("tag") == f"v{package['version']}" for source in sources), "the Flatpak builds another tag")
    for path in glob.glob(".github/workflows/*.yml"):
        workflow = yaml.safe_load(text(path))
        check(workflow["permissions"] == {"contents": "read"}, f"{path} may do more than read by default")
        for name, job in workflow["jobs"].items():
            check("uses" in job or "timeout-minutes" in job, f"{path}, {name}: no timeout")
            for step in job.get("steps", []):
                if "uses" in step:
                    check(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"]), f"{path}, {name}: {step['uses']} is not pinned by commit")
                for script in re.findall(r"\bsh ((?:packaging|tests)/[\w./-]+\.sh)", step.get("run", "")):
                    check(os.path.isfile(script), f"{path}, {name}: there is no {script}")

for what in wrong:
    print(f"agree: {what}", file=sys.stderr)
print("agree: everything says the same" if not wrong else f"agree: {len(wrong)} disagreements")
sys.exit(1 if wrong else 0)
