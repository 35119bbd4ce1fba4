#!/bin/sh
# The job by Caesium (caesiumclt, mozjpeg). It reads no BMP, so those stay, and cannot lay transparency over a colour.
#
#     caesium.sh FOLDER TARGET
set -eu
folder=$1 target=$2
made=$folder.made
mkdir "$made"
# It has no rule by format and size; Pillow reads the headers. What is a JPEG already must not be converted to one.
"${BENCH_PYTHON:-python3}" - "$folder" "$target" "$made" <<'EOF'
import pathlib, sys
from PIL import Image
Image.MAX_IMAGE_PIXELS = None
folder, target, made = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
lists = {".jpeg-list": [], ".other-list": []}
for path in sorted(folder.iterdir()):
    ending = path.suffix.lower()
    if ending in {".png", ".webp", ".jpg", ".jpeg"} and (ending == ".png" or max(Image.open(path).size) > target):
        lists[".jpeg-list" if ending in {".jpg", ".jpeg"} else ".other-list"].append(str(path))
for name, paths in lists.items():
    pathlib.Path(made + name).write_text("\0".join(paths))
EOF
for kind in jpeg other; do
    format=jpeg
    [ $kind = other ] || format=original
    xargs -0 -r caesiumclt --quality 95 --jpeg-chroma-subsampling 4:4:4 --format $format --long-edge "$target" --no-upscale --quiet \
        --threads "$(nproc)" --output "$made" <"$made.$kind-list"
done
for file in "$made"/*; do
    name=$(basename "$file")
    mv "$file" "$folder/${name%.*}.jpg"
done
xargs -0 -r rm -f <"$made.other-list"
rm -rf "$made" "$made.jpeg-list" "$made.other-list"
