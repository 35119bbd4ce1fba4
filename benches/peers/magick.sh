#!/bin/sh
# The job by ImageMagick, one process a picture, as many at once as there are cores.
#
#     magick.sh FOLDER TARGET
set -eu
folder=$1 target=$2
export MAGICK_THREAD_LIMIT=1 OMP_NUM_THREADS=1 target
one='
for file; do
    final=${file%.*}.jpg
    case $file in
        *.png | *.PNG) ;;
        *)
            set -- $(identify -ping -format "%w %h" "$file")
            [ "$1" -gt "$target" ] || [ "$2" -gt "$target" ] || continue
            ;;
    esac
    convert "$file" -background "rgb(114,114,114)" -alpha remove -alpha off -colorspace sRGB -filter Lanczos \
        -resize "${target}x${target}>" -strip -sampling-factor 4:4:4 -quality 95 "jpeg:$final.tmp"
    mv "$final.tmp" "$final"
    [ "$final" = "$file" ] || rm "$file"
done'
find "$folder" -maxdepth 1 -type f \( -iname '*.png' -o -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.webp' -o -iname '*.bmp' \) -print0 |
    xargs -0 -n 8 -P "$(nproc)" sh -c "$one" sh
