#!/usr/bin/env python3
"""The job by libvips through pyvips: its thumbnail operation, which shrinks a JPEG while it is decoded.

    vips.py FOLDER TARGET"""
import os, sys

# One picture a process, one thread a picture: the fastest way through many pictures.
os.environ["VIPS_CONCURRENCY"] = "1"
import pyvips

import one_by_one

TARGET = int(sys.argv[2])
pyvips.cache_set_max(0)


def shrink(path):
    image = pyvips.Image.new_from_file(str(path), access="sequential")
    longest = max(image.width, image.height)
    if longest <= TARGET and path.suffix.lower() != ".png":
        return None
    if longest > TARGET:
        image = pyvips.Image.thumbnail(str(path), TARGET, height=TARGET, size="down", no_rotate=True)
    if image.hasalpha():
        image = image.flatten(background=one_by_one.MATTE)
    if image.interpretation != "srgb":
        image = image.colourspace("srgb")
    if image.format != "uchar":
        image = image.cast("uchar")
    return image.jpegsave_buffer(Q=95, subsample_mode="off", optimize_coding=True, keep="none")


if __name__ == "__main__":
    one_by_one.folder(shrink)
