#!/usr/bin/env python3
"""The job by OpenCV, with the mean of areas: it has no Lanczos that is free of aliasing when it shrinks.

    opencv.py FOLDER TARGET"""
import sys

import cv2
import numpy

import one_by_one

TARGET = int(sys.argv[2])
cv2.setNumThreads(1)


def shrink(path):
    image = cv2.imdecode(numpy.fromfile(path, dtype=numpy.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None:
        raise ValueError("cannot be read")
    height, width = image.shape[:2]
    longest = max(width, height)
    if longest <= TARGET and path.suffix.lower() != ".png":
        return None
    if image.dtype == numpy.uint16:
        image = (image // 257).astype(numpy.uint8)
    if image.ndim == 3 and image.shape[2] == 4:
        alpha = image[:, :, 3:].astype(numpy.uint16)
        ground = numpy.array(one_by_one.MATTE, dtype=numpy.uint16)
        image = ((image[:, :, :3] * alpha + ground * (255 - alpha) + 127) // 255).astype(numpy.uint8)
    if longest > TARGET:
        scale = TARGET / longest
        size = max(1, round(width * scale)), max(1, round(height * scale))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    options = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    fine, encoded = cv2.imencode(".jpg", image, options)
    if not fine:
        raise ValueError("cannot be encoded")
    return encoded.tobytes()


if __name__ == "__main__":
    one_by_one.folder(shrink)
