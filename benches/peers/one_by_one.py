"""What the peers in Python share: files of a folder, each read, shrunk and written by one of as many processes as there are
cores."""
import multiprocessing, os, pathlib, sys

ENDINGS = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}
MATTE = [114, 114, 114]


class Job:
    """One file through `shrink(path) -> bytes or None`, and onto the disk."""

    def __init__(self, shrink):
        self.shrink = shrink

    def __call__(self, path):
        try:
            data = self.shrink(path)
        except Exception as error:
            print(f"{path}: {error}", file=sys.stderr)
            return False
        if data is not None:
            final = path.with_suffix(".jpg")
            temporary = final.with_suffix(".jpg.tmp")
            temporary.write_bytes(data)
            temporary.replace(final)
            if final != path:
                path.unlink()
        return True


def folder(shrink):
    """Everything in the folder of the command line; ends with 1 where a file failed."""
    paths = sorted(path for path in pathlib.Path(sys.argv[1]).iterdir() if path.suffix.lower() in ENDINGS)
    with multiprocessing.Pool(len(os.sched_getaffinity(0))) as pool:
        fine = pool.map(Job(shrink), paths, chunksize=4)
    sys.exit(0 if all(fine) else 1)
